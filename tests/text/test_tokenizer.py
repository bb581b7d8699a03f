"""The tokenizer: its vocabulary, its offsets, its limits of length, and its file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from sentiment.config import TokenizerConfig
from sentiment.errors import RunError
from sentiment.text.tokenizer import PADDING, PADDING_ID, UNKNOWN, UNKNOWN_ID, ReviewTokenizer

FIRST = Path(__file__).parents[2] / "models" / "imdb" / "flagship"  # fitted by release 0.1.0
TEXTS = ["a good film", "a bad film", "don't miss it!", "it is a good, good film"]


def fitted(**settings) -> ReviewTokenizer:
    return ReviewTokenizer.fit(TEXTS, TokenizerConfig(**settings))


def test_words_are_lower_cased_and_contractions_stay_whole():
    tokenizer = fitted()
    [review] = tokenizer.encode(["Don't MISS it!"])
    assert tokenizer.decode(review.token_ids) == ["don't", "miss", "it", "!"]


def test_offsets_point_at_the_words_of_the_original_text():
    text = "It isn't a GOOD film!"
    [review] = fitted().encode([text])
    assert [text[start:end] for start, end in review.offsets] == ["It", "isn't", "a", "GOOD", "film", "!"]


@pytest.mark.parametrize("apostrophe", "\u2019\u2018\u02bc\uff07\u2032\u00b4`")
def test_a_typographic_apostrophe_does_not_change_the_word(apostrophe):
    tokenizer = fitted()
    text = f"A \u201cgood\u201d film: Don{apostrophe}t MISS it!"
    [typed, printed] = tokenizer.encode(['A "good" film: Don\'t MISS it!', text])
    np.testing.assert_array_equal(printed.token_ids, typed.token_ids)
    np.testing.assert_array_equal(printed.offsets, typed.offsets)
    np.testing.assert_array_equal(tokenizer.token_ids([text])[0], typed.token_ids)
    printed_only = ReviewTokenizer.fit([f"don{apostrophe}t"], TokenizerConfig())
    assert printed_only.decode(printed_only.token_ids(["don't"])[0]) == ["don't"]


@pytest.mark.parametrize("name", [PADDING, UNKNOWN])
def test_the_name_of_a_special_token_in_a_text_is_read_as_two_marks_and_a_word(name):
    tokenizer = fitted()
    text = f"a {name} film"
    [review] = tokenizer.encode([text])
    assert [text[start:end] for start, end in review.offsets] == ["a", "[", name[1:-1], "]", "film"]
    assert PADDING_ID not in review.token_ids
    np.testing.assert_array_equal(tokenizer.token_ids([text])[0], review.token_ids)


@pytest.mark.parametrize("end", ["", ",", " :)", " 10/10", " \u2764", " it)", ' "it"'])
def test_a_text_without_final_punctuation_is_read_with_a_full_stop(end):
    tokenizer = ReviewTokenizer.fit(["Don't miss it."], TokenizerConfig())
    text = f"Don't miss it{end}"
    [review, whole] = tokenizer.encode([text, text + "."])
    assert tokenizer.ended(text) == text + "."
    assert tokenizer.ended(text + ".") == text + "."
    np.testing.assert_array_equal(review.token_ids, whole.token_ids)
    np.testing.assert_array_equal(tokenizer.token_ids([text])[0], whole.token_ids)


@pytest.mark.parametrize(
    "text",
    ["It.", "It!", "It?", "It...", "It\u2026", 'It."', "(It!)", "*It.*", "It.\u201d ", "\u597d\u3002", "", " ", ")"],
)
def test_a_text_with_final_punctuation_is_read_unchanged(text):
    tokenizer = ReviewTokenizer.fit(["Don't miss it."], TokenizerConfig())
    assert tokenizer.ended(text) == text


def test_a_vocabulary_without_sentence_ends_adds_no_full_stop():
    assert fitted().ended("good") == "good"
    assert fitted().decode(fitted().token_ids(["good"])[0]) == ["good"]


def test_a_word_never_seen_in_training_is_unknown():
    [review] = fitted().encode(["zyzzyva"])
    assert review.token_ids.tolist() == [UNKNOWN_ID]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_a_text_without_any_token_still_has_one(text):
    [review] = fitted().encode([text])
    assert review.token_ids.tolist() == [UNKNOWN_ID]
    assert not review.truncated


def test_a_long_review_keeps_its_beginning_and_its_end():
    tokenizer = ReviewTokenizer.fit(["a b c d e f g h"], TokenizerConfig(max_length=4, head_fraction=0.25))
    [review] = tokenizer.encode(["a b c d e f g h"])
    assert tokenizer.decode(review.token_ids) == ["a", "f", "g", "h"]
    assert review.offsets.tolist() == [[0, 1], [10, 11], [12, 13], [14, 15]]
    assert review.truncated


def test_a_long_review_can_be_encoded_whole():
    tokenizer = ReviewTokenizer.fit(["a b c d e f g h"], TokenizerConfig(max_length=4))
    [token_ids] = tokenizer.token_ids(["a b c d e f g h"], whole=True)
    assert tokenizer.decode(token_ids) == list("abcdefgh")


def test_a_review_of_exactly_the_maximum_length_is_not_truncated():
    tokenizer = ReviewTokenizer.fit(["a b c d"], TokenizerConfig(max_length=4))
    [review] = tokenizer.encode(["a b c d"])
    assert len(review.token_ids) == 4
    assert not review.truncated


def test_the_vocabulary_keeps_the_most_frequent_words():
    tokenizer = fitted(vocabulary_size=4)
    assert tokenizer.vocabulary_size == 4
    [review] = tokenizer.encode(["good bad"])
    assert tokenizer.decode(review.token_ids) == ["[UNK]", "[UNK]"]  # "a" and "film" or "good" filled the vocabulary


def test_a_saved_tokenizer_encodes_the_same(tmp_path):
    tokenizer = fitted()
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = ReviewTokenizer.load(tmp_path / "tokenizer.json", tokenizer.config)
    for before, after in zip(tokenizer.encode(TEXTS), loaded.encode(TEXTS), strict=True):
        np.testing.assert_array_equal(before.token_ids, after.token_ids)


SPELLED = ["I don't like it \u2764 9/10 :)", 'You don\'t! \U0001f44d It is "good", 2 out of 10.']


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ("don't", "dont"),
        ("9/10", "4\u00bd out of 5"),
        ("2/10", "1 star"),
        (":)", ":-)))"),
        ("\u2764", "\u2764\ufe0f"),
        ("\U0001f44d", "\U0001f44d\U0001f3ff"),
        ("don't", "DON?T"),
        ("don't", "don t"),
    ],
)
def test_spellings_of_a_word_have_its_id_and_offsets_of_what_people_see(usual, other):
    tokenizer = ReviewTokenizer.fit(SPELLED, TokenizerConfig())
    text = f"it {other} good."
    [expected, review] = tokenizer.encode([f"it {usual} good.", text])
    assert UNKNOWN_ID not in expected.token_ids
    np.testing.assert_array_equal(review.token_ids, expected.token_ids)
    assert [text[start:end] for start, end in review.offsets] == ["it", other, "good", "."]


def test_emoji_are_words_and_counted_like_words():
    tokenizer = ReviewTokenizer.fit(
        ["\u2764\ufe0f \u2764 \U0001f44d\U0001f3fd :-) !", "\u2764 9/10"], TokenizerConfig()
    )
    assert list(tokenizer.vocabulary())[2] == "\u2764"
    assert {token for token in tokenizer.vocabulary() if tokenizer.is_word(token)} == {
        "\u2764", "\U0001f44d", ":)", "<rating 90%>",
    }  # fmt: skip
    assert tokenizer.pieces("\u2764\ufe0f :))) ?") == ["\u2764", ":)", "?"]


def test_the_library_alone_reads_the_same_from_the_file(tmp_path):
    tokenizer = ReviewTokenizer.fit(SPELLED, TokenizerConfig())
    tokenizer.save(tmp_path / "tokenizer.json")
    texts = ["DON\u2019T, dont \u201cgood\u201d \u2764\ufe0f 4.5/5 :-) \U0001f44d\U0001f3fd.", "It is 1 star!"]
    alone = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text, ids in zip(texts, tokenizer.token_ids(texts), strict=True):
        assert alone.encode(text).ids == ids.tolist()
    assert UNKNOWN_ID in tokenizer.token_ids(["zyzzyva"])[0]


def test_other_spellings_take_no_room_of_the_vocabulary():
    tokenizer = ReviewTokenizer.fit([*SPELLED, "dont \u2764\ufe0f"], TokenizerConfig(vocabulary_size=12))
    assert tokenizer.vocabulary_size == len(tokenizer.vocabulary()) == 12
    assert list(tokenizer.vocabulary().values()) == list(range(12))


def test_a_saved_tokenizer_of_reading_1_answers_as_before():
    tokenizer = ReviewTokenizer.load(FIRST / "tokenizer.json", TokenizerConfig())
    assert tokenizer.reading == 1
    text = "Don\u2019t _miss_ it :) 9/10 \u2764\ufe0f dont"
    ids = tokenizer.token_ids([text])[0]
    as_then = ["don't", "miss", "it", ":", ")", "9", "/", "10", UNKNOWN, UNKNOWN, "dont", "."]
    assert tokenizer.decode(ids) == as_then
    assert not any(map(tokenizer.is_word, ":)"))
    assert not tokenizer.may_join_marks(":)")


def test_a_tokenizer_that_is_fitted_now_is_of_reading_2(tmp_path):
    fitted().save(tmp_path / "tokenizer.json")
    assert ReviewTokenizer.load(tmp_path / "tokenizer.json", TokenizerConfig()).reading == 2


def test_a_tokenizer_of_a_later_reading_is_refused(tmp_path):
    fitted().save(path := tmp_path / "tokenizer.json")
    path.write_text(path.read_text(encoding="utf-8").replace("(?#reading 2)", "(?#reading 3)"), encoding="utf-8")
    with pytest.raises(RunError, match="found: reading 3, which this release does not know"):
        ReviewTokenizer.load(path, TokenizerConfig())


def test_a_text_ends_with_the_full_stop_of_its_script():
    tokenizer = ReviewTokenizer.fit(["\u597d\u770b\u3002", "\u4e0d\u597d\u3002 No."], TokenizerConfig())
    assert tokenizer.ended("\u597d\u770b") == "\u597d\u770b\u3002"
    assert tokenizer.ended("\u597d\u770b\uff01") == "\u597d\u770b\uff01"


@pytest.mark.parametrize(
    ("learnt", "text"),
    [
        (
            "\u0445\u043e\u0440\u043e\u0448\u0438\u0439 \u0444\u0438\u043b\u044c\u043c",
            "\u0425\u041e\u0420\u041e\u0428\u0418\u0419 \u0424\u0438\u043b\u044c\u043c",
        ),  # Russian
        (
            "\u03ba\u03b1\u03bb\u03cc\u03c2 \u03c6\u03af\u03bb\u03bf\u03c2",
            "\u039a\u0391\u039b\u038c\u03a3 \u03a6\u03af\u03bb\u03bf\u03c2",
        ),  # Greek, with two sigmas
        (
            "\u0641\u064a\u0644\u0645 \u0631\u0627\u0626\u0639",
            "\u0641\u064a\u0644\u0645 \u0631\u0627\u0626\u0639",
        ),  # Arabic
        ("\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1", "\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1"),  # Hebrew
        (
            "\u0905\u091a\u094d\u091b\u0940 \u092b\u093f\u0932\u094d\u092e",
            "\u0905\u091a\u094d\u091b\u0940 \u092b\u093f\u0932\u094d\u092e",
        ),  # Hindi
        ("\uc88b\uc740 \uc601\ud654", "\uc88b\uc740 \uc601\ud654"),  # Korean
    ],
)
def test_words_of_any_script_are_known_in_any_case(learnt, text):
    tokenizer = ReviewTokenizer.fit([learnt], TokenizerConfig())
    [ids] = tokenizer.token_ids([text])
    assert len(ids) == 2
    assert UNKNOWN_ID not in ids


def test_a_file_that_is_not_a_tokenizer_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(RunError, match="expected a tokenizer"):
        ReviewTokenizer.load(tmp_path / "tokenizer.json", TokenizerConfig())


def test_a_tokenizer_without_the_tokens_of_padding_and_unknown_words_is_refused(tmp_path):
    fitted().save(path := tmp_path / "tokenizer.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    content["model"]["vocab"] = {word: i for word, i in content["model"]["vocab"].items() if i > UNKNOWN_ID}
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RunError, match=r"expected a tokenizer at .*; found: .*; train the run again"):
        ReviewTokenizer.load(path, TokenizerConfig())


@given(st.text(max_size=200))
def test_every_text_has_token_ids_of_the_vocabulary_and_offsets_within_the_text(text):
    tokenizer = fitted(max_length=8)
    [review] = tokenizer.encode([text])
    assert 1 <= len(review.token_ids) <= 8
    assert review.token_ids.min() >= UNKNOWN_ID
    assert review.token_ids.max() < tokenizer.vocabulary_size
    assert (review.offsets <= len(text)).all()
