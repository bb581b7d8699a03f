"""A setting that would change nothing is refused if it was chosen."""

import pytest

from sentiment.config import Config
from sentiment.config.idle_settings import idle_settings, require_effect
from sentiment.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "where", "message"),
    [
        (
            "encoder_rate",
            {"teachers": True},
            "expected a pretrained encoder with encoder_rate; found none; .*--from-pr",
        ),
        ("teacher_share", {"encoder": True}, "expected teachers or rounds with teacher_share; found none; .*--teacher"),
        ("test_fraction", {"encoder": True, "splits": {"test"}}, "expected reviews without a test split with test_fra"),
        (
            "validation_limit",
            {"encoder": True, "splits": {"validation"}},
            "found the validation split of the reviews, which is taken as it is",
        ),
    ],
)
def test_a_setting_without_effect_is_refused_where_it_is_chosen_and_only_there(name, where, message):
    where = {"encoder": False, "teachers": False} | where
    with pytest.raises(ConfigError, match=message):
        require_effect([name], Config(), **where)
    require_effect(["units"], Config(), **where)
    require_effect([name], Config(), encoder=True, teachers=True)
    require_effect(["teacher_share"], Config().replace(rounds=1), encoder=True, teachers=False)


def test_a_reading_length_beyond_the_training_length_is_reported_unless_both_are_set():
    config = Config().replace(max_length=8, crop_length=5)
    numbers = {"texts": 2, "longest": 12, "longest_judged": 8, "words": 20, "reviews": 2, "epochs": 4, "steps": 8}
    [line] = idle_settings(config, ["max_length", "head_fraction"], **numbers)
    assert line.startswith("max_length=8 is what is read of a review that is judged; training reads 5 tokens at a time")
    assert idle_settings(config, ["max_length", "crop_length"], **numbers) == []
