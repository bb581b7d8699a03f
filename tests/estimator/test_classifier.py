"""`SentimentClassifier` behaves as an estimator of scikit-learn, whatever the labels are."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks
from sklearn.utils.validation import validate_data

from helpers.command_line import sentiment
from helpers.trained import good_and_bad
from helpers.word_counts import learnt_counts
from sentiment import SentimentClassifier
from sentiment.errors import RunError
from sentiment.estimator import classifier as module
from sentiment.runs.saved_run import load_run
from sentiment.support.paths import SHIPPED_MODELS

TINY = {"units": 4, "embedding_size": 4, "batch_size": 16, "averaging": 0.5, "learning_rate": 0.05}
TEXTS = good_and_bad(90).texts
LABELS = good_and_bad(90).labels


@pytest.fixture
def quick(monkeypatch):
    """Counts of words in place of networks, which take seconds."""

    def learnt(_estimator, splits, config, _chosen, _encoder, models):
        return learnt_counts(splits, config, models / "run")

    monkeypatch.setattr(module, "train_run", learnt)


class OnNumbers(SentimentClassifier):
    """Reads rows of numbers, as the checks of scikit-learn have them, as texts with a word for each number."""

    def fit(self, X, y):  # noqa: N803
        if y is None:
            return super().fit(X, y)
        rows, y = validate_data(self, X, y, dtype="numeric")
        return super().fit(in_words(rows), y)

    def predict_proba(self, X):  # noqa: N803
        module.check_is_fitted(self)
        return super().predict_proba(in_words(validate_data(self, X, reset=False)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = False, False, True
        return tags


def in_words(rows: np.ndarray) -> list[str]:
    return [
        " ".join(
            f"x{chr(97 + column)}{chr(109 + int(np.clip(number / 0.4, -9, 9)))}" for column, number in enumerate(row)
        )
        + f" {row.sum():.6f}"
        for row in rows
    ]


FEW = "it fits fewer than the 20 texts that a training needs"
FAILING = dict.fromkeys(
    (
        "check_n_features_in_after_fitting", "check_estimators_nan_inf", "check_classifier_data_not_an_array",
        "check_fit2d_1feature",
    ),
    FEW,
)  # fmt: skip


@parametrize_with_checks([OnNumbers()], expected_failed_checks=lambda _estimator: FAILING)
@pytest.mark.usefixtures("quick")
def test_it_passes_the_checks_of_scikit_learn_on_rows_of_numbers_as_texts(estimator, check):
    check(estimator)


@pytest.mark.usefixtures("quick")
def test_its_own_tags_say_that_it_takes_one_column_of_texts():
    tags = SentimentClassifier().__sklearn_tags__()
    assert (tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array) == (True, True, False)
    with pytest.warns(match="Can't test estimator SentimentClassifier which requires input"):
        check_estimator(SentimentClassifier(), on_skip="warn")


@pytest.mark.parametrize(
    "names",
    [["bad", "good"], [0, 1], [-1, 1], [False, True], [1, 2, 3], ["", "uncertain", "x" * 100], [1.0, 2.0]],
    ids=str,
)
@pytest.mark.usefixtures("quick")
def test_labels_come_back_as_they_were_given(names):
    labels = np.array(names)[np.arange(90) % len(names)]
    texts = [f"word{label}word number {i}" for i, label in enumerate(np.arange(90) % len(names))]
    classifier = SentimentClassifier().fit(texts, labels)
    assert classifier.classes_.tolist() == names
    predicted = classifier.predict(texts)
    assert predicted.dtype == labels.dtype
    assert predicted.tolist() == labels.tolist()
    assert classifier.score(texts, labels) == 1.0
    assert classifier.predict_proba(texts).shape == (90, len(names))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, tuple, lambda texts: pd.DataFrame({"review": texts})])
@pytest.mark.usefixtures("quick")
def test_texts_may_be_a_list_an_array_or_a_column(kind):
    labels = pd.Series(LABELS).map({0: "bad", 1: "good"})
    assert SentimentClassifier().fit(kind(TEXTS), labels).score(kind(TEXTS), labels) == 1.0


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("A fine film.", "several texts; found a single str"),
        ([["a", "b"]] * 90, r"one text a row; found an array of shape \(90, 2\)"),
        ([None, *TEXTS[1:]], "a missing text .* at position 0; leave its row out"),
        ([*TEXTS[:-1], 7], "found a int at position 89; convert it with str"),
        ([], "at least one text"),
        (TEXTS[:19], "inconsistent numbers of samples"),
    ],
)
@pytest.mark.usefixtures("quick")
def test_what_is_no_list_of_texts_is_refused(texts, message):
    with pytest.raises(ValueError, match=message):
        SentimentClassifier().fit(texts, LABELS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"architecture": "transformer"}, "custom-lstm, lstm, bilstm, gru"),
        ({"preset": "huge"}, "expected a preset"),
        ({"settings": {"unitz": 3}}, "unitz"),
        ({"settings": {"epochs": 3}}, r"give it as epochs=\.\.\."),
        ({"settings": {"encoder_rate": 0.5}}, "expected a pretrained encoder with encoder_rate"),
        ({"epochs": 0}, "expected epochs to be 1 or more; found 0"),
        ({"test_fraction": 1.0}, "test_fraction"),
        ({"seed": -1}, "expected seed to be 0 or more"),
        ({"from_pretrained": "nowhere"}, "nowhere"),
    ],
)
def test_settings_that_do_not_exist_or_do_not_fit_are_refused_by_fit_alone(parameters, message):
    classifier = SentimentClassifier(**parameters)
    with pytest.raises(ValueError, match=message):
        classifier.fit(TEXTS, LABELS)
    assert not hasattr(classifier, "classes_")


def test_it_starts_from_a_saved_run_as_the_command_does(monkeypatch):
    starts = []

    def learnt(_estimator, splits, config, _chosen, encoder, models):
        starts.append((config.preset.startswith("fine-tuned"), encoder.run.name))
        return learnt_counts(splits, config, models / "run")

    monkeypatch.setattr(module, "train_run", learnt)
    for start in ("imdb/compact", SHIPPED_MODELS / "imdb" / "compact"):
        SentimentClassifier(from_pretrained=start).fit(TEXTS, LABELS)
    assert starts == [(True, "compact")] * 2


@pytest.mark.usefixtures("quick")
def test_it_is_cloned_cross_validated_searched_and_put_into_a_pipeline():
    labels = np.where(LABELS == 1, "good", "bad")
    pipeline = make_pipeline(FunctionTransformer(shouted), SentimentClassifier("gru", epochs=3))
    assert clone(pipeline).steps[-1][1].get_params() == pipeline.steps[-1][1].get_params()
    assert cross_val_score(pipeline, TEXTS, labels, cv=2).tolist() == [1.0, 1.0]
    search = GridSearchCV(SentimentClassifier(), {"settings": [{"units": 8}, {"units": 16}], "seed": [1, 2]}, cv=2)
    assert search.fit(TEXTS, labels).best_score_ == 1.0
    assert search.predict(TEXTS[:2]).tolist() == labels[:2].tolist()


def shouted(texts):
    return [text.upper() for text in texts]


def test_a_network_learns_pickles_saves_and_answers_without_tensorflow(tmp_path):
    labels = np.where(LABELS == 1, "positive", "negative")
    classifier = SentimentClassifier(epochs=12, settings=TINY, seed=3).fit(TEXTS, labels)
    assert classifier.score(TEXTS, labels) > 0.9
    record = classifier.predictor_.run.record
    assert record.seed == 3
    assert record.epochs <= 12
    assert (record.dataset["train"], record.dataset["validation"], record.dataset["test"]) == (73, 8, 9)
    expected = classifier.predict_proba(TEXTS[:5])

    (tmp_path / "classifier.pickle").write_bytes(pickle.dumps(classifier))
    code = (
        "import pickle, sys\n"
        f"classifier = pickle.loads(open({str(tmp_path / 'classifier.pickle')!r}, 'rb').read())\n"
        f"print(classifier.predict_proba({TEXTS[:5]!r}).tolist())\n"
        "print([name for name in ('keras', 'tensorflow', 'jax', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(expected.tolist()), "[]"]
    assert copy.deepcopy(classifier).predict_proba(TEXTS[:5]).tolist() == expected.tolist()

    folder = classifier.save(tmp_path / "films" / "mine")
    assert load_run(folder).record == record
    said = sentiment("predict", "--run", folder, "--format", "csv", TEXTS[0]).stdout.splitlines()[1].split(",")
    assert said[0] == labels[0]
    with pytest.raises(RunError, match="expected a folder that is free"):
        classifier.save(folder)


def test_it_says_that_it_is_not_fitted(tmp_path):
    classifier = SentimentClassifier()
    for use in (
        lambda: classifier.predict(TEXTS),
        lambda: classifier.save(tmp_path / "mine"),
        lambda: classifier.predictor_,
    ):
        with pytest.raises(NotFittedError):
            use()
