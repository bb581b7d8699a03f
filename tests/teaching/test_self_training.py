"""Self-training: the network of each round and a linear model fitted on the labels teach the next network."""

import numpy as np
import pytest

from helpers.trained import good_and_bad
from sentiment.config import PRESETS, Config
from sentiment.data.splits import DatasetInfo, Examples, Splits
from sentiment.support.progress import Silence
from sentiment.teaching import self_training
from sentiment.teaching.self_training import self_taught, with_first_teachers
from sentiment.training.epochs import Checkpoint

TINY = Config().replace(preset="tiny", units=4, embedding_size=4, epochs=1, minimum_steps=1, batch_size=16)
PUPIL = TINY.replace(preset="pupil", excerpts=10, rounds=3, seed=2)


@pytest.fixture(autouse=True)
def small_first_network(monkeypatch):
    monkeypatch.setitem(PRESETS, "standard", TINY.replace(preset="standard"))


@pytest.fixture
def splits() -> Splits:
    """Forty labelled reviews, eight of them for validation, and forty without labels."""
    plain = good_and_bad(100)
    texts = [
        f"{text}. So much for {i}. It was shown at {i} sharp. By {i} all left." for i, text in enumerate(plain.texts)
    ]
    examples = Examples(texts, plain.labels)
    parts = [Examples(examples.texts[a:b], examples.labels[a:b]) for a, b in ((0, 32), (32, 40), (40, 60))]
    counts = {"train": 32, "validation": 8, "test": 20, "unlabelled": 40}
    info = DatasetInfo("films", "films.csv", 100, "0" * 64, **counts, duplicates_removed=0, test_overlap_removed=0,
                       unlabelled_overlap_removed=0)  # fmt: skip
    return Splits(*parts, examples.texts[60:], info)


class Fits:
    """Records the settings and splits of every network, and the splits of every linear model."""

    def __init__(self, monkeypatch, stop_at: int = 0) -> None:
        self.networks, self.linear = [], []
        fit, baseline_teacher = self_training.fit, self_training.baseline_teacher

        def noted_fit(encoded, config, *others):
            self.networks.append((config, encoded.splits))
            if len(self.networks) == stop_at:
                raise KeyboardInterrupt
            return fit(encoded, config, *others)

        def noted_baseline(name, splits):
            self.linear.append(splits)
            return baseline_teacher(name, splits)

        monkeypatch.setattr(self_training, "fit", noted_fit)
        monkeypatch.setattr(self_training, "baseline_teacher", noted_baseline)


def test_every_round_learns_from_the_previous_network_and_a_linear_model(splits, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    learnt, costs = self_taught(splits, PUPIL, None, tmp_path, Silence())
    assert [config.preset for config, _ in fits.networks] == ["standard", "pupil", "pupil"]
    assert {config.seed for config, _ in fits.networks} == {2}
    first, *later = [learnt_from.train for _, learnt_from in fits.networks]
    assert first is splits.train
    for train in [*later, learnt.train]:
        assert train.texts == [*splits.train.texts, *splits.unlabelled]
        assert ((train.labels[:32] >= 0.5) == splits.train.labels).all()  # its own label is half of a label
    assert all(linear is splits for linear in fits.linear)
    assert (later[0].labels != later[1].labels).any()
    assert learnt.validation is splits.validation
    assert len(costs) == 6


def test_one_process_at_a_time_trains_the_network_of_a_round(splits, tmp_path, monkeypatch):
    entered, notes = [], []

    class Told(Silence):
        def note(self, line: str) -> None:
            notes.append(line)
            if "another process" in line:
                raise KeyboardInterrupt  # it waits

    def second(*arguments: object) -> None:
        if entered:
            raise AssertionError
        entered.append(arguments)
        self_taught(splits, PUPIL, None, tmp_path, Told())

    monkeypatch.setattr(self_training, "distilled", second)
    with pytest.raises(KeyboardInterrupt):
        self_taught(splits, PUPIL, None, tmp_path, Silence())
    assert notes[-1].startswith("another process trains custom-lstm-standard")


def test_every_round_has_new_excerpts(splits, tmp_path, monkeypatch):
    fits = Fits(monkeypatch)
    learnt, _ = self_taught(splits, PUPIL, None, tmp_path, Silence())
    rounds = [learnt_from for _, learnt_from in fits.networks[1:]] + [learnt]
    assert [learnt_from.excerpts_seed for learnt_from in rounds] == [1, 2, 3]
    first, second, third = (set(learnt_from.excerpts.texts) for learnt_from in rounds)
    assert len(first - second) > 5 < len(second - third)  # of ten


def test_self_training_resumes_in_the_round_in_which_it_was_stopped(splits, tmp_path, monkeypatch):
    with monkeypatch.context() as context:
        Fits(context, stop_at=3)
        with pytest.raises(KeyboardInterrupt):
            self_taught(splits, PUPIL, None, tmp_path / "stopped", Silence())
    restore = Checkpoint.restore

    def later(checkpoint, model):
        progress = restore(checkpoint, model)
        progress.seconds += 1_000.0
        return progress

    monkeypatch.setattr(Checkpoint, "restore", later)
    fits = Fits(monkeypatch)
    resumed, costs = self_taught(splits, PUPIL, None, tmp_path / "stopped", Silence())
    assert len(fits.networks) == 1
    monkeypatch.setattr(Checkpoint, "restore", restore)
    whole, of_whole = self_taught(splits, PUPIL, None, tmp_path / "whole", Silence())
    np.testing.assert_array_equal(resumed.train.labels, whole.train.labels)
    assert costs.keys() == of_whole.keys()
    assert 1_000 < sum(costs.values()) < 2_000  # epochs before the stop count, once
    assert not list((tmp_path / "stopped" / ".training").glob("*"))


def test_the_settings_of_the_last_network_name_its_first_teachers(splits, monkeypatch):
    teachers = with_first_teachers(PUPIL, splits, None).teachers
    itself, linear = teachers.split(", ")
    assert (itself.split()[0], linear.split()[0]) == ("itself", "nb-svm")
    assert with_first_teachers(PUPIL.replace(architecture="gru", seed=5), splits, None).teachers == teachers
    monkeypatch.setitem(PRESETS, "standard", TINY.replace(preset="standard", learning_rate=0.1))
    other, same = with_first_teachers(PUPIL, splits, None).teachers.split(", ")
    assert (other != itself, same) == (True, linear)
