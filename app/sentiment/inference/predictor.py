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
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeGuard, TypeVar, overload

import numpy as np

from sentiment.config import RESERVED, Classes
from sentiment.errors import ConfigError
from sentiment.inference.engines import Engine, Pending, load_engine
from sentiment.metrics.verdicts import THRESHOLD, in_percent, of_all_classes
from sentiment.runs.saved_run import SavedRun, find_run
from sentiment.support.paths import models_folder
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import NO_TEXT, Familiarity, Vocabulary
from sentiment.text.tokenizer import ReviewTokenizer

UNCERTAIN = RESERVED
CLOSE = "near threshold"
CHUNK = 2_048  # texts; two chunks are in memory: one is tokenised while the network reads the other
CHARACTERS = 1 << 22  # after which a chunk ends early, where texts are as long as books

_BYTES = bytes | bytearray | memoryview
_DECODE = "decode it, as in text.decode('utf-8')"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Prediction:
    """The prediction for one text.

    An empty text has neither label nor probabilities. A text with too few known words is "uncertain" whatever its
    probabilities, which are computed from the few known words, or from none.
    """

    label: str | None  # the name of a class, such as "positive", or "uncertain"; None: empty text
    probability: float | None  # goes with 0.4, see `probabilities`: of the second of two classes; None: empty, or more
    truncated: bool  # whether the text was too long and its middle was left out
    unknown_share: float = 0.0  # fraction of the words that are not in the vocabulary
    reason: str | None = None  # why the label is "uncertain" or None: see `sentiment.text.familiarity`, or `CLOSE`
    probabilities: dict[str, float] = field(default_factory=dict, hash=False)  # by class; empty: empty text
    stars: float | None = None  # the mean grade, such as 4.6 of 5; None: empty text, or a run without finer grades
    sure: bool = True  # whether it is as probable as the run's `certainty` wants; False where there is a reason

    @property
    def confidence(self) -> float | None:
        """The probability of the label; of an uncertain text, of the most probable class; None: empty text."""
        return self.probabilities.get(self.label or "", max(self.probabilities.values(), default=None))

    def __str__(self) -> str:
        """For people: "negative, 86%", "not sure: rather negative, 56%", or "uncertain: unknown words"."""
        if self.reason or self.confidence is None:
            return ": ".join(filter(None, (self.label, self.reason)))
        stars = "" if self.stars is None else f", {self.stars:.1f} stars"
        return f"{'' if self.sure else 'not sure: rather '}{self.label}, {in_percent(self.confidence)}{stars}"


EMPTY = Prediction(None, None, truncated=False, reason=NO_TEXT, sure=False)


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
                    yield from started[0].finish(self.classes, threshold, uncertain, self._sure_from)
                    started.popleft()
            for last in started:
                yield from last.finish(self.classes, threshold, uncertain, self._sure_from)
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

    def finish(
        self, classes: Classes, threshold: float, uncertain: float, sure_from: float
    ) -> Iterator[tuple[str, Prediction]]:
        computed, mean_grades = self.computed.result()
        labels, margins = _verdicts(computed, threshold)
        rows = zip(self.texts, self.familiarities, of_all_classes(computed).tolist(), self.truncated, strict=True)
        for index, (text, familiarity, shares, truncated) in enumerate(rows):
            if familiarity is None:
                yield text, EMPTY
                continue
            reason = familiarity.reason or (CLOSE if margins[index] < uncertain else None)
            label = UNCERTAIN if reason else classes.names[labels[index]]
            by_class = dict(zip(classes.names, shares, strict=True))
            second = shares[1] if classes.is_binary else None
            stars = None if mean_grades is None else float(mean_grades[index])
            sure = reason is None and by_class[label] >= sure_from
            yield text, Prediction(label, second, truncated, familiarity.unknown_share, reason, by_class, stars, sure)


def _verdicts(probabilities: np.ndarray, threshold: float) -> tuple[list[int], list[float]]:
    """For each text the index of its class, and how far the verdict is from another one."""
    if probabilities.ndim == 1:
        return (probabilities >= threshold).astype(int).tolist(), np.abs(probabilities - threshold).tolist()
    two_highest = np.sort(probabilities, axis=1)[:, -2:]
    return probabilities.argmax(axis=1).tolist(), (np.diff(two_highest, axis=1)[:, 0] / 2).tolist()
