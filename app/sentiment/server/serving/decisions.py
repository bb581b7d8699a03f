"""Verdicts that a request holds back, decided after the batch: its texts belong to requests with other wishes."""

from collections.abc import Sequence
from dataclasses import replace

from sentiment.inference.predictor import CLOSE, UNCERTAIN, Prediction
from sentiment.metrics.verdicts import THRESHOLD


def held_back(predictions: Sequence[Prediction], threshold: float | None, uncertain: float) -> list[Prediction]:
    """The predictions, with the label "uncertain" where the verdict is close, as `Predictor.predict` decides it.

    Args:
        predictions: with the labels that the threshold gives them.
        threshold: of two classes; None: the usual one.
        uncertain: the least distance from another verdict, from 0 to 1: of the probability from the threshold, and with
            more than two classes half of the distance between the two most probable ones.
    """
    limit = THRESHOLD if threshold is None else threshold
    return [
        replace(each, label=UNCERTAIN, reason=CLOSE, sure=False)
        if not each.reason and _distance(each, limit) < uncertain
        else each
        for each in predictions
    ]


def _distance(prediction: Prediction, threshold: float) -> float:
    if prediction.probability is not None:
        return abs(prediction.probability - threshold)
    second, first = sorted(prediction.probabilities.values())[-2:]
    return (first - second) / 2
