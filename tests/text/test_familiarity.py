"""The share of known words in a text, and when it is too small for a prediction."""

from pathlib import Path

import pytest

from helpers.foreign_sentences import LONG, SHORT
from sentiment.config import TokenizerConfig
from sentiment.runs.saved_run import find_run
from sentiment.text.cleaning import clean
from sentiment.text.familiarity import LANGUAGE, NO_WORDS, UNKNOWN_WORDS, Familiarity, Vocabulary
from sentiment.text.tokenizer import ReviewTokenizer

MODELS = Path(__file__).parents[2] / "models"
LEARNT = [
    "it was a good film , and it's fun .",
    "10 of 10 ! \u0905\u091a\u094d\u091b\u0940 \u092b\u093f\u0932\u094d\u092e",
]
ENGLISH = [
    "I was bored from start to finish.",
    "Great sound, but the battery died after two days.",
    "Pathetic headphones",
    "10/10",
    "Loved it!!!",
    "Would not buy again",
    "The food was cold and the waiter rude.",
    "Overpriced sushi, tiny portions, slow service.",
    "ok good product",
    "not gud at al",
    "Horrible hotel",
    "Fantastic!",
    "lmao wtf",
    "I love this fajita place",
    "Cafe con leche was great",
    "Loved it @anna_b https://t.co/a1B2c3 #best_film_ever",
]
OF_KNOWN_WORDS = ["Me encanta", "No funciona", "Sehr gut", "Das ist gut", "Je t'aime", "Ce film est nul"]
FOREIGN = [
    "Ce film \u00e9tait magnifique, je le recommande \u00e0 tout le monde.",
    "Il cibo era delizioso e il servizio eccellente.",
    "\u041f\u0440\u0435\u043a\u0440\u0430\u0441\u043d\u044b\u0439 \u0444\u0438\u043b\u044c\u043c",
    "\u8fd9\u90e8\u7535\u5f71\u975e\u5e38\u597d\u770b",
    "\u0641\u064a\u0644\u0645 \u0631\u0627\u0626\u0639",
    "\u3068\u3066\u3082\u9762\u767d\u3044\u6620\u753b\u3067\u3057\u305f",
    "\u0905\u091a\u094d\u091b\u0940 \u092b\u093f\u0932\u094d\u092e",
    *OF_KNOWN_WORDS,
]
# English with names of dishes, films and places, and loan words.
NAMES = [
    "Superb tiramisu, terrible gnocchi",
    "Cr\u00e8me br\u00fbl\u00e9e was divine",
    "Magnifique acting, superb.",
    "La Dolce Vita bored me",
    "Tiny portions, overpriced sushi",
    "Dull hotel in D\u00fcsseldorf",
    "Excellent prosciutto, awful risotto",
    "Horrible spaghetti carbonara",
    "Perfect pain au chocolat",
    "Das Boot is a masterpiece",
    "La La Land was boring",
    "Almod\u00f3var never disappoints",
    "La Vie en Rose moved me",
    "Mediocre quesadillas, nice guacamole",
    "Le Samoura\u00ef is stylish and cool",
    "Cinema Paradiso made me cry",
    "Utterly banal film noir",
    "Rashomon is a masterpiece",
    "Divine tapas, mediocre chorizo",
    "The cr\u00eapes were heavenly",
    "Pho Saigon was fantastic",
    "Our trip to Reykjavik was boring",
    "Tortellini in brodo, absolutely perfect",
    "Fellini at his worst",
    "Delightful caf\u00e9, horrible barista",
    "Jules et Jim broke my heart",
    "Watched Le Fabuleux Destin and cried",
    "La Haine is brutal",
    "Bicycle Thieves and Umberto D. are classics",
    "Greasy empanadas, lovely ceviche",
    "Paulo Coelho is overrated",
    "Das Leben der Anderen is gripping",
    "Frau M\u00fcller was so kind",
    "Hotel Adlon disappointed us",
    "Gorgeous sari, shoddy stitching",
    "Awful baguette",
    "Tasty baklava, great hummus",
    "Excellent Rioja and Chardonnay",
    "Juan Carlos was so helpful",
    "Wasabi burned my tongue",
    "Villa Borghese was crowded",
    "Bland lasagne, nice tiramisu",
    "Best gelato in Bologna",
    "I loved Cidade de Deus",
    "Ratatouille is adorable",
    "Penelope plays Esmeralda badly",
    "Zidane was amazing",
]
# Short, of words that the vocabularies know from names or share with English.
SHARING = [
    "Der Film war sehr gut",
    "Der Film war schlecht",
    "Das Essen war sehr gut",
    "Das war ein guter Film",
    "Das Hotel ist sehr gut",
    "Le film est tr\u00e8s bon",
    "Le film est nul",
    "Ce film est g\u00e9nial",
    "Un film tr\u00e8s ennuyeux",
    "Le service est nul",
    "Les acteurs sont bons",
    "Tr\u00e8s bon film",
    "La pel\u00edcula es muy buena",
    "La comida es muy mala",
    "El final es malo",
    "Me gusta mucho",
    "El actor es muy bueno",
    "La historia es aburrida",
    "Il film \u00e8 bello",
    "Il film \u00e8 molto bello",
    "La storia \u00e8 noiosa",
    "Un film molto brutto",
    "Il cibo \u00e8 ottimo",
    "Il finale \u00e8 terribile",
    "Mi piace molto",
    "De film was goed",
    "De film was heel goed",
    "De film is erg saai",
    "Het eten was lekker",
    "Dit is een goede film",
    "Het hotel is heel mooi",
    "De acteurs zijn goed",
    "Ik vind de film slecht",
    "Der Service war schlecht",
    "Die Pizza war kalt",
    "Der Film hat mir gefallen",
    "Das Hotel war schmutzig",
    "Wir waren sehr zufrieden",
    "Der Schauspieler war gut",
    "Un hotel magnifique",
    "Les plats sont froids",
    "Le livre est super",
    "Je d\u00e9teste ce film",
    "Le final est d\u00e9cevant",
    "El servicio es lento",
    "El libro es genial",
    "Un hotel muy sucio",
    "La pelicula es mala",
    "Me aburre este actor",
    "Il servizio \u00e8 lento",
    "Il libro \u00e8 noioso",
    "Un hotel molto sporco",
    "La pizza \u00e8 fredda",
    "Gli attori sono bravi",
    "Che brutto film",
    "Het boek was saai",
    "De pizza was koud",
    "Wat een mooie film",
    "Ik was erg tevreden",
]
MORE_FRENCH = [
    "Nous sommes partis avant la fin parce que les enfants s'ennuyaient beaucoup.",
    "Cet appareil fonctionne encore parfaitement depuis plusieurs ann\u00e9es, aucun regret.",
    "Le serveur \u00e9tait aimable et souriant, mais il avait oubli\u00e9 notre commande.",
    "Une belle surprise, surtout gr\u00e2ce \u00e0 la musique et aux paysages.",
    "Ma femme voulait quelque chose de plus solide, elle sera s\u00fbrement d\u00e9\u00e7ue.",
]


def familiarity(text: str, tokenizer: ReviewTokenizer | None = None) -> Familiarity:
    tokenizer = tokenizer or ReviewTokenizer.fit(LEARNT, TokenizerConfig())
    cleaned = clean(text)
    return Vocabulary(tokenizer).familiarity(cleaned, tokenizer.token_ids([cleaned], whole=True)[0])


@pytest.mark.parametrize(
    ("text", "words", "unknown"),
    [
        ("A good film", 3, 0),
        ("A GOOD film, it's fun!", 5, 0),
        ("a fine film", 3, 1),
        ("10/10", 1, 1),  # a rating
        ("11/11", 2, 2),  # the slash is a mark, known or not
        ("\u2605\u2605 good \u2605", 1, 0),  # marks outside the vocabulary do not count as unknown words
        ("don't", 1, 1),
        ("it\u2019s good", 2, 0),
        ("\u0905\u091a\u094d\u091b\u0940 \u092b\u093f\u0932\u094d\u092e", 2, 0),  # vowel signs belong to their words
        ("\u0905\u091a\u094d\u091b\u0940 \u2605 \u0916\u0930\u093e\u092c", 2, 1),
        ("\u2764\ufe0f\U0001f44d\U0001f3fd", 0, 0),  # nor are variation selectors and skin tones
        ("?!", 0, 0),
        ("http://x.com", 0, 0),
        ("@bob", 0, 0),
        ("#good #film", 0, 0),
        ("1234, 5%", 0, 0),
        ("a good film @bob https://t.co/x", 3, 0),
    ],
)
def test_words_are_counted_and_marks_are_not(text, words, unknown):
    result = familiarity(text)
    assert (result.words, result.unknown) == (words, unknown)


def test_emoji_and_emoticons_are_words_to_a_vocabulary_that_has_them():
    tokenizer = ReviewTokenizer.fit([*LEARNT, "good \u2764\ufe0f :-) 9/10", "bad :("], TokenizerConfig())
    for text, words, unknown in [
        ("\u2764", 1, 0),
        ("\u2764\ufe0f :)))", 2, 0),
        ("\U0001f44d\U0001f3fd \U0001f937\u200d\u2640\ufe0f", 0, 0),  # which it has not
        ("awful ^_^ \U0001f44d", 1, 1),
        ("10/10 \u2605 awful", 2, 1),
    ]:
        result = familiarity(text, tokenizer)
        assert (text, result.words, result.unknown) == (text, words, unknown)
    assert familiarity("\u2764", tokenizer).reason is None


@pytest.mark.parametrize("name", ["flagship", "compact"])
@pytest.mark.parametrize("text", ["\u2764\ufe0f\U0001f44d\U0001f3fd", ":-) :)", "^_^"])
def test_they_are_none_to_the_shipped_models(name, text):
    assert familiarity(text, find_run(MODELS, f"imdb/{name}").tokenizer()).reason == NO_WORDS


def test_the_share_of_unknown_words_is_of_the_words():
    assert familiarity("a fine film , !").unknown_share == pytest.approx(1 / 3)
    assert familiarity("!!!").unknown_share == 0


@pytest.mark.parametrize(
    ("words", "unknown", "everyday", "reason"),
    [
        (0, 0, 0, NO_WORDS),
        (1, 0, 1, None),
        (1, 1, 0, UNKNOWN_WORDS),
        (2, 1, 0, None),  # half is not most
        (3, 2, 1, UNKNOWN_WORDS),
        (3, 1, 0, None),
        (4, 1, 0, None),
        (6, 2, 1, None),
        (7, 3, 2, UNKNOWN_WORDS),
        (10, 3, 3, None),
        (10, 4, 3, UNKNOWN_WORDS),
    ],
)
def test_most_words_must_be_known_and_in_a_sentence_everyday_words_outnumber_the_unknown(
    words, unknown, everyday, reason
):
    assert Familiarity(words, unknown, everyday).reason == reason


def test_another_language_comes_before_unknown_words():
    assert Familiarity(4, 4, 0, foreign=True).reason == LANGUAGE
    assert Familiarity(4, 0, 1, foreign=True).reason == LANGUAGE


@pytest.fixture(scope="module", params=["flagship", "compact"])
def shipped(request) -> ReviewTokenizer:
    return find_run(MODELS, f"imdb/{request.param}").tokenizer()


def reasons(texts: list[str], tokenizer: ReviewTokenizer) -> dict[str, str | None]:
    vocabulary, cleaned = Vocabulary(tokenizer), list(map(clean, texts))
    token_ids = tokenizer.token_ids(cleaned, whole=True)
    return {
        text: vocabulary.familiarity(clean_text, ids).reason
        for text, clean_text, ids in zip(texts, cleaned, token_ids, strict=True)
    }


def test_the_shipped_models_know_english_from_other_languages(shipped):
    assert reasons(ENGLISH, shipped) == dict.fromkeys(ENGLISH)
    assert reasons(FOREIGN, shipped) == dict.fromkeys(FOREIGN, LANGUAGE)


def test_names_and_loan_words_are_no_language(shipped):
    assert reasons(NAMES, shipped) == dict.fromkeys(NAMES)


def test_short_sentences_of_words_that_english_shares_are_held_back(shipped):
    assert reasons(SHARING, shipped) == dict.fromkeys(SHARING, LANGUAGE)


def test_the_shipped_models_know_twenty_languages_as_others(shipped):
    for sentences, least in ((LONG, 0.95), (SHORT, 0.85)):
        results = list(reasons([text for texts in sentences.values() for text in texts], shipped).values())
        assert results.count(LANGUAGE) >= least * len(results)


def test_a_text_of_two_languages_counts_for_the_one_of_most_words(shipped):
    french = LONG["French"][0]
    assert reasons([f"I loved every minute of it and would see it again. {french}"], shipped).popitem()[1] is None
    assert reasons([f"{french} {LONG['French'][1]} Loved it!"], shipped).popitem()[1] == LANGUAGE


def test_a_model_that_learnt_french_takes_french_and_no_english():
    sentences = [*LONG["French"], *SHORT["French"], *MORE_FRENCH]
    tokenizer = ReviewTokenizer.fit(sentences, TokenizerConfig())
    assert reasons(sentences, tokenizer) == dict.fromkeys(sentences)
    assert reasons(["The waiter was rude to us all evening."], tokenizer).popitem()[1] == LANGUAGE


def test_only_characters_of_texts_are_cached_and_no_words():
    tokenizer = ReviewTokenizer.fit(LEARNT, TokenizerConfig())
    vocabulary = Vocabulary(tokenizer)
    for number in range(50):
        text = f"word{number} \u2605 \u2764\ufe0f"
        result = vocabulary.familiarity(text, tokenizer.token_ids([text], whole=True)[0])
        assert (result.words, result.unknown) == (1, 1)
    assert max(map(len, vocabulary._seen)) == 1
