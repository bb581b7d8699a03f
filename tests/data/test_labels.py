"""The values of a label column are never guessed: one scheme explains all of them, or a person says what they mean."""

import re
import shlex
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sentiment.config import Classes
from sentiment.data.labels import LabelOptions, interpret_labels, normal_value
from sentiment.errors import ReviewsError

SOURCE = Path("some.csv")
POLARITY, THREE = ("negative", "positive"), ("negative", "neutral", "positive")


def meaning_of(column, /, **options):
    """Of a column with ten rows of every value."""
    rows = [label for label in column for _ in range(10)]
    return interpret_labels([normal_value(row) for row in rows], rows, LabelOptions.named(**options), SOURCE)


def class_names(column, /, **options):
    """The name of the class of every value, in the order of the values; None: set aside."""
    scheme = meaning_of(column, **options).scheme
    indices = [scheme.index_of.get(normal_value(label)) for label in column]
    return [None if index is None else scheme.classes.names[index] for index in indices]


@pytest.mark.parametrize(
    ("spellings", "value"),
    [
        ([1, 1.0, "1", " 1.0", "01", "1e0", "+1", Decimal("1.00"), np.int8(1), np.float32(1), np.uint64(1)], "1"),
        ([0, -0.0, "0", "0.000", "-0", Decimal(0), "LABEL_0", "__label__0"], "0"),
        ([-1, "-1.0", np.int64(-1)], "-1"),
        ([True, "true", "TRUE ", np.bool_(True)], "true"),
        (["Pos", " pos\t", "POS", "__label__pos"], "pos"),
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
    ("labels", "names"),
    [
        (["negative", "positive"], POLARITY),
        (["NEG", "Pos"], POLARITY),
        (["bad", "Good"], POLARITY),
        (["No", "YES"], POLARITY),
        ([False, True], POLARITY),
        ([0, 1], POLARITY),
        ([-1, 1], POLARITY),
        (["0.0", "1.0"], POLARITY),
        ([0, 4], POLARITY),
        (["LABEL_0", "LABEL_1"], POLARITY),
        (["__label__negative", "__label__positive"], POLARITY),
        (["not recommended", "Recommended"], POLARITY),
        (["neg", "neu", "pos"], THREE),
        (["Negative", "Neutral", "Positive"], THREE),
        ([-1, 0, 1], THREE),
        ([0, 2, 4], THREE),
        ([-2, -1, 0, 1, 2], ("very negative", *THREE, "very positive")),
        (
            ["Extremely Negative", "Negative", "Neutral", "Positive", "Extremely Positive"],
            ("very negative", *THREE, "very positive"),
        ),
        (["neutral", "positive"], ("neutral", "positive")),
        ([1, 2, 3, 4, 5], ("1", "2", "3", "4", "5")),
        (["1.0", "2.0", "4.0", "5.0"], ("1", "2", "4", "5")),
        ([1, 5], ("1", "5")),
        (["1 star", "3 stars", "5 stars"], ("1", "3", "5")),
        (["1/5", "4/5"], ("1", "4")),
        (["1.0 out of 5 stars", "5.0 out of 5 stars"], ("1", "5")),
        (["★", "★★☆☆☆", "★★★★★"], ("1", "2", "5")),
        ([1, 1.5, 2, 4.5, 5], ("1", "1.5", "2", "4.5", "5")),
        ([0, 1, 2, 3, 4], ("0", "1", "2", "3", "4")),
        ([1, 2, 3, 4, 7, 8, 9, 10], ("1", "2", "3", "4", "7", "8", "9", "10")),
        (["3/10", "9/10"], ("3/10", "9/10")),
        (["1,0", "2,5", "3,0", "5,0"], ("1", "2.5", "3", "5")),
        (["negativ", "neutral", "Positiv"], THREE),
        (range(11), tuple(map(str, range(11)))),
        (["20%", "80%"], ("20", "80")),
        (
            ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"],
            ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"),
        ),
        (["poor", "fair", "good", "very good", "excellent"], ("poor", "fair", "good", "very good", "excellent")),
        (["terrible", "bad", "okay", "good", "great"], ("terrible", "bad", "okay", "good", "great")),
        (
            ["Terrible", "Poor", "Average", "Very good", "Excellent"],
            ("Terrible", "Poor", "Average", "Very good", "Excellent"),
        ),
        (["very dissatisfied", "satisfied"], ("very dissatisfied", "satisfied")),
        (["Unlikely", "neither likely nor unlikely", "Likely"], ("Unlikely", "neither likely nor unlikely", "Likely")),
        (["hated it", "it was ok", "loved it"], ("hated it", "it was ok", "loved it")),
        (["very bad", "bad", "neutral", "good", "very good"], ("very negative", *THREE, "very positive")),
        (["☹️", "😐", "🙂", "😍"], ("☹️", "😐", "🙂", "😍")),
        ([":-(", ":|", ":)", ":D"], (":-(", ":|", ":)", ":D")),
        (["👎🏽", "👍"], POLARITY),
    ],
)
def test_a_scheme_is_recognised_from_all_its_values(labels, names):
    scheme = meaning_of(labels).scheme
    assert scheme.classes.names == names
    assert [scheme.index_of[normal_value(label)] for label in labels] == list(range(len(names)))
    assert scheme.classes.is_graded == (len(names) > 2)


AGREEMENT = ["strongly disagree", "disagree", "Neither agree nor disagree", "agree", "strongly agree"]


@pytest.mark.parametrize("pattern", ["{} - {}", "{}: {}", "{}. {}", "{}) {}", "({}) {}", "[{}] {}", "{} – {}", "{}={}"])
def test_numbered_grades_in_words_are_grades_from_the_worst_to_the_best(pattern):
    rising = [pattern.format(number, word) for number, word in enumerate(AGREEMENT, start=1)]
    assert meaning_of(rising[::-1]).scheme.classes == Classes(tuple(rising), ordered=True)
    falling = [pattern.format(5 - number, word) for number, word in enumerate(AGREEMENT)]
    assert meaning_of(falling).scheme.classes == Classes(tuple(falling), ordered=True)


@pytest.mark.parametrize(
    "labels",
    [
        ["1 - disagree", "2 - strongly disagree", "3 - agree"],  # the numbers say another order
        ["1 - disagree", "2 - agree", "strongly agree"],
        ["1 - disagree", "1 - agree"],
        ["1 - disagree", "2 - spam"],
    ],
)
def test_numbered_words_in_another_order_are_no_grades_of_a_scale(labels):
    with pytest.raises(ReviewsError, match="--labels"):
        meaning_of(labels)


@pytest.mark.parametrize("numbers", [range(0, 101, 25), range(3, 97)])
def test_numbers_up_to_a_hundred_may_be_percentages_which_the_refusal_says(numbers):
    with pytest.raises(ReviewsError, match="if they are percentages, --labels percent"):
        meaning_of(list(numbers))
    assert meaning_of(list(numbers), labels="percent").scheme.classes.is_graded


def test_numbers_of_a_shorter_scale_are_not_called_percentages():
    with pytest.raises(ReviewsError) as refusal:
        meaning_of([0, 1, 2])
    assert "percent" not in str(refusal.value)


def test_grades_in_words_are_told_from_the_worst_to_the_best_in_any_order_of_the_rows():
    meaning = meaning_of(["great", "Bad", "ok", "okay", "good", "terrible"])
    counted = meaning.told([10, 10, 20, 10, 10])
    assert counted == (
        "labels: grades in words, from the worst to the best, in order; terrible: 10; Bad: 10; ok (ok, okay): 20; "
        "good: 10; great: 10"
    )


@pytest.mark.parametrize("four", ["4 stars", "4/5", "★★★★", "4 out of 5"])
def test_four_beside_four_stars_is_the_same_where_all_values_fit_one_to_five(four):
    assert class_names(["1", "2 stars", four, "4", 5.0]) == ["1", "2", "4", "4", "5"]
    assert class_names([four, "4", "5"], labels="stars") == ["4", "4", "5"]
    with pytest.raises(ReviewsError, match=r"if this is their order, --labels '1=1 < .*4.*=4'"):
        meaning_of(["0", "1", four, "4"])


def test_many_percentages_become_bands():
    labels = [f"{number}%" for number in range(0, 101, 4)]
    assert class_names(labels)[0] == "0-20%"
    assert class_names(labels)[-1] == "80-100%"
    assert meaning_of(labels).scheme.classes.names == ("0-20%", "20-40%", "40-60%", "60-80%", "80-100%")


def test_words_that_are_no_sentiment_are_classes_without_an_order():
    scheme = meaning_of(["Joy", "anger", "fear", "neutral"]).scheme
    assert scheme.classes == Classes(("anger", "fear", "Joy", "neutral"))
    assert meaning_of(["ham", "spam"]).scheme.classes == Classes(("ham", "spam"))


@pytest.mark.parametrize(("labels", "names"), [(["pos", "pos"], POLARITY), ([], POLARITY), ([1], POLARITY)])
def test_one_class_alone_is_refused_elsewhere(labels, names):
    assert meaning_of(labels).scheme.classes.names == names


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        ([0, 1, 2], "3 values: 0 (10 rows), 1 (10 rows), 2 (10 rows)"),
        ([-1, 0, 1, 2], "4 values"),
        ([1, 2], "2 values"),
        ([1, 2, 3], "3 values"),
        ([0, 1, 2, 3], "4 values"),
        ([1, 2, 3, 4], "4 values"),
        ([4, 5], "2 values"),
        ([0, 1, 2, 3, 4, 5], "6 values"),  # 0 may stand for no rating
        (["__label__1", "__label__2"], "2 values"),
        ([0.5, 1], "2 values: 0.5 (10 rows), 1 (10 rows)"),
        ([2], "1 value: 2 (10 rows)"),
        (range(1_000), "9 (10 rows) and 990 more values"),
        ([1, 0, "mixed"], "3 values"),
        ([1, "negative"], "2 values"),
        ([1, 0, True], "3 values"),
        (["good", "negative"], "2 values"),
        (["pos", "neg", "meh"], "3 values"),
        (["Positive", "Negative", "postive"], "3 values"),
        (["postive", "negatve"], "2 values"),
        (["yes, really", "no"], "yes, really (10 rows)"),
        (["x" * 99, "no"], f"{'x' * 29}… (10 rows)"),
        (["spam", "ham", "unknown"], "3 values"),
        (["spam", "ham", "?"], "3 values"),
        (["x" * 99, "y"], f"{'x' * 29}… (10 rows)"),
        (["4 stars", "80%"], "2 values"),
        (["4/5", "8/10"], "2 values"),
        (["0", "4", "5 stars"], "3 values"),
        (["terrible", "awful", "good"], "3 values"),
        (["agree", "disagree", "good"], "3 values"),
        (["agree", "disagree", "spam"], "3 values"),
        (["excelent", "terrible"], "2 values"),
        ([f"word {number}" for number in range(30)], "30 values"),
    ],
)
def test_other_values_are_refused_with_their_counts_and_the_option(labels, values):
    with pytest.raises(ReviewsError, match="--labels") as refusal:
        meaning_of(list(labels))
    assert values in str(refusal.value)
    assert "--rejects" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_minus_one_in_half_of_the_rows_may_stand_for_no_label():
    rows = [-1] * 60 + [0] * 20 + [1] * 20
    with pytest.raises(ReviewsError, match="if -1 stands for no label, --labels '0=negative; 1=positive'"):
        interpret_labels([normal_value(row) for row in rows], rows, LabelOptions(), SOURCE)
    named = interpret_labels(
        [normal_value(row) for row in rows], rows, LabelOptions.named("0=negative; 1=positive"), SOURCE
    )
    assert (named.scheme.classes.names, named.aside) == (POLARITY, ["-1"])


def test_a_class_called_as_a_text_without_a_verdict_is_refused():
    with pytest.raises(ReviewsError, match=r"no class called uncertain.*rename it with --labels"):
        meaning_of(["joyful", "uncertain", "sad"])
    with pytest.raises(ReviewsError, match="no class called uncertain"):
        meaning_of([1, 2], labels="1=uncertain; 2=sure")


def test_a_column_with_a_value_in_hardly_any_two_rows_is_no_label():
    with pytest.raises(ReviewsError, match="--label-column"):
        interpret_labels(["ann", "bob", "cid"], ["ann", "bob", "cid"], LabelOptions(), SOURCE)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([0, 1, 2], ["negative", "neutral", "positive"]),
        (["Positive", "Negative", "neutrl"], ["positive", "negative", None]),
        ([1, 2, 3, 4], ["negative", "negative", "positive", "positive"]),
        (["good", "negative"], ["positive", "negative"]),
    ],
)
def test_the_advice_can_be_typed_as_it_is(labels, names):
    with pytest.raises(ReviewsError) as refusal:
        meaning_of(labels)
    typed = re.search(r"--labels ('[^']+=[^']+')", str(refusal.value))[1]
    assert class_names(labels, labels=shlex.split(typed)[0]) == names


@pytest.mark.parametrize(
    ("labels", "option", "names", "ordered"),
    [
        ([1, 2, 3, 4, 5], "1,2=negative; 3=neutral; 4,5=positive", THREE, True),
        ([1, 2, 3, 4, 5], "4,5=positive; 1,2=negative", POLARITY, False),
        ([1, 2, 3], "1=low < 2=middle < 3=high", ("low", "middle", "high"), True),
        (["a", "b", "c"], "a=x; b=y; c=z", ("x", "y", "z"), False),
        (["a, b", "c", "d"], '"a, b"=x; c,d=y', ("x", "y"), False),
        (["lo", "mid", "hi"], "hi=3; lo=1; mid=2", ("1", "2", "3"), True),
        ([1, 2, 3], "grades", ("1", "2", "3"), True),
        ([1234568, 1234567], "grades", ("1234567", "1234568"), True),
        (["2", "1e400", "1e-400", "0.00001"], "grades", ("1e-400", "0.00001", "2", "1e+400"), True),
        ([0, 1, 2], "classes", ("0", "1", "2"), False),
        ([1, 3], "stars", ("1", "3"), True),
        (range(0, 101, 5), "percent", ("0-20%", "20-40%", "40-60%", "60-80%", "80-100%"), True),
    ],
)
def test_what_a_person_says_is_what_happens(labels, option, names, ordered):
    assert meaning_of(list(labels), labels=option).scheme.classes == Classes(names, ordered)


def test_values_that_are_not_named_are_set_aside():
    meaning = meaning_of([1, 2, 3, 4, 5], labels="1,2=negative; 4,5=positive")
    assert meaning.aside == ["3"]
    assert class_names([1, 2, 3, 4, 5], labels="1=bad; 5=good") == ["bad", None, None, None, "good"]


def test_what_was_understood_is_told_in_a_line():
    told = meaning_of([1, 2, 3, 4, 5]).told([1_204, 300, 20, 5, 7])
    assert told == "labels: stars, in order; 1: 1,204; 2: 300; 3: 20; 4: 5; 5: 7"
    assert (
        meaning_of(["Neg", "pos"]).told([3, 4]) == "labels: negative and positive; negative (Neg): 3; positive (pos): 4"
    )


def test_the_values_of_a_class_are_told_in_ascending_order():
    told = meaning_of([2, 10, 5, 1], labels="2,10=positive; 5,1=negative").told([10, 10])
    assert told == "labels: as named; negative (1, 5): 10; positive (2, 10): 10"


def test_named_values_are_compared_as_those_of_the_file():
    assert class_names([4.0, 5, "1", 3, None], positive=" 5, 4 ", negative="01") == [
        "positive", "positive", "negative", None, None,
    ]  # fmt: skip
    assert class_names(["Very Good", "bad"], positive=["very  good"], negative="BAD") == ["positive", "negative"]
    assert class_names(["yes, really", "no"], positive='"yes, really"', negative="no") == ["positive", "negative"]
    assert class_names([True, False], positive="false", negative="true") == ["negative", "positive"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positive": "4"}, "expected --positive and --negative together; found --positive alone"),
        ({"negative": [1]}, "found --negative alone"),
        ({"positive": "", "negative": "1"}, "after --positive, .* found none"),
        ({"positive": " ", "negative": "1"}, "after --positive, .* found none"),
        ({"positive": "4,,5", "negative": "1"}, "after --positive, .* found an empty one among them"),
        ({"positive": "4", "negative": "none"}, "after --negative, .* found none"),
        ({"positive": "4,5.0", "negative": "1,5"}, "expected no value in both classes; found 5"),
        (
            {"positive": "4,9", "negative": "1"},
            r"found no row with 9; the values are 1 \(10 rows\), 4 \(10 rows\), 5 \(10 rows\)",
        ),
        ({"labels": "stars", "positive": "4", "negative": "1"}, "found both; say all of it with --labels"),
        ({"labels": "star"}, "expected one of stars, grades, percent, classes, or values=class"),
        ({"labels": "1=negative; 4,5"}, "found '4,5'"),
        ({"labels": "1=negative; =positive"}, "found '=positive'"),
        ({"labels": "1=a; 1=b"}, "found 1 twice"),
        ({"labels": "1=a; 4=b < 5=c"}, "found both"),
        ({"labels": "1,4,5=a"}, "expected 2 to 20 classes"),
        ({"labels": "1=a; 9=b"}, "found no row with 9"),
        ({"labels": "percent"}, None),  # 1, 4 and 5 are numbers from 0 to 100
    ],
)
def test_impossible_classes_are_refused(options, message):
    if message is None:
        assert meaning_of([1, 4, 5], **options)
        return
    with pytest.raises(ReviewsError, match=message):
        meaning_of([1, 4, 5], **options)


@pytest.mark.parametrize(
    ("labels", "option"),
    [
        ([1, 2, 6], "stars"),
        (["a", 1], "stars"),
        (["a", "b"], "grades"),
        (["50", "500"], "percent"),
        (range(30), "classes"),
    ],
)
def test_a_named_scheme_that_does_not_fit_the_values_is_refused(labels, option):
    with pytest.raises(ReviewsError, match=f"with --labels {option}; the values are"):
        meaning_of(list(labels), labels=option)
