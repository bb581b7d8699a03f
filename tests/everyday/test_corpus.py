"""The corpus: what is learnt, what is measured, and the grades that a text may have."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.everyday import write_archive, write_reviews
from sentiment.errors import ReviewsError
from sentiment.everyday.corpus import CLASSES, FILMS, Corpus, class_of, read_corpus, read_labelled


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("sources")
    return write_reviews(folder), write_archive(folder / "aclImdb")


@pytest.fixture(scope="module")
def corpus(sources) -> Corpus:
    folder, archive = sources
    return read_corpus(folder, str(archive))


def grades_of(corpus: Corpus, text: str) -> tuple[int, int]:
    row = corpus.train.texts.index(text)
    return int(corpus.train.lowest[row]), int(corpus.train.highest[row])


def test_a_text_with_stars_has_one_grade_and_one_with_a_label_those_of_its_class(corpus):
    assert grades_of(corpus, "Three stars for tea 3.") == (2, 2)
    assert grades_of(corpus, "Labelled negative, soap 4.") == (0, 1)
    assert grades_of(corpus, "Labelled positive, soap 5.") == (3, 4)
    assert corpus.train.has_stars.sum() < len(corpus.train)


def test_the_rating_of_a_film_review_is_half_as_many_stars(corpus):
    films = corpus.train.at(corpus.train.sources == FILMS)
    by_rating = {
        int(text.split("rated ")[1].split()[0]): low for text, low in zip(films.texts, films.lowest, strict=True)
    }
    assert by_rating == {rating: (rating + 1) // 2 - 1 for rating in (1, 2, 3, 4, 7, 8, 9, 10)}
    assert films.has_stars.all()


def test_nothing_is_learnt_that_may_not_be_given_on_or_is_measured(corpus):
    learnt = {text.lower() for text in [*corpus.train.texts, *corpus.unlabelled]}
    assert not learnt & {text.lower() for part in (corpus.validation, corpus.test, corpus.other) for text in part.texts}
    assert "not to be given on 1." not in learnt
    assert corpus.other.texts == ["Not to be given on, test 2."]


def test_a_text_that_is_measured_elsewhere_is_not_learnt_whatever_its_capitals_and_marks(corpus):
    assert "Film of the test, rated 9 - number 0." in corpus.test.texts
    assert "FILM OF THE TEST, rated 9: number 0!" not in corpus.train.texts


def test_classes_are_those_of_the_grades():
    assert class_of(np.arange(5)).tolist() == [0, 0, 1, 2, 2]
    assert CLASSES.names == ("negative", "neutral", "positive")


def test_another_text_or_grade_is_another_corpus(sources, corpus, tmp_path):
    _, archive = sources
    other = write_reviews(tmp_path, stars=2)
    assert read_corpus(other, str(archive)).content_hash != corpus.content_hash


def test_a_folder_without_the_file_or_a_column_is_refused(sources, tmp_path):
    _, archive = sources
    with pytest.raises(ReviewsError, match=r"expected reviews\.parquet in"):
        read_corpus(tmp_path, str(archive))
    pd.DataFrame({"text": ["a"], "stars": [1]}).to_parquet(tmp_path / "reviews.parquet")
    with pytest.raises(ReviewsError, match=r"expected the columns .*; found no label"):
        read_corpus(tmp_path, str(archive))


def test_a_folder_of_short_texts_is_read_file_by_file(tmp_path):
    for name, label in (("b", "negative"), ("a", "positive")):
        (tmp_path / f"{name}.csv").write_text(f"review,label\nText {name}.,{label}\n", encoding="utf-8")
    assert read_labelled(tmp_path) == [("Text a.", "positive"), ("Text b.", "negative")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReviewsError, match="or a folder of them; found none"):
        read_labelled(tmp_path / "empty")


def test_frames_are_read_with_their_labels(tmp_path):
    path = tmp_path / "frames.csv"
    path.write_text(
        'review,label,capability\n"Good, is it? No.",negative,answers\nnull,neutral,facts\n', encoding="utf-8"
    )
    assert read_labelled(path) == [("Good, is it? No.", "negative"), ("null", "neutral")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "expected a CSV file of short texts"),
        ("review\na\n", "found no label"),
        ("review,label\n", "expected short texts below the header"),
        ("review,label\na,great\n", "expected the labels negative, neutral, positive in .*; found 'great'"),
        (
            "review,label\na,neutral\n <br> ,negative\n",
            "expected a text in each row of .*; found none in row 2; remove",
        ),
    ],
)
def test_frames_that_cannot_be_learnt_are_refused(tmp_path, content, message):
    path = tmp_path / "frames.csv"
    if content:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ReviewsError, match=message):
        read_labelled(path)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("stars", [9.0, 1.0], "expected stars from 1 to 5"),
        ("stars", ["good", "bad"], "expected stars from 1 to 5"),
        ("shippable", ["yes", "no"], "expected true or false in the column shippable"),
    ],
)
def test_values_that_would_be_misread_are_refused(sources, tmp_path, column, values, message):
    folder, archive = sources
    table = pd.read_parquet(folder / "reviews.parquet").head(2)
    table[column] = values
    table.to_parquet(tmp_path / "reviews.parquet")
    with pytest.raises(ReviewsError, match=message):
        read_corpus(tmp_path, str(archive))


@pytest.mark.parametrize("content", [b"", b"junk", b"PAR1 and more PAR1"])
def test_a_damaged_file_is_refused_with_its_name(sources, tmp_path, content):
    _, archive = sources
    (tmp_path / "reviews.parquet").write_bytes(content)
    with pytest.raises(ReviewsError, match=r"expected a whole Parquet file at .*reviews\.parquet"):
        read_corpus(tmp_path, str(archive))
    (tmp_path / "frames.csv").write_bytes(content and b"\xff\xfe")
    with pytest.raises(ReviewsError, match="expected a CSV file of short texts"):
        read_labelled(tmp_path / "frames.csv")


def test_a_missing_archive_is_refused_and_a_missing_text_left_out(sources, tmp_path):
    folder, archive = sources
    with pytest.raises(ReviewsError, match=r"expected the Large Movie Review Dataset at .*; found nothing"):
        read_corpus(folder, str(tmp_path / "none.tar.gz"))
    table = pd.read_parquet(folder / "reviews.parquet")
    table.loc[0, "text"] = None
    table.to_parquet(tmp_path / "reviews.parquet")
    assert len(read_corpus(tmp_path, str(archive)).train) == len(read_corpus(folder, str(archive)).train) - 1
