"""Cleaning removes markup and control characters, and keeps the words of the author."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sentiment.text.cleaning import as_read, clean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("good<br /><br />bad", "good bad"),
        ("good<br>bad<BR/>ugly< br />end</br>", "good bad ugly end"),
        ("<p class='x'>One.</p><p>Two.</p>", "One. Two."),
        ("<i>Titanic</i>'s un<b>sink</b>able", "Titanic's unsinkable"),
        ('<a href="http://example.org/?a=1">here</a>', "here"),
        ("Tom &amp; Jerry &quot;rock&quot; &#39;n&#x27; roll", "Tom & Jerry \"rock\" 'n' roll"),
        ("&lt;br /&gt;twice&amp;nbsp;escaped", "twice escaped"),
        ("  white \t space\n\nin\u00a0lines\u2028 ", "white space in lines"),
        ("a\x00b\x08c\x7fd\u200be\u00adf\ufeffg\ud800h", "abcdefgh"),
        (r"\nWonderful", "Wonderful"),
        (r"One film.\r\nTwo\\nThree \t four", "One film. Two Three four"),
        (r"I don\'t say \"no\": 10\/10", 'I don\'t say "no": 10/10'),
        (r"don\u2019t \ud83d\ude00 \ud83d", "don\u2019t \U0001f600"),
        ("typed in Windows \x96 no dash\x85", "typed in Windows – no dash…"),
        (
            r"good\tbad, good\tOr, \u0445\u043e\u0440\u043e\u0448\u043e\t\u0438",
            "good bad, good Or, \u0445\u043e\u0440\u043e\u0448\u043e \u0438",
        ),
        (r"sad\tand\nbad", "sad and bad"),
        (r"\"sad\"\tand bad", '"sad" and bad'),
    ],
)
def test_markup_and_control_characters_are_removed(text, expected):
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "I <3 it, 5<b and c>2",
        "<sighs> <SPOILER> <-- this",
        "R&B, AT&T, rock&roll, this&notable;thing, &bogus;",
        "3½ stars, 10² reasons, ™",  # NFKC would change the words
        "naïve café 日本 \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "<b and then nothing",
        r"a horror\thriller, or drama\romance, of actors\actresses \o/",
    ],
)
def test_the_words_of_the_author_are_kept(text):
    assert clean(text) == text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text",
    [
        "I don\u2019t",
        "\u201cquoted\u201a \u2013 caf\u00e9",
        "10 \u20ac \U0001f600 good",
        "\u2605\u2605\u2606",
        "\u7535\u5f71",
    ],
)
def test_utf_8_that_was_read_in_a_wrong_encoding_is_repaired(text, encoding):
    assert clean(text.encode().decode(encoding)) == text


def test_cyrillic_and_half_quotes_in_a_wrong_encoding_are_repaired():
    russian = "\u041f\u0440\u0438\u0432\u0435\u0442"
    assert clean(russian.encode().decode("cp1251")) == russian
    assert clean("an \u00e2\u20ac\u0153idea\u00e2\u20ac, so") == "an \u201cidea\u201d, so"
    assert clean("don&acirc;&euro;&trade;t") == "don\u2019t"


@pytest.mark.parametrize(
    "text",
    [
        "VOIL\u00c0, S\u00c3O PAULO, l\u2019\u00e9t\u00e9, \u00bfqu\u00e9?, \u00ab\u00c9t\u00e9\u00bb, 20\u00b0",
        "\u0420\u043e\u0441\u0441\u0438\u044f, \u0421\u0421\u0421\u0420, \u201e\u043a\u0438\u043d\u043e\u201c",
        "\u03bf\u03c5\u03b6\u03ad\u03c1\u03af, \u05d8\u05d5\u05d1, \u0641\u064a\u0644\u0645, \u8fd9\u90e8",
    ],
)
def test_right_letters_of_many_languages_are_kept(text):
    assert clean(text) == text


def test_an_accent_is_the_same_however_it_was_typed():
    assert clean("cafe\u0301") == clean("caf\u00e9") == "caf\u00e9"


# Halves of tags and entities, and characters that normalisation joins or takes apart.
PIECES = st.sampled_from(
    [
        *(
            "<",
            "&",
            ";",
            ">",
            "/",
            "=",
            '"',
            "'",
            "b",
            "br",
            "i",
            "a",
            "e",
            " ",
            "\n",
            "amp;",
            "lt;",
            "gt;",
            "#38;",
            "#x3c;",
        ),
        *("<b>", "<br/>", "&lt;", "&amp;", "&#x958;", "&#0;", "&#128;", "\u0338", "\u0301", "\u037e", "\u0958"),
        *("\u00e2", "\u20ac", "\u2122", "\u00c3", "\u00c2", "\u00f0", "\u0178", "\u0153"),
        *("\\", "\\n", "\\t", "r", '\\"', "u005c", "\\u003c", "\\u0026", "\\ud83d", "\\ude00"),
        *("\u1100", "\u1161", "\x85", "\x96", "\u00a0", "\u200b", "\u00ad", "\ud800", "\x00"),
    ]
)
TEXTS = st.lists(PIECES, max_size=60).map("".join) | st.text(st.characters(exclude_categories=[]))


@settings(max_examples=1000, deadline=None)
@given(TEXTS)
@example("&" + "amp;" * 30 + "lt;br&gt;")
@example("<" * 30 + "b>" * 30)
@example("<b<i> x=1>")
def test_cleaning_a_clean_text_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


@given(TEXTS)
def test_a_clean_text_is_one_line_that_a_file_can_hold(text):
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.encode().decode() == cleaned


@given(st.text(st.characters(codec="ascii", exclude_characters="<&\\", exclude_categories=["C"])))
def test_plain_text_keeps_every_word(text):
    assert clean(text).split() == text.split()


@pytest.mark.parametrize(
    "hostile",
    [
        "<" * 30_000 + "b>" * 30_000, "&" + "amp;" * 30_000, "<b a=1" * 30_000,
        "\\" * 100_000, r"\r" * 50_000, r"\ud83d" * 30_000,
    ],
)  # fmt: skip
def test_cleaning_a_hostile_text_takes_linear_time(hostile):
    start = time.perf_counter()
    cleaned = clean(hostile)
    assert time.perf_counter() - start < 5
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\u2018It isn\u2019t \u201cgood\u201d\u2019 \u2013 she said\u2026",
            "'It isn't \"good\"' \u2013 she said\u2026",
        ),
        ("I don`t, she isn\u00b4t `here\u00b4", "I don't, she isn't `here\u00b4"),
        ("it does n't work , IT DID N\u2019T , n't", "it does not work , IT DID not , not"),
        ("Stan'n'tom isn't", "Stan'n'tom isn't"),
        ("I don?t, it\ufffds, You?re", "I don't, it's, You're"),
        ("page?s=1; caf\ufffd. Good?Yes, I don t", "page?s=1; caf\ufffd. Good?Yes, I don t"),
        ("a _really_ good film", "a  really  good film"),
    ],
)
def test_words_are_normalised_to_their_usual_spelling(text, expected):
    assert as_read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don t, it wasn t", "I don't, it wasn't"),
        ("DON T GO", "DON'T GO"),
        ("Don T. Smith in t shirts", "Don T. Smith in t shirts"),
        ("^_^ _really_ don\u2019t", "^_^ _really_ don't"),
    ],
)
def test_reading_2_joins_negations_and_keeps_underscores(text, expected):
    assert as_read(text, 2) == expected


@pytest.mark.parametrize("reading", [1, 2])
@given(st.text(max_size=100))
@example("I don`t like_it , it is_n't good")
@example("don t t?t?t isn t")
def test_reading_keeps_the_length_of_a_text_and_is_idempotent(reading, text):
    read = as_read(text, reading)
    assert len(read) == len(text)
    assert as_read(read, reading) == read
