"""What an accuracy hides where one class is more frequent: who always says the same, and who gains nothing by reading.

A classifier that calls every review positive gets 94% right where 94% of the reviews are positive. All that is said
here follows from a confusion matrix, so figures that were saved without recall can be judged, too. The tests that
belong to it are in `sentiment.metrics.measures`; this module imports nothing, so that the service can use it.
"""

from collections.abc import Sequence

Confusion = Sequence[Sequence[int]]  # [[true negatives, false positives], [false negatives, true positives]]

CLASSES = ("negative", "positive")  # in the order of a confusion matrix


def by_class(confusion: Confusion) -> dict[str, float | None]:
    """What a classifier does with each class. Figures saved before recall was among them have `confusion` alone.

    Args:
        confusion: [[true negatives, false positives], [false negatives, true positives]], at least one review.

    Returns:
        `recall_negative` and `recall_positive`, the share of the reviews of a class that are classified correctly
        (None where the class does not occur), and `predicted_positive`, the share of all that are called positive.

    Example:
        >>> by_class([[3, 1], [0, 4]])
        {'recall_negative': 0.75, 'recall_positive': 1.0, 'predicted_positive': 0.625}
    """
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion
    negatives, positives = true_negatives + false_positives, false_negatives + true_positives
    return {
        "recall_negative": true_negatives / negatives if negatives else None,
        "recall_positive": true_positives / positives if positives else None,
        "predicted_positive": (false_positives + true_positives) / (negatives + positives),
    }


def larger_class(confusion: Confusion) -> tuple[str, float]:
    """The class that most reviews have, and its share; "positive" where both have the same number.

    Args:
        confusion: [[true negatives, false positives], [false negatives, true positives]], at least one review.
    """
    negatives, positives = map(sum, confusion)
    label = "positive" if positives >= negatives else "negative"
    return label, max(negatives, positives) / (negatives + positives)


def one_class(confusion: Confusion) -> str | None:
    """The class that is predicted for every review; None where both are."""
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion
    if not true_negatives + false_negatives:
        return "positive"
    return None if false_positives + true_positives else "negative"


def balance(confusion: Confusion, reviews: str = "test reviews") -> str:
    """A sentence about the reviews themselves: what saying the same of all of them gets right.

    Args:
        confusion: of any classifier on them.
        reviews: what they are called.
    """
    label, share = larger_class(confusion)
    number = sum(map(sum, confusion))
    if share == 1.0:
        return (
            f"All {number:,} {reviews} are {label}, so their accuracy cannot tell who reads them from who always says "
            f'"{label}".'
        )
    return f'Of the {number:,} {reviews} {share:.2%} are {label}: so many are right by always saying "{label}".'
