"""Short texts by rule: clear sentences, their denials, and ends of reviews."""

import numpy as np
import pytest

from app.dataset import Examples
from app.short_texts import CROP_WORDS, short_texts


def made_of(text: str, label: int = 1, most: int = 10) -> dict[str, Examples]:
    return short_texts(Examples([text], np.array([label], np.int8)), most)


def test_a_clear_sentence_has_the_label_of_its_word_whatever_the_review_says():
    found = made_of("I slept. The plot was really boring. We left.", label=1)
    assert found["sentence"].texts == ["The plot was really boring."]
    assert found["sentence"].labels.tolist() == [0]


def test_its_denial_has_the_opposite_label_and_keeps_its_grammar():
    found = made_of("The plot was really boring. The music is a great joy.")
    assert dict(zip(found["negation"].texts, found["negation"].labels.tolist(), strict=True)) == {
        "The plot was never really boring.": 1,
        "The music is not a great joy.": 0,
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "The plot was not boring.",
        "The plot was boring but the music was great.",
        "The plot wasn't anything, the end was great.",
        "Was it great when the end was great?",
        "They say it would have been great, it was great.",
        "Great plot and great music.",
        "It was dull.",
        "It was great and dull at the same time.",
    ],
)
def test_a_sentence_with_a_doubt_two_opinions_or_no_verb_is_left_out(sentence):
    assert "sentence" not in made_of(sentence)


def test_the_end_of_a_long_review_keeps_the_label_of_the_review():
    text = " ".join(f"word{i}" for i in range(100))
    found = made_of(text, label=0)
    assert found["crop"].texts == [" ".join(f"word{i}" for i in range(100 - CROP_WORDS, 100))]
    assert found["crop"].labels.tolist() == [0]
    assert "crop" not in made_of("a short one")


def test_more_than_wanted_are_drawn_by_seed():
    examples = Examples([f"Film {i} was a great film." for i in range(50)], np.ones(50, np.int8))
    assert len(short_texts(examples, 8)["sentence"]) == 8
    assert short_texts(examples, 8)["sentence"].texts == short_texts(examples, 8)["sentence"].texts
    assert short_texts(examples, 8)["sentence"].texts != short_texts(examples, 8, seed=1)["sentence"].texts
