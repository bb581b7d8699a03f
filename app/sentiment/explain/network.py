"""The weights of a saved run out of `model.onnx`, and what happens inside its network, in NumPy.

ONNX Runtime's LSTM node returns no gates, so `sentiment.layers.reference` computes them again from the same weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sentiment.errors import RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.layers.reference import Step, Weights, sequence, sequence_gradients
from sentiment.runs.saved_run import ONNX, SavedRun

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

FORWARD, BACKWARD = "forward", "backward"
Steps = dict[str, Step[np.ndarray]]  # by direction; float32[..., time, units] each, in the order of the tokens


@dataclass(frozen=True)
class LSTMWeights:
    """A network with one LSTM layer that reads in one or both directions."""

    embeddings: np.ndarray  # float32[vocabulary, input]
    directions: dict[str, Weights]  # FORWARD, and BACKWARD if the network is bidirectional
    pooling: tuple[str, ...]  # of "max", "mean", "last"
    kernel: np.ndarray  # float32[len(pooling), directions, units], the weights of the pooled features in the logit
    bias: float

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

    def gradients(self, inputs: np.ndarray) -> np.ndarray:
        """The gradient of the logit with respect to embedded tokens [..., time, input], float64[..., time, input]."""
        total = np.zeros(inputs.shape)
        for index, (name, step) in enumerate(self.read(inputs).items()):
            d_hidden = np.zeros_like(step.hidden)
            for mode, kernel in zip(self.pooling, self.kernel[:, index], strict=True):
                if mode == "max":
                    first_highest = step.hidden.argmax(axis=-2, keepdims=True)
                    share = np.take_along_axis(d_hidden, first_highest, axis=-2) + kernel
                    np.put_along_axis(d_hidden, first_highest, share, axis=-2)
                elif mode == "mean":
                    d_hidden += kernel / d_hidden.shape[-2]
                else:
                    d_hidden[..., _last(name), :] += kernel
            axes = (-2,) if name == BACKWARD else ()
            turned = np.flip(inputs, axes), np.flip(d_hidden, axes)
            total += np.flip(sequence_gradients(self.directions[name], *turned).inputs, axes)
        return total

    def logit(self, features: np.ndarray) -> np.ndarray:
        """The logit, float64[...], of pooled features [..., len(pooling), directions, units]."""
        return (features.astype(np.float64) * self.kernel).sum(axis=(-3, -2, -1)) + self.bias

    def logits_of_prefixes(self, hidden: np.ndarray) -> np.ndarray:
        """The logit after the first token, the first two, ..., float64[time], from the hidden states [time, units].

        For networks that read forward only: a state does not depend on later tokens, so only the pooling is computed
        again for each prefix.
        """
        count = np.arange(1, len(hidden) + 1)[:, None]
        running = {"max": np.maximum.accumulate(hidden), "mean": np.cumsum(hidden, axis=0) / count, "last": hidden}
        return self.logit(np.stack([running[mode] for mode in self.pooling], axis=1)[:, :, None])


class OpenedNetwork:
    """The network of an ONNX file, with its logits and its weights.

    Args:
        path: a file that `sentiment.networks.onnx_graph` wrote in float32, or `sentiment.networks.onnx_storage` shrank.
        threads: of ONNX Runtime; None: one per core.

    Raises:
        RunError: the file is missing, or holds no such network.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
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
        self._node("Sigmoid")
        # Without the last step: unlike probabilities, differences of logits do not saturate.
        without_sigmoid = onnx.ModelProto.FromString(self._model.SerializeToString())
        for node in without_sigmoid.graph.node:
            if node.op_type == "Sigmoid":
                node.op_type = "Identity"
        self._engine = OnnxEngine(without_sigmoid.SerializeToString(), threads)

    @classmethod
    def from_run(cls, run: SavedRun, threads: int | None = None) -> "OpenedNetwork":
        return cls(run.folder / ONNX, threads)

    def logits(self, token_ids: Sequence[np.ndarray]) -> np.ndarray:
        """The logit of "positive", float64[n], for int32[time] of each review, computed by ONNX Runtime."""
        return self._engine.start(token_ids)()

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
        lstm, gather, gemm = self._node("LSTM"), self._node("Gather"), self._node("Gemm")
        parts = zip((FORWARD, BACKWARD), *(self._array(name) for name in lstm.input[1:4]), strict=False)
        directions = {
            # ONNX has one bias for the input and one for the state; only their sum matters.
            name: Weights(*map(_keras_gates, (kernel.T, recurrent_kernel.T, bias.reshape(2, -1).sum(axis=0))))
            for name, kernel, recurrent_kernel, bias in parts
        }
        properties = {entry.key: entry.value for entry in self._model.metadata_props}
        pooling = tuple(properties["pooling"].split("+"))
        kernel = self._array(gemm.input[1]).reshape(len(pooling), len(directions), -1)
        bias = float(self._array(gemm.input[2]).reshape(()))
        return LSTMWeights(self._array(gather.input[0]), directions, pooling, kernel, bias)

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
