"""What computes the probabilities of a saved run: ONNX Runtime, or Keras.

name       reads             imports
onnx       model.onnx        onnxruntime; neither TensorFlow nor Keras
int8       model.int8.onnx   the same
keras      model.keras       Keras and TensorFlow: the plain way, to compare with

ONNX Runtime rounds to int8 by what a whole batch has in it, so that a probability of that engine depends a little, in
the second or third digit, on the texts beside it. With the other two it does not.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sentiment.errors import ConfigError, RunError
from sentiment.networks.onnx_files import read_onnx, require_whole
from sentiment.runs.saved_run import ONNX, ONNX_INT8, SavedRun
from sentiment.support.environment import cores
from sentiment.text.padding import pad

if TYPE_CHECKING:
    import keras
    import onnxruntime

BATCH = 64  # reviews computed at once: more do not run faster, and hold more memory
TOKENS = 16_384  # of them together, with their padding: an LSTM holds some kilobytes for each, and keeps them
LARGE = 256  # units from which several threads compute one review faster than one


@dataclass(frozen=True)
class Waiting:
    """Probabilities that are being computed. Call it to wait for them: float64[n], within [0, 1]."""

    result: Callable[[], np.ndarray]
    cancel: Callable[[], None] = lambda: None  # nobody will wait: what has not begun does not begin

    def __call__(self) -> np.ndarray:
        return self.result()


class Engine(Protocol):
    """Turns token ids into probabilities; safe to use from many threads."""

    def start(self, token_ids: Sequence[np.ndarray]) -> Waiting:
        """Begins to score reviews, in the background where the engine can.

        Args:
            token_ids: int32[time] for each review, at least one token each.

        Returns:
            What to call for the probabilities of "positive", float64[n], in the order given.
        """


class OnnxEngine:
    """ONNX Runtime, with reviews of similar length in a batch and one batch to a thread.

    Threads that each compute a batch of their own need not wait for one another at every step of the recurrence,
    as threads that share a batch do. Sharing pays for a large network only, and only for a batch that comes alone, as
    one review does: 512 units answer in about six tenths of the time; 128 gain nothing, and a server loses by it.

    Args:
        model: an ONNX file, or its content.
        threads: how many threads compute; None: as many as there are cores for this process.
        sharing: they share a batch that comes alone.

    Raises:
        RunError: the model is none, or has weights in another file.
    """

    def __init__(self, model: Path | bytes, threads: int | None = None, *, sharing: bool = False) -> None:
        threads = threads or cores()
        if isinstance(model, bytes):
            require_whole(model)
        content = model if isinstance(model, bytes) else read_onnx(model)
        self._session = cache(partial(_session, content))  # by threads; all of one version of the file
        self._together = self._session(threads if sharing else 1)  # the other one waits until it is needed
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="onnx")

    def start(self, token_ids: Sequence[np.ndarray]) -> Waiting:
        """See `Engine.start`; a single batch is computed when waited for."""
        lengths = np.array([len(ids) for ids in token_ids])
        order = np.argsort(-lengths, kind="stable")  # the longest first, so that no thread is left with it at the end
        rows = _batches(order, lengths)

        def run(session: "onnxruntime.InferenceSession", row: np.ndarray) -> np.ndarray:
            return session.run(None, {"token_ids": pad([token_ids[i] for i in row])})[0]

        if len(rows) == 1:
            return Waiting(lambda: _in_order(rows, [run(self._together, rows[0])]))
        computing = [self._pool.submit(run, self._session(1), row) for row in rows]

        def cancel() -> None:
            for batch in computing:
                batch.cancel()

        return Waiting(lambda: _in_order(rows, (batch.result() for batch in computing)), cancel)


def _batches(order: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """The rows of each batch, where `order` has the longest first: it decides how many there is room for."""
    batches, start = [], 0
    while start < len(order):
        most = min(BATCH, max(1, TOKENS // max(1, int(lengths[order[start]]))))
        batches.append(order[start : start + most])
        start += most
    return batches


def _in_order(rows: Sequence[np.ndarray], computed: Iterable[np.ndarray]) -> np.ndarray:
    """What was computed of the rows of each batch, float64[n], as the rows stand."""
    scored = np.empty(sum(map(len, rows)))
    for row, probabilities in zip(rows, computed, strict=True):
        scored[row] = probabilities
    return scored


def _session(content: bytes, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.load_model_format", "ONNX")  # the one that `read_onnx` looks through
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class KerasEngine:
    """The model as Keras saved it."""

    def __init__(self, model: "keras.Model") -> None:
        self._model = model
        self._one_at_a_time = threading.Lock()  # Keras prepares its prediction function anew, unprotected

    def start(self, token_ids: Sequence[np.ndarray]) -> Waiting:
        """See `Engine.start`; everything is computed when waited for."""
        from sentiment.networks.scoring import probabilities

        def wait() -> np.ndarray:
            with self._one_at_a_time:
                return probabilities(self._model, token_ids)

        return Waiting(wait)


def _onnx(name: str, hint: str) -> Callable[[SavedRun, int | None], Engine]:
    def load(run: SavedRun, threads: int | None) -> Engine:
        path = run.folder / name
        if not path.is_file():
            raise RunError(f"expected {name} in the run {run.folder}; found none; {hint.format(run.folder)}")
        return OnnxEngine(path, threads, sharing=run.config.model.units >= LARGE)

    return load


ENGINES: dict[str, Callable[[SavedRun, int | None], Engine]] = {
    "onnx": _onnx(ONNX, "write it with: sentiment export --run {}"),
    "int8": _onnx(ONNX_INT8, "its export.json says why; use the engine onnx"),
    "keras": lambda run, _threads: KerasEngine(run.model()),
}


def load_engine(name: str, run: SavedRun, threads: int | None = None) -> Engine:
    """The named engine with the network of a run.

    Args:
        name: onnx, int8 or keras.
        run: a verified run.
        threads: of ONNX Runtime; None: one for each core. TensorFlow has its own settings.

    Raises:
        ConfigError: there is no such engine.
        RunError: the run does not have the file that the engine reads.
    """
    require_engine(name)
    return ENGINES[name](run, threads)


def require_engine(name: str) -> None:
    """Refuses what is no engine.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in ENGINES:
        raise ConfigError(f"expected an engine, one of {', '.join(ENGINES)}; found {name!r}")
