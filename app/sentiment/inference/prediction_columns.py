"""The columns that a prediction adds to a row of a file, in their order.

    label          a class, such as positive, or uncertain; empty for an empty text
    confidence     the probability of the label; of an uncertain text, of the most probable class
    sure           whether the confidence is as high as that of verdicts of which a known share is right
    p_...          the probability of each class, such as `p_positive`, in the order of the classes
    stars          the mean grade, such as 4.6 of 5, where the network tells finer grades apart than the classes
    truncated      whether the text was too long and its middle was left out
    unknown_share  fraction of unknown words
    reason         why the label is uncertain or empty: "unknown words", "no words", ...
    text           as in the input

With two classes, `probability` follows the columns `p_...`, with the same value as the last of them. It is left out
from version 0.4 on.

In `predict --json` one object, `probabilities`, takes the place of the columns `p_...`, with the exact names of the
classes, and `run` follows.
"""

import re
from itertools import chain, count
from typing import Any

from sentiment.config import Classes
from sentiment.inference.prediction import Prediction

RUN_COLUMN = "run"
KINDS: dict[str, type] = {"label": str, "sure": bool, "truncated": bool, "reason": str, "text": str}  # others: float
STARS = "stars"
_FORMER = "probability"  # of the second of two classes: who read it as that of the label was misled
_REST = ("truncated", "unknown_share", "reason", "text")
_DIGITS = 7  # decimals of a probability


def columns_of(classes: Classes, *, as_json: bool = False) -> tuple[str, ...]:
    """The names of the columns, all different; `as_json`: of the fields of `predict --json`."""
    by_class = _shares(classes, as_json=as_json)
    former = (_FORMER,) if classes.is_binary else ()
    stars = (STARS,) if classes.grades else ()
    return ("label", "confidence", "sure", *by_class, *former, *stars, *_REST, *((RUN_COLUMN,) if as_json else ()))


def cells_of(
    prediction: Prediction, text: str, classes: Classes, *, as_json: bool = False, run: str | None = None
) -> tuple[Any, ...]:
    """The values of `columns_of`: of its last column, `run`, the name where it is `as_json`."""
    shares = {name: round(share, _DIGITS) for name, share in prediction.probabilities.items()}
    by_class = [shares or None] if as_json else [shares.get(name) for name in classes.names]
    certainty: list[Any] = [_rounded(prediction.confidence), prediction.sure, *by_class]
    if classes.is_binary:
        certainty.append(_rounded(prediction.probability))
    if classes.grades:
        certainty.append(None if prediction.stars is None else round(prediction.stars, 4))
    rest = prediction.truncated, round(prediction.unknown_share, 4), prediction.reason, text
    return (prediction.label, *certainty, *rest, *((run,) if as_json else ()))


def _shares(classes: Classes, *, as_json: bool) -> list[str]:
    if as_json:
        return ["probabilities"]
    columns: dict[str, str] = {}  # by their form without capitals, which spreadsheets and databases do not tell apart
    for position, name in enumerate(classes.names, start=1):
        plain = f"p_{_plain(name) or f'class_{position}'}"
        numbered = chain([plain], (f"{plain}_{number}" for number in count(2)))
        column = next(column for column in numbered if column.casefold() not in columns)
        columns[column.casefold()] = column
    return list(columns.values())


def _plain(name: str) -> str:
    """The letters and digits of a class, other characters as "_"; a sign before a number counts."""
    signed = re.sub(r"^[-\u2212](?=\.?\d)", "minus_", name)
    return re.sub(r"\W+", "_", signed).strip("_")


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, _DIGITS)
