"""Texts written in another way."""

from random import Random

import pytest

from benchmarks.behaviour import misspelling

TEXT = "It wasn't wonderful, and that's why I left."


@pytest.mark.parametrize("name", ["doubled", "dropped", "exchanged", "neighbouring_key"])
def test_a_typo_is_in_one_long_word_and_keeps_its_first_and_last_letter(name):
    for seed in range(20):
        mistyped = getattr(misspelling, name)(TEXT, Random(seed))
        [(before, after)] = [pair for pair in zip(TEXT.split(), mistyped.split(), strict=True) if pair[0] != pair[1]]
        assert before == "wonderful,"
        assert (after[0], after[-2:]) == ("w", "l,")


def test_a_letter_is_replaced_by_its_neighbour():
    assert misspelling.neighbouring_key("aaaaa", Random(0)).replace("a", "") == "s"
    assert misspelling.neighbouring_key("mmmmm", Random(0)).replace("m", "") == "n"


def test_one_word_is_stressed():
    words = misspelling.stressed("The plot was dreadful", Random(1)).split()
    assert sum(word.isupper() for word in words) == 1


def test_capitals_and_small_letters():
    assert misspelling.in_capitals("So good!", Random(0)) == "SO GOOD!"
    assert misspelling.lower_case("So Good!", Random(0)) == "so good!"


def test_apostrophes_are_lost_or_other_characters():
    assert misspelling.without_apostrophes(TEXT, Random(0)) == "It wasnt wonderful, and thats why I left."
    written = {misspelling.with_other_apostrophes("isn't", Random(seed)) for seed in range(30)}
    assert written == {"isn\u2019t", "isn`t", "isn\u00b4t", "isn t"}


def test_a_text_without_a_long_word_stays():
    assert misspelling.dropped("It is so.", Random(0)) == "It is so."
