"""The weights of a saved run out of `model.onnx`, and what happens inside its network, in NumPy.

ONNX Runtime's LSTM node returns no gates, so `sentiment.layers.reference` computes them again from the same weights.
Variants of a review are read by `sentiment.explain.rereading`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentiment.config import POLARITY, Classes
from sentiment.errors import RunError
from sentiment.explain.rereading import BACKWARD, FORWARD, Cell, GRUCell, LSTMCell, Network
from sentiment.explain.scores import score
from sentiment.inference.engines import OnnxEngine
from sentiment.layers.reference import Step, Weights, sequence, sequence_gradients
from sentiment.runs.saved_run import ONNX, SavedRun

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

# The node by which a head is known; see `sentiment.networks.onnx_graph`.
_HEADS = {"Sigmoid": "two classes", "Softmax": "classes", "CumSum": "grades"}
Steps = dict[str, Step[np.ndarray]]  # by direction; float32[..., time, units] each, in the order of the tokens


@dataclass(frozen=True)
class LSTMWeights:
    """A network with one LSTM layer that reads in one or both directions."""

    embeddings: np.ndarray  # float32[vocabulary, input]
    directions: dict[str, Weights]  # FORWARD, and BACKWARD if the network is bidirectional
    pooling: tuple[str, ...]  # of "max", "mean", "last"
    kernel: np.ndarray  # float32[outputs, len(pooling), directions, units], from pooled features to logits
    bias: np.ndarray  # float32[outputs]

    def read(self, inputs: np.ndarray) -> Steps:
        """All gates and states, from embedded tokens, float32[..., time, input], without padding.

        At a token, the backward direction has read it and all that follow.
        """
        steps = {}
        for name, weights in self.directions.items():
            axes = (-2,) if name == BACKWARD else ()
            turned = sequence(weights, np.flip(inputs, axes))
            steps[name] = Step(*(np.flip(values, axes) for values in turned))
        return steps

    def pool(self, steps: Steps) -> np.ndarray:
        """The features that the head sees, float32[..., len(pooling), directions, units]."""

        def pooled(mode: str, direction: str) -> np.ndarray:
            hidden = steps[direction].hidden
            if mode == "last":
                return hidden[..., _last(direction), :]
            return hidden.max(axis=-2) if mode == "max" else hidden.mean(axis=-2)

        return np.stack([np.stack([pooled(m, d) for d in steps], axis=-2) for m in self.pooling], axis=-3)

    def gradients(self, inputs: np.ndarray, d_logits: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The gradient of a score with respect to embedded tokens [..., time, input], float64[..., time, input].

        Args:
            inputs: embedded tokens, float32[..., time, input].
            d_logits: from logits float64[..., outputs] to the gradient of the score with respect to them.
        """
        steps = self.read(inputs)
        d_features = self.score_kernel(d_logits(self.logits(self.pool(steps))))
        total = np.zeros(inputs.shape)
        for index, (name, step) in enumerate(steps.items()):
            d_hidden = np.zeros_like(step.hidden)
            for position, mode in enumerate(self.pooling):
                d_pooled = d_features[..., position, index, :]
                if mode == "max":
                    first_highest = step.hidden.argmax(axis=-2, keepdims=True)
                    share = np.take_along_axis(d_hidden, first_highest, axis=-2) + d_pooled[..., None, :]
                    np.put_along_axis(d_hidden, first_highest, share, axis=-2)
                elif mode == "mean":
                    d_hidden += d_pooled[..., None, :] / d_hidden.shape[-2]
                else:
                    d_hidden[..., _last(name), :] += d_pooled
            axes = (-2,) if name == BACKWARD else ()
            turned = np.flip(inputs, axes), np.flip(d_hidden, axes)
            total += np.flip(sequence_gradients(self.directions[name], *turned).inputs, axes)
        return total

    def score_kernel(self, d_logits: np.ndarray) -> np.ndarray:
        """The gradient of a score with respect to the pooled features, float32[..., len(pooling), directions, units].

        Args:
            d_logits: its gradient with respect to the logits, float64[..., outputs].
        """
        return np.tensordot(d_logits.astype(self.kernel.dtype), self.kernel, axes=1)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """The logits, float64[..., outputs], of pooled features [..., len(pooling), directions, units]."""
        wide = features.astype(np.float64)
        return np.stack([(wide * kernel).sum(axis=(-3, -2, -1)) for kernel in self.kernel], axis=-1) + self.bias


class OpenedNetwork:
    """The network of an ONNX file, with its logits and its weights.

    Args:
        path: a file that `sentiment.networks.onnx_graph` wrote in float32, or `sentiment.networks.onnx_storage` shrank.
        threads: of ONNX Runtime; None: one per core.
        classes: what it tells apart.

    Raises:
        RunError: the file is missing, or holds no such network.
    """

    def __init__(self, path: Path, threads: int | None = None, classes: Classes = POLARITY) -> None:
        import onnx

        from sentiment.networks.onnx_files import read_onnx
        from sentiment.networks.onnx_storage import arrays_of, expand

        try:
            self._model: ModelProto = expand(onnx.load_model_from_string(read_onnx(path)))
        except FileNotFoundError:
            raise RunError(
                f"expected {path}; found none; write it with: sentiment export --run {path.parent}"
            ) from None
        except RunError:
            raise
        except Exception as error:  # protobuf has error classes of its own
            raise RunError(f"expected an ONNX model at {path}; found: {error}; export the run again") from None
        self._path = path
        self._arrays = arrays_of(self._model)
        self.classes = classes
        self._require_head()
        self._engine = OnnxEngine(self._without_head(), threads)

    @classmethod
    def from_run(cls, run: SavedRun, threads: int | None = None) -> "OpenedNetwork":
        return cls(run.folder / ONNX, threads, run.config.classes)

    def logits(self, token_ids: Sequence[np.ndarray]) -> np.ndarray:
        """The logits, float64[n, outputs], for int32[time] of each review, computed by ONNX Runtime."""
        return self._engine.start(token_ids)()

    def scores(self, token_ids: Sequence[np.ndarray], target: int) -> np.ndarray:
        """The log-odds of the class with the index `target`, float64[n], for int32[time] of each review."""
        return score(self.logits(token_ids), self.classes, target)

    @cached_property
    def kind(self) -> str:
        """The recurrent layer: "LSTM", "GRU", or "other" if there is not exactly one."""
        kinds = [node.op_type for node in self._model.graph.node if node.op_type in ("LSTM", "GRU", "RNN")]
        return kinds[0] if len(kinds) == 1 else "other"

    @cached_property
    def lstm(self) -> LSTMWeights | None:
        """The weights, if the network has exactly one LSTM layer."""
        if self.kind != "LSTM":
            return None
        directions = {
            # ONNX has one bias for the input and one for the state; only their sum matters.
            name: Weights(*map(_keras_gates, (kernel.T, recurrent_kernel.T, bias.reshape(2, -1).sum(axis=0))))
            for name, kernel, recurrent_kernel, bias in self._weights()
        }
        return LSTMWeights(self._embeddings(), directions, *self._head(len(directions)))

    @cached_property
    def recurrent(self) -> Network:
        """The network in NumPy, if it has exactly one recurrent layer, an LSTM or a GRU.

        Raises:
            RunError: it has another.
        """
        if self.kind not in ("LSTM", "GRU"):
            raise RunError(
                f"expected a network with one LSTM or GRU layer in {self._path}; found another; only LSTM and GRU "
                "layers can be explained"
            )
        cells: dict[str, Cell]
        if self.lstm:
            cells = {name: LSTMCell(weights) for name, weights in self.lstm.directions.items()}
        else:
            cells = {
                name: GRUCell(kernel.T, recurrent_kernel.T, bias.reshape(2, -1))
                for name, kernel, recurrent_kernel, bias in self._weights()
            }
        return Network(self._embeddings(), cells, *self._head(len(cells)))

    def _weights(self) -> Iterable[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
        """Each direction of the recurrent layer with its kernels and biases, in the layout of ONNX."""
        return zip((FORWARD, BACKWARD), *map(self._array, self._node(self.kind).input[1:4]), strict=False)

    def _embeddings(self) -> np.ndarray:
        return self._array(self._node("Gather").input[0])

    def _head(self, directions: int) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """The pooling, and the kernel and the bias of the logits, as in `Network`."""
        gemm = self._node("Gemm")
        properties = {entry.key: entry.value for entry in self._model.metadata_props}
        pooling = tuple(properties["pooling"].split("+"))
        kernel = self._array(gemm.input[1]).T.reshape(self.classes.outputs, len(pooling), directions, -1)
        return pooling, kernel, self._array(gemm.input[2])

    def _require_head(self) -> None:
        """Raises RunError if the network's last steps are not those of its classes."""
        outputs = self._array(self._node("Gemm").input[2]).size
        heads = [_HEADS[node.op_type] for node in self._model.graph.node if node.op_type in _HEADS]
        expected = "grades" if self.classes.is_graded else "two classes" if self.classes.is_binary else "classes"
        if heads != [expected] or outputs != self.classes.outputs:
            raise RunError(
                f"expected a head for {expected} with {self.classes.outputs} logits in {self._path}; found "
                f"{' and '.join(heads) or 'none'} with {outputs} logits; export the run again with this version"
            )

    def _without_head(self) -> bytes:
        """The network that returns its logits: unlike probabilities, their differences do not saturate."""
        from onnx import ModelProto, TensorProto, helper

        copy = ModelProto.FromString(self._model.SerializeToString())
        gemm = self._node("Gemm")
        nodes = list(copy.graph.node)
        del copy.graph.node[nodes.index(gemm) + 1 :]
        del copy.graph.output[:]
        shape = ["batch", self.classes.outputs]
        copy.graph.output.append(helper.make_tensor_value_info(gemm.output[0], TensorProto.FLOAT, shape))
        return copy.SerializeToString()

    def _node(self, operation: str) -> "NodeProto":
        nodes = [node for node in self._model.graph.node if node.op_type == operation]
        if len(nodes) != 1:
            raise RunError(
                f"expected one {operation} node in {self._path}; found {len(nodes)}; export the run again with this "
                "version"
            )
        return nodes[0]

    def _array(self, name: str) -> np.ndarray:
        if name not in self._arrays:
            raise RunError(f"expected the weights {name} in {self._path}; found none; export the run again")
        return self._arrays[name]


def _last(direction: str) -> int:
    """The index of the token that a direction reads last."""
    return -1 if direction == FORWARD else 0


def _keras_gates(array: np.ndarray) -> np.ndarray:
    """From the gate order of ONNX along the last axis, i, o, f, g, to that of Keras, i, f, g, o."""
    i, o, f, g = np.split(array, 4, axis=-1)
    return np.ascontiguousarray(np.concatenate([i, f, g, o], axis=-1))
