"""Is the word that decides among those an explanation names? Measured on reviews of which that word is known.

Of a planted review there is a counterpart: the same text, letter by letter, but for the planted word, and with the
other verdict. So that word is the cause. Four kinds, with the planted word in capitals:

    opinion     "The film is truly MOVING."                         counterpart "... truly clumsy."
    contrast    "It was never truly dull; it was rather MOVING."    counterpart "...; it was rather clumsy."
    negation    "It was NEVER dull."                                counterpart "It was always dull."
    exchange    "It was never truly DULL; it was rather MOVING."    counterpart "... truly moving; ... rather dull."

In an exchange two words are planted, and it is enough that one of them is named. Of a negation only the denying
review is asked: in "always dull" it is rightly "dull" that an explanation names.

The sentences around say nothing of the film's worth. They, the opinions and the frames of contrast and exchange are
those of the bundled sample; the frames are those of its test split, networks are trained on the others.

    python -m sentiment.explain.planted reviews.csv      such reviews with their counterparts, to train a network on

A network trained on these has learned that one word decides, so that its figure is that of the explanations alone.
Another may have its own reasons. One that was trained on the bundled sample has only ever met exchanges,
and judges most single opinions wrongly. The row `counterpart_correct` of a check leaves such reviews out.
"""

import csv
import io
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.data.sample.generator import frames_of
from sentiment.data.sample.grammar import (
    ADVERBS,
    BLAME,
    CLOSINGS,
    FRAMES,
    OPENINGS,
    PEOPLE,
    PLOT,
    PRAISE,
    TITLES,
    TOWNS,
)
from sentiment.errors import SentimentError
from sentiment.explain.attribution import DEFAULT_METHOD
from sentiment.explain.explainer import Explainer
from sentiment.inference.predictor import NEGATIVE, POSITIVE, UNCERTAIN, Predictor
from sentiment.runs.record import json_text
from sentiment.support.storage import write_text

FILE = "explanation.json"  # beside the saved runs of a dataset
FIRST = 3  # words that a person would look at
NUMBER = 100  # reviews of each kind
TRAINING_NUMBER = 600
SEED = 7

_PLAIN = (
    "It is {held}.",
    "The film is {held}.",
    "I found it {held}.",
    "I would call it {held}.",
    "This is a {held} film.",
    "What I saw was {held}.",
)
_NEGATIONS = (  # with the word that denies, and the one that affirms
    ("It was {denial} {opinion}.", "never", "always"),
    ("I {denial} found it {opinion}, not for a minute of the two hours.", "never", "often"),
    ("{denial} could call this film {opinion}.", "Nobody", "Everybody"),
    ("The story is {denial} {opinion}.", "never", "always"),
    ("I would {denial} call it {opinion}.", "never", "always"),
    ("It stays what it is for two hours, and it is {denial} {opinion}.", "never", "always"),
)
_MARK = "\N{INFORMATION SEPARATOR ONE}"  # around the planted word while the sentence is put together


@dataclass(frozen=True)
class PlantedReview:
    """A review and the word in it that turns its verdict."""

    text: str
    positive: bool  # what is true of it
    causes: tuple[tuple[int, int], ...]  # start and end (exclusive) of each planted word in the text
    counterpart: str  # with another word there, of which the opposite is true
    kind: str  # "opinion", "contrast", "negation" or "exchange"


def planted_reviews(number: int = NUMBER, seed: int = SEED, split: str = "test") -> list[PlantedReview]:
    """Reviews with a planted cause, about half of them positive.

    Args:
        number: of each kind.
        seed: the same seed gives the same reviews.
        split: "test" or "train": whose frames a contrast uses.
    """
    chance = random.Random(seed)
    frames = [FRAMES[kind][frame] for kind, frame in frames_of(split)]
    reviews = []
    for i in range(number):
        reviews.append(_opinion(_PLAIN[i % len(_PLAIN)], "opinion", chance))
    for i in range(number):
        reviews.append(_opinion(frames[i % len(frames)], "contrast", chance))
    for i in range(number):
        reviews.append(_negation(_NEGATIONS[i % len(_NEGATIONS)], chance))
    for i in range(number):
        reviews.append(_exchange(frames[i % len(frames)], chance))
    return reviews


def _opinion(frame: str, kind: str, chance: random.Random) -> PlantedReview:
    positive = chance.random() < 0.5
    held, opposite = (PRAISE, BLAME) if positive else (BLAME, PRAISE)
    other = f"{chance.choice(ADVERBS)} {chance.choice(opposite)}"
    verdict = frame.format(held=f"{chance.choice(ADVERBS)} {_MARK}", other=other)
    return _planted(verdict, [chance.choice(held)], [chance.choice(opposite)], positive, kind, chance)


def _negation(frame: tuple[str, str, str], chance: random.Random) -> PlantedReview:
    positive = chance.random() < 0.5
    sentence, denies, affirms = frame
    verdict = sentence.format(denial=_MARK, opinion=chance.choice(BLAME if positive else PRAISE))
    return _planted(verdict, [denies], [affirms], positive, "negation", chance)


def _exchange(frame: str, chance: random.Random) -> PlantedReview:
    positive = chance.random() < 0.5
    held, other = chance.choice(PRAISE), chance.choice(BLAME)
    held, other = (held, other) if positive else (other, held)
    words = [held, other] if frame.index("{held}") < frame.index("{other}") else [other, held]
    verdict = frame.format(held=f"{chance.choice(ADVERBS)} {_MARK}", other=f"{chance.choice(ADVERBS)} {_MARK}")
    return _planted(verdict, words, words[::-1], positive, "exchange", chance)


def _planted(
    verdict: str, words: list[str], others: list[str], positive: bool, kind: str, chance: random.Random
) -> PlantedReview:
    """Puts the words, and for the counterpart the others, where the marks stand."""
    parts = _among_neutral_sentences(verdict, chance).split(_MARK)
    text, causes = parts[0], []
    for word, part in zip(words, parts[1:], strict=True):
        causes.append((len(text), len(text) + len(word)))
        text += word + part
    counterpart = parts[0] + "".join(word + part for word, part in zip(others, parts[1:], strict=True))
    return PlantedReview(text, positive, tuple(causes), counterpart, kind)


def _among_neutral_sentences(verdict: str, chance: random.Random) -> str:
    plot = [PLOT[i] for i in sorted(chance.sample(range(len(PLOT)), chance.randint(1, 3)))]
    middle = [verdict, *plot] if chance.random() < 0.5 else [*plot, verdict]
    names = {
        "title": chance.choice(TITLES),
        "director": chance.choice(PEOPLE),
        "year": chance.randint(1961, 2019),
        "town": chance.choice(TOWNS),
    }
    names["hero"], names["friend"] = (name.split()[0] for name in chance.sample(PEOPLE, 2))
    return " ".join([chance.choice(OPENINGS), *middle, chance.choice(CLOSINGS)]).format(**names)


def check(explainer: Explainer, reviews: Sequence[PlantedReview], method: str = DEFAULT_METHOD) -> dict[str, Any]:
    """How often the explanation ranks the planted word among its first three, where the verdict is right.

    Args:
        explainer: of the run that is checked.
        reviews: those of `planted_reviews`.
        method: of the explanations.

    Returns:
        A row ready for JSON: `run`, `method`, `reviews`, `answered_correctly`, `among_first_three` (both numbers of
        reviews), `share` of the second in the first (None if none was answered correctly), `said_positive`, the number
        of reviews that the network calls positive, of which half are, the same four for each kind
        under `by_kind`, and under `counterpart_correct` for the reviews whose counterpart was answered correctly, too:
        there the planted word did turn the verdict of the network, so that an explanation that does not name it is
        wrong; of the others it might be right.

    Raises:
        ConfigError: there is no such method, or it cannot explain this network.
    """
    explanations = [explainer.explain(review.text, method) for review in reviews]
    counterparts = Predictor(explainer.run).predict([review.counterpart for review in reviews])
    correct, both, named = [], [], []
    for review, explanation, counterpart in zip(reviews, explanations, counterparts, strict=True):
        right, turned = (POSITIVE, NEGATIVE) if review.positive else (NEGATIVE, POSITIVE)
        correct.append(explanation.label == right)  # one that says "uncertain" has not answered
        both.append(correct[-1] and counterpart.label == turned)
        first = {(ranked.token.start, ranked.token.end) for ranked in explanation.ranked()[:FIRST]}
        named.append(not first.isdisjoint(review.causes))

    def row(chosen: list[int]) -> dict[str, Any]:
        answered = [i for i in chosen if correct[i]]
        hits = sum(named[i] for i in answered)
        return {
            "reviews": len(chosen),
            "answered_correctly": len(answered),
            "among_first_three": hits,
            "share": round(hits / len(answered), 4) if answered else None,
        }

    kinds = dict.fromkeys(review.kind for review in reviews)
    return {
        "run": explainer.run.name,
        "method": method,
        **row(list(range(len(reviews)))),
        "said_positive": sum(explanation.label == POSITIVE for explanation in explanations),
        "uncertain": sum(explanation.label == UNCERTAIN for explanation in explanations),
        "counterpart_correct": row([i for i in range(len(reviews)) if both[i]]),
        "by_kind": {kind: row([i for i, review in enumerate(reviews) if review.kind == kind]) for kind in kinds},
    }


def in_words(row: dict[str, Any]) -> str:
    """A row of `check` for people."""
    lines = [f"{row['run']}, {row['method']}: is the word that decides among the first {FIRST}?"]
    parts = {"all": row, **row["by_kind"], "counterpart right, too": row["counterpart_correct"]}
    for name, part in parts.items():
        share = "" if part["share"] is None else f" = {part['share']:.1%}"
        lines.append(
            f"  {name:<22} {part['among_first_three']} of {part['answered_correctly']} answered correctly{share}, of "
            f"{part['reviews']} reviews"
        )
    if uncertain := row.get("uncertain", 0):
        lines.append(f"  Of {uncertain} reviews the network knows too few words: it answers none of these.")
    if row.get("said_positive") in (0, row["reviews"]) and not uncertain:  # a row of an older check does not say it
        label = POSITIVE if row["said_positive"] else NEGATIVE
        lines.append(
            f'  The network says "{label}" of all {row["reviews"]} reviews: no word decides its verdict, and the '
            "figures above say nothing of the method."
        )
    return "\n".join(lines)


def record(row: dict[str, Any], dataset_folder: Path) -> Path:
    """Writes the row of a check into `explanation.json`, a list of rows, one for each run and method.

    Args:
        row: what `check` gave; it replaces an older one of its run and method.
        dataset_folder: where the runs of the dataset lie.

    Returns:
        The file.

    Raises:
        SentimentError: there is a file of that name that is no such list.
        StorageError: no room left, or no permission.
    """
    path = dataset_folder / FILE
    rows: list[dict[str, Any]] = []
    if path.is_file():
        try:
            rows = [old for old in json.loads(path.read_text(encoding="utf-8")) if _key(old) != _key(row)]
        except (ValueError, TypeError, KeyError):
            raise SentimentError(f"expected a list of checks in {path}; found something else; delete it") from None
    write_text(path, json_text(sorted([*rows, row], key=_key)))
    return path


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["run"], row["method"]


def main() -> None:
    """Writes reviews to train on, with their counterparts, to the CSV file that is named."""
    rows = []
    for review in planted_reviews(TRAINING_NUMBER, seed=SEED + 1, split="train"):
        for text, positive in ((review.text, review.positive), (review.counterpart, not review.positive)):
            rows.append((text, "positive" if positive else "negative"))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([("review", "sentiment"), *rows])
    write_text(Path(sys.argv[1]), file.getvalue())


if __name__ == "__main__":
    main()
