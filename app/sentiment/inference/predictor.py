"""Predictions for texts, from a saved run.

Example:
    >>> predictor = Predictor.load()
    >>> good, bad = predictor.predict(["A good film.", "A bad film."])
    >>> good.label, bad.label
    ('positive', 'negative')
    >>> str(bad), good.confidence == good.probabilities["positive"], good.sure
    ('negative, 83%', True, True)
    >>> predictor.predict("A good film.") == good
    True
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, overload

import numpy as np

from sentiment.config import Classes
from sentiment.errors import ConfigError
from sentiment.inference.engines import Engine, Pending, load_engine
from sentiment.inference.prediction import EMPTY, Prediction, verdict
from sentiment.metrics.verdicts import THRESHOLD, of_all_classes
from sentiment.runs.saved_run import SavedRun, find_run, qualified_name
from sentiment.support.paths import models_folder
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import Familiarity, Vocabulary
from sentiment.text.tokenizer import ReviewTokenizer

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 2_048  # texts; two chunks are in memory: one is tokenised while the network reads the other
CHARACTERS = 1 << 20  # after which a chunk ends early, where texts are as long as books

_BYTES = bytes | bytearray | memoryview
_DECODE = "decode it, as in text.decode('utf-8')"

Item = TypeVar("Item")


class Predictor:
    """A saved run that predicts; safe to use from many threads.

    Args:
        run: a verified run.
        engine: "onnx", "int8" or "keras", see `sentiment.inference.engines`; loaded here, once.
        threads: of ONNX Runtime; None: one for each core.

    Raises:
        ConfigError: there is no such engine.
        RunError: the run lacks the file that the engine reads.
        TypeError: `run` is not a `SavedRun`; `Predictor.load` takes names.
    """

    def __init__(self, run: SavedRun, engine: str = "onnx", threads: int | None = None) -> None:
        if not isinstance(run, SavedRun):
            raise TypeError(
                f"expected a saved run; received a {type(run).__name__}; load one by its name with Predictor.load(...)"
            )
        self.run = run
        self._engine_name = engine
        self._engine: Engine = load_engine(engine, run, threads)
        self._tokenizer: ReviewTokenizer = run.tokenizer()
        self._vocabulary = Vocabulary(self._tokenizer)
        self._sure_from = run.record.sure_from

    @property
    def classes(self) -> Classes:
        """What the run tells apart."""
        return self.run.config.classes

    @classmethod
    def load(
        cls,
        run: str | os.PathLike[str] | None = None,
        models: str | os.PathLike[str] | None = None,
        engine: str = "onnx",
        threads: int | None = None,
    ) -> "Predictor":
        """The predictor of a run by its name; engine, threads and errors as in `Predictor`.

        Args:
            run: a folder, `dataset/name` or `name`; None: the default run, see `sentiment.runs.default_run`.
            models: the folder of all datasets; None: see `sentiment.support.paths.models_folder`.

        Raises:
            RunError: there is no such run, or no default; or it was changed since it was saved.
            TypeError: `run` or `models` is neither a string nor a path.
        """
        for name, value in (("run", run), ("models", models)):
            if not (value is None or isinstance(value, str | os.PathLike)):
                raise TypeError(
                    f"expected {name} as a string or a path; received a {type(value).__name__}; "
                    "for example: Predictor.load('imdb/compact', models='models')"
                )
        return cls(find_run(Path(models or models_folder()), run, with_keras=engine == "keras"), engine, threads)

    def __repr__(self) -> str:
        test: Mapping[str, Any] = self.run.record.test  # that of the oldest runs lacks the number
        reviews = f"{test['reviews']:,} " if "reviews" in test else ""
        return (
            f"<Predictor {qualified_name(self.run.folder)}: {self.classes.listed()}; {test['accuracy']:.2%} of its "
            f"{reviews}test reviews right; engine {self._engine_name}>"
        )

    @overload
    def predict(  # type: ignore[overload-overlap]  # a string is an iterable of strings, and is one text here
        self, texts: str | None, threshold: float = THRESHOLD, uncertain: float = 0.0
    ) -> Prediction: ...

    @overload
    def predict(
        self, texts: Iterable[str | None], threshold: float = THRESHOLD, uncertain: float = 0.0
    ) -> list[Prediction]: ...

    def predict(
        self, texts: str | Iterable[str | None] | None, threshold: float = THRESHOLD, uncertain: float = 0.0
    ) -> Prediction | list[Prediction]:
        """One prediction for each text, in order; for a single string, or None, its prediction.

        Args:
            texts: a string, or any iterable of strings, such as a list or a column of a data frame. They are cleaned as
                the training reviews were. None, NaN and the missing values of pandas are empty texts.
            threshold: the probability from which a text is called of the second of two classes, from 0 to 1. With more
                classes, it is the most probable one, and there is no threshold.
            uncertain: a probability less than this far from the threshold is called uncertain, from 0 to 1. With more
                classes, half of the distance between the two most probable ones counts.

        Raises:
            TypeError: something other than texts.
            ConfigError: `threshold` or `uncertain` is not from 0 to 1, or a threshold is set for more than two
                classes.
        """
        if texts is None or isinstance(texts, str) or _is_missing(texts):
            [(_, prediction)] = self.stream([texts], threshold, uncertain)
            return prediction
        return [prediction for _, prediction in self.stream(texts, threshold, uncertain)]

    __call__ = predict

    def predict_frame(
        self,
        frame: "pd.DataFrame",
        column: Any = None,
        threshold: float = THRESHOLD,
        uncertain: float = 0.0,
    ) -> "pd.DataFrame":
        """A data frame with the columns of prediction files behind its own.

        Args:
            frame: of pandas; it is not changed. Rows, index and columns stay, but a column with the name of a new one
                becomes `input_label` and so on, as in files.
            column: of the text. None: the only one with a usual name, such as review or text; else the only one of
                strings.
            threshold: as in `predict`.
            uncertain: as in `predict`.

        Raises:
            TypeError: this is no data frame of pandas, or the column has something other than texts.
            ConfigError: there is no such column, or none or several fit; or as in `predict`.
        """
        from sentiment.inference.frames import text_column, with_predictions

        texts = text_column(frame, column)
        return with_predictions(frame, self.predict(texts, threshold, uncertain), self.classes)

    def predict_proba(self, texts: Iterable[str | None]) -> np.ndarray:
        """float64[n, classes], in the order of `classes.names`; each row adds up to 1. Empty texts have equal shares.

        Raises:
            TypeError: something other than several texts.
        """
        equal = [1 / len(self.classes)] * len(self.classes)
        rows = [list(prediction.probabilities.values()) or equal for _, prediction in self.stream(texts)]
        return np.array(rows, np.float64).reshape(-1, len(self.classes))

    def stream(
        self, texts: Iterable[str | None], threshold: float = THRESHOLD, uncertain: float = 0.0, chunk: int = CHUNK
    ) -> Iterator[tuple[str, Prediction]]:
        """Each text with its prediction, in order and in constant memory: at most two chunks of texts are read ahead.

        Arguments and errors are those of `predict`, but a single string is refused. A missing text comes back as "".
        """
        for name, value in (("threshold", threshold), ("uncertain", uncertain)):
            number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
            if not (number and 0 <= value <= 1):
                raise ConfigError(f"expected {name} from 0 to 1; received {value!r}")
        if threshold != THRESHOLD and not self.classes.is_binary:
            raise ConfigError(
                f"expected no threshold with {len(self.classes)} classes, of which the most probable one is the label; "
                f"received {threshold!r}; leave it out"
            )
        if chunk < 1:
            raise ConfigError(f"expected a chunk of at least one text; received {chunk!r}")
        return self._stream(_each_text(texts), threshold, uncertain, chunk)

    def _stream(
        self, texts: Iterable[str], threshold: float, uncertain: float, chunk: int
    ) -> Iterator[tuple[str, Prediction]]:
        started: deque[_Chunk] = deque()
        try:
            for chunk_texts in chunks(texts, chunk, len):
                started.append(self._start(chunk_texts))
                if len(started) == 2:
                    yield from self._finish(started[0], threshold, uncertain)
                    started.popleft()
            for last in started:
                yield from self._finish(last, threshold, uncertain)
        finally:  # the caller may stop early
            for unfinished in started:
                unfinished.computed.cancel()

    def _start(self, texts: list[str]) -> "_Chunk":
        cleaned = [clean(text) for text in texts]
        whole = self._tokenizer.token_ids(cleaned, whole=True)
        shortened = [self._tokenizer.shorten(token_ids) for token_ids in whole]
        truncated = [len(short) < len(long) for short, long in zip(shortened, whole, strict=True)]
        computed = self._engine.start(shortened)  # in the background, while the words are counted
        familiarities = [
            self._vocabulary.familiarity(text, token_ids) if text else None
            for text, token_ids in zip(cleaned, whole, strict=True)
        ]
        return _Chunk(texts, truncated, familiarities, computed)

    def _finish(self, chunk: "_Chunk", threshold: float, uncertain: float) -> Iterator[tuple[str, Prediction]]:
        classes = self.classes
        computed, mean_grades = chunk.computed.result()
        rows = zip(chunk.texts, chunk.familiarities, of_all_classes(computed).tolist(), chunk.truncated, strict=True)
        for index, (text, familiarity, shares, truncated) in enumerate(rows):
            if familiarity is None:
                yield text, EMPTY
                continue
            by_class = dict(zip(classes.names, shares, strict=True))
            label, reason, sure = verdict(by_class, familiarity.reason, self._sure_from, threshold, uncertain)
            second = shares[1] if classes.is_binary else None
            stars = None if mean_grades is None else float(mean_grades[index])
            yield text, Prediction(label, second, truncated, familiarity.unknown_share, reason, by_class, stars, sure)


def chunks(items: Iterable[Item], size: int, characters_of: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Items in order, `size` together; a chunk of long items ends with the one that brings it to `CHARACTERS`."""
    chunk: list[Item] = []
    characters = 0
    for item in items:
        chunk.append(item)
        characters += characters_of(item)
        if len(chunk) == size or characters >= CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _each_text(texts: Any) -> Iterator[str]:
    """The texts, missing ones as ""; TypeError for other iterables, such as a data frame, which gives column names."""
    kind = type(texts).__name__
    unordered = isinstance(texts, Mapping | Set)
    single = isinstance(texts, str | _BYTES) or (isinstance(texts, np.ndarray) and texts.ndim == 0)
    if unordered or single or kind == "DataFrame" or not isinstance(texts, Iterable):
        advice = {"str": "give it in a list", "DataFrame": "give one of its columns"}.get(kind, "give a list of them")
        if isinstance(texts, os.PathLike):
            advice = "read the file first, or run: sentiment predict --input FILE"
        elif isinstance(texts, _BYTES):
            advice = _DECODE
        raise TypeError(f"expected an iterable of strings; received a {kind}; {advice}")
    return map(_text, texts, count())


def _is_missing(value: Any) -> TypeGuard[None]:
    """Whether a value is None, NaN, or a missing value of pandas, which is not imported here."""
    if isinstance(value, float | np.floating):
        return bool(np.isnan(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _text(value: Any, position: int) -> str:
    if isinstance(value, str):
        return value
    if _is_missing(value):
        return ""
    raise TypeError(
        f"expected strings, or None for a missing text; received a {type(value).__name__} at position {position}; "
        + (_DECODE if isinstance(value, _BYTES) else "convert it with str(...) if it is a text")
    )


@dataclass(frozen=True)
class _Chunk:
    """Texts that a network is reading."""

    texts: list[str]
    truncated: list[bool]
    familiarities: list[Familiarity | None]  # None: empty text
    computed: Pending
