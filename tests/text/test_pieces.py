"""Where texts of many scripts are cut, with their emoji, emoticons and ratings, and which spellings are one word."""

import pytest
from tokenizers import Regex, pre_tokenizers

from sentiment.text.emoji import EMOTICONS, dressed, has_faces, is_emoji, undressed
from sentiment.text.pieces import PATTERN, other_spellings, usual_spellings
from sentiment.text.ratings import SPELLINGS, STEPS, may_have_ratings

SPLIT = pre_tokenizers.Split(Regex(PATTERN), behavior="removed", invert=True)


def cut(text: str) -> list[str]:
    return [piece for piece, _ in SPLIT.pre_tokenize_str(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("don't _miss_ it!", ["don't", "miss", "it", "!"]),
        ("\u00a9 \u2122 \u2192 \ufe0f", ["\u00a9", "\u2122", "\u2192"]),  # a selector that selects nothing
        ("\u2764\ufe0f\U0001f44d\U0001f3fd", ["\u2764\ufe0f", "\U0001f44d\U0001f3fd"]),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467ok", ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "ok"]),
        ("\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", ["\U0001f1eb\U0001f1f7", "\U0001f1e9\U0001f1ea"]),  # flags
        ("7\u00bd 10\u00b2", ["7\u00bd", "10\u00b2"]),
        ("1\ufe0f\u20e3 10", ["1\ufe0f\u20e3", "10"]),
        ("good:) bad :( <3 <3.", ["good", ":)", "bad", ":(", "<3", "<3", "."]),
        ("\u4e0d\u597d\u770b\uff01iphone\u624b", [*"\u4e0d\u597d\u770b\uff01", "iphone", "\u624b"]),
        ("\u30b3\u30fc\u30d2\u304c\u3099", ["\u30b3", "\u30fc", "\u30d2", "\u304c\u3099"]),  # Japanese
        ("\u0e14\u0e35\u0e21", ["\u0e14\u0e35", "\u0e21"]),  # Thai, a vowel sign on its consonant
        ("\u179b\u17d2\u17a2", ["\u179b\u17d2", "\u17a2"]),  # Khmer
        ("\ud55c\uad6d\uc5b4 \uc88b\uc544", ["\ud55c\uad6d\uc5b4", "\uc88b\uc544"]),  # Korean has blanks
        ("\u0905\u091a\u094d\u091b\u0940 \u092b\u093f", ["\u0905\u091a\u094d\u091b\u0940", "\u092b\u093f"]),  # Hindi
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", ["\u0645\u06cc\u200c\u0631\u0648\u0645"]),  # Persian
    ],
)
def test_a_text_is_cut_into_pieces(text, pieces):
    assert cut(text) == pieces


@pytest.mark.parametrize(
    "spelling", ["9/10", "4.5/5", "9 out of 10", "5 stars", "3\u00bd stars", "two out of five", "7 / 10"]
)
def test_a_rating_is_one_piece(spelling):
    assert cut(f"a {spelling}, b") == ["a", spelling, ",", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "9/10/2005",
        "24/7",
        "9/11",
        "3/4",
        "1/2",
        "10/10ths",
        "1.5.2/10",
        "$5/10",
        "\u2605 good",
        "**good**",
        "the two stars",
    ],
)
def test_dates_fractions_list_items_and_actors_are_no_ratings(text):
    assert not set(cut(text)) & set(SPELLINGS)


def test_every_spelling_of_a_rating_and_every_emoticon_is_one_piece():
    # Onto the same line, so that longer ones must not swallow the next.
    assert cut(" , ".join(SPELLINGS)) == [piece for spelling in SPELLINGS for piece in (spelling, ",")][:-1]
    assert cut(" , ".join(EMOTICONS)) == [piece for face in EMOTICONS for piece in (face, ",")][:-1]


@pytest.mark.parametrize(
    ("spelling", "percent"),
    [
        *(
            ("0/10", 0),
            ("2/10", 20),
            ("10/10", 100),
            ("11/10", 100),
            ("4.5/5", 90),
            ("9 out of 10", 90),
            ("85/100", 90),
        ),
        *(("1 star", 20), ("5 stars", 100), ("3\u00bd stars", 70), ("8 stars", 80), ("two out of ten", 20)),
        *(("\u2605\u2605\u2606\u2606\u2606", 40), ("\u2605\u2605\u2605", 60), ("\u2b50\ufe0f\u2b50\ufe0f", 40)),
        *(("*** out of ****", 80), ("**1/2 out of *****", 50), ("1 out of 4", 30)),
    ],
)
def test_ratings_have_ten_per_cent_steps(spelling, percent):
    assert SPELLINGS[spelling] == f"<rating {percent}%>"


def test_all_steps_occur():
    assert set(SPELLINGS.values()) == set(STEPS)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org",
        "topic:price",
        "at 1:3",
        "a list:(one)",
        "(e.g. this)",
        "x <30 min",
        "and/or",
        "it's -- so",
        "10%",
    ],
)
def test_addresses_lists_and_numbers_have_no_emoticons(text):
    assert not set(cut(text)) & set(EMOTICONS)


def test_emoji_and_emoticons_are_recognised_and_marks_are_not():
    assert all(map(has_faces, [*EMOTICONS, *map(str.upper, EMOTICONS), "\u2764", "\U0001f1eb\U0001f1f7"]))
    assert not has_faces("Don't (never!) miss it: 5-6 \u2013 caf\u00e9; \u4e0d \u00a9")
    assert all(map(is_emoji, "\u2764\U0001f44d\u2605"))
    assert not any(map(is_emoji, "a!\u00a9\u2014\u4e0d"))


def test_ratings_with_marks_are_recognised():
    with_marks = [spelling for spelling in SPELLINGS if any(not (c.isalnum() or c == " ") for c in spelling)]
    assert all(map(may_have_ratings, with_marks))
    assert not may_have_ratings("a good film, and/or 10 more")


@pytest.mark.parametrize("emoji", ["\u2764", "\U0001f44d", "\U0001f937\u200d\u2640", "1\u20e3"])
def test_every_form_of_an_emoji_is_one_piece_and_means_the_same(emoji):
    forms = list(dressed(emoji))
    assert len(forms) >= 2
    assert {undressed(form) for form in forms} == {emoji}
    assert all(cut(f"x{form}x") == (["x", form, "x"] if emoji[0] != "1" else [*cut(f"x{form}x")]) for form in forms)


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
