"""The network of a saved run, opened: its weights out of `model.onnx`, and all that happens inside, in NumPy.

ONNX Runtime gives the verdict and not the way to it: its LSTM node shows no gates. So they are computed again here,
from the same weights by `sentiment.layers.reference`. Needs neither Keras nor TensorFlow.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentiment.errors import RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.layers.reference import Step, Weights, sequence
from sentiment.runs.saved_run import ONNX, SavedRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import ModelProto, NodeProto

FORWARD, BACKWARD = "forward", "backward"


@dataclass(frozen=True)
class LSTMWeights:
    """One layer that reads in one direction or in both, and what is made of its states."""

    embeddings: np.ndarray  # float32[vocabulary, input]
    directions: dict[str, Weights]  # FORWARD, and BACKWARD where the net reads so, too
    pooling: tuple[str, ...]  # of "max", "mean", "last"
    kernel: np.ndarray  # float32[len(pooling), directions, units]: what a pooled feature weighs in the logit
    bias: float


class OpenedNetwork:
    """A network that can be asked for more than its verdict.

    Args:
        path: an ONNX file as `sentiment.networks.onnx_graph` writes it, in float32, or as
        `sentiment.networks.onnx_storage` shrinks it. threads: of ONNX Runtime; None: one for each core.

    Raises:
        RunError: the file is missing, or is no such network.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        import onnx

        from sentiment.networks.onnx_files import read_onnx
        from sentiment.networks.onnx_storage import expand

        try:
            self._model: ModelProto = expand(onnx.load_model_from_string(read_onnx(path)))
        except FileNotFoundError:
            raise RunError(
                f"expected {path}; found none; write it with: sentiment export --run {path.parent}"
            ) from None
        except RunError:
            raise
        except Exception as error:  # protobuf raises its own
            raise RunError(f"expected an ONNX model at {path}; found: {error}; export the run again") from None
        self._path = path
        self._node("Sigmoid")
        # The same network without its last step: differences of logits do not saturate, as probabilities do.
        without_sigmoid = onnx.ModelProto.FromString(self._model.SerializeToString())
        for node in without_sigmoid.graph.node:
            if node.op_type == "Sigmoid":
                node.op_type = "Identity"
        self._engine = OnnxEngine(without_sigmoid.SerializeToString(), threads)

    @classmethod
    def of(cls, run: SavedRun, threads: int | None = None) -> "OpenedNetwork":
        """That of a saved run."""
        return cls(run.folder / ONNX, threads)

    def logits(self, token_ids: "Sequence[np.ndarray]") -> np.ndarray:
        """The logit of "positive", float64[n], of int32[time] for each review, computed by ONNX Runtime."""
        return self._engine.start(token_ids)()

    @cached_property
    def kind(self) -> str:
        """What reads: "LSTM", "GRU", or "other" if it is not one layer of either."""
        kinds = [node.op_type for node in self._model.graph.node if node.op_type in ("LSTM", "GRU", "RNN")]
        return kinds[0] if len(kinds) == 1 else "other"

    @cached_property
    def lstm(self) -> LSTMWeights | None:
        """The weights of the one LSTM layer; None where there is none, or more than one."""
        if self.kind != "LSTM":
            return None
        lstm, gather, gemm = self._node("LSTM"), self._node("Gather"), self._node("Gemm")
        kernels, recurrent_kernels, biases = (self._array(name) for name in lstm.input[1:4])
        directions = {
            name: Weights(_gates_of_keras(kernel.T), _gates_of_keras(recurrent_kernel.T), _gates_of_keras(_sum(bias)))
            for name, kernel, recurrent_kernel, bias in zip(
                (FORWARD, BACKWARD), kernels, recurrent_kernels, biases, strict=False
            )
        }
        properties = {entry.key: entry.value for entry in self._model.metadata_props}
        pooling = tuple(properties["pooling"].split("+"))
        kernel = self._array(gemm.input[1]).reshape(len(pooling), len(directions), -1)
        bias = float(self._array(gemm.input[2]).reshape(()))
        return LSTMWeights(self._array(gather.input[0]), directions, pooling, kernel, bias)

    def _node(self, operation: str) -> "NodeProto":
        found = [node for node in self._model.graph.node if node.op_type == operation]
        if len(found) != 1:
            raise RunError(
                f"expected one {operation} node in {self._path}; found {len(found)}; export the run again with this "
                "version"
            )
        return found[0]

    def _array(self, name: str) -> np.ndarray:
        from onnx import numpy_helper

        for tensor in self._model.graph.initializer:
            if tensor.name == name:
                return np.array(numpy_helper.to_array(tensor))
        raise RunError(f"expected the weights {name} in {self._path}; found none; export the run again")


def read(lstm: LSTMWeights, inputs: np.ndarray) -> dict[str, Step[np.ndarray]]:
    """All that happens while each direction reads.

    Args:
        lstm: the weights.
        inputs: float32[..., time, input], embedded tokens, without padding.

    Returns:
        Gates, candidate, cell and hidden of each direction, float32[..., time, units], in the order of the tokens:
        at a token, the backward direction has read it and all that follows.
    """
    steps = {}
    for name, weights in lstm.directions.items():
        if name == FORWARD:
            steps[name] = sequence(weights, inputs)
        else:
            turned = sequence(weights, np.flip(inputs, axis=-2))
            steps[name] = Step(*(np.flip(values, axis=-2) for values in turned))
    return steps


def pooled(lstm: LSTMWeights, steps: dict[str, Step[np.ndarray]]) -> np.ndarray:
    """The states of all tokens as the head sees them, float32[..., len(pooling), directions, units]."""
    modes = []
    for mode in lstm.pooling:
        of_mode = []
        for name, step in steps.items():
            if mode == "max":
                of_mode.append(step.hidden.max(axis=-2))
            elif mode == "mean":
                of_mode.append(step.hidden.mean(axis=-2))
            else:  # where the direction's reading ended
                of_mode.append(step.hidden[..., -1 if name == FORWARD else 0, :])
        modes.append(np.stack(of_mode, axis=-2))
    return np.stack(modes, axis=-3)


def pooled_gradients(lstm: LSTMWeights, steps: dict[str, Step[np.ndarray]]) -> dict[str, np.ndarray]:
    """The gradient of the logit by each hidden state, float32[..., time, units] for each direction."""
    gradients = {}
    for at, (name, step) in enumerate(steps.items()):
        gradient = np.zeros_like(step.hidden)
        for mode, kernel in zip(lstm.pooling, lstm.kernel[:, at], strict=True):
            if mode == "max":
                first_highest = step.hidden.argmax(axis=-2, keepdims=True)
                share = np.take_along_axis(gradient, first_highest, axis=-2) + kernel
                np.put_along_axis(gradient, first_highest, share, axis=-2)
            elif mode == "mean":
                gradient += kernel / gradient.shape[-2]
            else:
                gradient[..., -1 if name == FORWARD else 0, :] += kernel
        gradients[name] = gradient
    return gradients


def head(lstm: LSTMWeights, features: np.ndarray) -> np.ndarray:
    """The logit, float64[...], of pooled features [..., len(pooling), directions, units]."""
    return (features.astype(np.float64) * lstm.kernel).sum(axis=(-3, -2, -1)) + lstm.bias


def logits_of_prefixes(lstm: LSTMWeights, hidden: np.ndarray) -> np.ndarray:
    """The logit after the first token, the first two, ... in one pass, for a net that reads forward only.

    What a forward direction has read does not depend on what follows, so the states of the whole review are also
    those of each of its beginnings; only the pooling has to be taken over each beginning.

    Args:
        lstm: weights of a net with the forward direction alone.
        hidden: float32[time, units].

    Returns:
        float64[time].
    """
    count = np.arange(1, len(hidden) + 1)[:, None]
    running = {"max": np.maximum.accumulate(hidden), "mean": np.cumsum(hidden, axis=0) / count, "last": hidden}
    return head(lstm, np.stack([running[mode] for mode in lstm.pooling], axis=1)[:, :, None])


def _sum(bias: np.ndarray) -> np.ndarray:
    """ONNX has a bias for the input and one for the state, one behind the other: only their sum has a meaning."""
    return bias.reshape(2, -1).sum(axis=0)


def _gates_of_keras(array: np.ndarray) -> np.ndarray:
    """From ONNX' order of the gates i, o, f, c along the last axis to Keras' i, f, c, o."""
    i, o, f, c = np.split(array, 4, axis=-1)
    return np.ascontiguousarray(np.concatenate([i, f, c, o], axis=-1))
