"""What an accuracy hides where one class is more frequent.

If 94% of the reviews are positive, a classifier that calls every review positive is 94% accurate. Everything here
follows from a confusion matrix, so it holds for older figures without recall, too. The tests that belong to it are in
`sentiment.metrics.measures`.
"""

from collections.abc import Collection, Sequence
from typing import TypedDict

Confusion = Sequence[Sequence[int]]  # [class][predicted class], reviews; classes in the order of `Classes.names`


class ByClass(TypedDict):
    """What a classifier does with each class, by its name."""

    recall: dict[str, float | None]  # share of its reviews that are classified correctly; None: it has none
    predicted: dict[str, float]  # share of all reviews that are classified as it


def by_class(confusion: Confusion, names: Sequence[str]) -> ByClass:
    """Recall and predicted share of each class.

    Args:
        confusion: of at least one review.
        names: of the classes.

    Example:
        >>> by_class([[3, 1], [0, 4]], ["negative", "positive"])
        {'recall': {'negative': 0.75, 'positive': 1.0}, 'predicted': {'negative': 0.375, 'positive': 0.625}}
    """
    reviews = sum(map(sum, confusion))
    rows, columns = list(zip(names, confusion, strict=True)), zip(names, zip(*confusion, strict=True), strict=True)
    return {
        "recall": {name: row[i] / sum(row) if sum(row) else None for i, (name, row) in enumerate(rows)},
        "predicted": {name: sum(column) / reviews for name, column in columns},
    }


def larger_class(confusion: Confusion, names: Sequence[str]) -> tuple[str, float]:
    """The class of most reviews and its share; the last of several with the same number."""
    counts = [sum(row) for row in confusion]
    largest = max(range(len(counts)), key=lambda index: (counts[index], index))
    return names[largest], counts[largest] / sum(counts)


def one_class(confusion: Confusion, names: Sequence[str]) -> str | None:
    """The class that is predicted for every review; None where several are predicted."""
    predicted = [name for name, column in zip(names, zip(*confusion, strict=True), strict=True) if any(column)]
    return predicted[0] if len(predicted) == 1 else None


def balance(confusion: Confusion, names: Sequence[str], reviews: str = "test reviews") -> str:
    """A sentence on the accuracy of a constant answer.

    Args:
        confusion: of any classifier on the reviews.
        names: of the classes.
        reviews: what the sentence calls them.
    """
    label, share = larger_class(confusion, names)
    count, group = sum(map(sum, confusion)), as_adjective(label)
    if count == 1:
        return (
            f"The only one of the {reviews} is {group}: accuracy on it cannot tell a classifier that reads from one "
            f'that always answers "{label}".'
        )
    if share == 1.0:
        return (
            f"All {count:,} {reviews} are {group}: accuracy on them cannot tell a classifier that reads from one that "
            f'always answers "{label}".'
        )
    return f'Of the {count:,} {reviews} {share:.2%} are {group}: always answering "{label}" is right as often.'


def as_adjective(label: str) -> str:
    """What a sentence calls reviews of a class: a word as it is, a grade such as 5 `labelled "5"`."""
    return label if label.isalpha() else f'labelled "{label}"'


def macro_f1(confusion: Confusion, classes: Collection[int] | None = None) -> float:
    """The mean F1 of the classes that occur or are predicted.

    Args:
        confusion: of at least one review.
        classes: the indices of those that count, of which one occurs; None: all.
    """
    rows, columns = [sum(row) for row in confusion], [sum(column) for column in zip(*confusion, strict=True)]
    scores = [
        2 * confusion[index][index] / (row + column)
        for index, (row, column) in enumerate(zip(rows, columns, strict=True))
        if row + column and (classes is None or index in classes)
    ]
    return sum(scores) / len(scores)
