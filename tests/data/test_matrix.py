"""Every scheme of labels in every kind of file: read right, row by row, or refused with advice that works as it is."""

import gzip
import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from sentiment.config import Classes
from sentiment.data.files import ReadingOptions
from sentiment.data.reviews import load_reviews
from sentiment.errors import ReviewsError

POLARITY = Classes()
THREE = Classes(("negative", "neutral", "positive"), ordered=True)


def grades(*names: str) -> Classes:
    return Classes(names, ordered=True)


# The values of a column, each in ten rows; and the classes that they are, in the order of the values. None: refused.
SCHEMES = {
    "words": (["negative", "Positive"], POLARITY),
    "short words": (["neg", "pos"], POLARITY),
    "good and bad": (["bad", "GOOD"], POLARITY),
    "yes and no": (["no", "yes"], POLARITY),
    "true and false": ([False, True], POLARITY),
    "zero and one": ([0, 1], POLARITY),
    "minus one and one": ([-1, 1], POLARITY),
    "zero and four": ([0, 4], POLARITY),
    "names of Hugging Face": (["LABEL_0", "LABEL_1"], POLARITY),
    "three words": (["Negative", "neutral", "positive"], THREE),
    "minus one to one": ([-1, 0, 1], THREE),
    "zero, two and four": ([0, 2, 4], THREE),
    "stars": ([1, 2, 3, 4, 5], grades("1", "2", "3", "4", "5")),
    "stars as floats": ([1.0, 2.0, 3.0, 5.0], grades("1", "2", "3", "5")),
    "stars in words": (["1 star", "2 stars", "5 stars"], grades("1", "2", "5")),
    "zero to four": ([0, 1, 2, 3, 4], grades("0", "1", "2", "3", "4")),
    "out of ten": ([1, 3, 7, 10], grades("1", "3", "7", "10")),
    "percent": (["20%", "50%", "90%"], grades("20", "50", "90")),
    "topics": (["food", "price", "service"], Classes(("food", "price", "service"))),
    "agreement": (["strongly disagree", "disagree", "agree"], grades("strongly disagree", "disagree", "agree")),
    "quality": (["poor", "fair", "good", "excellent"], grades("poor", "fair", "good", "excellent")),
    "plain words": (["terrible", "okay", "great"], grades("terrible", "okay", "great")),
    "very bad to very good": (
        ["very bad", "bad", "good", "very good"],
        grades("very negative", "negative", "positive", "very positive"),
    ),
    "faces": ([":(", ":|", ":)"], grades(":(", ":|", ":)")),
    "stars with and without the word": (["1 star", "3", "4 stars"], grades("1", "3", "4")),
    "words of two scales": (["bad", "agree", "excellent"], None),
    "words of one step": (["terrible", "awful", "good"], None),
    "stars beside a zero": (["0", "1 star", "4"], None),
    "zero to two": ([0, 1, 2], None),
    "one and two": ([1, 2], None),
    "one to three": ([1, 2, 3], None),
    "a scale with another value": ([-1, 0, 1, 2], None),
    "a misspelt word": (["negative", "positive", "postive"], None),
    "numbers and words": ([0, "positive"], None),
}


def table(values: list[object]) -> pd.DataFrame:
    """Texts with commas, quotes and accents; the label in another column; every value ten times, in turn."""
    labels = values * 10
    texts = [f'Review {i}, "so" naïve; for {label}' for i, label in enumerate(labels)]
    return pd.DataFrame({"id": range(len(labels)), "review": texts, "label": pd.Series(labels, dtype=_dtype(labels))})


def _dtype(labels: list[object]) -> type:
    kinds = {type(label) for label in labels}
    return kinds.pop() if len(kinds) == 1 else object


def semicolons(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, sep=";", encoding="latin-1", lineterminator="\r\n")


def packed(frame: pd.DataFrame, path: Path) -> None:
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode("utf-8-sig")))


def lines(frame: pd.DataFrame, path: Path) -> None:
    frame.to_json(path, orient="records", lines=True, force_ascii=False)


def array(frame: pd.DataFrame, path: Path) -> None:
    path.write_text(json.dumps({"data": json.loads(frame.to_json(orient="records"))}))


def parquet(frame: pd.DataFrame, path: Path) -> None:
    mixed = len({type(label) for label in frame["label"]}) > 1
    frame.assign(label=frame["label"].astype("str") if mixed else frame["label"]).to_parquet(path, index=False)


def without_header(frame: pd.DataFrame, path: Path) -> None:
    frame[["label", "review"]].to_csv(path, index=False, header=False, quoting=1)


KINDS = {
    "a.csv": lambda frame, path: frame.to_csv(path, index=False),
    "a.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "utf16.csv": lambda frame, path: frame.to_csv(path, index=False, encoding="utf-16"),
    "semicolons.csv": semicolons,
    "bare.csv": without_header,
    "a.csv.gz": packed,
    "a.jsonl": lines,
    "a.json": array,
    "a.parquet": parquet,
    "a.xlsx": lambda frame, path: frame.to_excel(path, index=False),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_labels_are_read_right_or_refused_with_advice_that_works(scheme: str, kind: str, tmp_path: Path) -> None:
    values, classes = SCHEMES[scheme]
    frame, path = table(values), tmp_path / kind
    KINDS[kind](frame, path)
    bare = {"text_columns": "2", "label_column": "1", "header": False} if kind == "bare.csv" else {}
    reading = ReadingOptions.named(**bare)
    if classes is not None:
        reviews = load_reviews(path, reading=reading)
        assert reviews.table["text"].tolist() == frame["review"].tolist()
        assert reviews.classes == classes
        assert reviews.table["label"].tolist() == list(range(len(values))) * 10
        return
    with pytest.raises(ReviewsError, match="--labels") as refusal:
        load_reviews(path, reading=reading)
    assert "\n" not in str(refusal.value)
    assert "--rejects" not in str(refusal.value)
    if typed := re.search(r"--labels ('[^']+=[^']+')", str(refusal.value)):
        reviews = load_reviews(path, reading=reading, labels=shlex.split(typed[1])[0])
        assert reviews.table["text"].isin(frame["review"]).all()
        assert set(reviews.table["label"].dropna()) == set(range(len(reviews.classes)))
