"""`Predictor` in an interactive session: how it shows itself, and data frames in and out."""

import numpy as np
import pandas as pd
import pytest

from sentiment import Predictor
from sentiment.errors import ConfigError
from sentiment.inference.prediction_columns import columns_of

FINE, DULL = "A fine film, I loved it.", "Dull, and far too long."


@pytest.fixture(scope="module", params=["imdb/compact", "mixed-reviews/everyday"])
def predictor(request) -> Predictor:
    return Predictor.load(request.param)


def test_it_shows_its_run_its_classes_and_its_accuracy(predictor):
    test = predictor.run.record.test
    assert repr(predictor) == (
        f"<Predictor {predictor.run.folder.parent.name}/{predictor.run.name}: {predictor.classes.listed()}; "
        f"{test['accuracy']:.2%} of its {test['reviews']:,} test reviews right; engine onnx>"
    )


def test_it_can_be_called_as_a_function(predictor):
    assert predictor(FINE) == predictor.predict(FINE)
    assert predictor([FINE, DULL], uncertain=1.0) == predictor.predict([FINE, DULL], uncertain=1.0)


def test_a_frame_comes_back_with_the_columns_of_files_behind_its_own(predictor):
    index = pd.Index(["a", "b", "a"], name="who")
    frame = pd.DataFrame({"stars_given": [5, 1, 3], "review": [FINE, DULL, None]}, index=index)
    before = frame.copy()
    predicted = predictor.predict_frame(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(predicted[["stars_given", "review"]], frame)
    assert list(predicted) == ["stars_given", "review", *columns_of(predictor.classes)[:-1]]
    assert predicted["label"].tolist()[:2] == ["positive", "negative"]
    assert pd.isna(predicted["label"].iloc[2])
    assert predicted["reason"].iloc[2] == "no text"
    assert predicted["truncated"].dtype == bool
    assert predicted["p_positive"].dtype == np.float64
    assert predicted["p_positive"].iloc[0] == pytest.approx(predictor(FINE).probabilities["positive"], abs=1e-6)


def test_a_column_with_the_name_of_a_new_one_is_renamed_as_in_files(predictor):
    frame = pd.DataFrame({"label": ["x", "y"], "input_label": [1, 2], "text": [FINE, DULL]})
    predicted = predictor.predict_frame(frame)
    assert list(predicted)[:4] == ["input_label_2", "input_label", "text", "label"]
    assert predicted["input_label_2"].tolist() == ["x", "y"]
    assert predicted["label"].tolist() == ["positive", "negative"]


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"body": [FINE], "author": ["Ann"]}, None),  # a usual name
        ({"verbatim": [FINE], "number": [1]}, None),  # the only strings
        ({"title": ["Not a fine film."], "review": [FINE]}, "review"),
        ({0: [FINE], 1: ["Dull."]}, 0),
    ],
)
def test_the_column_is_the_one_that_is_named_or_the_only_one_that_fits(columns, column):
    predictor = Predictor.load("imdb/compact")
    predicted = predictor.predict_frame(pd.DataFrame(columns), column)
    assert predicted["p_positive"].iloc[0] == pytest.approx(predictor(FINE).probabilities["positive"], abs=1e-6)


@pytest.mark.parametrize(
    ("frame", "column", "message"),
    [
        (pd.DataFrame({"title": ["a"], "review": ["b"]}), None, "found that 'title' and 'review' fit; say which one"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), None, "found that 'a' and 'b' fit; say which one with column="),
        (pd.DataFrame({"a": [1], "b": [2.0]}), None, "such as review or text; found the columns a, b; say which one"),
        (pd.DataFrame({"review": ["x"]}), "body", "one column 'body' .* found 0, among the columns review; name"),
        (pd.DataFrame([["x", "y"]], columns=["t", "t"]), "t", "found 2, among the columns t, t; rename the others"),
    ],
)
def test_a_column_that_is_missing_or_ambiguous_is_refused(frame, column, message):
    with pytest.raises(ConfigError, match=message):
        Predictor.load("imdb/compact").predict_frame(frame, column)


def test_what_is_no_frame_or_no_text_is_refused():
    predictor = Predictor.load("imdb/compact")
    with pytest.raises(TypeError, match="expected a data frame of pandas; received a list"):
        predictor.predict_frame([FINE])
    with pytest.raises(TypeError, match="received a int at position 0"):
        predictor.predict_frame(pd.DataFrame({"review": [1, 2]}))


def test_a_frame_without_rows_has_the_new_columns(predictor):
    predicted = predictor.predict_frame(pd.DataFrame({"review": pd.Series([], dtype="str")}))
    assert list(predicted) == ["review", *columns_of(predictor.classes)[:-1]]
