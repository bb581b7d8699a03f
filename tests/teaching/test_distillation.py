"""Distillation: probabilities of teachers become labels, of unlabelled reviews too, and are computed once."""

import dataclasses
import shutil

import numpy as np
import pytest

from helpers.trained import good_and_bad, train_tiny
from sentiment.config import TrainingConfig
from sentiment.data.splits import DatasetInfo, Examples, Splits
from sentiment.errors import RunError
from sentiment.inference.predictor import Predictor
from sentiment.runs.record import METRICS, total_seconds
from sentiment.runs.saved_run import ONNX
from sentiment.support.progress import Silence
from sentiment.teaching.distillation import Teacher, baseline_teacher, distilled, identity_of, run_teacher
from sentiment.training.baselines import Fitted


class Counting:
    """Predicts by the word "good", and counts its fits and predictions."""

    def __init__(self, good: float = 0.9) -> None:
        self.good = good
        self.fitted = 0
        self.calls = 0

    def fit(self) -> Fitted:
        self.fitted += 1
        return Fitted(self)

    def __call__(self, texts):
        self.calls += 1
        return np.array([self.good if "good" in text else 0.2 for text in texts])


def sharing(share: float) -> TrainingConfig:
    return TrainingConfig(teacher_share=share)


def teacher(counting: Counting) -> Teacher:
    return Teacher("knows-good", "c" * 64, counting.fit)


@pytest.fixture
def splits() -> Splits:
    train = Examples(["good one", "a bad one", "good, not"], np.array([1, 0, 0], np.int8))
    info = DatasetInfo(
        name="tiny", source="tests", reviews=7, content_hash="0" * 64, train=3, validation=1, test=1,
        unlabelled=2, duplicates_removed=0, test_overlap_removed=0, unlabelled_overlap_removed=0,
    )  # fmt: skip
    other = Examples(["held out"], np.array([1], np.int8))
    return Splits(train, other, other, ["good without label", "without label"], info)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_tiny(tmp_path_factory.mktemp("models"))


def test_labels_are_mixed_with_the_teachers_probabilities_and_unlabelled_reviews_are_added(splits, tmp_path):
    mixed, _ = distilled(splits, [teacher(Counting())], sharing(0.5), tmp_path / "cache", Silence())
    assert mixed.train.texts == [*splits.train.texts, *splits.unlabelled]
    np.testing.assert_allclose(mixed.train.labels, [0.95, 0.1, 0.45, 0.9, 0.2], rtol=1e-5)
    assert mixed.validation is splits.validation
    assert mixed.test is splits.test
    assert mixed.excerpts is None  # none were wanted


def test_the_teacher_predicts_an_excerpt_without_its_review(splits, tmp_path):
    reviews = Examples(["A good plot. Ends in tears."] * 40, np.zeros(40, np.int8))
    wanted = TrainingConfig(teacher_share=0.25, excerpts=30)
    mixed, _ = distilled(
        dataclasses.replace(splits, train=reviews), [teacher(Counting())], wanted, tmp_path / "cache", Silence()
    )
    assert mixed.excerpts is not None
    assert len(mixed.excerpts) == 30
    assert len(mixed.train) == 42  # excerpts are a part of their own: no short texts are made of them
    of_good, of_the_rest = 0.25 * 0.9, 0.25 * 0.2
    for text, label in zip(mixed.excerpts.texts, mixed.excerpts.labels, strict=True):
        if text not in splits.unlabelled:
            assert label == pytest.approx((of_good if "good" in text else of_the_rest) + 0.75 * of_good)


def test_excerpts_differ_from_those_that_a_teacher_was_trained_on(splits, tmp_path):
    texts = [f"Film {i} began. It ran {i} hours. Some {i} people left. At {i} it ended." for i in range(40)]
    films = dataclasses.replace(splits, train=Examples(texts, np.zeros(40, np.int8)), unlabelled=[])
    wanted = TrainingConfig(excerpts=40)

    def drawn(seed: int) -> Splits:
        learnt = dataclasses.replace(teacher(Counting()), excerpts_seed=seed)
        return distilled(films, [teacher(Counting()), learnt], wanted, tmp_path / "cache", Silence())[0]

    generations = [drawn(seed) for seed in range(3)]
    assert [generation.excerpts_seed for generation in generations] == [1, 2, 3]
    first, second, third = (set(generation.excerpts.texts) for generation in generations)
    assert all(len(excerpts - other) > 10 for excerpts, other in ((first, second), (first, third), (second, third)))


def test_the_training_seconds_of_a_teacher_count(splits, tmp_path):
    trained = Teacher("resumed", "d" * 64, lambda: Fitted(Counting(), train_seconds=100.0))
    _, costs = distilled(splits, [trained], sharing(0.5), tmp_path / "cache", Silence())
    assert 100 <= total_seconds(costs) < 160
    _, again = distilled(splits, [trained], sharing(0.5), tmp_path / "cache", Silence())
    assert again == costs


def test_a_teacher_has_the_excerpts_seed_of_its_run(run):
    assert run.record.excerpts_seed == run_teacher(run).excerpts_seed == 0
    later = dataclasses.replace(run, record=dataclasses.replace(run.record, excerpts_seed=2))
    assert run_teacher(later).excerpts_seed == 2


def test_several_teachers_give_the_mean_of_their_logits(splits, tmp_path):
    doubting = Teacher("doubting", "d" * 64, Counting(good=0.1).fit)
    mixed, _ = distilled(splits, [teacher(Counting()), doubting], sharing(1.0), tmp_path / "cache", Silence())
    np.testing.assert_allclose(mixed.train.labels, [0.5, 0.2, 0.5, 0.5, 0.2], rtol=1e-5)


def test_the_predictions_of_a_teacher_are_cached(splits, tmp_path):
    counting = Counting()
    answers = [distilled(splits, [teacher(counting)], sharing(1.0), tmp_path / "cache", Silence()) for _ in range(2)]
    (first, first_costs), (second, second_costs) = answers
    np.testing.assert_array_equal(first.train.labels, second.train.labels)
    assert counting.calls == counting.fitted == 1
    assert first_costs == second_costs  # the seconds are cached with the predictions


def test_a_damaged_cache_of_predictions_is_computed_again(splits, tmp_path):
    counting = Counting()
    first, _ = distilled(splits, [teacher(counting)], sharing(1.0), tmp_path, Silence())
    [cached] = tmp_path.iterdir()
    cached.write_bytes(cached.read_bytes()[:50])
    second, _ = distilled(splits, [teacher(counting)], sharing(1.0), tmp_path, Silence())
    np.testing.assert_array_equal(first.train.labels, second.train.labels)
    assert counting.calls == counting.fitted == 2


def test_the_costs_of_teachers_are_returned_and_what_they_share_counts_once(run, splits, tmp_path):
    encoder = {"encoder eeeeeeeeeeeeeeee": 100.0}
    first, second = (
        dataclasses.replace(teacher(Counting()), name=name, content=name * 64, times={**encoder, name: 10.0})
        for name in "ab"
    )
    _, costs = distilled(splits, [first, second], sharing(1.0), tmp_path / "cache", Silence())
    asking = [seconds for thing, seconds in costs.items() if thing.startswith("asking ")]
    assert len(asking) == 2
    _, of_more = distilled(
        dataclasses.replace(splits, unlabelled=["more"]), [first], sharing(1.0), tmp_path / "cache", Silence()
    )
    assert set(of_more) - set(costs)  # predictions for other texts cost again
    assert total_seconds(costs) == pytest.approx(120.0 + sum(asking))
    assert total_seconds(run_teacher(run).times) == run.record.train_seconds


def test_the_teacher_of_a_run_gives_its_predictions(run):
    texts = ["a good film", "a bad film"]
    assert run_teacher(run).fit().predict(texts).tolist() == [
        prediction.probability for prediction in Predictor(run).predict(texts)
    ]


def test_a_linear_teacher_is_fitted_on_the_training_split(splits):
    many = dataclasses.replace(splits, train=good_and_bad(60))
    good, bad = baseline_teacher("nb-svm", many).fit().predict(["a good film plot", "a bad film plot"])
    assert good > 0.5 > bad
    assert baseline_teacher("nb-svm", many).content != baseline_teacher("nb-svm", splits).content


def test_the_content_of_a_teacher_depends_on_its_network_and_not_on_its_record(run, tmp_path):
    copy = dataclasses.replace(run, folder=shutil.copytree(run.folder, tmp_path / "copy"))
    with (copy.folder / METRICS).open("a") as file:
        file.write("\n")
    assert run_teacher(copy).content == run_teacher(run).content
    with (copy.folder / ONNX).open("ab") as file:
        file.write(b"\n")
    assert run_teacher(copy).content != run_teacher(run).content
    (copy.folder / ONNX).unlink()
    with pytest.raises(RunError, match="sentiment export"):
        run_teacher(copy)


def test_the_identity_names_each_teacher_and_its_content(run, splits):
    assert identity_of([]) == ""
    assert identity_of([run_teacher(run)]).startswith("custom-lstm-tiny-seed1 ")
    assert len(identity_of([run_teacher(run), baseline_teacher("nb-svm", splits)]).split(", ")) == 2
