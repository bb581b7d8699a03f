"""Spellings that a vocabulary counts together."""

import pytest

from sentiment.text.spelling import other_spellings, usual_spellings


def test_a_word_without_its_apostrophe_is_the_one_with_it():
    assert usual_spellings({"don't": 9, "dont": 3})["dont"] == "don't"


def test_a_word_of_another_language_that_looks_like_one_is_kept():
    assert usual_spellings({"don't": 1, "dont": 90, "im": 5}) == {"don't": "don't", "dont": "dont", "im": "im"}


@pytest.mark.parametrize("word", ["its", "were", "well", "ill", "hell", "shell", "wed", "id", "lets"])
def test_words_that_exist_without_an_apostrophe_are_kept(word):
    with_apostrophe = f"{word[:-1]}'{word[-1]}"
    assert usual_spellings({word: 1, with_apostrophe: 9, f"{word[:-2]}'{word[-2:]}": 9})[word] == word
    assert word not in other_spellings({with_apostrophe})


def test_emoji_emoticons_and_ratings_have_one_spelling():
    usual = usual_spellings(
        dict.fromkeys(["\u2764\ufe0f", "\U0001f44d\U0001f3fd", ":-))", "9 out of 10", "good", "!"], 1)
    )
    assert list(usual.values()) == ["\u2764", "\U0001f44d", ":)", "<rating 90%>", "good", "!"]


def test_a_vocabulary_knows_spellings_that_it_has_not_seen():
    others = other_spellings({"don't", "\U0001f44d", ":)", "<rating 90%>", '"', "\u03ba\u03b1\u03bb\u03cc\u03c3"})
    expected = {
        "dont": "don't",
        "don\u2019t": "don't",
        "\U0001f44d\U0001f3ff": "\U0001f44d",
        ":-)": ":)",
        "4.5/5": "<rating 90%>",
        "\u201c": '"',
        "\u03ba\u03b1\u03bb\u03cc\u03c2": "\u03ba\u03b1\u03bb\u03cc\u03c3",
    }
    assert expected.items() <= others.items()
    assert ":(" not in others


def test_a_step_of_ratings_that_is_unknown_is_read_as_the_nearest_known_one():
    others = other_spellings({"<rating 90%>", "<rating 10%>"})
    assert others["10/10"] == others["7/10"] == others["8/10"] == "<rating 90%>"
    assert others["2/10"] == "<rating 10%>"
    assert "5/10" not in others
    assert not other_spellings({"good"})


def test_a_word_of_the_vocabulary_is_never_another_spelling():
    assert "dont" not in other_spellings({"dont", "don't"})
