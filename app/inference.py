"""Verdicts on texts, from a saved run.

Example:
    >>> predictor = Predictor.load()                                          # doctest: +SKIP
    >>> predictor.predict(["Not once did I wish it were shorter."])           # doctest: +SKIP
    [Prediction(label='positive', probability=0.97, truncated=False)]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cleaning import clean
from app.runs import SavedRun, find_run
from app.tokenizer import ReviewTokenizer

if TYPE_CHECKING:
    import keras

MODELS = Path(__file__).parent.parent / "models"


@dataclass(frozen=True)
class Prediction:
    """What a model says of one text."""

    label: str  # "positive" or "negative"
    probability: float  # of positive, within [0, 1]
    truncated: bool  # whether the text was too long and lost its middle


class Predictor:
    """A saved run that answers.

    Args:
        run: a verified run; its Keras model is loaded here, once.

    Raises:
        RunError: the model cannot be read by this version of Keras.
    """

    def __init__(self, run: SavedRun) -> None:
        self.run = run
        self._tokenizer: ReviewTokenizer = run.tokenizer()
        self._model: keras.Model = run.model()

    @classmethod
    def load(cls, run: str | None = None, models: Path = MODELS) -> "Predictor":
        """The named run's predictor, or that of the best run there is.

        Raises:
            RunError: there is no such run, or it was changed since it was saved.
        """
        return cls(find_run(models, run))

    def predict(self, texts: Sequence[str], threshold: float = 0.5) -> list[Prediction]:
        """One prediction for each text, in order.

        Args:
            texts: reviews as people write them; they are cleaned as the training reviews were.
            threshold: the probability from which a text is called positive.
        """
        from app.scoring import probabilities  # imports Keras

        reviews = self._tokenizer.encode([clean(text) for text in texts])
        scored = probabilities(self._model, [review.token_ids for review in reviews])
        return [
            Prediction("positive" if probability >= threshold else "negative", float(probability), review.truncated)
            for review, probability in zip(reviews, scored, strict=True)
        ]
