"""Which language a text is in, and which languages a vocabulary has."""

import time
from pathlib import Path

import pytest

from helpers.foreign_sentences import LONG, SHORT
from sentiment.runs.saved_run import find_run
from sentiment.text.languages import UNIDENTIFIED, ModelLanguages, is_shared, languages_of, prose, without_names

MODELS = Path(__file__).parents[2] / "models"
ODDS = 6.0
ENGLISH = ["The food was cold and the waiter was rude to us.", "I would not buy this again, it broke at once."]


def words(language: str) -> list[str]:
    """The words of the sentences in a language, each once."""
    text = " ".join([*LONG[language], *SHORT[language]]).lower()
    return list(dict.fromkeys(word.strip(".,!?") for word in text.split()))


def excludes(languages: ModelLanguages, text: str) -> bool:
    return languages.other(text)[1] >= ODDS


@pytest.fixture(scope="module")
def english() -> list[str]:
    vocabulary = list(find_run(MODELS, "imdb/compact").tokenizer().vocabulary())
    return [word for word in vocabulary[2:1002] if word.isalpha()]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("http://x.com", ""),
        ("WWW.EXAMPLE.COM/a?b=1", ""),
        ("@bob @anna_1!", "!"),
        ("#love #film_of_the_year", ""),
        ("bob.smith@example.co.uk", ""),
        ("Great, see (https://t.co/a1B2) @bob", "Great, see ("),
        ("Bought at shop.example.com/offers, broke", "Bought at broke"),
        ("C# is #1, rated 4@5", "C# is #1, rated 4@5"),
        ("Fine.Not more", "Fine.Not more"),
        ("\u597d\u770bhttp://x.com", "\u597d\u770b"),
    ],
)
def test_links_addresses_mentions_and_hashtags_are_no_prose(text, left):
    assert prose(text) == left


@pytest.mark.parametrize("piece", ["a.", "@", "#1", "a@", "www.", "-", "a-", "@a", "a@b."])
def test_prose_is_cut_in_linear_time(piece):
    text = piece * (200_000 // len(piece)) + " .com"
    start = time.process_time()
    prose(text)
    assert time.process_time() - start < 1


def test_english_words_are_of_english_alone(english):
    assert ModelLanguages.from_words(english).codes == {"en"}


@pytest.mark.parametrize(
    ("language", "code"),
    [("French", "fr"), ("German", "de"), ("Spanish", "es"), ("Polish", "pl"), ("Danish", "no"), ("Croatian", "hr")],
)
def test_a_model_that_learnt_a_language_takes_it_and_not_english(language, code):
    vocabulary = [*words(language), *(f"{word}," for word in words(language))]  # enough of them
    languages = ModelLanguages.from_words(vocabulary)
    assert languages.codes == {code}
    assert not any(excludes(languages, text) for text in [*LONG[language], *SHORT[language]])
    assert all(excludes(languages, text) for text in ENGLISH)


@pytest.mark.parametrize("others", [4, 1])  # English words for each French one
def test_a_model_that_learnt_two_languages_takes_both(english, others):
    french = words("French")
    mixed = [word for i, word in enumerate(french) for word in (word, *english[i * others : (i + 1) * others])]
    languages = ModelLanguages.from_words(mixed)
    assert languages.codes == {"en", "fr"}
    assert not any(excludes(languages, text) for text in [*LONG["French"], *ENGLISH])
    assert all(excludes(languages, text) for text in LONG["German"])


@pytest.mark.parametrize(
    "vocabulary",
    [
        [],
        ["good", "bad", "film"],
        [f"{a}{b}{c}" for a in "bdgklmz" for b in "aiou" for c in "fkpxz"],  # generated
        [str(number) for number in range(1_000)],
        [word for group in zip(*(words(language)[:45] for language in LONG), strict=True) for word in group],
    ],
    ids=["none", "too few", "generated", "numbers", "twenty languages"],
)
def test_a_model_of_no_certain_language_excludes_nothing(vocabulary):
    languages = ModelLanguages.from_words(vocabulary)
    assert not any(excludes(languages, text) for sentences in LONG.values() for text in sentences)
    assert not any(excludes(languages, text) for text in ENGLISH)


@pytest.mark.parametrize("nothing", ["", "123", "?!", "\U0001f60d"])
def test_a_text_in_no_language_is_in_no_other(english, nothing):
    assert not excludes(ModelLanguages.from_words(english), nothing)


def test_the_likeliest_other_language_is_named(english):
    assert ModelLanguages.from_words(english).other(LONG["Italian"][0])[0] == "it"
    assert ModelLanguages.from_words(english).other(ENGLISH[0]) == ("", 0.0)


def test_some_words_are_shared_by_english_and_a_language():
    assert is_shared("war", "de")
    assert is_shared("film", "it")
    assert is_shared("was", "nl")
    assert not is_shared("was", "fr")
    assert not is_shared("superb", "it")
    assert is_shared("war")
    assert is_shared("war", "xx")
    assert not is_shared("awful")
    assert is_shared("i", "de")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("La Dolce Vita bored me", "La bored me"),
        ("the bar in Paris was dull", "the bar in was dull"),
        ("Loved Pulp Fiction", "Loved Pulp Fiction"),  # too little would be left
        ("ALL IN CAPITALS IT IS", "ALL IN CAPITALS IT IS"),
        ("", ""),
    ],
)
def test_names_are_capitalised_after_the_first_word(text, left):
    assert without_names(text) == left


def test_a_long_text_takes_no_longer(english):
    languages = ModelLanguages.from_words(english)
    start = time.process_time()
    assert excludes(languages, "\u0444\u0438\u043b\u044c\u043c " * 300_000)
    assert time.process_time() - start < 1


def test_the_languages_of_texts_are_counted_by_name():
    assert languages_of([*ENGLISH, *LONG["French"], *LONG["Russian"][:1]]) == {"French": 5, "English": 2, "Russian": 1}


def test_short_texts_count_for_the_language_of_most_unless_another_is_far_likelier():
    texts = [
        *ENGLISH,
        "Nice",
        "Zero",
        "Horrible hotel",
        "Diamond",
        "Viva!",
        "Tr\u00e8s d\u00e9\u00e7u",
        "Danke sch\u00f6n",
    ]
    assert languages_of(texts) == {"English": 7, "French": 1, "German": 1}


def test_texts_without_words_are_unidentified():
    assert languages_of([*ENGLISH, "", "12", "http://x.com", "#love"]) == {UNIDENTIFIED: 4, "English": 2}
    assert languages_of([]) == {}
