"""Settings: frozen, named once, the same after JSON."""

import dataclasses

import pytest

from sentiment.config import PRESETS, Config, customised, preset, require_effect, value_of
from sentiment.errors import ConfigError


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
        ("weight_dropout=1", "from 0 to below 1"),
        ("averaging=1.5", "from 0 to below 1"),
        ("word_dropout=-0.1", "from 0 to below 1"),
        ("test_fraction=nan", "from 0 to below 1"),
        ("teacher_share=1.1", "from 0 to 1"),
        ("rare_word_dropout=-1", "0 or more"),
        ("learning_rate=inf", "0 or more"),
        ("units=0", "1 or more"),
        ("vocabulary_size=2", "3 or more"),
        ("short_texts=-1", "0 or more"),
        ("dtype=float16", "of float32, mixed_bfloat16"),
        ("pooling=max+sum", "of last, max, mean"),
        ("pooling=max+max", "of last, max, mean, each once"),
    ],
)
def test_a_value_that_no_training_can_work_with_is_refused_with_its_bounds(setting: str, bounds: str) -> None:
    with pytest.raises(ConfigError, match=f"expected {setting.partition('=')[0]} to be {bounds}; found"):
        customised("standard", [setting])


def test_a_setting_is_given_once() -> None:
    with pytest.raises(ConfigError, match="expected units once; found 'units=64' beside another"):
        customised("standard", ["units=32", "units=64"])


def test_an_architecture_is_no_setting_and_the_way_to_choose_one_is_told() -> None:
    with pytest.raises(ConfigError, match="use --only gru"):
        customised("standard", ["architecture=gru"])


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_keeps_to_the_bounds(name: str) -> None:
    for part in (PRESETS[name].tokenizer, PRESETS[name].model, PRESETS[name].training):
        for field, value in dataclasses.asdict(part).items():
            text = "+".join(value) if isinstance(value, tuple) else str(value)
            assert value_of(field, text, value) == value


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="standard"):
        preset("nope")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"model": {"pooling": ["max"], "colour": 1}}'])
def test_a_configuration_of_another_version_is_refused(text):
    with pytest.raises(ConfigError, match="train the run again"):
        Config.from_json(text)


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


# What becomes of every setting that a person sets. "always": nothing else decides in its place. A setting that is not
# in this table is new: what can outdo it, and where is that said?
EFFECTS = {
    "always": (
        "head_fraction", "embedding_size", "units", "pooling", "embedding_dropout", "head_dropout", "dtype",
        "word_dropout", "rare_word_dropout", "learning_rate", "warmup_fraction", "weight_decay", "clip_norm",
        "weight_dropout", "adversarial", "virtual_adversarial", "rounds", "label_smoothing",
    ),
    "refused where it has no effect": ("encoder_rate", "frozen_fraction", "teacher_share", "test_fraction"),
    "takes the place of its bound": ("epochs", "validation_fraction"),
    "said where something else decides": (
        "vocabulary_size", "max_length", "epochs", "minimum_steps", "patience", "batch_size", "crop_length",
        "averaging", "short_texts", "excerpts", "validation_limit", "validation_fraction",
    ),
    "has an option of its own": ("architecture",),
}  # fmt: skip


def test_of_every_setting_it_is_known_what_can_outdo_it():
    settings = {
        field.name
        for part in (Config().tokenizer, Config().model, Config().training)
        for field in dataclasses.fields(part)
    }
    assert set().union(*EFFECTS.values()) == settings


@pytest.mark.parametrize(
    ("name", "where", "message"),
    [
        (
            "encoder_rate",
            {"teachers": True},
            "expected a pretrained encoder with encoder_rate; found none; .*--from-pr",
        ),
        ("frozen_fraction", {"teachers": True}, "expected a pretrained encoder with frozen_fraction"),
        ("teacher_share", {"encoder": True}, "expected teachers or rounds with teacher_share; found none; .*--teacher"),
        ("test_fraction", {"encoder": True, "test_split": True}, "expected reviews without a test split with test_fra"),
    ],
)
def test_a_setting_without_effect_is_refused_where_it_is_chosen_and_only_there(name, where, message):
    where = {"encoder": False, "teachers": False} | where
    with pytest.raises(ConfigError, match=message):
        require_effect([name], Config(), **where)
    require_effect(["units"], Config(), **where)
    require_effect([name], Config(), encoder=True, teachers=True)
    require_effect(["teacher_share"], Config().replace(rounds=1), encoder=True, teachers=False)
