"""Short texts that were written for this, each by itself, in sets. No model learns from them.

TYPED       as people type them when they try a classifier
CONTRAST    in twos and threes that share most of their words and mean different things: whoever knows the words or the
            form alone is right by chance; among them whole reviews, edited so that the verdict turns
SENTENCES   sentences as reviews have them, posts, and short reviews

The shipped models were chosen by the first, among other texts, and `everyday` by the short ones of the second, too, so
those figures are a little too good. Edited reviews chose nothing, nor did SENTENCES.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.behaviour.classifiers import Classifier
from sentiment.config.classes import NEUTRAL, POSITIVE

FOLDER = Path(__file__).parents[2] / "data" / "short-texts"
TYPED, CONTRAST, SENTENCES = (FOLDER / f"{name}.csv" for name in ("validation", "contrast", "sentences"))


@dataclass(frozen=True)
class TypedText:
    """A text, its set and its label: negative, neutral or positive."""

    group: str
    text: str
    label: str


def typed_texts(path: Path = TYPED) -> list[TypedText]:
    """The texts of a CSV file with the columns set, review and label."""
    with path.open(encoding="utf-8", newline="") as file:
        return [TypedText(row["set"], row["review"], row["label"]) for row in csv.DictReader(file)]


def measure_typed(classifiers: Sequence[Classifier], texts: Sequence[TypedText]) -> dict[str, Any]:
    """Right answers by set.

    A negative or positive text is right where the classifier is on its side: the probability of positive, or the mean
    grade, is below or above one half. A neutral text is right where the classifier says "neutral".

    Args:
        classifiers: what is tested.
        texts: with their sets and labels.

    Returns:
        `sha256` of the texts; `sides` by set and `neutral`: `cases`, and `right` by classifier.
    """
    groups = list(dict.fromkeys(each.group for each in texts))
    opinions = [each for each in texts if each.label != NEUTRAL]
    sides: dict[str, Any] = {
        group: {"cases": sum(each.group == group for each in opinions), "right": {}} for group in groups
    }
    neutral: dict[str, Any] = {"cases": len(texts) - len(opinions), "right": {}}
    for classifier in classifiers:
        answers = classifier.answer([each.text for each in texts])
        judged = list(zip(texts, answers, strict=True))
        for group in groups:
            sides[group]["right"][classifier.name] = sum(
                (answer.positivity > 0.5) == (each.label == POSITIVE)
                for each, answer in judged
                if each.group == group and each.label != NEUTRAL and answer.positivity != 0.5
            )
        neutral["right"][classifier.name] = sum(
            answer.label == NEUTRAL for each, answer in judged if each.label == NEUTRAL
        )
    lines = "\n".join(f"{each.group}\t{each.label}\t{each.text}" for each in texts)
    return {"sha256": hashlib.sha256(lines.encode()).hexdigest(), "sides": sides, "neutral": neutral}
