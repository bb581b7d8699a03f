"""What a search varies: bounds, choices, and the settings that a person can type."""

import pytest

from sentiment.config import PRESETS, customised
from sentiment.errors import ConfigError
from sentiment.search.space import DEFAULT, parse_space, settings_of, values_of_preset


def parsed(*texts, preset="sample", settings=()):
    return parse_space(texts, preset, settings)


def test_a_range_is_rounded_for_typing_and_stays_within_its_bounds():
    rate, units, pooling = parsed("learning_rate=0.001..0.0512345", "units=8..512", "pooling=max,max+mean")
    drawn = {"learning_rate": 0.00312345, "units": 65, "pooling": "max+mean"}
    settings = settings_of((rate, units, pooling), drawn)
    assert settings == ("learning_rate=0.00312", "units=65", "pooling=max+mean")
    assert customised("sample", settings).model.pooling == ("max", "mean")
    assert settings_of((rate,), {"learning_rate": 0.0512345}) == ("learning_rate=0.0512",)
    close = parsed("averaging=0.9..0.9999")
    assert settings_of(close, {"averaging": 0.99987}) == ("averaging=0.9999",)  # and not 1, which is refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("learning_rate=0.001..0.01", "learning_rate from 0.001 to 0.01, by factors"),
        ("learning_rate=0.001..0.009", "learning_rate from 0.001 to 0.009"),
        ("word_dropout=0..0.4", "word_dropout from 0.0 to 0.4"),
        ("batch_size=32,64", "batch_size of 32, 64"),
    ],
)
def test_a_wide_range_above_zero_is_searched_by_factors(text, words):
    [variable] = parsed(text)
    assert variable.described() == words


@pytest.mark.parametrize(
    ("texts", "part"),
    [
        (["unitz=1..2"], "unitz"),
        (["units=64..32"], "a lower and then a higher bound, such as units=1..2; found 'units=64..32'"),
        (["units=one..two"], "units to be like 128; found 'one'"),
        (["head_dropout=0..1"], "expected head_dropout to be from 0 to below 1; found 1"),
        (["pooling=max..mean"], "values of pooling, separated by commas, because it is no number"),
        (["pooling=max,most"], "pooling to be of last, max, mean"),
        (["validation_fraction=0.1,0.2"], "validation_fraction, which would measure trials on different reviews"),
        (["class_weights=none,balanced"], "changes what the loss on validation means"),
        (["units=8..16", "units=32,64"], "expected units once"),
        (["epochs=1..2"], "expected epochs once"),
        (["seed=1,2"], "seed"),
    ],
)
def test_what_cannot_be_searched_is_refused(texts, part):
    with pytest.raises(ConfigError, match=part):
        parsed(*texts, settings=["epochs=1"])


@pytest.mark.parametrize("preset", ["standard", "quick", "pretrained", "few-labels", "sample"])
def test_the_usual_space_has_the_values_of_a_preset_within(preset):
    space = parsed(*DEFAULT, preset=preset)
    values = values_of_preset(space, preset, ())
    assert values["learning_rate"] == PRESETS[preset].training.learning_rate
    assert customised(preset, settings_of(space, values)).training == PRESETS[preset].training


def test_a_preset_outside_of_the_space_is_none_of_the_trials():
    assert values_of_preset(parsed("batch_size=64,128"), "sample", ()) is None
    assert values_of_preset(parsed("batch_size=64..128"), "sample", ()) is None
    assert values_of_preset(parsed("pooling=max,max+mean"), "sample", ()) == {"pooling": "max+mean"}
