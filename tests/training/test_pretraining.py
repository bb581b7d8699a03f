"""Pretraining: a language model learns from unlabelled texts, resumes after a stop, and initialises classifiers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from sentiment.config import Config, PretrainingConfig, parse_settings
from sentiment.data.reviews import Reviews, load_reviews
from sentiment.data.splits import DatasetInfo, Examples, Splits, split
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.layers import portable
from sentiment.networks import language_model as language_model_module
from sentiment.networks.architectures import build
from sentiment.networks.language_model import LanguageModel
from sentiment.publishing.cards import encoder_card
from sentiment.runs.record import total_seconds
from sentiment.runs.saved_run import CARD, ENCODER, MANIFEST, ONNX
from sentiment.support.progress import Silence
from sentiment.text.padding import pad
from sentiment.training import pretraining
from sentiment.training.classifier import train
from sentiment.training.corpora import Texts as Corpus
from sentiment.training.corpora import labelled_corpus, unlabelled_corpus
from sentiment.training.encoders import load_encoder
from sentiment.training.encoding import encode
from sentiment.training.epochs import restart_random
from sentiment.training.pretraining import (
    perplexity,
    pretrain,
    recurrent_layer,
    require_its_place,
)

TINY = PretrainingConfig(
    vocabulary_size=50, embedding_size=8, units=12, epochs=6, batch_size=8, crop_length=20, candidates=16,
    learning_rate=0.02, embedding_dropout=0.0, output_dropout=0.0,
)  # fmt: skip
CYCLE = "one two three four five six seven".split()


def texts(n: int, seed: int) -> list[str]:
    """Words in one fixed cyclic order from a random start, so that each word but the first is certain."""
    random = np.random.default_rng(seed)
    starts, lengths = random.integers(0, 7, n), random.integers(5, 25, n)
    return [
        " ".join(CYCLE[(start + i) % 7] for i in range(length)) for start, length in zip(starts, lengths, strict=True)
    ]


def examples(n: int, seed: int) -> Examples:
    return Examples(texts(n, seed), np.arange(n, dtype=np.int8) % 2)


def reviews(n: int, labels: bool) -> Reviews:
    table = pd.DataFrame(
        {
            "text": pd.Series([f"{text} {i}" for i, text in enumerate(texts(n, 5))], dtype="str"),
            "label": pd.Series([i % 2 if labels else None for i in range(n)], dtype="Int8"),
            "split": ["" if labels else "unlabelled"] * n,
        }
    )
    return Reviews("mine", "mine.csv", table)


@pytest.fixture(scope="module")
def learnt_from(splits) -> Corpus:
    return Corpus([*splits.train.texts, *splits.unlabelled], splits.validation.texts, "tiny", "0" * 64)


@pytest.fixture(scope="module")
def splits() -> Splits:
    info = DatasetInfo(
        name="tiny", source="tests", reviews=220, content_hash="0" * 64, train=60, validation=20, test=20,
        unlabelled=120, duplicates_removed=0, test_overlap_removed=0, unlabelled_overlap_removed=0,
    )  # fmt: skip
    test = Examples([f"{text} secret" for text in texts(20, 3)], np.arange(20, dtype=np.int8) % 2)
    return Splits(examples(60, 1), examples(20, 2), test, texts(120, 4), info)


@pytest.fixture(scope="module")
def encoder(learnt_from, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretraining, "SEGMENT", 20)
        return pretrain(learnt_from, TINY, tmp_path_factory.mktemp("models") / "encoder", Silence())


def language_model(counts: np.ndarray) -> LanguageModel:
    return LanguageModel(recurrent_layer(TINY), TINY, counts, seed=1)


def test_the_language_model_learns_the_next_word(encoder):
    assert encoder.metrics["held_out_perplexity"] < 1.5  # by frequencies alone it is 7
    losses = [row["train_loss"] for row in encoder.metrics["history"]]
    assert losses[-1] < losses[0] / 2


def test_the_card_of_an_encoder_has_the_command_that_makes_it_again(encoder):
    [command] = [line for line in (encoder.folder / CARD).read_text().splitlines() if "sentiment pretrain" in line]
    _, name, *settings = command.removeprefix("    sentiment pretrain --again ").split(" ")
    assert name == encoder.folder.name
    assert replaced([each for each in settings if each != "--set"]) == TINY


def test_the_card_of_a_reader_in_both_directions_says_which_half_it_learnt(encoder):
    forward = encoder.metrics | {"name": "forward"}
    both = forward | {"name": "both", "reads": "bilstm", "built_from": {"forward 0123456789abcdef": 120.0}}
    card = encoder_card(both)
    assert (
        "The forward half is that of\n`forward`, which took 2 minutes. The backward half was trained to predict the "
        "previous word" in card
    )
    assert "the next word" not in card
    assert "trained to predict the next word" in encoder_card(forward)


def test_the_perplexity_of_fresh_weights_is_that_of_the_frequencies():
    counts = np.array([0, 0, 30, 30, 30, 30])
    value = perplexity(language_model(counts), [np.array([2, 3, 4, 5, 2, 3], np.int32)])
    assert value == pytest.approx(4, rel=0.1)


def test_log_likelihoods_are_of_a_distribution_over_all_words_and_leave_padding_out():
    model = language_model(np.array([0, 1, 3, 3, 3]))
    prefix = [2, 3]
    each = [model.log_likelihoods(np.array([[*prefix, word]], np.int32))[-1] for word in range(1, 5)]
    assert np.exp(each).sum() == pytest.approx(1, abs=1e-5)
    alone = model.log_likelihoods(np.array([[2, 3, 4]], np.int32))
    padded = model.log_likelihoods(np.array([[2, 3, 4, 0, 0], [4, 4, 4, 4, 4]], np.int32))
    np.testing.assert_allclose(padded[:2], alone, atol=1e-6)
    assert len(padded) == 6


def test_log_likelihoods_are_the_same_however_many_are_computed_at_once(monkeypatch):
    model = language_model(np.array([0, 1, 3, 3, 3]))
    token_ids = np.array([[2, 3, 4, 2], [4, 4, 3, 0], [1, 2, 0, 0]], np.int32)
    expected = model.log_likelihoods(token_ids)
    monkeypatch.setattr(language_model_module, "_BATCH", 4)
    assert len(expected) == 6
    np.testing.assert_allclose(model.log_likelihoods(token_ids), expected, atol=1e-6)


def test_the_sampled_loss_comes_near_that_over_all_words_when_many_are_drawn():
    counts = np.array([0, 2, 40, 30, 20, 10])
    many = dataclasses.replace(TINY, candidates=4000)
    model = LanguageModel(recurrent_layer(many), many, counts, seed=1)
    token_ids = pad([np.array(ids, np.int32) for ids in ([2, 3, 4, 5, 1], [5, 5, 2])])
    sampled = float(model.compute_loss(x=token_ids, y_pred=model(token_ids)))
    assert sampled == pytest.approx(-model.log_likelihoods(token_ids).mean(), abs=0.05)


def test_the_compiled_loss_of_a_batch_has_the_gradients_of_keras_operations():
    model = language_model(np.array([0, 2, 40, 30, 20, 10]))
    token_ids = tf.constant(pad([np.array(ids, np.int32) for ids in ([2, 3, 4, 5, 1], [5, 5, 2])]))
    weights = model.trainable_variables

    def gradients() -> list[np.ndarray]:
        restart_random(model, seed=1, epoch=0)  # the same sample
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x=token_ids, y_pred=model(token_ids))
        return [tf.convert_to_tensor(value).numpy() for value in tape.gradient(loss, [v.value for v in weights])]

    compiled = gradients()
    with portable():
        for ours, theirs in zip(compiled, gradients(), strict=True):
            assert np.abs(theirs).max() > 0
            np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_pretraining_with_narrow_products_learns_the_next_word_and_resumes(learnt_from, tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "SEGMENT", 20)
    narrow = dataclasses.replace(TINY, dtype="mixed_bfloat16")
    with pytest.raises(KeyboardInterrupt):
        pretrain(learnt_from, narrow, tmp_path / "narrow", StopAfter(50))
    encoder = pretrain(learnt_from, narrow, tmp_path / "narrow", Silence())
    assert encoder.metrics["held_out_perplexity"] < 1.5
    assert encoder.metrics["identity"]["config"]["dtype"] == "mixed_bfloat16"
    losses = [row["train_loss"] for row in encoder.metrics["history"]]
    assert len(losses) == 7


def test_pretraining_never_reads_test_reviews_and_holds_out_validation_reviews():
    splits = split(reviews(200, labels=True), **Config().split)
    corpus = labelled_corpus(splits)
    assert corpus.texts == splits.train.texts
    assert corpus.held_out == splits.validation.texts
    assert not set(corpus.texts) & {*splits.test.texts, *splits.validation.texts}


@pytest.mark.parametrize(
    ("settings", "message"),
    [(["averaging=0.9"], "found 'averaging=0.9'"), (["units=8", "units=9"], "expected units once")],
)
def test_settings_of_a_pretraining_that_would_change_nothing_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        replaced(settings)


def replaced(settings: list[str]) -> PretrainingConfig:
    return PretrainingConfig(**parse_settings(settings, dataclasses.fields(PretrainingConfig)))


def test_one_in_a_hundred_unlabelled_reviews_is_held_out():
    corpus = unlabelled_corpus(reviews(250, labels=False))
    assert (len(corpus.texts), len(corpus.held_out)) == (247, 3)
    assert not set(corpus.texts) & set(corpus.held_out)


def test_pretraining_says_what_became_of_every_row():
    unlabelled = reviews(250, labels=False)
    table = pd.concat([unlabelled.table, unlabelled.table[:7]]).reset_index(drop=True)
    corpus = unlabelled_corpus(dataclasses.replace(unlabelled, table=table, left_out={"kept to test with": 4}))
    assert (
        corpus.account == "mine: 261 rows: 247 to learn from, 3 held out; left out: 7 duplicates, 4 kept to test with"
    )
    labelled = labelled_corpus(split(reviews(200, labels=True), **Config().split))
    assert labelled.account.startswith("mine: 200 rows: 144 training, 16 vali")


def test_too_few_reviews_without_labels_are_refused():
    with pytest.raises(ReviewsError, match=r"expected at least 100 different reviews in mine\.csv; found 50"):
        unlabelled_corpus(reviews(50, labels=False))


def test_a_file_without_labels_is_read_only_where_labels_are_not_needed(tmp_path):
    path = tmp_path / "mine.csv"
    pd.DataFrame({"review": ["one two", "two three"]}).to_csv(path, index=False)
    loaded = load_reviews(path, labels_wanted=False)
    assert loaded.table["label"].isna().all()
    with pytest.raises(ReviewsError, match="expected a label column"):
        load_reviews(path)


def test_test_rows_of_a_file_without_labels_are_not_read(tmp_path):
    path = tmp_path / "mine.csv"
    frame = pd.DataFrame({"review": ["one", "", "three", "four"], "split": ["train", "train", "Test", ""]})
    frame.to_csv(path, index=False)
    loaded = load_reviews(path, labels_wanted=False, rejects=tmp_path / "rejects.csv")
    assert loaded.table["text"].tolist() == ["one", "four"]
    assert pd.read_csv(tmp_path / "rejects.csv")["row"].tolist() == [2]


class StopAfter(Silence):
    """Interrupts after some steps, as Ctrl+C does."""

    def __init__(self, steps: int) -> None:
        self.steps_left = steps

    def step(self) -> None:
        self.steps_left -= 1
        if self.steps_left == 0:
            raise KeyboardInterrupt


def test_pretraining_that_was_stopped_inside_an_epoch_resumes_to_the_same_weights(
    learnt_from, encoder, tmp_path, monkeypatch
):
    monkeypatch.setattr(pretraining, "SEGMENT", 20)
    with pytest.raises(KeyboardInterrupt):
        pretrain(learnt_from, TINY, tmp_path / "encoder", StopAfter(50))
    assert not (tmp_path / "encoder").exists()
    again = pretrain(learnt_from, TINY, tmp_path / "encoder", Silence())
    for ours, uninterrupted in zip(again.weights, encoder.weights, strict=True):
        np.testing.assert_allclose(ours, uninterrupted, atol=2e-3)
    assert not (tmp_path / ".training" / "encoder").exists()


@pytest.mark.filterwarnings("ignore:overflow")
def test_pretraining_that_diverges_is_an_error_and_leaves_no_checkpoint(learnt_from, tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "SEGMENT", 20)
    wild = dataclasses.replace(TINY, learning_rate=1e30, clip_norm=1e30)
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"diverged before step 20: .* lower learning_rate"):
            pretrain(learnt_from, wild, tmp_path / "encoder", Silence())
    assert not (tmp_path / "encoder").exists()


def test_settings_that_the_reviews_override_are_reported(learnt_from, tmp_path):
    notes = []

    class EnoughError(Exception):
        """Nothing needs to be trained here."""

    class Notes(Silence):
        def note(self, line: str) -> None:
            notes.append(line)

        def start(self, name: str, steps: int, done: int) -> None:  # noqa: ARG002
            raise EnoughError

    large = dataclasses.replace(TINY, crop_length=900, batch_size=500)
    for chosen in (["vocabulary_size", "crop_length", "batch_size", "units"], []):
        with pytest.raises(EnoughError):
            pretrain(learnt_from, large, tmp_path / "encoder", Notes(), chosen=chosen)
    assert notes == [
        "vocabulary_size=50 is more than there are: 9 words",
        "batch_size=500 is more than there are: 180 reviews",
        "crop_length=900 is more than there are: 24 tokens in the longest review",
    ]


def test_a_short_pretraining_takes_the_steps_of_its_epochs_and_no_more(learnt_from, tmp_path):
    steps = []

    class Steps(Silence):
        def step(self) -> None:
            steps.append(1)

    pretrain(learnt_from, dataclasses.replace(TINY, epochs=1), tmp_path / "encoder", Steps())
    assert len(steps) == 23  # 180 reviews in batches of 8


def test_reviews_of_one_word_are_refused_before_anything_is_learnt(learnt_from, tmp_path):
    single = dataclasses.replace(learnt_from, held_out=["one", "two"])
    with pytest.raises(ReviewsError, match=r"expected reviews of more than one word; .* the right column"):
        pretrain(single, TINY, tmp_path / "encoder", Silence())


def test_pretraining_out_of_time_returns_nothing_and_keeps_its_checkpoint(learnt_from, tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "SEGMENT", 20)
    assert pretrain(learnt_from, TINY, tmp_path / "encoder", Silence(), minutes=0.0) is None
    assert (tmp_path / ".training" / "encoder").is_dir()


@pytest.mark.parametrize("architecture", ["custom-lstm", "lstm"])
def test_a_classifier_starts_from_the_weights_of_the_encoder(splits, encoder, tmp_path, architecture):
    config = Config().replace(
        architecture=architecture, preset="tiny", embedding_size=8, units=12, epochs=1, minimum_steps=1, batch_size=16,
        learning_rate=1e-9, weight_decay=0.0, averaging=0.0, vocabulary_size=50, encoder=encoder.identity,
    )  # fmt: skip
    encoded = encode(splits, config.tokenizer, encoder)
    run = train(encoded, config, tmp_path, Silence(), encoder)
    for layer, weights in (("embedding", encoder.weights[:1]), ("recurrent", encoder.weights[1:])):
        for ours, expected in zip(run.model().get_layer(layer).get_weights(), weights, strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-6)
    assert run.record.identity["config"]["encoder"] == encoder.identity
    assert total_seconds(run.record.built_from) == encoder.metrics["train_seconds"]


@pytest.fixture(scope="module")
def both_ways(learnt_from, encoder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretraining, "SEGMENT", 20)
        config = dataclasses.replace(TINY, reads="bilstm", epochs=10)
        return pretrain(learnt_from, config, encoder.folder.parent / "both", Silence(), beside=encoder)


def test_the_backward_half_is_learnt_beside_an_unchanged_forward_encoder(encoder, both_ways):
    assert both_ways.metrics["held_out_perplexity"] < 2.5  # by frequencies alone it is 7
    for ours, expected in zip(both_ways.weights, encoder.weights, strict=False):
        np.testing.assert_array_equal(ours, expected)
    assert len(both_ways.weights) == len(encoder.weights) + 3


def test_the_seconds_of_both_directions_include_those_of_the_forward_encoder(encoder, both_ways):
    assert len(both_ways.training_times) == 2
    assert (
        total_seconds(both_ways.training_times) == encoder.metrics["train_seconds"] + both_ways.metrics["train_seconds"]
    )


def test_a_bidirectional_classifier_starts_from_both_directions(both_ways):
    model = build(
        Config().replace(architecture="bilstm", embedding_size=8, units=12).model, len(both_ways.weights[0]), 1
    )
    both_ways.initialise(model)
    backward = model.get_layer("recurrent").backward_layer.get_weights()
    for ours, expected in zip(backward, both_ways.weights[4:], strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_only_a_bidirectional_encoder_takes_a_forward_encoder_and_it_needs_one(learnt_from, encoder, tmp_path):
    both = dataclasses.replace(TINY, reads="bilstm")
    with pytest.raises(ConfigError, match="expected an encoder that reads forward beside bilstm; found none"):
        pretrain(learnt_from, both, tmp_path / "both", Silence())
    with pytest.raises(ConfigError, match="expected no encoder beside lstm"):
        pretrain(learnt_from, TINY, tmp_path / "encoder", Silence(), beside=encoder)
    with pytest.raises(ConfigError, match="an lstm of 16 units"):
        pretrain(learnt_from, dataclasses.replace(both, units=16), tmp_path / "both", Silence(), beside=encoder)
    with pytest.raises(ConfigError, match=r"of 12 features; found .* of \d+ features"):
        pretrain(
            learnt_from, dataclasses.replace(both, embedding_size=12), tmp_path / "both", Silence(), beside=encoder
        )


def test_an_existing_encoder_is_not_trained_again(learnt_from, encoder):
    existing = pretrain(learnt_from, TINY, encoder.folder, StopAfter(1))
    assert existing.metrics == encoder.metrics
    with pytest.raises(KeyboardInterrupt):
        pretrain(learnt_from, TINY, encoder.folder, StopAfter(1), again=True)


def test_an_encoder_of_other_settings_or_reviews_is_replaced_only_on_request(learnt_from, encoder, tmp_path):
    require_its_place(encoder.folder, learnt_from, TINY)
    require_its_place(tmp_path / "free", learnt_from, TINY)
    others = dataclasses.replace(learnt_from, content_hash="f" * 64)
    for texts, config in ((learnt_from, dataclasses.replace(TINY, seed=2)), (others, TINY)):
        with pytest.raises(RunError, match=r"no other encoder at .*; choose another with --name, or add --again"):
            require_its_place(encoder.folder, texts, config)


def test_a_folder_that_is_not_an_encoder_is_not_replaced(learnt_from, tmp_path):
    (tmp_path / "a-run").mkdir()
    (tmp_path / "a-run" / "model.keras").write_bytes(b"network")
    with pytest.raises(RunError, match="expected a name that is free"):
        pretrain(learnt_from, TINY, tmp_path / "a-run", Silence())
    assert (tmp_path / "a-run" / "model.keras").read_bytes() == b"network"


def test_another_kind_of_layer_is_refused(encoder):
    model = build(Config().replace(architecture="gru", embedding_size=8, units=12).model, 50, 1)
    with pytest.raises(ConfigError, match=r"expected one of the architectures custom-lstm, lstm .*found gru"):
        encoder.initialise(model)


def test_other_sizes_are_refused(encoder):
    model = build(Config().replace(architecture="lstm", embedding_size=8, units=13).model, 9, 1)
    with pytest.raises(ConfigError, match="expected a classifier of the sizes of"):
        encoder.initialise(model)


def test_a_changed_or_missing_encoder_is_refused(encoder, tmp_path):
    with pytest.raises(RunError, match="found none; train one with: sentiment pretrain"):
        load_encoder(tmp_path)
    run = tmp_path / "run"
    run.mkdir()
    (run / MANIFEST).touch()
    (run / ONNX).touch()
    with pytest.raises(RunError, match=r"expected a pretrained encoder at .*; found a saved run, which is none"):
        load_encoder(run)
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in encoder.folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    changed = bytearray((copy / ENCODER).read_bytes())
    changed[-30] ^= 1
    (copy / ENCODER).write_bytes(bytes(changed))
    with pytest.raises(RunError, match="changed since the run was saved"):
        load_encoder(copy)


def test_settings_are_replaced_by_name_and_others_refused():
    assert replaced(["units=64", "learning_rate=0.1"]).units == 64
    with pytest.raises(ConfigError, match="expected name=value"):
        replaced(["unit=64"])
    with pytest.raises(ConfigError, match="expected units to be like 512"):
        replaced(["units=many"])
