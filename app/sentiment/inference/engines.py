"""Engines compute the probabilities of a saved run.

name       reads             imports
onnx       model.onnx        onnxruntime; neither TensorFlow nor Keras
int8       model.int8.onnx   the same
keras      model.keras       Keras and TensorFlow, as a reference

With int8, a probability depends a little, in its second or third digit, on the other texts of the batch: ONNX Runtime
chooses the scale of its quantisation for the whole batch. With the other two it does not.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from sentiment.config import POLARITY, Classes
from sentiment.errors import ConfigError, RunError
from sentiment.networks.onnx_files import read_onnx, require_whole
from sentiment.runs.saved_run import ONNX, ONNX_INT8, SavedRun
from sentiment.support.environment import cores
from sentiment.text.padding import pad

if TYPE_CHECKING:
    import keras
    import onnxruntime

BATCH = 64  # reviews in a batch; more are not faster and need more memory
TOKENS = 16_384  # tokens in a batch, with padding; an LSTM holds some kilobytes for each
_REASON = 200  # characters of an error of a library
_ROUNDING = 1e-6  # by which a sum of float32 probabilities may be above 1
LARGE = 256  # units from which several threads compute one review faster than one thread


class Computed(NamedTuple):
    """What a network says of reviews."""

    probabilities: np.ndarray  # float64[n] of the second of two classes, or float64[n, classes], within [0, 1]
    stars: np.ndarray | None = None  # float64[n], the mean grade from 1; None: it has no finer grades than classes


@dataclass(frozen=True)
class Pending:
    """Probabilities being computed. Calling it waits for them."""

    result: Callable[[], Computed]
    cancel: Callable[[], None] = lambda: None  # drops the batches that have not begun

    def __call__(self) -> np.ndarray:
        return self.result().probabilities


class Engine(Protocol):
    """Computes probabilities from token ids; safe to use from many threads."""

    def start(self, token_ids: Sequence[np.ndarray]) -> Pending:
        """Begins to compute probabilities for int32[time] of each review, at least one token each."""


class OnnxEngine:
    """ONNX Runtime, with reviews of similar length in a batch and one thread for each batch.

    One thread for each batch is faster than several threads for one: those wait for one another at every time step.
    Only a large network gains from several threads, and only when a single batch is computed: one review through 512
    units takes 0.6 of the time; 128 units gain nothing.

    Args:
        model: an ONNX file, or its content.
        threads: number of threads; None: one for each core of this process.
        sharing: whether several threads compute a single batch.
        classes: whose probabilities it computes, which is checked; None: anything.

    Raises:
        RunError: this is not an ONNX model, its weights are in another file, or, when it computes, it does not read
            token ids or gives no probabilities of these classes.
    """

    def __init__(
        self, model: Path | bytes, threads: int | None = None, *, sharing: bool = False, classes: Classes | None = None
    ) -> None:
        threads = threads or cores()
        self._name = str(model) if isinstance(model, Path) else "the model"
        self._classes = classes
        if isinstance(model, bytes):
            require_whole(model)
        content = model if isinstance(model, bytes) else read_onnx(model)
        self._session = cache(partial(_session, content))  # by number of threads
        with self._readable():
            self._single_batch_session = self._session(threads if sharing else 1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="onnx")

    def start(self, token_ids: Sequence[np.ndarray]) -> Pending:
        """See `Engine.start`; a single batch is computed when waited for."""
        batches = _batches(np.array([len(ids) for ids in token_ids]))

        def run(session: "onnxruntime.InferenceSession", batch: np.ndarray) -> list[np.ndarray]:
            with self._readable():
                return session.run(None, {"token_ids": pad([token_ids[i] for i in batch])})

        def checked(outputs: Iterable[Sequence[np.ndarray]]) -> Computed:
            with self._readable():
                computed = _in_order(batches, outputs)
                if self._classes:
                    _require_probabilities(computed, len(token_ids), self._classes)
                return computed

        if len(batches) == 1:
            return Pending(lambda: checked([run(self._single_batch_session, batches[0])]))
        futures = [self._pool.submit(run, self._session(1), batch) for batch in batches]

        def cancel() -> None:
            for future in futures:
                future.cancel()

        return Pending(lambda: checked(future.result() for future in futures), cancel)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (RunError, CancelledError, MemoryError):
            raise
        except Exception as error:  # ONNX Runtime has a dozen classes of errors, which share no other base
            reason = " ".join(str(error).split())[:_REASON]
            raise RunError(
                f"expected an ONNX model from token ids to probabilities in {self._name}; found: {reason}; export the "
                "run again"
            ) from None


def _batches(lengths: np.ndarray) -> list[np.ndarray]:
    """The positions of the reviews in each batch, the longest reviews first, so that no thread ends with a long one."""
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        size = min(BATCH, max(1, TOKENS // max(1, int(lengths[order[start]]))))
        batches.append(order[start : start + size])
        start += size
    return batches


def _in_order(batches: Sequence[np.ndarray], computed: Iterable[Sequence[np.ndarray]]) -> Computed:
    """The outputs of all batches, in the order of the reviews."""
    by_output = [[np.asarray(output, np.float64) for output in outputs] for outputs in zip(*computed, strict=True)]
    if not by_output:
        return Computed(np.empty(0))
    rows = np.argsort(np.concatenate(batches))
    return Computed(*(np.concatenate(outputs)[rows] for outputs in by_output))


def _require_probabilities(computed: Computed, texts: int, classes: Classes) -> None:
    """Refuses what a network computed if it is not probabilities of these classes.

    Raises:
        ValueError: it has other shapes, or something that is no probability, such as NaN.
    """
    probabilities, stars = computed
    shape = (texts,) if classes.is_binary else (texts, len(classes))
    if texts and probabilities.shape != shape:
        raise ValueError(f"an output of the shape {probabilities.shape}, not {shape}")
    if not ((probabilities >= 0) & (probabilities <= 1 + _ROUNDING)).all():  # also where it is NaN
        raise ValueError("outputs that are no probabilities, from 0 to 1")
    if stars is not None and not (stars.shape == (texts,) and np.isfinite(stars).all()):
        raise ValueError("grades that are no numbers")


def _session(content: bytes, threads: int) -> "onnxruntime.InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.load_model_format", "ONNX")  # the format that `read_onnx` has checked
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class KerasEngine:
    """The model as Keras saved it.

    Args:
        model: from token ids to logits.
        classes: what it tells apart.
    """

    def __init__(self, model: "keras.Model", classes: Classes = POLARITY) -> None:
        self._model = model
        self._classes = classes
        self._lock = threading.Lock()  # Keras builds its prediction function without one

    def start(self, token_ids: Sequence[np.ndarray]) -> Pending:
        """See `Engine.start`; everything is computed when waited for."""
        from sentiment.metrics.class_probabilities import mean_grade_of, probabilities_of  # SciPy
        from sentiment.networks.scoring import logits

        def wait() -> Computed:
            with self._lock:
                computed = logits(self._model, token_ids, self._classes)
            scores = Computed(probabilities_of(computed, self._classes), mean_grade_of(computed, self._classes))
            try:
                _require_probabilities(scores, len(token_ids), self._classes)
            except ValueError as error:
                raise RunError(
                    f"expected a Keras model from token ids to logits; found {error}; train the run again"
                ) from None
            return scores

        return Pending(wait)


def _onnx(name: str, advice: str) -> Callable[[SavedRun, int | None], Engine]:
    def load(run: SavedRun, threads: int | None) -> Engine:
        path = run.folder / name
        if not path.is_file():
            raise RunError(f"expected {name} in the run {run.folder}; found none; {advice.format(run.folder)}")
        sharing = run.config.model.units >= LARGE
        return OnnxEngine(path, threads, sharing=sharing, classes=run.config.classes)

    return load


ENGINES: dict[str, Callable[[SavedRun, int | None], Engine]] = {
    "onnx": _onnx(ONNX, "write it with: sentiment export --run {}"),
    "int8": _onnx(ONNX_INT8, "its export.json says why; use the engine onnx"),
    "keras": lambda run, _threads: KerasEngine(run.model(), run.config.classes),
}


def load_engine(name: str, run: SavedRun, threads: int | None = None) -> Engine:
    """The engine of that name in `ENGINES` with the network of a run; threads as in `OnnxEngine`.

    Raises:
        ConfigError: there is no such engine.
        RunError: the run lacks the file that the engine reads.
    """
    require_engine(name)
    return ENGINES[name](run, threads)


def require_engine(name: str) -> None:
    """Raises ConfigError if there is no engine of that name."""
    if name not in ENGINES:
        raise ConfigError(f"expected an engine, one of {', '.join(ENGINES)}; found {name!r}")
