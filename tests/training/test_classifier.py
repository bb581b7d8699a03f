"""Training learns, is reproducible, resumes after a stop, and saves the epoch with the lowest validation loss."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from sentiment.config import Config
from sentiment.data.splits import DatasetInfo, Examples, Splits
from sentiment.errors import ConfigError
from sentiment.networks.architectures import build
from sentiment.networks.scoring import probabilities
from sentiment.runs.identity import identity
from sentiment.runs.saved_run import load_run, write_manifest
from sentiment.support.progress import Silence
from sentiment.training import classifier as training
from sentiment.training.classifier import MOST_EPOCHS, fit, train
from sentiment.training.encoding import encode
from sentiment.training.epochs import Checkpoint, Progress, restart_random
from sentiment.training.saving import is_trained

TINY = Config().replace(
    architecture="gru", preset="tiny", embedding_size=8, units=8, batch_size=16, epochs=4, minimum_steps=1,
    learning_rate=0.02, averaging=0.9, max_length=16, patience=4,
)  # fmt: skip


class Steps(Silence):
    """Counts the steps."""

    taken = 0

    def step(self) -> None:
        self.taken += 1


def examples(n: int, seed: int) -> Examples:
    """Texts whose label is whether they contain "good" or "bad"."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n).astype(np.int8)
    words = ["a", "film", "with", "some", "actors", "plot", "and", "music"]
    texts = []
    for label in labels:
        text = random.choice(words, random.integers(3, 12)).tolist()
        text.insert(random.integers(0, len(text)), "good" if label else "bad")
        texts.append(" ".join(text))
    return Examples(texts, labels)


@pytest.fixture(scope="module")
def splits() -> Splits:
    train, validation, test = examples(120, 1), examples(40, 2), examples(40, 3)
    info = DatasetInfo(
        name="tiny", source="tests", reviews=200, content_hash="0" * 64, train=120, validation=40, test=40,
        unlabelled=0, duplicates_removed=0, test_overlap_removed=0, unlabelled_overlap_removed=0,
    )  # fmt: skip
    return Splits(train, validation, test, [], info)


def other_reviews(splits: Splits) -> DatasetInfo:
    return dataclasses.replace(splits.dataset, content_hash="1" * 64)


class StopAfter(Silence):
    """Interrupts the training after some steps, as Ctrl+C does."""

    def __init__(self, steps: int) -> None:
        self.steps_left = steps

    def step(self) -> None:
        self.steps_left -= 1
        if self.steps_left == 0:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def trained(splits, tmp_path_factory):
    return train(encode(splits, TINY.tokenizer), TINY, tmp_path_factory.mktemp("models"), Silence())


def figures(run) -> list:
    history = pd.read_csv(run.folder / "history.csv")
    return [history.drop(columns=["seconds", "tokens_per_second"]).to_dict("list"), run.record.validation]


def test_a_network_learns_the_word_that_decides(trained):
    assert trained.record.validation["accuracy"] > 0.9
    assert trained.record.test["accuracy"] > 0.9


def test_what_another_process_has_trained_in_the_meantime_is_not_trained_again(trained, splits, monkeypatch):
    def fit(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sentiment.training.classifier.fit", fit)
    encoded, folder = encode(splits, TINY.tokenizer), trained.folder.parent
    assert train(encoded, TINY, folder, Silence()).record == trained.record
    with pytest.raises(KeyboardInterrupt):
        train(encoded, TINY, folder, Silence(), again=True)


def test_the_same_seed_gives_the_same_figures(trained, splits, tmp_path):
    again = train(encode(splits, TINY.tokenizer), TINY, tmp_path, Silence())
    assert figures(again) == figures(trained)


def test_another_seed_gives_other_figures(trained, splits, tmp_path):
    other = train(encode(splits, TINY.tokenizer), TINY.replace(seed=2), tmp_path, Silence())
    assert figures(other) != figures(trained)


@pytest.mark.parametrize("steps", [3, 12, 30])  # in the first, the second and the last epoch
def test_a_resumed_training_ends_with_the_figures_of_an_uninterrupted_one(trained, splits, tmp_path, steps):
    encoded = encode(splits, TINY.tokenizer)
    with pytest.raises(KeyboardInterrupt):
        train(encoded, TINY, tmp_path, StopAfter(steps))
    assert not (tmp_path / TINY.name).exists()  # no partial file

    class Counting(Silence):
        def start(self, name: str, steps: int, done: int) -> None:  # noqa: ARG002
            self.done = done

    counting = Counting()
    resumed = train(encoded, TINY, tmp_path, counting)
    assert counting.done == steps // 8 * 8  # 120 reviews in batches of 16 are 8 steps an epoch
    assert figures(resumed) == figures(trained)
    assert not list((tmp_path / ".training").glob("*"))


@pytest.mark.parametrize("steps", [3, 12])
def test_a_training_that_was_stopped_inside_an_epoch_ends_with_the_very_weights_of_one_that_was_not(
    trained, splits, tmp_path, steps, monkeypatch
):
    monkeypatch.setenv("SENTIMENT_CHECKPOINT_SECONDS", "0")
    encoded, counting = encode(splits, TINY.tokenizer), Steps()
    with pytest.raises(KeyboardInterrupt):
        train(encoded, TINY, tmp_path, StopAfter(steps))
    resumed = train(encoded, TINY, tmp_path, counting)
    assert counting.taken == 8 * resumed.record.epochs - (steps - 1)  # the last of them was not saved
    assert figures(resumed) == figures(trained)
    assert (resumed.folder / "model.onnx").read_bytes() == (trained.folder / "model.onnx").read_bytes()
    losses = [pd.read_csv(run.folder / "history.csv")["train_loss"].tolist() for run in (resumed, trained)]
    assert losses[0] == losses[1]


def test_a_training_that_was_killed_after_its_last_epoch_only_saves_its_run(trained, splits, tmp_path, monkeypatch):
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    encoded, counting = encode(splits, TINY.tokenizer), Steps()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training, "save", killed)
        train(encoded, TINY, tmp_path, Silence())
    assert figures(train(encoded, TINY, tmp_path, counting)) == figures(trained)
    assert counting.taken == 0


def test_a_checkpoint_of_other_settings_is_not_used(trained, splits, tmp_path):
    encoded = encode(splits, TINY.tokenizer)
    with pytest.raises(KeyboardInterrupt):
        train(encoded, TINY.replace(learning_rate=0.5), tmp_path, StopAfter(20))
    assert figures(train(encoded, TINY, tmp_path, Silence())) == figures(trained)


def test_a_checkpoint_of_the_first_release_is_used_where_texts_are_read_as_then(tmp_path, monkeypatch):
    monkeypatch.setattr("sentiment.runs.identity.READING", 1)
    model = build(TINY.model, 50, seed=1)
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    first = {"config": TINY.as_first_written(), "reviews": "0" * 64, "version": "0.1.0"}
    Checkpoint(tmp_path / "state", first).save(model, Progress([{"validation_loss": 1.0}], model.get_weights(), 3.0))
    now = identity("0" * 64, config=dataclasses.asdict(TINY))
    assert Checkpoint(tmp_path / "state", now).restore(model).seconds == 3.0
    monkeypatch.setattr("sentiment.runs.identity.READING", 2)
    otherwise_read = identity("0" * 64, config=dataclasses.asdict(TINY))
    assert Checkpoint(tmp_path / "state", otherwise_read).restore(model) == Progress()
    monkeypatch.setattr("sentiment.runs.identity.READING", 1)
    other = identity("1" * 64, config=dataclasses.asdict(TINY))
    assert Checkpoint(tmp_path / "state", other).restore(model) == Progress()
    first["config"]["training"]["frozen_fraction"] = 0.2
    Checkpoint(tmp_path / "state", first).save(model, Progress())
    assert Checkpoint(tmp_path / "state", now).restore(model) == Progress()


@pytest.mark.parametrize("length", [0, 100])
def test_a_damaged_checkpoint_starts_from_the_beginning(tmp_path, length):
    checkpoint, identity = tmp_path / "checkpoint", {"of": "this"}
    model = build(TINY.model, 50, seed=1)
    model.compile(optimizer="adam")
    model.optimizer.build(model.trainable_variables)
    Checkpoint(checkpoint, identity).save(model, Progress([{"validation_loss": 1.0}], model.get_weights(), 3.0))
    assert Checkpoint(checkpoint, identity).restore(model).seconds == 3.0
    weights = checkpoint / "weights.npz"
    weights.write_bytes(weights.read_bytes()[:length])
    assert Checkpoint(checkpoint, identity).restore(model) == Progress()


@pytest.mark.parametrize(("units", "optimizer"), [(6, "sgd"), (7, "adam")])
def test_a_checkpoint_of_other_shapes_changes_nothing_and_the_training_starts_anew(tmp_path, units, optimizer):
    def compiled(units, optimizer):
        model = build(dataclasses.replace(TINY.model, units=units), 50, seed=1)
        model.compile(optimizer=optimizer)
        model.optimizer.build(model.trainable_variables)
        return model

    saved, model = compiled(6, "adam"), compiled(units, optimizer)
    saved.set_weights([weight + 1 for weight in saved.get_weights()])
    Checkpoint(tmp_path / "state", {}).save(saved, Progress([{"validation_loss": 1.0}], saved.get_weights(), 3.0))
    before = model.get_weights()
    assert Checkpoint(tmp_path / "state", {}).restore(model) == Progress()
    assert all((now == then).all() for now, then in zip(model.get_weights(), before, strict=True))


def test_a_training_that_diverges_says_what_to_do(splits, tmp_path):
    config = TINY.replace(weight_decay=1e6, learning_rate=1.0)
    with pytest.raises(ConfigError, match=r"diverged in epoch .* lower learning_rate or weight_decay"):
        train(encode(splits, config.tokenizer), config, tmp_path, Silence())
    assert not (tmp_path / config.name).exists()


def test_the_saved_weights_are_those_of_the_epoch_with_the_lowest_validation_loss(trained, splits):
    history = pd.read_csv(trained.folder / "history.csv")
    best = history["validation_loss"].idxmin()
    assert trained.record.best_epoch == best + 1
    ids = trained.tokenizer().token_ids(splits.validation.texts)
    logits = logit(probabilities(trained.model(), ids))
    sign = 1 - 2 * splits.validation.labels.astype(float)
    before_calibration = np.logaddexp(0, sign * logits * trained.record.temperature).mean()
    assert before_calibration == pytest.approx(history["validation_loss"][best], abs=1e-5)
    assert np.logaddexp(0, sign * logits).mean() <= before_calibration


def test_a_training_without_progress_stops_early(splits, tmp_path):
    hopeless = TINY.replace(epochs=50, patience=2, learning_rate=3.0, clip_norm=100.0, averaging=0.0)
    run = train(encode(splits, TINY.tokenizer), hopeless, tmp_path, Silence())
    assert run.record.epochs == run.record.best_epoch + 2 < 50


def test_a_small_dataset_gets_more_epochs(splits, tmp_path):
    run = train(encode(splits, TINY.tokenizer), TINY.replace(epochs=1, minimum_steps=17), tmp_path, Silence())
    assert run.record.epochs == 3  # 8 steps an epoch


def test_a_very_small_dataset_is_read_several_times_between_two_validations(splits, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "MOST_EPOCHS", 4)
    tiny = TINY.replace(epochs=1, minimum_steps=8 * (4 + 1), patience=1_000)
    steps = Steps()
    _, progress = fit(encode(splits, TINY.tokenizer), tiny, Checkpoint(tmp_path / "state", {}), steps)
    assert len(progress.history) == 3  # two passes of eight steps each
    assert steps.taken == 3 * 16


def test_epochs_that_are_set_are_kept_however_many():
    settings = TINY.replace(epochs=3 * MOST_EPOCHS + 1, minimum_steps=1).training
    assert training._length(settings, batches=8) == (3 * MOST_EPOCHS + 1, 8)
    assert training._length(TINY.replace(epochs=1, minimum_steps=1).training, batches=8) == (1, 8)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"minimum_steps": 3}, "minimum_steps=3 changes nothing: 6 epochs have 48 steps"),
        ({"epochs": 1, "minimum_steps": 17}, "epochs=1 is raised to 3: minimum_steps=17"),
        ({"patience": 6}, "patience=6 changes nothing: the training has 6 epochs in all"),
        ({"averaging": 0.999}, "averaging=0.999 is lowered to 0.8958: there are 48 steps only"),
        ({"batch_size": 500}, "batch_size=500 is more than there are: every step reads all 120 texts"),
        ({"crop_length": 900}, "crop_length=900 changes nothing: the longest text has 12 tokens"),
        ({"max_length": 900}, "max_length=900 changes nothing: the longest review that is judged has 12 tokens"),
        ({"max_length": 8, "crop_length": 6}, None),
        ({"head_fraction": 0.5}, "head_fraction=0.5 changes nothing: the longest review that is judged has 12 tokens"),
        ({"warmup_fraction": 0.01}, "warmup_fraction=0.01 changes nothing: it is less than one of 48 steps"),
        ({"vocabulary_size": 9_999}, "vocabulary_size=9999 is more than there are: 12 words"),
        ({"excerpts": 121}, "excerpts=121 is more than there are: one of each of the 120 training reviews"),
        ({"excerpts": 120}, None),
        ({"short_texts": 5}, "short_texts=5 is more than there are: 0 of sentence"),
        ({"patience": 2, "epochs": 9, "batch_size": 8, "averaging": 0.5}, None),
    ],
)
def test_a_setting_that_another_overrides_is_reported(splits, tmp_path, settings, line):
    config = Config().replace(**{"epochs": 6, "minimum_steps": 1, "batch_size": 16, "patience": 3} | settings)
    encoded = encode(splits, config.tokenizer)
    notes = []

    class EnoughError(Exception):
        """Nothing needs to be trained here."""

    class Notes(Silence):
        def note(self, line: str) -> None:
            notes.append(line)

        def start(self, name: str, steps: int, done: int) -> None:  # noqa: ARG002
            raise EnoughError

    for chosen in (settings, ()):
        with pytest.raises(EnoughError):
            fit(encoded, config.replace(units=4, embedding_size=4), Checkpoint(tmp_path, {}), Notes(), chosen=chosen)
    assert len(notes) == (line is not None)
    assert line is None or notes[0].startswith(line)


@pytest.mark.parametrize(("settings", "steps"), [({}, 8), ({"excerpts": 40}, 10), ({"excerpts": 1_000}, 15)])
def test_an_epoch_reads_the_set_number_of_excerpts_and_at_most_one_of_a_review(splits, tmp_path, settings, steps):
    taken = Steps()
    config = TINY.replace(epochs=1, **settings)
    fit(encode(splits, TINY.tokenizer), config, Checkpoint(tmp_path / "state", {}), taken)
    assert taken.taken == steps  # of 16 texts, from 120 reviews


def test_excerpts_labelled_by_teachers_replace_those_labelled_by_their_reviews(splits, tmp_path):
    taken = Steps()
    read = dataclasses.replace(splits, excerpts=Examples(["some words"] * 80, np.full(80, 0.5, np.float32)))
    config = TINY.replace(epochs=1, excerpts=40)
    fit(encode(read, TINY.tokenizer), config, Checkpoint(tmp_path / "state", {}), taken)
    assert taken.taken == 13  # of 16 texts, from 120 reviews and 80 excerpts


def test_an_epoch_reads_sentences_negations_and_emphases_when_they_are_set(splits, tmp_path):
    clear = Examples(["The plot was great fun."] * 120, splits.train.labels)
    taken = Steps()
    config = TINY.replace(epochs=1, short_texts=40)
    fit(encode(dataclasses.replace(splits, train=clear), TINY.tokenizer), config, Checkpoint(tmp_path, {}), taken)
    assert taken.taken == 15  # 120 reviews and 40 of each of three kinds


def test_the_vocabulary_comes_from_the_training_split_alone(splits):
    changed = Splits(
        splits.train, Examples(["zyzzyva"] * 40, splits.validation.labels), splits.test, ["quokka"], splits.dataset
    )
    encoded = encode(changed, TINY.tokenizer)
    assert encoded.tokenizer.vocabulary_size == encode(splits, TINY.tokenizer).tokenizer.vocabulary_size
    assert {int(i) for ids in encoded.validation for i in ids} == {1}


def test_a_saved_run_says_what_made_it(trained):
    metrics = json.loads((trained.folder / "metrics.json").read_text())
    assert metrics["dataset"]["content_hash"] == "0" * 64
    assert metrics["versions"]["keras"].startswith("3.")
    assert (metrics["architecture"], metrics["preset"], metrics["seed"], metrics["dtype"]) == (
        "gru", "tiny", 1, "float32",
    )  # fmt: skip
    assert len(pd.read_csv(trained.folder / "test_predictions.csv")) == 40
    validation = pd.read_csv(trained.folder / "validation_predictions.csv")
    right = (validation["probability"] >= 0.5) == (validation["label"] == 1)
    assert right.mean() == metrics["validation"]["accuracy"]
    assert metrics["built_from"] == {}
    assert load_run(trained.folder).config == TINY


def test_a_saved_run_is_recognised_by_its_settings_and_reviews(trained, splits):
    models = trained.folder.parent
    assert is_trained(TINY, splits, models)
    assert not is_trained(TINY.replace(word_dropout=0.1), splits, models)
    assert not is_trained(TINY, dataclasses.replace(splits, dataset=other_reviews(splits)), models)


def test_a_run_older_than_a_setting_is_recognised_if_the_setting_has_its_default(trained, splits, tmp_path):
    folder = shutil.copytree(trained.folder, tmp_path / trained.name)
    for name in ("config.json", "metrics.json"):
        values = json.loads((folder / name).read_text())
        config = values if name == "config.json" else values["identity"]["config"]
        del config["training"]["adversarial"]
        (folder / name).write_text(json.dumps(values))
    write_manifest(folder)
    assert is_trained(TINY, splits, tmp_path)
    assert load_run(folder).config == TINY
    assert not is_trained(TINY.replace(adversarial=1.0), splits, tmp_path)


def test_the_epoch_seeds_all_randomness_of_a_network():
    def states(epoch: int) -> list[list[int]]:
        restart_random(model, seed=1, epoch=epoch)
        layers = [layer for layer in model.layers if hasattr(layer, "seed_generator")]
        return [layer.seed_generator.state.numpy().tolist() for layer in layers]

    model = build(TINY.model, 50, seed=1)
    first = states(0)
    assert len(first) >= 2  # the two dropouts
    assert len({tuple(state) for state in first}) == len(first)
    assert all(before != after for before, after in zip(first, states(1), strict=True))
    assert states(0) == first


def test_the_line_of_an_epoch_says_when_its_accuracy_is_the_share_of_one_class():
    from sentiment.training.epochs.recorders import line_of

    row = {"epoch": 1, "train_loss": 0.3, "validation_loss": 0.2, "validation_accuracy": 0.94, "seconds": 1,
           "tokens_per_second": 1_000}  # fmt: skip
    assert 'validation accuracy 94.00% (all called "positive"), 1 s' in line_of(row, "positive")
    assert "validation accuracy 94.00%, 1 s" in line_of(row, None)
