"""Verdicts on texts, from a saved run.

Example:
    >>> predictor = Predictor.load()
    >>> one, other = predictor.predict(["A good film.", "A bad film."])
    >>> one.label, other.label
    ('positive', 'negative')
    >>> 0.5 <= one.probability <= 1, one.truncated
    (True, False)
    >>> predictor.predict("A good film.") == one
    True

Importing this needs NumPy, onnxruntime and tokenizers; so does predicting, with every engine but Keras.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeGuard, TypeVar, overload

import numpy as np

from sentiment.errors import ConfigError
from sentiment.inference.engines import Engine, Waiting, load_engine
from sentiment.runs.saved_run import SavedRun, find_run
from sentiment.support.paths import models_folder
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import NO_TEXT, Familiarity, Vocabulary
from sentiment.text.tokenizer import ReviewTokenizer

POSITIVE, NEGATIVE, UNCERTAIN = "positive", "negative", "uncertain"
CLOSE = "near threshold"
CHUNK = 2_048  # texts in flight at once, twice: one lot is tokenised while the net reads the other
CHARACTERS = 1 << 22  # in a lot; fewer texts make one where they are as long as books

Item = TypeVar("Item")


@dataclass(frozen=True)
class Prediction:
    """What a model says of one text.

    A text with nothing to read has no label and no probability; of one that the model cannot know the label is
    "uncertain", whatever the probability: it comes from the few words that are known, or from none.
    """

    label: str | None  # "positive", "negative" or "uncertain"; None: there was no text
    probability: float | None  # of positive, within [0, 1]; None: there was no text
    truncated: bool  # whether the text was too long and lost its middle
    unknown_share: float = 0.0  # share of the words that the vocabulary of the model does not have, within [0, 1]
    reason: str | None = None  # why the label is "uncertain" or None, see `sentiment.text.familiarity`, or `CLOSE`


EMPTY = Prediction(None, None, truncated=False, reason=NO_TEXT)


class Predictor:
    """A saved run that answers; one may be used from many threads.

    Args:
        run: a verified run.
        engine: what computes: "onnx", "int8" or "keras", see `sentiment.inference.engines`; loaded here, once.
        threads: of ONNX Runtime; None: one for each core.

    Raises:
        ConfigError: there is no such engine.
        RunError: the run does not have the file that the engine reads.
        TypeError: `run` is the name of one; `Predictor.load` takes names.
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

    @classmethod
    def load(
        cls,
        run: str | os.PathLike[str] | None = None,
        models: str | os.PathLike[str] | None = None,
        engine: str = "onnx",
        threads: int | None = None,
    ) -> "Predictor":
        """The predictor of the named run, or of the one that answers where none is named, see
        `sentiment.runs.default_run`.

        Args:
            run: a path, `dataset/name` or `name`, see `sentiment.runs.saved_run.find_run`.
            models: the folder of all datasets; None: see `sentiment.support.paths.models_folder`.
            engine: as in `Predictor`.
            threads: as in `Predictor`.

        Raises:
            ConfigError: there is no such engine.
            RunError: there is no such run, or none is named and nothing says which one answers; or it was changed
                since it was saved, or lacks what the engine reads.
        """
        return cls(find_run(Path(models or models_folder()), run, with_keras=engine == "keras"), engine, threads)

    @overload
    def predict(  # type: ignore[overload-overlap]  # a string is an iterable of strings, and is not taken for one
        self, texts: str | None, threshold: float = 0.5, uncertain: float = 0.0
    ) -> Prediction: ...

    @overload
    def predict(
        self, texts: Iterable[str | None], threshold: float = 0.5, uncertain: float = 0.0
    ) -> list[Prediction]: ...

    def predict(
        self, texts: str | Iterable[str | None] | None, threshold: float = 0.5, uncertain: float = 0.0
    ) -> Prediction | list[Prediction]:
        """One prediction for each text, in order; for a single string, or None, its prediction.

        Args:
            texts: reviews as people write them: a string, or any iterable of strings, such as a list or a column of a
                data frame. They are cleaned as the training reviews were. None, NaN and what pandas has for a missing
                value are as empty as "".
            threshold: the probability from which a text is called positive, from 0 to 1.
            uncertain: a probability less than this far from the threshold is called uncertain, from 0 to 1.

        Raises:
            TypeError: something else than texts.
            ConfigError: `threshold` or `uncertain` is not from 0 to 1.
        """
        if texts is None or isinstance(texts, str) or _is_missing(texts):
            [(_, prediction)] = self.stream([texts], threshold, uncertain)
            return prediction
        return [prediction for _, prediction in self.stream(texts, threshold, uncertain)]

    def stream(
        self, texts: Iterable[str | None], threshold: float = 0.5, uncertain: float = 0.0, chunk: int = CHUNK
    ) -> Iterator[tuple[str, Prediction]]:
        """Each text with its prediction, in order and in constant memory: `2 * chunk` texts are read ahead at most, and
        fewer where they are long. A missing text comes back as "".

        Args:
            texts: any number of them, as in `predict`, but no single string.
            threshold: as in `predict`.
            uncertain: as in `predict`.
            chunk: how many are tokenised, and sorted by length, together.

        Raises:
            TypeError, ConfigError: as in `predict`.
        """
        for name, value in (("threshold", threshold), ("uncertain", uncertain)):
            if not (isinstance(value, int | float | np.number) and 0 <= value <= 1):
                raise ConfigError(f"expected {name} from 0 to 1; received {value!r}")
        return self._stream(_each_text(texts), threshold, uncertain, chunk)

    def _stream(
        self, texts: Iterable[str], threshold: float, uncertain: float, chunk: int
    ) -> Iterator[tuple[str, Prediction]]:
        underway: deque[_Chunk] = deque()
        try:
            for some in lots(texts, chunk, len):
                underway.append(self._start(some))
                if len(underway) == 2:
                    yield from underway[0].finish(threshold, uncertain)
                    underway.popleft()
            for last in underway:
                yield from last.finish(threshold, uncertain)
        finally:  # also where nobody asks for the rest, or a person has ended it
            for lot in underway:
                lot.probabilities.cancel()

    def _start(self, texts: list[str]) -> "_Chunk":
        cleaned = [clean(text) for text in texts]
        whole = self._tokenizer.token_ids(cleaned, whole=True)
        shortened = [self._tokenizer.shorten(token_ids) for token_ids in whole]
        truncated = [len(short) < len(long) for short, long in zip(shortened, whole, strict=True)]
        waiting = self._engine.start(shortened)  # computes, where it can, while the words are counted
        familiarities = [
            self._vocabulary.familiarity(text, token_ids) if text else None
            for text, token_ids in zip(cleaned, whole, strict=True)
        ]
        return _Chunk(texts, truncated, familiarities, waiting)


def lots(items: Iterable[Item], most: int, characters_of: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Items in order, so many together that they fit into memory.

    Args:
        items: any number of them.
        most: items in a lot.
        characters_of: says how long an item is; a lot ends with the item that brings it to `CHARACTERS`.
    """
    lot: list[Item] = []
    size = 0
    for item in items:
        lot.append(item)
        size += characters_of(item)
        if len(lot) == most or size >= CHARACTERS:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def _each_text(texts: Any) -> Iterator[str]:
    """The texts, missing ones as "".

    Raises:
        TypeError: not an iterable of strings. What iterates over something else than texts, as a data frame does over
            the names of its columns, is refused at once.
    """
    kind = type(texts).__name__
    unordered = isinstance(texts, Mapping | Set)  # their verdicts could not be laid beside the texts
    single = isinstance(texts, str | bytes) or (isinstance(texts, np.ndarray) and texts.ndim == 0)
    if unordered or single or kind == "DataFrame" or not isinstance(texts, Iterable):
        advice = {"str": "give it in a list", "DataFrame": "give one of its columns"}.get(kind, "give a list of them")
        raise TypeError(f"expected an iterable of strings; received a {kind}; {advice}")
    return map(_text, texts, count())


def _is_missing(value: Any) -> TypeGuard[None]:
    """Whether a value is None, NaN, or what pandas, which is not imported here, has for a missing one."""
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
        "convert it with str(...) if it is a text"
    )


@dataclass(frozen=True)
class _Chunk:
    """Texts that the engine is reading."""

    texts: list[str]
    truncated: list[bool]
    familiarities: list[Familiarity | None]  # None: there is no text
    probabilities: Waiting

    def finish(self, threshold: float, uncertain: float) -> Iterator[tuple[str, Prediction]]:
        rows = zip(self.texts, self.familiarities, self.probabilities().tolist(), self.truncated, strict=True)
        for text, familiarity, probability, truncated in rows:
            if familiarity is None:
                yield text, EMPTY
                continue
            reason = familiarity.reason or (CLOSE if abs(probability - threshold) < uncertain else None)
            label = UNCERTAIN if reason else POSITIVE if probability >= threshold else NEGATIVE
            yield text, Prediction(label, probability, truncated, familiarity.unknown_share, reason)
