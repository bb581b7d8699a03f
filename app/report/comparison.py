"""What the figures say when two models are set side by side: paired tests, and the sentences drawn from them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from app.metrics import holm, mcnemar
from app.report.appearance import title
from app.report.leaderboard import Model
from app.report.tables import percent

LINEAR = ("tfidf-logistic", "nb-svm")
SAME_FUNCTION = ("custom-lstm", "lstm")
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class PairedTest:
    """McNemar's exact test between two models on the same test reviews."""

    a: Model
    b: Model
    only_a_right: int
    only_b_right: int
    p_value: float
    adjusted: float  # by Holm, over all tests of the report

    @property
    def significant(self) -> bool:
        return self.adjusted < SIGNIFICANT

    @property
    def points(self) -> float:
        """By how many percentage points a is more accurate than b."""
        return 100 * (self.only_a_right - self.only_b_right) / len(self.a.shown.labels)


def paired_tests(models: Sequence[Model]) -> list[PairedTest]:
    """Tests between architectures that share preset and dtype, and of the best network against the best linear model.

    Other pairs would differ in more than the architecture; the fewer the tests, the less Holm's correction costs.
    """
    networks = [model for model in models if model.row.preset]
    pairs = [
        (a, b)
        for a, b in itertools.combinations(networks, 2)
        if (a.row.preset, a.row.dtype) == (b.row.preset, b.row.dtype)
    ]
    network, linear = best_network(models), best_linear(models)
    if network and linear:
        pairs.append((network, linear))
    found = [mcnemar(a.shown.labels, a.shown.probabilities, b.shown.probabilities) for a, b in pairs]
    adjusted = holm([test["p_value"] for test in found])
    return [PairedTest(a, b, **test, adjusted=p) for (a, b), test, p in zip(pairs, found, adjusted, strict=True)]


def best_network(models: Sequence[Model]) -> Model | None:
    """The recurrent network with the highest validation accuracy."""
    return _best([model for model in models if model.row.preset])


def best_linear(models: Sequence[Model]) -> Model | None:
    """The linear model with the highest validation accuracy."""
    return _best([model for model in models if model.row.architecture in LINEAR])


def verdict(models: Sequence[Model], tests: Sequence[PairedTest]) -> str:
    """Whether the best recurrent network beats the best linear model, both chosen on validation, in plain words."""
    network, linear = best_network(models), best_linear(models)
    if network is None or linear is None:
        missing = "recurrent network" if network is None else "linear model"
        return f"No {missing} was measured here, so recurrence cannot be set against counting words."
    test = next(test for test in tests if test.a is network and test.b is linear)
    if not test.significant:
        answer, gap = "Neither is clearly better", "a gap that chance alone explains"
    elif test.points > 0:
        answer, gap = (
            "Yes, the best recurrent network beats the best linear model",
            "a gap that chance does not explain",
        )
    else:
        answer, gap = (
            "No, the best recurrent network loses to the best linear model",
            "a gap that chance does not explain",
        )
    seeds = f", the mean of {len(network.row.seeds)} seeds," if len(network.row.seeds) > 1 else ""
    return (
        f"{answer}: of the {len(network.shown.labels):,} test reviews, {title(network.row)} gets "
        f"{percent(network.row.test_accuracy)} right{seeds} and {title(linear.row)} "
        f"{percent(linear.row.test_accuracy)}, {gap} (McNemar, adjusted p {p_text(test.adjusted)}). "
        "Each is the best of its kind on validation."
    )


def same_function(tests: Sequence[PairedTest]) -> str:
    """What the rows of the custom and the Keras LSTM mean side by side; empty where one of them is missing."""
    for test in tests:
        rows = sorted((test.a.row, test.b.row), key=lambda row: row.architecture)
        if tuple(row.architecture for row in rows) == SAME_FUNCTION:
            ours, keras = rows
            break
    else:
        return ""
    gap = 100 * (ours.test_accuracy - keras.test_accuracy)
    text = (
        "The custom LSTM and the Keras LSTM compute the same function: with the same weights they give the same "
        "output. A gap in accuracy between them is noise of training, and a gap in seconds is the implementation. "
        f"Here the gap in accuracy is {abs(gap):.2f} points"
    )
    if ours.seconds_per_epoch and keras.seconds_per_epoch:
        faster, slower = sorted((ours, keras), key=lambda row: row.seconds_per_epoch or 0.0)
        ratio = (slower.seconds_per_epoch or 0.0) / (faster.seconds_per_epoch or 1.0)
        text += f", and the {title(faster)} is {ratio:.2f} times as fast as the {title(slower)}"
    if test.significant:
        text += ". That the paired test below finds it shows how far two trainings of one function can end apart"
    return text + "."


def p_text(p_value: float) -> str:
    """A p-value as one reads it: three digits are all it can bear."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _best(models: Sequence[Model]) -> Model | None:
    return max(models, key=lambda model: model.row.validation_accuracy, default=None)
