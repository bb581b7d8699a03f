"""One step of an LSTM or a GRU for many rows at once, as `sentiment.layers.reference` has it, but fast.

A product with the recurrent kernel is nearly all of the work. ONNX Runtime orders its second factor once; NumPy orders
it again at every step, which takes longer than a product with few rows.

States are float32[parts, rows, units]; the first part is what the network shows, the hidden state.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from sentiment.layers.reference import Weights


class Cell(Protocol):
    """One direction of a recurrent layer."""

    @property
    def gates(self) -> int:
        """How many a product computes."""

    @property
    def parts(self) -> int:
        """Of the state."""

    @property
    def units(self) -> int:
        """Size of a part."""

    def project(self, embedded: np.ndarray) -> np.ndarray:
        """What the tokens add to the gates, float32[..., gates * units], from float32[..., input]."""

    def step(self, projected: np.ndarray, state: np.ndarray) -> np.ndarray:
        """The states after a token, float32[parts, rows, units], from those before it.

        Args:
            projected: of the token of each row, float32[rows, gates * units]; it is overwritten.
            state: float32[parts, rows, units].
        """


@dataclass(frozen=True)
class LSTMCell:
    """An LSTM in the layout of Keras; the parts of its state are hidden and cell."""

    weights: Weights
    gates: int = 4
    parts: int = 2

    @property
    def units(self) -> int:
        return self.weights.units

    @cached_property
    def _recurrent(self) -> "_Product":
        return _Product(self.weights.recurrent_kernel)

    def project(self, embedded: np.ndarray) -> np.ndarray:
        """See `Cell.project`."""
        return embedded @ self.weights.kernel + self.weights.bias

    def step(self, projected: np.ndarray, state: np.ndarray) -> np.ndarray:
        """See `Cell.step`."""
        hidden, cell = state
        projected += self._recurrent(hidden)
        i, f, g, o = np.split(projected, 4, axis=-1)
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
        return np.stack([_sigmoid(o) * np.tanh(cell), cell])


@dataclass(frozen=True)
class GRUCell:
    """A GRU as Keras and cuDNN have it, with the reset gate after the product; its state is hidden alone.

    Gate order: update, reset, candidate.
    """

    kernel: np.ndarray  # float32[input, 3 units]
    recurrent_kernel: np.ndarray  # float32[units, 3 units]
    bias: np.ndarray  # float32[2, 3 units], of the input and of the state
    gates: int = 3
    parts: int = 1

    @property
    def units(self) -> int:
        return len(self.recurrent_kernel)

    @cached_property
    def _recurrent(self) -> "_Product":
        return _Product(self.recurrent_kernel)

    def project(self, embedded: np.ndarray) -> np.ndarray:
        """See `Cell.project`."""
        return embedded @ self.kernel + self.bias[0]

    def step(self, projected: np.ndarray, state: np.ndarray) -> np.ndarray:
        """See `Cell.step`."""
        [hidden] = state
        of_state = self._recurrent(hidden) + self.bias[1]
        gates = 2 * self.units
        update, reset = np.split(_sigmoid(projected[:, :gates] + of_state[:, :gates]), 2, axis=-1)
        candidate = np.tanh(projected[:, gates:] + reset * of_state[:, gates:])
        return (candidate + update * (hidden - candidate))[None]


class _Product:
    """Multiplies float32[rows, units] by a matrix, in the thread that calls; safe to use from many.

    Args:
        matrix: float32[units, outputs].
    """

    def __init__(self, matrix: np.ndarray) -> None:
        from onnx import TensorProto, helper, numpy_helper
        from onnxruntime import InferenceSession, SessionOptions

        rows = helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["rows", matrix.shape[0]])
        products = helper.make_tensor_value_info("products", TensorProto.FLOAT, ["rows", matrix.shape[1]])
        node = helper.make_node("MatMul", ["rows", "matrix"], ["products"])
        constant = numpy_helper.from_array(np.ascontiguousarray(matrix, np.float32), "matrix")
        graph = helper.make_graph([node], "product", [rows], [products], [constant])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        product: np.ndarray = self._session.run(None, {"rows": np.ascontiguousarray(rows)})[0]
        return product


def _sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) in place, by the faster tangent: (1 + tanh(x / 2)) / 2."""
    x *= 0.5
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5
    return x
