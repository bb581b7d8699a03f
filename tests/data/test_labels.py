"""The values of a label column are never guessed: two values of one known pair, or those that a person names."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.data.labels import Classes, label_values, normal_value
from sentiment.errors import ReviewsError

SOURCE = Path("some.csv")


def judged(labels, positive=None, negative=None):
    """The label of each value."""
    classes = Classes.named(positive, negative)
    return label_values([normal_value(label) for label in labels], labels, classes, SOURCE).label_of


@pytest.mark.parametrize(
    ("spellings", "value"),
    [
        ([1, 1.0, "1", " 1.0", "01", "1e0", "+1", Decimal("1.00"), np.int8(1), np.float32(1), np.uint64(1)], "1"),
        ([0, -0.0, "0", "0.000", "-0", Decimal(0)], "0"),
        ([-1, "-1.0", np.int64(-1)], "-1"),
        ([True, "true", "TRUE ", np.bool_(True)], "true"),
        (["Pos", " pos\t", "POS"], "pos"),
        (["very  Good", "Very good"], "very good"),
        ([None, float("nan"), np.nan, pd.NA, pd.NaT, "", "  ", "NaN", "None", "null", "N/A", "na", "<NA>"], ""),
    ],
)
def test_all_spellings_of_a_value_are_the_same_value(spellings, value):
    assert {normal_value(spelling) for spelling in spellings} == {value}


@pytest.mark.parametrize("text", ["inf", "1_000", "1e9999", "1/2", "4,5", "10%", "nope", "٣x"])
def test_a_value_that_is_not_a_number_stays_as_it_is(text):
    assert normal_value(text) == text


@pytest.mark.parametrize(
    ("labels", "meaning"),
    [
        (["positive", "Neg", "POS", "negative", None], {"positive": 1, "pos": 1, "negative": 0, "neg": 0}),
        ([1, 0.0, "1", ""], {"1": 1, "0": 0}),
        ([True, False, "true", None], {"true": 1, "false": 0}),
        (["pos", "pos"], {"pos": 1}),  # one class, which is refused elsewhere
        ([], {}),
    ],
)
def test_two_values_of_one_family_are_understood(labels, meaning):
    assert judged(labels) == meaning


@pytest.mark.parametrize(
    ("labels", "values", "advice"),
    [
        ([0, 1, 2], "3 values: 0 (1 row), 1 (1 row), 2 (1 row)", "for example --positive 2 --negative 0"),
        ([-1, 0, 1], "3 values: -1 (1 row), 0 (1 row), 1 (1 row)", "for example --positive 1 --negative -1"),
        ([-1, 1], "2 values", "if the larger numbers are the better ones, for example --positive 1 --negative -1"),
        ([1, 2], "2 values", "if the larger numbers are the better ones, for example --positive 2 --negative 1"),
        ([0, 4, 4], "2 values: 0 (1 row), 4 (2 rows)", "--positive 4 --negative 0"),
        ([0, 1, 2, 3, 4], "5 values", "--positive 3,4 --negative 0,1"),
        (["5", "3.0", "1", "2", "4"], "1 (1 row), 2 (1 row), 3 (1 row)", "--positive 4,5 --negative 1,2;"),
        (range(1, 11), "10 values", "--positive 7,8,9,10 --negative 1,2,3,4;"),
        ([0.5, 1], "2 values: 0.5 (1 row), 1 (1 row)", "--positive 1 --negative 0.5"),
        (range(1_000), "9 (1 row) and 990 more values", "--positive A,B --negative C"),
        ([2], "1 value: 2 (1 row)", "--positive A,B --negative C"),
        (
            ["pos", "neg", "neutral", "neg"],
            "neg (2 rows), pos (1 row), neutral (1 row)",
            "--positive pos --negative neg",
        ),
        (["Positive", "Negative", "postive"], "3 values", "correct what is misspelt, or .* --positive Positive "),
        ([1, 0, "mixed"], "3 values", "--positive 1 --negative 0; rows with other values"),
        ([1, 0, 2, "mixed"], "4 values", "--positive A,B --negative C"),
        ([1, "negative"], "2 values", "say that they mean the same: --positive 1 --negative negative"),
        ([1, 0, True], "3 values", "say that they mean the same"),
        ([1, "negative", "meh"], "3 values", "--positive A,B --negative C"),
        (["good", "bad"], "2 values", "--positive A,B --negative C"),
        (["yes, really", "no"], "yes, really (1 row)", "--label-column"),
        (["x" * 99, "no"], f"{'x' * 29}… (1 row)", "--positive A,B"),
    ],
)
def test_other_values_are_refused_with_their_counts_and_what_to_do(labels, values, advice):
    with pytest.raises(ReviewsError, match=advice) as refusal:
        judged(list(labels))
    assert values in str(refusal.value)
    assert "--rejects" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_advice_can_be_typed_as_it_is():
    labels = ["Positive", "Negative", "neutral"]
    with pytest.raises(ReviewsError) as refusal:
        judged(labels)
    words = str(refusal.value).replace(";", "").split()
    positive, negative = (words[words.index(option) + 1] for option in ("--positive", "--negative"))
    assert judged(labels, positive, negative) == {"positive": 1, "negative": 0}


def test_named_values_are_compared_as_those_of_the_file():
    assert judged([4.0, 5, "1", 3, None], " 5, 4 ", "01") == {"5": 1, "4": 1, "1": 0}
    assert judged(["Very Good", "bad"], ["very  good"], "BAD") == {"very good": 1, "bad": 0}
    assert judged(["yes, really", "no"], '"yes, really"', "no") == {"yes, really": 1, "no": 0}
    assert judged([True, False], "false", "true") == {"false": 1, "true": 0}


@pytest.mark.parametrize(
    ("positive", "negative", "message"),
    [
        ("4", None, "expected --positive and --negative together; found --positive alone"),
        (None, [1], "found --negative alone"),
        ("", "1", "after --positive, .* found none"),
        (" ", "1", "after --positive, .* found none"),
        ("4,,5", "1", "after --positive, .* found an empty one among them"),
        ("4", "none", "after --negative, .* found none"),
        ("4,5.0", "1,5", "expected no value in both classes; found 5"),
        ("4,9", "1", r"found no row with 9; the values are 1 \(1 row\), 4 \(2 rows\), 5 \(1 row\)"),
    ],
)
def test_impossible_classes_are_refused(positive, negative, message):
    with pytest.raises(ReviewsError, match=message):
        judged([1, 4, 4, 5], positive, negative)
