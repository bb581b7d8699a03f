"""Training works in any language with letters: with blanks or without, from the left or from the right."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from sentiment.config import Config
from sentiment.data.dataset import Splits
from sentiment.data.reviews import load_reviews
from sentiment.data.splits import split
from sentiment.inference import Predictor
from sentiment.support.progress import Silence
from sentiment.training.classifier import train
from sentiment.training.encoding import encode

pytestmark = pytest.mark.slow
TINY = Config().replace(
    architecture="gru", preset="tiny", embedding_size=16, units=16, batch_size=16, epochs=8, minimum_steps=1,
    learning_rate=0.02, averaging=0.9, max_length=32, patience=8, word_dropout=0.0, rare_word_dropout=0.0,
)  # fmt: skip

# Beginnings, adverbs, and the ends of positive and of negative sentences. Their parts are in both, so that no single
# character decides: "not good" has every character of "good", and "not bad" those of "bad".
WITHOUT_BLANKS = {
    "Japanese": (
        "この映画は あの本は ホテルの部屋は 今日の音楽は レストランの料理は 彼女の演技は コーヒーは サービスは".split(),
        "とても 本当に やはり 正直に言うと 思ったより かなり".split(),
        "良かった 悪くない 面白かった 好きです すばらしい つまらなくない".split(),
        "悪かった 良くない つまらなかった 好きではない ひどい 面白くない".split(),
    ),
}
WITH_BLANKS = {
    "Arabic": ("الفيلم الكتاب الموسيقى القصة", "جدا حقا فعلا", "رائع جميل", "سيئ ممل"),
    "Hindi": ("फ़िल्म किताब संगीत कहानी", "बहुत सचमुच काफ़ी", "अच्छी बढ़िया", "बुरी घटिया"),
}


def splits_of(sentences: list[tuple[str, str]], folder: Path) -> Splits:
    """The reviews of a file with these sentences."""
    with (folder / "reviews.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *sentences])
    reviews = load_reviews(folder / "reviews.csv")
    return split(reviews, seed=0, validation_fraction=0.2, test_fraction=0.3)


def accuracy_of_characters(splits: Splits) -> float:
    """Of a logistic regression on character n-grams."""
    count = CountVectorizer(analyzer="char", ngram_range=(1, 3))
    model = LogisticRegression(C=10, max_iter=1_000).fit(count.fit_transform(splits.train.texts), splits.train.labels)
    return float(model.score(count.transform(splits.test.texts), splits.test.labels))


@pytest.mark.parametrize("language", ["Japanese"])
def test_a_network_solves_what_n_grams_of_characters_solve_where_there_are_no_blanks(language, tmp_path):
    subjects, adverbs, good, bad = WITHOUT_BLANKS[language]
    sentences = [
        (f"{subject}{adverb}{end}。", label)
        for subject, adverb in itertools.product(subjects, adverbs)
        for label, ends in (("positive", good), ("negative", bad))
        for end in ends
    ]
    splits = splits_of(sentences, tmp_path)
    assert accuracy_of_characters(splits) >= 0.97
    longer = TINY.replace(epochs=16, patience=16)  # for "つまらなくない", which is negated twice
    run = train(encode(splits, longer.tokenizer), longer, tmp_path / "models", Silence())
    assert run.record.test["accuracy"] >= 0.97
    answers = Predictor(run).predict([f"{subjects[0]}{good[2]}", f"{subjects[0]}{bad[2]}"])
    assert [answer.label for answer in answers] == ["positive", "negative"]


@pytest.mark.parametrize("language", ["Arabic", "Hindi"])
def test_training_works_in_any_script_with_blanks(language, tmp_path):
    subjects, adverbs, good, bad = (words.split() for words in WITH_BLANKS[language])
    random = np.random.default_rng(0)
    sentences = [
        (" ".join([*random.permutation([*subjects, subject])[:3], adverb, random.choice(ends).upper()]), label)
        for subject, adverb in itertools.product(subjects, adverbs)
        for label, ends in (("positive", good), ("negative", bad))
        for _ in range(8)
    ]
    splits = splits_of(sentences, tmp_path)
    run = train(encode(splits, TINY.tokenizer), TINY, tmp_path / "models", Silence())
    assert run.record.test["accuracy"] >= 0.97
    assert Predictor(run).predict(f"{subjects[0]} {good[0]}").label == "positive"
    assert Predictor(run).predict(f"{subjects[0]} {bad[1]}").label == "negative"
