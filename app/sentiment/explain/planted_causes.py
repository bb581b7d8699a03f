"""Does an explanation name the word that decides? Measured on generated reviews with a planted cause.

Each review has a counterpart: the same text but for the planted word, with the other verdict. So that word is the
cause. There are four kinds, with the planted words in capitals:

    opinion     "The film is truly MOVING."                         counterpart "... truly clumsy."
    contrast    "It was never truly dull; it was rather MOVING."    counterpart "...; it was rather clumsy."
    negation    "It was NEVER dull."                                counterpart "It was always dull."
    exchange    "It was never truly DULL; it was rather MOVING."    counterpart "... truly moving; ... rather dull."

An exchange has two planted words, and naming one is enough. Of a negation only the denying review is used: in "always
dull" an explanation rightly names "dull". The words come from the bundled sample; the check uses the frames of its
test split, training the others. All other sentences are neutral.

    python -m sentiment.explain.planted_causes reviews.csv      writes such reviews with counterparts, for training

A network trained on these knows that one word decides, so its figure measures the explanations alone. Any other may
have reasons of its own; `counterpart_correct` leaves out the reviews where that shows.
"""

import csv
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.config import NEGATIVE, POSITIVE
from sentiment.data.sample.generator import draw_names, frames_of
from sentiment.data.sample.grammar import ADVERBS, BLAME, CLOSINGS, FRAMES, OPENINGS, PLOT, PRAISE
from sentiment.errors import ConfigError, SentimentError
from sentiment.explain.attribution import DEFAULT_METHOD
from sentiment.explain.explainer import Explainer
from sentiment.inference.prediction import UNCERTAIN
from sentiment.inference.predictor import Predictor
from sentiment.runs.record import json_text
from sentiment.support.storage import new_file, write_text

FILE = "explanation.json"  # beside the saved runs of a dataset
FIRST = 3  # words or phrases that a person would look at
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
_NEGATIONS = (  # with the denying and the affirming word
    ("It was {denial} {opinion}.", "never", "always"),
    ("I {denial} found it {opinion}, not for a minute of the two hours.", "never", "often"),
    ("{denial} could call this film {opinion}.", "Nobody", "Everybody"),
    ("The story is {denial} {opinion}.", "never", "always"),
    ("I would {denial} call it {opinion}.", "never", "always"),
    ("It stays what it is for two hours, and it is {denial} {opinion}.", "never", "always"),
)
_MARK = "\N{INFORMATION SEPARATOR ONE}"  # stands for a planted word while the text is built


@dataclass(frozen=True)
class PlantedReview:
    """A review and the words in it that decide its verdict."""

    text: str
    positive: bool  # its true label
    causes: tuple[tuple[int, int], ...]  # start and end (exclusive) of each planted word in the text
    counterpart: str  # the text with other words there, and the opposite label
    kind: str  # "opinion", "contrast", "negation" or "exchange"


def planted_reviews(number: int = NUMBER, seed: int = SEED, split: str = "test") -> list[PlantedReview]:
    """So many reviews of each kind, about half of them positive; `split` says whose frames they use."""
    chance = random.Random(seed)
    frames = [FRAMES[kind][frame] for kind, frame in frames_of(split)]

    def repeated(choices: Sequence[Any]) -> list[Any]:
        return [choices[i % len(choices)] for i in range(number)]

    reviews = [_opinion(frame, "opinion", chance) for frame in repeated(_PLAIN)]
    reviews += [_opinion(frame, "contrast", chance) for frame in repeated(frames)]
    reviews += [_negation(frame, chance) for frame in repeated(_NEGATIONS)]
    return reviews + [_exchange(frame, chance) for frame in repeated(frames)]


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
    """Puts the words, and in the counterpart the others, in place of the marks."""
    first, *parts = _among_neutral_sentences(verdict, chance).split(_MARK)
    text, causes = first, []
    for word, part in zip(words, parts, strict=True):
        causes.append((len(text), len(text) + len(word)))
        text += word + part
    counterpart = first + "".join(word + part for word, part in zip(others, parts, strict=True))
    return PlantedReview(text, positive, tuple(causes), counterpart, kind)


def _among_neutral_sentences(verdict: str, chance: random.Random) -> str:
    plot = [PLOT[i] for i in sorted(chance.sample(range(len(PLOT)), chance.randint(1, 3)))]
    middle = [verdict, *plot] if chance.random() < 0.5 else [*plot, verdict]
    names = draw_names(chance)
    return " ".join([chance.choice(OPENINGS), *middle, chance.choice(CLOSINGS)]).format(**names)


def check(explainer: Explainer, reviews: Sequence[PlantedReview], method: str = DEFAULT_METHOD) -> dict[str, Any]:
    """How often an explanation ranks a planted word among its first three, where the verdict is right.

    Returns:
        A row ready for JSON. `run`, `method`; then the numbers `reviews`, `answered_correctly` and
        `among_first_three`, and the `share` of the last in the second, None if that is zero; the same two of phrases,
        `in_first_phrases` and `share_of_phrases`, where one of the first three has the word in it; `said_positive` and
        `uncertain`, numbers of verdicts (half of the reviews are positive). These figures again under `by_kind`, for
        each kind, and under `counterpart_correct`, for the reviews whose counterpart was answered correctly too. There
        the planted word did turn the verdict of the network, so an explanation that does not name it is wrong.

    Raises:
        ConfigError: there is no such method, or it cannot explain this network, or the run has no class negative, or
            none positive.
    """
    classes = explainer.run.config.classes
    if not {NEGATIVE, POSITIVE} <= set(classes.names):
        raise ConfigError(
            f"expected a run of {NEGATIVE} and {POSITIVE} for this check, whose reviews have these verdicts; found "
            f"{explainer.run.name} with {classes.listed()}; name another run"
        )
    explanations = [explainer.explain(review.text, method) for review in reviews]
    counterparts = Predictor(explainer.run).predict([review.counterpart for review in reviews])
    correct, both, named, in_phrase = [], [], [], []
    for review, explanation, counterpart in zip(reviews, explanations, counterparts, strict=True):
        label, opposite = (POSITIVE, NEGATIVE) if review.positive else (NEGATIVE, POSITIVE)
        correct.append(explanation.label == label)  # "uncertain" is no correct answer
        both.append(correct[-1] and counterpart.label == opposite)
        first = {(ranked.token.start, ranked.token.end) for ranked in explanation.ranked()[:FIRST]}
        named.append(not first.isdisjoint(review.causes))
        phrases = explanation.ranked_phrases()[:FIRST]
        in_phrase.append(
            any(phrase.start <= start and end <= phrase.end for phrase in phrases for start, end in review.causes)
        )

    def figures(chosen: list[int]) -> dict[str, Any]:
        answered = [i for i in chosen if correct[i]]
        hits, phrases = (sum(each[i] for i in answered) for each in (named, in_phrase))
        return {
            "reviews": len(chosen),
            "answered_correctly": len(answered),
            "among_first_three": hits,
            "share": round(hits / len(answered), 4) if answered else None,
            "in_first_phrases": phrases,
            "share_of_phrases": round(phrases / len(answered), 4) if answered else None,
        }

    labels = [explanation.label for explanation in explanations]
    kinds = dict.fromkeys(review.kind for review in reviews)
    return {
        "run": explainer.run.name,
        "method": method,
        **figures(list(range(len(reviews)))),
        "said_positive": labels.count(POSITIVE),
        "uncertain": labels.count(UNCERTAIN),
        "counterpart_correct": figures([i for i in range(len(reviews)) if both[i]]),
        "by_kind": {kind: figures([i for i, review in enumerate(reviews) if review.kind == kind]) for kind in kinds},
    }


def in_words(row: dict[str, Any]) -> str:
    """The result of `check` for people."""
    lines = [f"{row['run']}, {row['method']}: is the word that decides among the first {FIRST}?"]
    parts = {"all": row, **row["by_kind"], "counterpart right, too": row["counterpart_correct"]}
    for name, part in parts.items():
        share = "" if part["share"] is None else f" = {part['share']:.1%}"
        of_phrases = part.get("share_of_phrases")  # older checks lack it
        in_phrases = "" if of_phrases is None else f"; in the first {FIRST} phrases {of_phrases:.1%}"
        lines.append(
            f"  {name:<22} {part['among_first_three']} of {part['answered_correctly']} answered correctly{share}, of "
            f"{part['reviews']} reviews{in_phrases}"
        )
    if uncertain := row.get("uncertain", 0):
        lines.append(f"  {uncertain} reviews are not answered: the network knows too few of their words.")
    if row.get("said_positive") in (0, row["reviews"]) and not uncertain:  # older checks lack it
        label = POSITIVE if row["said_positive"] else NEGATIVE
        lines.append(
            f'  The network says "{label}" of all {row["reviews"]} reviews: no word decides its verdict, and the '
            "figures above say nothing of the method."
        )
    return "\n".join(lines)


def record(row: dict[str, Any], dataset_folder: Path) -> Path:
    """Writes the result of `check` into the list in `explanation.json`, in place of an older row of its run and method.

    Raises:
        SentimentError: the file exists and is no such list.
        StorageError: no space left, or no permission.
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


def main(target: Path) -> None:
    """Writes reviews to train on, with their counterparts, to a CSV file."""
    with new_file(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("review", "sentiment"))
        for review in planted_reviews(TRAINING_NUMBER, seed=SEED + 1, split="train"):
            for text, positive in ((review.text, review.positive), (review.counterpart, not review.positive)):
                writer.writerow((text, POSITIVE if positive else NEGATIVE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
