"""What an accuracy hides: recall per class, one class for all reviews, and who gains nothing by reading."""

import numpy as np
import pytest

from sentiment.config import POLARITY, Classes
from sentiment.metrics.class_balance import balance, by_class, larger_class, macro_f1, one_class
from sentiment.metrics.measures import measure, shortcomings

NAMES = POLARITY.names
MOSTLY_POSITIVE = (np.arange(1_200) >= 72).astype(np.int8)  # 72 negative reviews of 1,200, 94% positive


def confusion(negatives_right: int, positives_right: int) -> list[list[int]]:
    """Of reviews of which 72 are negative and 1,128 positive."""
    return [[negatives_right, 72 - negatives_right], [1_128 - positives_right, positives_right]]


def test_recall_is_the_share_of_a_class_that_is_classified_correctly() -> None:
    assert by_class(confusion(18, 1_128), NAMES) == {
        "recall": {"negative": 0.25, "positive": 1.0},
        "predicted": {"negative": 18 / 1_200, "positive": (1_128 + 54) / 1_200},
    }


def test_a_class_that_does_not_occur_has_no_recall() -> None:
    assert by_class([[0, 0], [1, 3]], NAMES)["recall"]["negative"] is None
    assert by_class([[3, 1], [0, 0]], NAMES)["recall"]["positive"] is None


def test_measuring_gives_recall_and_it_is_what_the_saved_confusion_matrix_says() -> None:
    figures = measure(MOSTLY_POSITIVE, np.where(np.arange(1_200) < 40, 0.1, 0.9))
    assert figures["recall"] == {"negative": 40 / 72, "positive": 1.0}
    assert figures["predicted"]["positive"] == 1_160 / 1_200
    assert by_class(figures["confusion"], NAMES).items() <= figures.items()


def test_f1_is_the_mean_of_the_classes_that_occur_or_are_predicted() -> None:
    assert macro_f1([[4, 0], [0, 0]]) == 1.0
    assert macro_f1([[1, 0], [1, 0]]) == pytest.approx((2 / 3 + 0) / 2)
    assert macro_f1([[2, 0, 0], [0, 2, 0], [0, 0, 0]]) == 1.0


def test_which_class_is_the_larger() -> None:
    assert larger_class(confusion(0, 1_128), NAMES) == ("positive", 0.94)
    assert larger_class([[6, 0], [2, 0]], NAMES) == ("negative", 0.75)
    assert larger_class([[1, 1], [1, 1]], NAMES) == ("positive", 0.5)


def test_the_share_of_the_larger_class_is_said_of_the_reviews() -> None:
    assert balance(confusion(0, 1_128), NAMES) == (
        'Of the 1,200 test reviews 94.00% are positive: always answering "positive" is right as often.'
    )
    assert "cannot tell a classifier that reads from one that always answers" in balance([[0, 0], [2, 3]], NAMES)


@pytest.mark.parametrize(
    ("matrix", "label"),
    [([[0, 72], [0, 1_128]], "positive"), ([[72, 0], [1_128, 0]], "negative"), (confusion(1, 1_128), None)],
)
def test_a_classifier_that_says_one_class_of_all_reviews_is_known(matrix: list[list[int]], label: str | None) -> None:
    assert one_class(matrix, NAMES) == label


@pytest.mark.parametrize(
    ("matrix", "sentence"),
    [
        (
            [[0, 72], [0, 1_128]],
            'says "positive" of all 1,200 test reviews; its 94.00% is the share of positive reviews.',
        ),
        (
            [[72, 0], [1_128, 0]],
            'says "negative" of all 1,200 test reviews; its 6.00% is the share of negative reviews.',
        ),
        (
            confusion(3, 1_128),
            'finds 3 of the 72 test reviews labelled "negative"; it gets 94.25% right, a constant "positive" 94.00%.',
        ),
        (
            confusion(0, 1_127),
            'finds none of the 72 test reviews labelled "negative"; '
            'it gets 93.92% right, a constant "positive" 94.00%.',
        ),
        (
            confusion(40, 1_088),
            "is not more accurate on the 1,200 test reviews than a constant answer: it gets 94.00% right, a "
            'constant "positive" 94.00%.',
        ),
        (confusion(60, 1_108), None),
        ([[500, 100], [90, 510]], None),  # as many of both classes
        ([[0, 0], [2, 28]], None),  # of one class: there is nothing to compare with
        ([[0, 0], [0, 30]], 'says "positive" of all 30 test reviews; its 100.00% is the share of positive reviews.'),
    ],
)
def test_what_is_wrong_in_spite_of_an_accuracy_is_said_in_a_sentence(
    matrix: list[list[int]], sentence: str | None
) -> None:
    assert shortcomings([matrix], POLARITY) == [sentence]


def test_the_p_values_of_several_classifiers_hold_together() -> None:
    a_little_better = confusion(20, 1_120)
    assert shortcomings([a_little_better], POLARITY) == [None]  # p 0.036
    assert shortcomings([a_little_better, a_little_better], POLARITY) == 2 * [
        "is not clearly more accurate on the 1,200 test reviews than a constant answer: it gets 95.00% right, a "
        'constant "positive" 94.00%, a gap that chance alone could explain (McNemar, adjusted p 0.071).'
    ]


def test_the_reviews_have_the_name_that_is_given() -> None:
    [sentence] = shortcomings([[[0, 1], [0, 9]]], POLARITY, "reviews of others")
    assert sentence == 'says "positive" of all 10 reviews of others; its 90.00% is the share of positive reviews.'


def test_of_several_classes_every_one_that_is_hardly_found_is_named() -> None:
    classes = Classes(("1", "2", "3"), ordered=True)
    assert shortcomings([[[0, 0, 20], [0, 30, 10], [0, 9, 41]]], classes) == [
        'finds none of the 20 test reviews labelled "1"; it gets 64.55% right, a constant "3" 45.45%.'
    ]
    assert shortcomings([[[20, 0, 0], [0, 30, 10], [0, 9, 41]]], classes) == [None]
    assert one_class([[0, 0, 3], [0, 0, 1], [0, 0, 0]], classes.names) == "3"
    assert larger_class([[3, 0, 0], [1, 2, 0], [0, 0, 1]], classes.names) == ("2", 3 / 7)


def test_a_single_review_is_spoken_of_in_the_singular():
    assert balance([[0, 0], [0, 1]], NAMES).startswith("The only one of the test reviews is positive: accuracy on it")
