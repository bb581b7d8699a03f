"""What is tested, behind one function."""

from pathlib import Path

import pytest

from benchmarks.behaviour.classifiers import degree_label, linear_model, positivity_of_classes, saved_run, word_list
from benchmarks.behaviour.word_list import word_balance
from sentiment.config import Classes
from sentiment.data.reviews import load_reviews
from sentiment.errors import ConfigError
from sentiment.inference.predictor import Predictor
from sentiment.support.paths import SAMPLE

IMDB = Path(__file__).parents[2] / "models" / "imdb"


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ("A good film.", 1),
        ("It wasn\u2019t good.", -1),
        ("Not a bad film, and I love it.", 2),
        ("Never, in all the years, was it good.", 1),  # too far for a list of words
        ("I watched it.", 0),
    ],
)
def test_words_are_counted_and_turned_by_a_negation_nearby(text, balance):
    assert word_balance(text) == balance


def test_the_word_list_says_neutral_where_the_words_balance():
    classifier = word_list()
    assert [answer.label for answer in classifier.answer(["Good.", "Good and bad.", "Bad."])] == [
        "positive",
        "neutral",
        "negative",
    ]
    assert classifier.has_neutral


def test_a_saved_run_answers_as_its_predictor_does():
    predictor = Predictor.load(IMDB / "compact")
    texts = ["A wonderful film.", "A dull, pointless mess.", "Das ist ein Satz, den niemand versteht."]
    classifier = saved_run(predictor, "imdb/compact")
    predictions = predictor.predict(texts)
    assert [answer.label for answer in classifier.answer(texts)] == [each.label for each in predictions]
    assert [answer.positivity for answer in classifier.answer(texts)] == pytest.approx(
        [each.probability for each in predictions]
    )
    assert (classifier.title, classifier.has_neutral) == ("`compact`", False)


def test_stars_are_read_as_grades():
    degrees = positivity_of_classes(Classes(("1", "2", "3", "4", "5"), ordered=True))
    assert [degree_label(degree) for degree in degrees.values()] == [
        "negative", "negative", "neutral", "positive", "positive",
    ]  # fmt: skip


def test_three_classes_have_neutral_in_the_middle_in_any_order():
    assert positivity_of_classes(Classes(("positive", "neutral", "negative"))) == {
        "positive": 1.0,
        "neutral": 0.5,
        "negative": 0.0,
    }


def test_classes_that_say_nothing_of_praise_are_refused():
    with pytest.raises(ConfigError, match=r"expected a run that says how positive a text is.*cats, dogs"):
        positivity_of_classes(Classes(("cats", "dogs")))


def test_the_linear_model_learns_from_reviews():
    answers = linear_model(load_reviews(SAMPLE)).answer(["It is brilliant.", "It is dull."])
    assert {answer.label for answer in answers} <= {"negative", "positive"}
    assert all(0 < answer.positivity < 1 for answer in answers)


def test_the_linear_model_refuses_other_classes(tmp_path):
    path = tmp_path / "stars.csv"
    path.write_text("review,label\n" + "".join(f"text {i} of it,{i % 5 + 1}\n" for i in range(40)), encoding="utf-8")
    with pytest.raises(ConfigError, match="expected negative and positive reviews"):
        linear_model(load_reviews(path, labels="stars"))
