"""Short texts made by rules: clear sentences, their negations and emphases, and ends of reviews."""

import numpy as np
import pytest

from sentiment.data.dataset import Examples
from sentiment.data.templates import CROP_WORDS, TRAINING_KINDS, excerpts, short_texts


def made_of(text: str, label: int = 1, most: int = 10) -> dict[str, Examples]:
    return short_texts(Examples([text], np.array([label], np.int8)), most)


def test_a_clear_sentence_has_the_label_of_its_opinion_word():
    made = made_of("I slept. The plot was really boring. We left.", label=1)
    assert made["sentence"].texts == ["The plot was really boring."]
    assert made["sentence"].labels.tolist() == [0]


def of_kind(kind: str, sentences: int) -> dict[str, int]:
    """Texts of a kind with their labels, made from that many sentences."""
    made = short_texts(Examples(["The Plot was really boring."] * sentences, np.ones(sentences, np.int8)), sentences)
    return dict(zip(made[kind].texts, made[kind].labels.tolist(), strict=True))


def test_a_negation_has_the_opposite_label_and_is_grammatical():
    denials = of_kind("negation", 30)
    assert set(denials.values()) == {1}  # of a sentence that calls it boring
    assert {
        "The Plot was not really boring.",
        "The Plot wasn't really boring.",
        "The Plot was anything but really boring.",
        "I don't think the Plot was really boring.",
        "Far from boring.",
    } <= set(denials)


def test_an_emphasis_keeps_the_label_although_it_has_words_of_negation():
    emphases = of_kind("emphasis", 30)
    assert set(emphases.values()) == {0}
    assert {
        "The Plot was nothing short of really boring.",
        "There is no denying that the Plot was really boring.",
        "It could not have been more boring.",
    } <= set(emphases)


def test_unseen_forms_have_both_labels_and_are_never_in_training():
    unseen = of_kind("unseen", 30)
    assert unseen == {
        "The Plot was in no way really boring.": 1,
        "The Plot was nothing less than really boring.": 0,
        "I wouldn't say that the Plot was really boring.": 1,
        "Nobody can deny that the Plot was really boring.": 0,
    }
    assert "unseen" not in TRAINING_KINDS
    assert not {text for kind in TRAINING_KINDS for text in of_kind(kind, 30)} & set(unseen)


def test_the_speaker_stays_a_capital_letter_inside_another_sentence():
    sentences = Examples(["I was a great fool."] * 30, np.ones(30, np.int8))
    assert "I don't think I was a great fool." in short_texts(sentences, 30)["negation"].texts


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
    made = made_of(text, label=0)
    assert made["crop"].texts == [" ".join(f"word{i}" for i in range(100 - CROP_WORDS, 100))]
    assert made["crop"].labels.tolist() == [0]
    assert "crop" not in made_of("a short one")


def test_an_excerpt_is_some_sentences_of_a_review_as_they_stand_with_its_label():
    reviews = Examples(["Don't waste your money. I want it back! Never again."] * 50, np.full(50, 0.1, np.float32))
    quoted = excerpts(reviews, 75)
    assert set(quoted.texts) == {
        "Don't waste your money.", "Don't waste your money. I want it back!", reviews.texts[0],
        "I want it back!", "I want it back! Never again.", "Never again.",
    }  # fmt: skip
    assert quoted.labels.tolist() == reviews.labels.tolist()  # a teacher's probability stays one
    assert excerpts(reviews, 7).texts == excerpts(reviews, 7).texts != excerpts(reviews, 7, seed=1).texts


def test_a_review_without_the_end_of_a_sentence_is_its_own_excerpt():
    assert excerpts(Examples(["so good"], np.ones(1, np.int8)), 1).texts == ["so good"]


def test_the_seed_decides_which_short_texts_are_drawn():
    examples = Examples([f"Film {i} was a great film." for i in range(50)], np.ones(50, np.int8))
    assert len(short_texts(examples, 8)["sentence"]) == 8
    assert short_texts(examples, 8)["sentence"].texts == short_texts(examples, 8)["sentence"].texts
    assert short_texts(examples, 8)["sentence"].texts != short_texts(examples, 8, seed=1)["sentence"].texts
