"""Verdicts on texts, from a saved run.

Example:
    >>> predictor = Predictor.load()
    >>> one, other = predictor.predict(["A good film.", "A bad film."])
    >>> one.label, other.label
    ('positive', 'negative')
    >>> 0.5 <= one.probability <= 1, one.truncated
    (True, False)

Importing this needs NumPy, onnxruntime and tokenizers; so does predicting, with every engine but Keras.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.cleaning import clean
from app.engines import Engine, Waiting, load_engine
from app.runs import SavedRun, find_run
from app.tokenizer import ReviewTokenizer

MODELS = Path(__file__).parent.parent / "models"
POSITIVE, NEGATIVE, UNCERTAIN = "positive", "negative", "uncertain"
CHUNK = 2_048  # texts in flight at once, twice: one lot is tokenised while the net reads the other
CHARACTERS = 1 << 23  # in a lot; fewer texts make one where they are as long as books

Item = TypeVar("Item")


@dataclass(frozen=True)
class Prediction:
    """What a model says of one text."""

    label: str  # "positive", "negative", or "uncertain" where such a band was asked for
    probability: float  # of positive, within [0, 1]
    truncated: bool  # whether the text was too long and lost its middle


class Predictor:
    """A saved run that answers; one may be used from many threads.

    Args:
        run: a verified run.
        engine: what computes: "onnx", "int8" or "keras", see `app.engines`; loaded here, once.
        threads: of ONNX Runtime; None: one for each core.

    Raises:
        ConfigError: there is no such engine.
        RunError: the run does not have the file that the engine reads.
    """

    def __init__(self, run: SavedRun, engine: str = "onnx", threads: int | None = None) -> None:
        self.run = run
        self._engine: Engine = load_engine(engine, run, threads)
        self._tokenizer: ReviewTokenizer = run.tokenizer()

    @classmethod
    def load(
        cls, run: str | None = None, models: Path | None = None, engine: str = "onnx", threads: int | None = None
    ) -> "Predictor":
        """The predictor of the named run, or of the best there is, see `app.runs.best_first`.

        Args:
            run: a path, `dataset/name` or `name`, see `app.runs.find_run`.
            models: the folder of all datasets; None: that of this project.
            engine: as in `Predictor`.
            threads: as in `Predictor`.

        Raises:
            ConfigError: there is no such engine.
            RunError: there is no such run, it was changed since it was saved, or lacks what the engine reads.
        """
        return cls(find_run(models or MODELS, run, with_keras=engine == "keras"), engine, threads)

    def predict(self, texts: Sequence[str], threshold: float = 0.5, uncertain: float = 0.0) -> list[Prediction]:
        """One prediction for each text, in order.

        Args:
            texts: reviews as people write them; they are cleaned as the training reviews were.
            threshold: the probability from which a text is called positive.
            uncertain: a probability less than this far from the threshold is called uncertain.
        """
        return [prediction for _, prediction in self.stream(texts, threshold, uncertain)]

    def stream(
        self, texts: Iterable[str], threshold: float = 0.5, uncertain: float = 0.0, chunk: int = CHUNK
    ) -> Iterator[tuple[str, Prediction]]:
        """Each text with its prediction, in order and in constant memory: `2 * chunk` texts are read ahead at most, and
        fewer where they are long.

        Args:
            texts: any number of them.
            threshold: as in `predict`.
            uncertain: as in `predict`.
            chunk: how many are tokenised, and sorted by length, together.
        """
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
        whole = self._tokenizer.token_ids([clean(text) for text in texts], whole=True)
        shortened = [self._tokenizer.shorten(token_ids) for token_ids in whole]
        truncated = [len(short) < len(long) for short, long in zip(shortened, whole, strict=True)]
        return _Chunk(texts, truncated, self._engine.start(shortened))


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


@dataclass(frozen=True)
class _Chunk:
    """Texts that the engine is reading."""

    texts: list[str]
    truncated: list[bool]
    probabilities: Waiting

    def finish(self, threshold: float, uncertain: float) -> Iterator[tuple[str, Prediction]]:
        scored = self.probabilities()
        labels = np.where(scored >= threshold, POSITIVE, NEGATIVE)
        labels = np.where(np.abs(scored - threshold) < uncertain, UNCERTAIN, labels)
        rows = zip(self.texts, labels.tolist(), scored.tolist(), self.truncated, strict=True)
        for text, label, probability, truncated in rows:
            yield text, Prediction(label, probability, truncated)
