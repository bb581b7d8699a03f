"""Two models side by side: paired tests, and the sentences that follow from them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment.config import OURS
from sentiment.metrics.class_balance import one_class
from sentiment.metrics.measures import SIGNIFICANT, holm, mcnemar, p_text, shortcomings
from sentiment.report.figures.appearance import title
from sentiment.report.leaderboard import Model, Row, originals
from sentiment.report.tables import Columns, interval, percent
from sentiment.runs.record import Kind
from sentiment.support.environment import machine_in_words

LINEAR = ("tfidf-logistic", "nb-svm", "document-vectors")
SAME_FUNCTION = (OURS, "lstm")
MAJORITY = "majority"  # the baseline that is meant to predict one class


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

    @property
    def direction(self) -> int:
        """1 where a is significantly better, -1 where b is, else 0."""
        return (1 if self.points > 0 else -1) if self.significant else 0

    @property
    def gap(self) -> str:
        explained = "does not explain" if self.significant else "alone could explain"
        return f"a gap that chance {explained} (McNemar, adjusted p {p_text(self.adjusted)})"


def paired_tests(models: Sequence[Model]) -> list[PairedTest]:
    """Every model against the reference, then networks of one family among themselves.

    Other pairs would differ in more than one thing, and fewer tests lose less to Holm's correction. Constant
    classifiers and reduced copies are not tested.
    """
    to_beat = reference(models)
    models = originals(models)
    pairs = [(model, to_beat) for model in models if to_beat and model is not to_beat and not model.shown.is_constant]
    networks = [model for model in models if model.row.is_network and model is not to_beat]
    pairs += [(a, b) for a, b in itertools.combinations(networks, 2) if a.family == b.family]
    tests = [mcnemar(a.shown.labels, a.shown.probabilities, b.shown.probabilities) for a, b in pairs]
    adjusted = holm([test["p_value"] for test in tests])
    return [PairedTest(a, b, **test, adjusted=p) for (a, b), test, p in zip(pairs, tests, adjusted, strict=True)]


def test_columns(tests: Sequence[PairedTest]) -> Columns:
    """The tests as columns of text."""
    return [
        ("A against B", [f"{title(test.a.row)} against {title(test.b.row)}" for test in tests]),
        ("Only A right", [f"{test.only_a_right:,}" for test in tests]),
        ("Only B right", [f"{test.only_b_right:,}" for test in tests]),
        ("A ahead by, points", [f"{test.points:+.2f}" for test in tests]),
        ("p", [p_text(test.p_value) for test in tests]),
        ("p, adjusted", [p_text(test.adjusted) for test in tests]),
        ("More than chance?", ["yes" if test.significant else "no" for test in tests]),
    ]


def reference(models: Sequence[Model]) -> Model | None:
    """What every model is tested against: the best linear model, else the best network."""
    return best_linear(models) or best_network(models)


def best_network(models: Sequence[Model]) -> Model | None:
    """The single recurrent network with the lowest log loss on validation."""
    return _best([model for model in models if model.row.is_network])


def best_from_labels(models: Sequence[Model]) -> Model | None:
    """The best of the networks without pretraining and without teachers."""
    return _best([m for m in models if m.row.is_network and not m.row.pretrained and not m.row.teachers])


def best_linear(models: Sequence[Model]) -> Model | None:
    """The linear model with the lowest log loss on validation."""
    return _best([model for model in models if model.row.architecture in LINEAR])


def _best(models: Sequence[Model]) -> Model | None:
    return min(originals(models), key=lambda model: model.validation_loss, default=None)


def verdict(models: Sequence[Model], tests: Sequence[PairedTest]) -> list[str]:
    """Whether the best recurrent network beats the best linear model, both chosen on validation.

    Where that network is built from more than labels, a second paragraph compares the best network of labels alone;
    where the verdict does not name the first row of the table, a last one says why.
    """
    network, linear, from_labels = best_network(models), best_linear(models), best_from_labels(models)
    if network is None or linear is None:
        missing = "recurrent network" if network is None else "linear model"
        return [f"No {missing} was measured here, so recurrence cannot be compared with counting words."]
    if (class_of_network := _constant(network)) and (class_of_linear := _constant(linear)):
        return [
            f"Neither tells the classes apart: of all {len(network.shown.labels):,} test reviews "
            f'{title(network.row)} says "{class_of_network}" and {title(linear.row)} says "{class_of_linear}": there '
            "is nothing to compare."
        ]
    test = _between(network, linear, tests)
    if test is None:
        return [f"{title(network.row)} gives every review the same probability: there is nothing to compare."]
    answers = {
        0: "Neither is clearly better",
        1: "Yes, the best recurrent network beats the best linear model",
        -1: "No, the best recurrent network loses to the best linear model",
    }
    answer, ahead = answers[test.direction], network if test.points > 0 else linear
    if any(model is ahead and seed == (ahead.shown.record.seed or 0) for model, seed, _ in _weak(models)):
        # Its accuracy misleads, as the warnings below the verdict say.
        answer = answer.replace("Yes, the", "By accuracy alone the").replace("No, the", "By accuracy alone the")
    paragraphs = [
        f"{answer}: of the {len(network.shown.labels):,} test reviews, {title(network.row)}{_origin(network.row)} gets "
        f"{_share(network)} and {title(linear.row)} {_with_interval(linear)}, {test.gap}. "
        "Each is the best of its kind on validation; 95% intervals are in brackets."
    ]
    if from_labels and from_labels is not network and (test := _between(from_labels, linear, tests)):
        answer = {0: "is not clearly better or worse than", 1: "beats", -1: "loses to"}[test.direction]
        paragraphs.append(
            f"From labels alone, the best network, {title(from_labels.row)}, gets {_share(from_labels)} and {answer} "
            f"{title(linear.row)}, {test.gap}."
        )
    return paragraphs + _first_in_table(models, network, linear, ahead) + _first_linear(models, linear)


def _first_in_table(models: Sequence[Model], network: Model, linear: Model, ahead: Model) -> list[str]:
    """Why the verdict does not name the model with the highest test accuracy; empty where it does."""
    first = models[0]
    if first is ahead or first.row.test_accuracy == ahead.row.test_accuracy:
        return []
    if first.row.kind == Kind.ENSEMBLE:
        reason = "an ensemble, which is no single model"
    elif first not in originals(models):
        reason = "the small copy of a network that is compared itself"
    elif not first.row.is_network and first.row.architecture not in LINEAR:
        reason = "which is neither a recurrent network nor a linear model"
    elif first in (network, linear):  # the mean of its seeds is ahead, and the seed that is tested is not
        reason = "on average over its seeds"
    else:
        reason = "which has a higher log loss on validation, where the choice is made"
    return [f"First in the table, with {_with_interval(first)}, is {title(first.row)}, {reason}."]


def _first_linear(models: Sequence[Model], linear: Model) -> list[str]:
    """That another linear model has a higher test accuracy than the one that is compared; empty where none has."""
    first = next(model for model in models if model.row.architecture in LINEAR)
    if first is linear or first is models[0] or first.row.test_accuracy <= linear.row.test_accuracy:
        return []  # the first of the table is named already
    return [
        f"Of the linear models, {title(first.row)} is first in the table, with {_with_interval(first)}; on validation "
        "it has a higher log loss."
    ]


def warnings(models: Sequence[Model]) -> list[str]:
    """A sentence for each classifier whose accuracy misleads, see `sentiment.metrics.measures.shortcomings`.

    The majority baseline is left out. Every seed is judged; seeds of one model share a sentence where it is the same.
    """
    sentences: dict[tuple[str, str], list[int]] = {}
    for model, seed, sentence in _weak(models):
        sentences.setdefault((title(model.row), sentence), []).extend([seed] if len(model.results) > 1 else [])
    return [f"{name}{_with_seeds(seeds)} {sentence}" for (name, sentence), seeds in sentences.items()]


def _weak(models: Sequence[Model]) -> list[tuple[Model, int, str]]:
    """Model, seed (0 for none) and the shortcoming of each result that has one."""
    judged = [(model, result) for model in models if model.row.architecture != MAJORITY for result in model.results]
    sentences = shortcomings([result.record.test["confusion"] for _, result in judged], models[0].shown.record.classes)
    pairs = zip(judged, sentences, strict=True)
    return [(model, result.record.seed or 0, sentence) for (model, result), sentence in pairs if sentence]


def _with_seeds(seeds: Sequence[int]) -> str:
    if not seeds:
        return ""
    *others, last = map(str, seeds)
    return f" with seeds {', '.join(others)} and {last}" if others else f" with seed {last}"


def _constant(model: Model) -> str | None:
    """The class that the shown result predicts for every test review; None where it predicts several."""
    record = model.shown.record
    return one_class(record.test["confusion"], record.classes.names)


def _between(a: Model, b: Model, tests: Sequence[PairedTest]) -> PairedTest | None:
    return next((test for test in tests if test.a is a and test.b is b), None)


def _share(model: Model) -> str:
    """The accuracy of a network; with several seeds that of the tested one, and the mean."""
    if len(model.results) == 1:
        return f"{_with_interval(model)} right"
    return (
        f"{percent(model.shown.record.test['accuracy'])} right with seed {model.shown.record.seed} and "
        f"{_with_interval(model)} on average over {len(model.results)} seeds"
    )


def _with_interval(model: Model) -> str:
    """The accuracy of a row, and its interval in brackets."""
    return f"{percent(model.row.test_accuracy)} ({interval(model.row.test_accuracy_ci95)})"


def _origin(row: Row) -> str:
    """What a network is built from beside labels, as an aside."""
    origins = ["pretrained as a language model"] if row.pretrained else []
    origins += [f"distilled from {' and '.join(row.teachers)}"] if row.teachers else []
    return f", {' and '.join(origins)}," if origins else ""


def same_function(tests: Sequence[PairedTest]) -> str:
    """What the rows of the custom and the Keras LSTM mean side by side; empty where there is no such pair.

    Of several pairs, the one with the most seeds is described; of equals, one of labels alone.
    """
    pairs = []
    for test in tests:
        ours, keras = sorted((test.a, test.b), key=lambda model: model.row.architecture)
        if ours.family == keras.family and (ours.row.architecture, keras.row.architecture) == SAME_FUNCTION:
            seeds = min(len(ours.results), len(keras.results))
            pairs.append(((seeds, not ours.row.pretrained, not ours.row.teachers), ours, keras, test))
    if not pairs:
        return ""
    _, ours, keras, test = max(pairs, key=lambda pair: pair[0])
    text = (
        "The custom LSTM and the Keras LSTM compute the same function: with the same weights they give the same "
        "output. A gap in accuracy between them is noise of training, and a gap in seconds is the implementation on "
        f"the machine that was measured. Between the {title(ours.row)} and the {title(keras.row)} the gap in accuracy "
        f"is {abs(100 * (ours.row.test_accuracy - keras.row.test_accuracy)):.2f} points."
    )
    if _constant(ours) and _constant(keras):
        text += " It says nothing here: each of the two says one class of all test reviews."
    if test.significant:
        text += " That the paired test below finds it shows how far two trainings of one function can end apart."
    return text + _speeds(ours, keras)


def _speeds(ours: Model, keras: Model) -> str:
    """Which of the two trained faster, and on what machine, as another kind of CPU can give another answer."""
    (fewer, faster), (more, slower) = sorted(
        (model.row.seconds_per_epoch or 0.0, title(model.row)) for model in (ours, keras)
    )
    if not fewer:
        return ""
    machines = list(dict.fromkeys(machine_in_words(model.fastest.record.machine) for model in (ours, keras)))
    if len(machines) > 1:
        return (
            f" They were not, or may not have been, trained on machines of one kind ({'; '.join(machines)}), so their "
            "seconds are not compared."
        )
    return (
        f" On the machine that trained both ({machines[0]}) the {faster} is {more / fewer:.2f} times as fast as the "
        f"{slower}; on another kind of CPU it may be the other way round."
    )
