"""Schemes of labels that are recognised: which values belong together, and which class each of them is.

A scheme has to explain all values of a column. Where two schemes could, or none does, nothing is chosen.
"""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from sentiment.config import MOST_CLASSES, NEGATIVE, NEUTRAL, POLARITY, POSITIVE, Classes
from sentiment.data.labels.scales import WORDS, plain_value, ranks_of, ranks_of_numbered, share_a_scale
from sentiment.data.labels.values import Rating, normal_value, rating

VERY_NEGATIVE, VERY_POSITIVE = "very negative", "very positive"
FIVE_GRADES = (VERY_NEGATIVE, NEGATIVE, NEUTRAL, POSITIVE, VERY_POSITIVE)
_GRADED = {
    **dict.fromkeys(("very negative", "extremely negative", "strongly negative"), VERY_NEGATIVE),
    **dict.fromkeys(("negative", "neg", "negativ", "negativo", "negativa", "négatif"), NEGATIVE),
    **dict.fromkeys(("neutral", "neu", "neut", "neutro", "neutra", "neutre"), NEUTRAL),
    **dict.fromkeys(("positive", "pos", "positiv", "positivo", "positiva", "positif"), POSITIVE),
    **dict.fromkeys(("very positive", "extremely positive", "strongly positive"), VERY_POSITIVE),
}
_GOOD_AND_BAD = {
    "very bad": VERY_NEGATIVE, "bad": NEGATIVE, "neutral": NEUTRAL, "good": POSITIVE, "very good": VERY_POSITIVE,
}  # fmt: skip
PAIRS: tuple[dict[str, str], ...] = (
    {"no": NEGATIVE, "yes": POSITIVE},
    {"false": NEGATIVE, "true": POSITIVE},
    {"not recommended": NEGATIVE, "recommended": POSITIVE},
    {"dislike": NEGATIVE, "like": POSITIVE},
    {"thumbs down": NEGATIVE, "thumbs up": POSITIVE},
    {"thumbs_down": NEGATIVE, "thumbs_up": POSITIVE},
    {"rotten": NEGATIVE, "fresh": POSITIVE},
    {"unfavorable": NEGATIVE, "favorable": POSITIVE},
    {"unfavourable": NEGATIVE, "favourable": POSITIVE},
    {"schlecht": NEGATIVE, "gut": POSITIVE},
    {"差评": NEGATIVE, "好评": POSITIVE},
    {"👎": NEGATIVE, "👍": POSITIVE},
)
FAMILIES = (_GRADED, _GOOD_AND_BAD, *PAIRS)  # of words that go together; a column with words of two is not recognised
_SMALL_SCALES: tuple[dict[int, str], ...] = (  # all values must occur
    {0: NEGATIVE, 1: POSITIVE},
    {-1: NEGATIVE, 1: POSITIVE},
    {-1: NEGATIVE, 0: NEUTRAL, 1: POSITIVE},
    {0: NEGATIVE, 4: POSITIVE},  # Sentiment140
    {0: NEGATIVE, 2: NEUTRAL, 4: POSITIVE},
    dict(zip(range(-2, 3), FIVE_GRADES, strict=True)),
)
_MOST_DIGITS = 20_000  # of a number with an exponent of four digits
_MOST_PERCENTAGES = 11  # different ones that are grades of their own; more become bands
_BAND = 20  # points of a band
# What stands where somebody did not know: no class that anybody would want to be told.
_PLACEHOLDERS = (
    "unknown", "unlabelled", "unlabeled", "unsup", "unsupervised", "n.a.", "tbd", "todo", "undefined", "?", "??", "-",
    "--", ".",
)  # fmt: skip
OF_FIVE = ("", "stars", "/5")  # scales on which 4 is the same grade
_LEAST_ROWS = 3  # of each class of one's own, on average; a column with fewer is a text or a number, and no label
_LONG = 6  # letters of a word of a scale that may be misspelt; shorter ones are like too many others
_ALIKE = 0.8  # how similar two words are that may be one word, misspelt


@dataclass(frozen=True)
class Scheme:
    """What the values of a label column mean."""

    classes: Classes
    index_of: Mapping[str, int]  # the class of every normal value that has one
    title: str  # for people, such as "stars"


def recognise(counts: Counter[str], shown: Mapping[str, str]) -> Scheme | None:
    """The scheme of a column, if there is just one that explains it.

    Args:
        counts: rows of each normal value, without rows that have no label.
        shown: how the file writes each value.
    """
    if family := family_of(counts):
        return _polarity({value: family[plain_value(value)] for value in counts})
    if ranks := ranks_of(counts) or ranks_of_numbered(counts):
        return _in_words(ranks, shown)
    ratings = {value: rating(value) for value in counts}
    if all(ratings.values()):
        if counts.keys() == {"-1", "0", "1"} and 2 * counts["-1"] >= counts.total():
            return None  # -1 may stand for no label: of some datasets, half of the reviews have it
        return _numbers({value: rated for value, rated in ratings.items() if rated})
    return None if any(ratings.values()) else _own_classes(counts, shown)


def family_of(values: Counter[str]) -> dict[str, str] | None:
    """The family of words that has all values."""
    words = set(map(plain_value, values))
    return next((family for family in FAMILIES if values and words <= family.keys()), None)


def as_grades(values: Sequence[str]) -> Scheme | None:
    """Every number as a grade of its own, the larger the better; None where a value is no number."""
    ratings = {value: rated for value in values if (rated := rating(value))}
    if len(ratings) < len(values) or (len({rated.scale for rated in ratings.values()}) > 1 and not _are_stars(ratings)):
        return None
    return _grades(_numbers_of(ratings), "grades")


def as_classes(values: Sequence[str], shown: Mapping[str, str]) -> Scheme:
    """Every value as a class of its own, without an order; by name."""
    ordered = sorted(values)
    classes = Classes(tuple(shown[value] for value in ordered))
    return Scheme(classes, {value: index for index, value in enumerate(ordered)}, "classes of your own, without order")


def as_percentages(values: Sequence[str]) -> Scheme | None:
    """Numbers from 0 to 100 as grades, or in bands of 20 where there are many; None where one is something else."""
    ratings = {value: rated for value in values if (rated := rating(value)) and rated.scale in ("", "%", "/100")}
    numbers = _numbers_of(ratings)
    if len(numbers) < len(values) or not all(0 <= number <= 100 for number in numbers.values()):
        return None
    if len(numbers) <= _MOST_PERCENTAGES:
        return _grades(numbers, "percentages")
    present = set(map(band_of, numbers.values()))
    names = tuple(band for band in map(band_of, map(Fraction, range(0, 100, _BAND))) if band in present)
    if len(names) < 2:
        return None
    index_of = {value: names.index(band_of(number)) for value, number in numbers.items()}
    return Scheme(Classes(names, ordered=True), index_of, f"percentages in bands of {_BAND} points")


def band_of(number: Fraction) -> str:
    """The band of a percentage."""
    band = min(int(number // _BAND), 100 // _BAND - 1)
    return f"{_BAND * band}-{_BAND * (band + 1)}%"


def _polarity(class_of: Mapping[str, str]) -> Scheme:
    """Words whose classes are among the five grades; negative and positive where there are no others."""
    present = set(class_of.values())
    if present <= {NEGATIVE, POSITIVE}:
        names, title = POLARITY.names, "negative and positive"
    else:
        names = tuple(name for name in FIVE_GRADES if name in present)
        title = "from negative to positive"
        if len(names) < 2:  # refused where reviews of one class alone are
            names, title = (NEGATIVE, NEUTRAL, POSITIVE), "negative, neutral and positive"
    index_of = {value: names.index(name) for value, name in class_of.items()}
    return Scheme(Classes(names, ordered=len(names) > 2), index_of, title)


def _numbers(ratings: Mapping[str, Rating]) -> Scheme | None:
    """A scale of numbers, if it is known by its values."""
    scales = {rated.scale for rated in ratings.values()}
    if scales in ({"%"}, {"/100"}):
        return as_percentages(list(ratings))
    numbers = _numbers_of(ratings)
    present = set(numbers.values())
    if scales == {""}:
        if small := next((scale for scale in _SMALL_SCALES if scale.keys() == present), None):
            return _polarity({value: small[int(number)] for value, number in numbers.items()})
        if len(present) == 1 and present <= {0, 1}:  # refused where reviews of one class alone are
            return _polarity({value: POSITIVE if number else NEGATIVE for value, number in numbers.items()})
    elif len(scales) > 1:
        return _grades(numbers, "stars") if _are_stars(ratings) else None
    [scale] = scales
    if scale == "/10":
        return _grades(numbers, "ratings out of 10", "/10") if max(present) <= 10 else None
    highest, lowest = max(present), min(present)
    if scale in ("stars", "/5"):
        return _grades(numbers, "stars") if highest <= 5 else None
    whole = all(number.denominator == 1 for number in present)
    if whole and present == set(range(5)):
        return _grades(numbers, "grades from 0 to 4")
    if whole and present == set(range(11)):
        return _grades(numbers, "ratings from 0 to 10")
    if lowest <= 0:  # a 0 beside other numbers often stands for no rating
        return None
    if whole and highest == 5 and (len(present) >= 3 or present == {1, 5}):
        return _grades(numbers, "stars")
    if whole and highest == 10 and len(present) >= 4:
        return _grades(numbers, "ratings out of 10")
    halves = all((2 * number).denominator == 1 for number in present)
    if not whole and halves and highest == 5 and len(present) >= 4:
        return _grades(numbers, "stars and half stars")
    return None


def _numbers_of(ratings: Mapping[str, Rating]) -> dict[str, Fraction]:
    return {value: rated.number for value, rated in ratings.items()}


def _are_stars(ratings: Mapping[str, Rating]) -> bool:
    """Whether all are of 1 to 5, so that a 4 beside "4 stars" or "4/5" is the same."""
    return all(rated.scale in OF_FIVE and 1 <= rated.number <= 5 for rated in ratings.values())


def _in_words(ranks: Mapping[str, int], shown: Mapping[str, str]) -> Scheme:
    """A grade for each step of a scale of words or faces, called as the file first writes it."""
    steps = sorted(set(ranks.values()))
    names = tuple(next(shown[value] for value in shown if ranks.get(value) == step) for step in steps)
    index_of = {value: steps.index(step) for value, step in ranks.items()}
    return Scheme(Classes(names, ordered=True), index_of, "grades in words, from the worst to the best")


def _grades(numbers: Mapping[str, Fraction], title: str, unit: str = "") -> Scheme | None:
    """A grade for each number; `unit` tells 3 out of 10 from 3 stars."""
    ordered = sorted(set(numbers.values()))
    if not 2 <= len(ordered) <= MOST_CLASSES:
        return None
    names = tuple(f"{_written(number)}{unit}" for number in ordered)
    return Scheme(
        Classes(names, ordered=True), {value: ordered.index(number) for value, number in numbers.items()}, title
    )


def _written(number: Fraction) -> str:
    """The number of a label as its normal value has it, with all of its digits."""
    with localcontext(prec=_MOST_DIGITS):
        exact = (Decimal(number.numerator) / number.denominator).normalize()
    return normal_value(exact)


def _own_classes(counts: Counter[str], shown: Mapping[str, str]) -> Scheme | None:
    """Words without a known one among them, unless it is "neutral" beside others that are not misspelt."""
    known = {word for family in FAMILIES for word in family}
    misspelt = known | {word for word in WORDS if len(word) >= _LONG}
    suspicious = [value for value in counts if (value in known and value != "neutral") or value in _PLACEHOLDERS]
    suspicious += [
        value
        for value in counts
        if value not in known and difflib.get_close_matches(value, misspelt - {value}, 1, cutoff=_ALIKE)
    ]
    few = counts.total() < _LEAST_ROWS * len(counts)
    if (
        suspicious
        or few
        or share_a_scale(counts)
        or not 2 <= len(counts) <= MOST_CLASSES
        or max(map(len, shown.values())) > 60
    ):
        return None
    return as_classes(list(counts), shown)
