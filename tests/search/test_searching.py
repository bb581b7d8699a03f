"""A search goes on where it stood, keeps to validation, and names a training that has its figures."""

import dataclasses
import json
import shlex
from collections import Counter

import numpy as np
import pytest

from helpers.command_line import refused, sentiment
from helpers.elsewhere import Elsewhere
from helpers.trained import labelled_reviews, three_splits
from sentiment.config import PRESETS
from sentiment.errors import ConfigError, MissingExtraError, UserError
from sentiment.parallel.tasks import OneByOne
from sentiment.search import searching
from sentiment.search.journal import Outcome, opened
from sentiment.search.searching import Search, best_of, by_loss
from sentiment.search.space import DEFAULT, parse_space
from sentiment.search.trials import Trials, tried, without_test
from sentiment.support.progress import Silence

SETTINGS = ("epochs=1", "units=8", "embedding_size=8")
SPACE = parse_space(["learning_rate=0.001..0.1", "batch_size=8,32"], "sample", SETTINGS)
MANY = tuple(f"{name}_dropout=0.{'1' * 50}" for name in ("embedding", "head", "word"))
PLAN = Search("gru", "sample", SETTINGS, SPACE, None, "tiny")


@pytest.fixture(autouse=True)
def _optuna():
    pytest.importorskip("optuna", reason="the extra search is not installed")


class Fake:
    """In place of a training: a loss that the settings decide. Interrupts trial `stop_at`, as Ctrl-C does."""

    def __init__(self, monkeypatch, stop_at=None, diverges=()):
        self.trials, self.stop_at, self.diverges = [], stop_at, diverges
        monkeypatch.setattr(searching, "tried", self)

    def __call__(self, trials, trial, _report):
        assert len(trials.splits.test) == 0
        self.trials.append(trial)
        if trial.number == self.stop_at:
            raise KeyboardInterrupt
        if trial.number in self.diverges:
            return Outcome(failure="expected a loss that falls")
        rate = trials.config(trial.settings).training.learning_rate
        return Outcome(abs(rate - 0.01), 0.9, 1, 1, 2.0)


def searched(folder, plan=PLAN, engine=None, report=None, **limits):
    return searching.search(plan, three_splits(), folder, report or Silence(), engine or OneByOne(), **limits)


def test_a_search_that_was_stopped_tries_the_same_settings_as_one_that_was_not(tmp_path, monkeypatch):
    Fake(monkeypatch)
    whole = searched(tmp_path / "whole", count=14)
    stopped = Fake(monkeypatch, stop_at=12)
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "stopped", count=14)
    rest = Fake(monkeypatch)
    assert searched(tmp_path / "stopped", count=14) == whole
    assert rest.trials[0] == stopped.trials[-1]  # the one in which it was stopped, with its checkpoint
    assert [trial.number for trial in rest.trials] == [12, 13]
    assert len(Counter(trial.settings for trial in whole)) > 10  # and no draw is repeated
    assert searched(tmp_path / "stopped", count=5) == whole  # nothing is trained again, nor forgotten


def test_a_search_is_not_continued_with_a_preset_of_other_values(tmp_path, monkeypatch):
    Fake(monkeypatch)
    searched(tmp_path, count=2)
    monkeypatch.setitem(PRESETS, "sample", PRESETS["sample"].replace(pooling=("last",)))
    with pytest.raises(UserError, match=r"the same values of the preset as in .*; choose another --name"):
        searched(tmp_path, count=3)


def test_a_last_line_that_was_cut_off_is_written_again(tmp_path, monkeypatch):
    Fake(monkeypatch)
    whole = searched(tmp_path / "whole", count=3)
    searched(tmp_path / "cut", count=3)
    journal = PLAN.journal(tmp_path / "cut")
    content = journal.read_bytes()
    for size in (len(content) - 5, content.rfind(b'{"op_code":5') + 9):  # in the outcome; in the draw of a trial
        journal.write_bytes(content[:size])
        trials = searched(tmp_path / "cut", count=3)
        assert trials[:2] == whole[:2]
        assert len(trials) == 3


def test_trials_that_diverge_are_written_down_and_never_the_best(tmp_path, monkeypatch):
    Fake(monkeypatch, diverges=(0, 2))
    trials = searched(tmp_path, count=4)
    assert [trial.number for trial in trials if trial.outcome.failure] == [0, 2]
    losses = [trial.outcome.log_loss for trial in by_loss(trials)]
    assert losses == sorted(losses)
    assert best_of(trials).number in (1, 3)
    with pytest.raises(UserError, match="expected a trial that can be trained; found 2 without figures"):
        best_of([trial for trial in trials if trial.outcome.failure])


def test_a_trial_whose_process_was_killed_before_anything_was_drawn_is_not_trained(tmp_path, monkeypatch):
    fake = Fake(monkeypatch)
    searched(tmp_path, count=1)
    with opened(PLAN.journal(tmp_path), SPACE, {}, lambda: None) as log:
        log._study.ask()
    trials = searched(tmp_path, count=3)
    assert trials[1].outcome.failure == "its process was killed before it was drawn"
    assert [trial.number for trial in fake.trials] == [0, 2]


def test_a_setting_that_is_set_does_not_vary_by_default(tmp_path):
    labelled_reviews(40).to_csv(tmp_path / "films.csv", index=False)
    options = ["--data", tmp_path / "films.csv", "--models", tmp_path, "--only", "transformer"]
    refused(sentiment("search", *options, "--set", "learning_rate=0.003"), "found 'transformer'")
    everything = [part for text in DEFAULT for part in ("--set", text.partition("..")[0])]
    refused(sentiment("search", *options, *everything), "expected a setting to vary; found --set with all of")


def test_several_at_once_are_as_many_and_each_has_the_figures_of_its_settings(tmp_path, monkeypatch):
    Fake(monkeypatch)
    monkeypatch.setattr(searching, "tried", _figures_of)
    trials = searched(tmp_path, engine=Elsewhere(), count=4)
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    for trial in trials:
        assert trial.outcome.log_loss == pytest.approx(float(trial.settings[0].partition("=")[2]))


def _figures_of(trials, trial, _report):
    return Outcome(trials.config(trial.settings).training.learning_rate, 0.9, 1, 1, 2.0)


def test_no_trial_begins_after_the_minutes(tmp_path, monkeypatch):
    fake = Fake(monkeypatch)
    clock = iter(range(0, 1_000, 50)).__next__
    assert len(searched(tmp_path, count=9, minutes=2, clock=clock)) == len(fake.trials) == 2


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"space": parse_space(["head_dropout=0..0.5"], "sample", SETTINGS)}, "the same space as in"),
        (
            {"settings": ("epochs=2",)},
            "the same settings as in .*; found .*epochs=2.* instead of .*choose another --name",
        ),
        ({"architecture": "lstm"}, "the same architecture"),
    ],
)
def test_trials_of_another_search_are_not_mixed_in(change, part, tmp_path, monkeypatch):
    Fake(monkeypatch)
    searched(tmp_path, count=1)
    with pytest.raises(UserError, match=part):
        searched(tmp_path, dataclasses.replace(PLAN, **change), count=1)


def test_a_file_of_something_else_is_refused(tmp_path):
    PLAN.journal(tmp_path).parent.mkdir()
    PLAN.journal(tmp_path).write_text('{"a": 1}\n')
    with (
        pytest.raises(UserError, match="expected the journal of a search in"),
        opened(PLAN.journal(tmp_path), SPACE, {}, lambda: None),
    ):
        pass


@pytest.mark.parametrize(
    ("plan", "part"),
    [
        (dataclasses.replace(PLAN, architecture="transformer"), "transformer"),
        (dataclasses.replace(PLAN, preset="self-taught"), "expected a preset that trains one network"),
        (dataclasses.replace(PLAN, settings=MANY), "vary or set fewer"),
    ],
)
def test_a_search_that_cannot_be_is_refused(plan, part, tmp_path):
    with pytest.raises(ConfigError, match=part):
        searched(tmp_path, plan, count=1)
    assert not list(tmp_path.iterdir())


def test_a_network_that_diverges_is_an_outcome(tmp_path):
    splits = without_test(three_splits())
    trials = Trials(splits, "gru", "sample", (*SETTINGS, "clip_norm=0"), None, tmp_path, "tiny")
    trial = searching.Trial(0, ("learning_rate=1e30",))
    outcome = tried(trials, trial, Silence())
    assert outcome.log_loss is None
    assert "diverged" in outcome.failure


def test_without_optuna_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(MissingExtraError, match="the extra search; optuna is not installed"):
        searched(tmp_path, count=1)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--vary", "unitz=1..2"], "unitz"),
        (["--vary", "units=8..16", "--from-pretrained", "some/encoder"], "no sizes beside an encoder"),
        (["--name", "../away"], "expected a name of letters"),
        (["--vary", "encoder_rate=0.1..1"], "expected a pretrained encoder with encoder_rate"),
        (["--engine", "many"], "expected --engine to be one of"),
    ],
)
def test_mistakes_are_refused_and_nothing_is_written(options, part, tmp_path):
    labelled_reviews(40).to_csv(tmp_path / "films.csv", index=False)
    refused(sentiment("search", "--data", tmp_path / "films.csv", "--models", tmp_path / "models", *options), part)
    assert not list(tmp_path.glob("models/films/*"))


@pytest.mark.slow
def test_the_command_that_is_named_trains_a_network_with_the_figures_of_the_best_trial(tmp_path):
    labelled_reviews(200).to_csv(tmp_path / "films.csv", index=False)
    options = ["--data", tmp_path / "films.csv", "--models", tmp_path / "models", "--preset", "sample", "--only", "gru"]
    options += [part for text in SETTINGS for part in ("--set", text)] + ["--vary", "learning_rate=0.001..0.1"]
    first = sentiment("search", *options, "--trials", 2)
    assert first.returncode == 0, first.stderr
    done = sentiment("search", *options, "--trials", 3, "--json")
    assert "has 2 trials, 2 of them done: the search goes on" in done.stderr
    assert "too good to expect again" in done.stderr
    found = json.loads(done.stdout)
    best = found["best"]["outcome"]
    assert best["log_loss"] == min(trial["outcome"]["log_loss"] for trial in found["trials"])
    assert not any((tmp_path / "models" / "films" / ".training").iterdir())  # no checkpoint is left
    journal = next(tmp_path.glob("models/films/searches/*.log")).read_text()
    assert str(tmp_path) not in journal
    assert "film" not in journal
    program, *words = shlex.split(found["command"])
    assert program == "sentiment"
    trained = sentiment(*words, "--no-baselines")
    assert trained.returncode == 0, trained.stderr
    [metrics] = tmp_path.glob("models/films/gru-*/metrics.json")
    history = np.genfromtxt(metrics.parent / "history.csv", delimiter=",", names=True)
    assert float(np.atleast_1d(history["validation_loss"]).min()) == best["log_loss"]
