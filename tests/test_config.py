"""Settings: frozen, named once, the same after JSON."""

import dataclasses
import json
from pathlib import Path

import pytest

from sentiment.config import (
    ARCHITECTURE_NAMES,
    PRESETS,
    Config,
    ModelConfig,
    PretrainingConfig,
    TokenizerConfig,
    TrainingConfig,
    customised,
    default_preset,
    preset,
)
from sentiment.errors import ConfigError

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", PRESETS)
def test_a_configuration_is_the_same_after_json(name):
    assert Config.from_json(PRESETS[name].to_json()) == PRESETS[name]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_called_what_it_is_called(name):
    assert preset(name).preset == name


def test_a_configuration_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config().seed = 2


def test_a_replaced_setting_reaches_its_part_and_no_other():
    changed = Config().replace(units=7, seed=3, epochs=2)
    assert (changed.model.units, changed.seed, changed.training.epochs) == (7, 3, 2)
    assert changed.replace(units=128, seed=1, epochs=Config().training.epochs) == Config()


def test_no_two_parts_have_a_setting_of_the_same_name():
    parts = [
        {f.name for f in dataclasses.fields(part)} for part in (Config().tokenizer, Config().model, Config().training)
    ]
    assert len(set.union(*parts)) == sum(map(len, parts))


def test_settings_from_the_command_line_have_the_type_of_the_preset_and_a_name_of_their_own():
    config = customised("quick", ["units=32", "head_dropout=0.1", "pooling=max+last"])
    assert (config.model.units, config.model.head_dropout, config.model.pooling) == (32, 0.1, ("max", "last"))
    assert config.preset == "quick-head_dropout-0.1-pooling-max+last-units-32"
    assert customised("quick", []) == PRESETS["quick"]


def test_a_run_in_another_precision_is_of_the_same_preset_and_has_its_own_folder():
    config = customised("quick", ["dtype=mixed_bfloat16"])
    assert config.preset == "quick"
    assert config.name == "custom-lstm-quick-mixed_bfloat16-seed1"


@pytest.mark.parametrize("setting", ["unitz=3", "units", "units=many", "seed=3", "=", "epochs="])
def test_a_wrong_setting_is_refused(setting):
    with pytest.raises(ConfigError, match="expected"):
        customised("standard", [setting])


@pytest.mark.parametrize(
    ("setting", "bounds"),
    [
        ("head_dropout=1", "from 0 to below 1"),
        ("averaging=1.5", "from 0 to below 1"),
        ("word_dropout=-0.1", "from 0 to below 1"),
        ("test_fraction=nan", "between 0 and 1"),
        ("teacher_share=1.1", "from 0 to 1"),
        ("rare_word_dropout=-1", "0 or more"),
        ("learning_rate=inf", "0 or more"),
        ("units=0", "1 or more"),
        ("vocabulary_size=2", "3 or more"),
        ("short_texts=-1", "0 or more"),
        ("dtype=float16", "of float32, mixed_bfloat16"),
        ("pooling=max+sum", "of last, max, mean, each once"),
        ("pooling=", "of last, max, mean, each once"),
        ("pooling=max+max", "of last, max, mean, each once"),
    ],
)
def test_a_value_that_no_training_can_work_with_is_refused_with_its_bounds(setting: str, bounds: str) -> None:
    with pytest.raises(ConfigError, match=f"expected {setting.partition('=')[0]} to be {bounds}; found"):
        customised("standard", [setting])


@pytest.mark.parametrize(
    ("kind", "values", "bounds"),
    [
        (TokenizerConfig, {"vocabulary_size": 2}, "vocabulary_size to be 3 or more; found 2"),
        (ModelConfig, {"units": 0}, "units to be 1 or more; found 0"),
        (ModelConfig, {"units": 1.5}, "units to be 1 or more; found 1.5"),
        (ModelConfig, {"architecture": "transformer"}, f"architecture to be of {', '.join(ARCHITECTURE_NAMES)}; found"),
        (TrainingConfig, {"epochs": True}, "epochs to be 1 or more; found True"),
        (TrainingConfig, {"learning_rate": "fast"}, "learning_rate to be 0 or more; found fast"),
        (PretrainingConfig, {"reads": "cnn"}, "reads to be of lstm, gru, bilstm; found cnn"),
        (Config, {"seed": -1}, "seed to be 0 or more; found -1"),
    ],
)
def test_a_configuration_is_checked_when_it_is_made_in_python_too(kind, values, bounds) -> None:
    with pytest.raises(ConfigError, match=f"expected {bounds}"):
        kind(**values)


@pytest.mark.parametrize("kind", [TokenizerConfig, ModelConfig, TrainingConfig, PretrainingConfig])
def test_every_setting_has_bounds(kind) -> None:
    assert [setting.name for setting in dataclasses.fields(kind) if "bounds" not in setting.metadata] == []


def test_a_whole_number_is_a_share_or_an_amount_too_and_becomes_a_float() -> None:
    assert Config().replace(averaging=0).to_json() == Config().replace(averaging=0.0).to_json()


def test_a_setting_is_given_once() -> None:
    with pytest.raises(ConfigError, match="expected units once; found 'units=64' beside another"):
        customised("standard", ["units=32", "units=64"])


def test_an_architecture_is_no_setting_and_the_way_to_choose_one_is_told() -> None:
    with pytest.raises(ConfigError, match="use --only gru"):
        customised("standard", ["architecture=gru"])


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="standard"):
        preset("nope")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": {"pooling": ["max"], "colour": 1}}'])
def test_a_configuration_of_another_version_is_refused(text):
    with pytest.raises(ConfigError, match="train the run again"):
        Config.from_json(text)


RETIRED = {"weight_dropout": 0.0, "frozen_fraction": 0.0, "split_seed": 0}


def test_a_configuration_that_names_retired_settings_is_read_where_they_changed_nothing():
    assert Config.from_json(json.dumps(Config().as_first_written())) == Config()
    first = PretrainingConfig().as_first_written()
    assert first["averaging"] == 0.0
    assert PretrainingConfig.from_values(first) == PretrainingConfig()


@pytest.mark.parametrize("name", RETIRED)
def test_a_configuration_whose_training_a_retired_setting_changed_is_refused(name):
    first = Config().as_first_written()
    part = first if name in first else first["training"]
    assert part[name] == RETIRED[name]
    part[name] = 1
    with pytest.raises(ConfigError, match=f"expected {name} to be .*, because this release has no {name}; found 1"):
        Config.from_json(json.dumps(first))


@pytest.mark.parametrize("path", sorted((ROOT / "models").rglob("config.json")), ids=lambda path: path.parent.name)
def test_the_configuration_of_every_shipped_run_and_encoder_is_read(path):
    values = json.loads(path.read_text(encoding="utf-8"))
    (Config if "model" in values else PretrainingConfig).from_values(values)


def test_a_file_that_is_called_like_a_preset_does_not_choose_it():
    assert [default_preset(name) for name in ("flagship", "quick", "films", "sample")] == ["standard"] * 3 + ["sample"]


def test_the_presets_of_the_stages_of_a_shipped_model_split_alike():
    splits = [PRESETS[name].split for name in ("pretrained", "flagship", "compact")]
    assert splits == [splits[0]] * 3


def test_epochs_that_are_set_are_that_many_on_a_small_dataset_too():
    assert customised("few-labels", ["epochs=1"]).training.minimum_steps == 1
    assert customised("few-labels", ["epochs=1", "minimum_steps=50"]).training.minimum_steps == 50
    assert customised("few-labels", ["units=8"]).training.minimum_steps == PRESETS["few-labels"].training.minimum_steps


def test_a_share_for_validation_that_is_set_has_no_limit_but_one_that_is_set_too():
    assert customised("standard", ["validation_fraction=0.5"]).split["validation_limit"] is None
    assert customised("standard", ["validation_fraction=0.5", "validation_limit=9"]).split["validation_limit"] == 9
    assert customised("standard", ["validation_limit=0"]).split["validation_limit"] is None
    assert customised("standard", []).split["validation_limit"] == 1_250


@pytest.mark.parametrize(
    ("setting", "option"),
    [("seed=3", "--seeds 3"), ("preset=quick", "--preset quick"), ("encoder=a", "--from-pretrained a"),
     ("teachers=nb-svm", "--teacher nb-svm"), ("architecture=gru", "--only gru")],
)  # fmt: skip
def test_what_has_an_option_of_its_own_is_refused_as_a_setting_with_that_option(setting, option):
    with pytest.raises(ConfigError, match=f"found '{setting}'; use {option}"):
        customised("standard", [setting])


# What becomes of every setting that a user sets. "always": nothing else decides in its place. A setting that is not in
# this table is new: what can override it, and where is that said?
EFFECTS = {
    "always": (
        "embedding_size", "units", "pooling", "embedding_dropout", "head_dropout", "dtype", "word_dropout",
        "rare_word_dropout", "learning_rate", "weight_decay", "clip_norm", "adversarial", "virtual_adversarial",
        "rounds", "label_smoothing", "class_weights",
    ),
    "refused where it has no effect": (
        "encoder_rate", "teacher_share", "test_fraction", "validation_fraction", "validation_limit",
    ),
    "takes the place of its bound": ("epochs", "validation_fraction"),
    "said where something else decides": (
        "vocabulary_size", "max_length", "head_fraction", "epochs", "minimum_steps", "patience", "batch_size",
        "crop_length", "averaging", "warmup_fraction", "short_texts", "excerpts", "validation_limit",
        "validation_fraction",
    ),
    "has an option of its own": ("architecture",),
}  # fmt: skip


def test_of_every_setting_it_is_known_what_can_override_it():
    settings = {
        field.name
        for part in (Config().tokenizer, Config().model, Config().training)
        for field in dataclasses.fields(part)
    }
    assert set().union(*EFFECTS.values()) == settings


def test_every_preset_but_that_of_the_sample_pools_all_states():
    pooled = {name: set(config.model.pooling) for name, config in PRESETS.items()}
    assert pooled.pop("sample") == {"max", "mean"}
    assert all(states == {"last", "max", "mean"} for states in pooled.values())
