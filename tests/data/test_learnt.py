"""Labels of other reviews are read as a run learnt them, where it knows their values and nothing else fits."""

import pandas as pd
import pytest

from sentiment.config import POLARITY, Classes
from sentiment.data.labels import LearntLabels
from sentiment.data.reviews import Reviews, load_reviews
from sentiment.data.splits import split
from sentiment.errors import ReviewsError

STARS = Classes(("1", "2", "3", "4", "5"), ordered=True)
THREE = Classes(("negative", "neutral", "positive"), ordered=True)
OUT_OF_TEN = Classes(tuple(f"{number}/10" for number in range(1, 11)), ordered=True)


def labelled(folder, values, learnt=None, lines=None, **options) -> Reviews:
    """Thirty reviews with these labels in turn."""
    rows = [(f"text {number}", values[number % len(values)]) for number in range(30)]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(folder / "a.csv", index=False)
    notify = lines.append if lines is not None else None
    return load_reviews(folder / "a.csv", learnt=learnt, notify=notify, **options)


def of(**dataset) -> LearntLabels:
    return LearntLabels.of_dataset("films/gru", dataset)


def classes_of(reviews: Reviews) -> list[str]:
    return [reviews.classes.names[index] for index in reviews.table["label"][:4]]


def test_the_meaning_that_a_person_gave_is_used_again_and_said(tmp_path):
    learnt, lines = of(labels="0=positive; 1=negative", classes=POLARITY), []
    assert classes_of(labelled(tmp_path, ["0", "1"], learnt, lines)) == ["positive", "negative"] * 2
    assert "labels: as films/gru learnt them; negative (1): 15; positive (0): 15" in lines


@pytest.mark.parametrize(
    ("dataset", "values", "classes"),
    [
        ({"positive": ["4", "5"], "negative": ["1", "2"]}, ["1", "5 stars", "2", "4.0"], ["negative", "positive"]),
        ({"classes": STARS}, ["1", "2"], ["1", "2"]),  # alone they could be many things
        ({"classes": OUT_OF_TEN}, ["1/10", "9/10"], ["1/10", "9/10"]),
        ({"classes": THREE, "label_values": {"-1": "negative", "0": "neutral", "1": "positive"}},
         ["-1", "-1", "0", "1"], ["negative", "negative", "neutral", "positive"]),
        ({"classes": Classes(("0-20%", "20-40%", "80-100%"), ordered=True)},
         ["7%", "33%", "81%"], ["0-20%", "20-40%", "80-100%"]),
    ],
)  # fmt: skip
def test_values_that_the_run_knows_are_its_classes(tmp_path, dataset, values, classes):
    read = classes_of(labelled(tmp_path, values, of(**dataset)))
    assert read == [classes[number % len(classes)] for number in range(4)]


def test_a_number_between_those_that_were_named_is_set_aside_and_one_beyond_them_is_not(tmp_path):
    learnt = of(labels="1,2=negative; 4,5=positive", classes=POLARITY)
    assert labelled(tmp_path, ["1", "3", "5"], learnt).left_out == {"set aside on purpose": 10}
    assert labelled(tmp_path, ["1", "5", "7"], None, labels="grades").classes.names == ("1", "5", "7")
    with pytest.raises(ReviewsError, match=r"found 3 values: 1 \(10 rows\), 5 \(10 rows\), 7"):
        labelled(tmp_path, ["1", "5", "7"], learnt)


@pytest.mark.parametrize(
    ("dataset", "values", "options"),
    [
        ({"classes": THREE, "label_values": {"-1": "negative", "0": "neutral", "1": "positive"}}, ["0", "1"],
         ("'0=neutral < 1=positive' as films/gru learnt them", "'0=negative; 1=positive' without it")),
        ({"classes": POLARITY, "labels": "1,2,3=negative; 4,5,8,9,10=positive"}, ["1", "2", "3", "4", "5"],
         ("'1,2,3=negative; 4,5=positive' as films", "'1=1 < 2=2 < 3=3 < 4=4 < 5=5' without it")),
        ({"classes": OUT_OF_TEN, "label_values": {str(n): f"{n}/10" for n in range(1, 11)}}, ["1", "2", "3", "4", "5"],
         ("1=1/10 < 2=2/10", "1=1 < 2=2")),
    ],
)  # fmt: skip
def test_a_column_that_may_be_of_another_scheme_is_refused_with_options_that_work(tmp_path, dataset, values, options):
    with pytest.raises(ReviewsError, match="can be read in one way only") as refusal:
        labelled(tmp_path, values, of(**dataset))
    message = str(refusal.value)
    assert all(option in message for option in options)
    for option in message.split("'")[1::2]:
        assert len(labelled(tmp_path, values, labels=option).table) == 30


def test_labels_that_the_run_does_not_know_are_recognised_as_without_it(tmp_path):
    learnt = of(labels="1,2=negative; 4,5=positive", classes=POLARITY)
    assert classes_of(labelled(tmp_path, ["good", "bad"], learnt)) == ["positive", "negative"] * 2
    assert labelled(tmp_path, ["1", "2"], learnt, labels="classes").classes.names == ("1", "2")


def test_what_each_value_meant_is_stored_with_a_run(tmp_path):
    dataset = split(labelled(tmp_path, ["-1", "0", "1"]), seed=0, validation_fraction=0.2, test_fraction=0.2).dataset
    assert dataset.label_values == {"-1": "negative", "0": "neutral", "1": "positive"}
