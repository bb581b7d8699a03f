"""What an accuracy hides where one class is more frequent.

If 94% of the reviews are positive, a classifier that calls every review positive is 94% accurate. Everything here
follows from a confusion matrix, so it holds for older figures without recall, too. The tests that belong to it are in
`sentiment.metrics.measures`.
"""

from collections.abc import Sequence

Confusion = Sequence[Sequence[int]]  # [[true negatives, false positives], [false negatives, true positives]]

CLASSES = ("negative", "positive")  # in the order of a confusion matrix


def by_class(confusion: Confusion) -> dict[str, float | None]:
    """What a classifier does with each class.

    Args:
        confusion: of at least one review.

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
    """The class of most reviews and its share; "positive" where both have the same number."""
    negatives, positives = map(sum, confusion)
    label = "positive" if positives >= negatives else "negative"
    return label, max(negatives, positives) / (negatives + positives)


def one_class(confusion: Confusion) -> str | None:
    """The class that is predicted for every review; None where both are predicted."""
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion
    if not true_negatives + false_negatives:
        return "positive"
    return None if false_positives + true_positives else "negative"


def balance(confusion: Confusion, reviews: str = "test reviews") -> str:
    """A sentence on the accuracy of a constant answer.

    Args:
        confusion: of any classifier on the reviews.
        reviews: what the sentence calls them.
    """
    label, share = larger_class(confusion)
    count = sum(map(sum, confusion))
    if share == 1.0:
        return (
            f"All {count:,} {reviews} are {label}: accuracy on them cannot tell a classifier that reads from one that "
            f'always answers "{label}".'
        )
    return f'Of the {count:,} {reviews} {share:.2%} are {label}: always answering "{label}" is right as often.'
