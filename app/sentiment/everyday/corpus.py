"""Texts of many domains with the grades that they may have.

reviews.parquet    text; stars, from 1 to 5 or missing; label: negative, neutral or positive, or missing; domain;
                   source_id; source: where it was published; licence, as stated there; split: train, validation or
                   test; shippable: whether a model that learns from it may be given to others
an archive         the Large Movie Review Dataset, whose file names have ratings from 1 to 10: two of them are a star

A label says less than a star: a text labelled negative has one star or two. Texts to learn from are shippable, and none
of them is in a split that something is measured on, whatever its capitals and marks.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.config import NEGATIVE, NEUTRAL, POSITIVE, Classes, preset
from sentiment.data.archive import read_official
from sentiment.data.reviews import load_reviews
from sentiment.data.splits import split
from sentiment.errors import ReviewsError
from sentiment.text.cleaning import as_read, clean

FILE = "reviews.parquet"
FILMS = "imdb"  # the archive, among the sources
STARS = 5
CLASSES = Classes((NEGATIVE, NEUTRAL, POSITIVE), ordered=True, grades=(2, 1, 2))
GRADES_OF = {NEGATIVE: (0, 1), NEUTRAL: (2, 2), POSITIVE: (3, 4)}  # the lowest and the highest of a class, from 0
_COLUMNS = ("text", "stars", "label", "domain", "source_id", "source", "licence", "split", "shippable")
_FILMS_SOURCE = "Large Movie Review Dataset, https://ai.stanford.edu/~amaas/data/sentiment/"
_FILMS_LICENCE = "none stated; its authors ask to cite Maas et al. 2011"
_RATING = re.compile(r"_(\d+)\.txt$")


@dataclass(frozen=True)
class Graded:
    """Texts, and the grades that each may have: one, where there are stars."""

    texts: list[str]
    lowest: np.ndarray  # int8[n], from 0
    highest: np.ndarray  # int8[n]; below `lowest`: nothing is known
    domains: np.ndarray  # str[n]
    sources: np.ndarray  # str[n]
    has_stars: np.ndarray  # bool[n]: a neutral label is no third star

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def classes(self) -> np.ndarray:
        """int8[n]: the index of the class in `CLASSES`."""
        return class_of(self.lowest)

    def at(self, rows: np.ndarray) -> "Graded":
        """Some of the texts.

        Args:
            rows: int[k] or bool[n].
        """
        places = np.arange(len(self))[rows]
        return Graded(
            [self.texts[place] for place in places],
            *(values[places] for values in (self.lowest, self.highest, self.domains, self.sources, self.has_stars)),
        )


@dataclass(frozen=True)
class Origin:
    """Where texts to learn from come from."""

    name: str
    domain: str
    source: str
    licence: str
    texts: int


@dataclass(frozen=True)
class Corpus:
    """What the everyday model learns from, is chosen by and is measured on."""

    train: Graded
    unlabelled: list[str]
    validation: Graded
    test: Graded
    other: Graded  # measured on alone: texts that a model which is given to others may not learn from
    measured: frozenset[str]  # what `key_of` says of the texts to measure on, and of those that may not be learnt
    content_hash: str  # SHA-256 of texts and grades
    origins: list[Origin]  # of the texts to learn from


def class_of(grades: np.ndarray) -> np.ndarray:
    """int8[...]: the index of the class of grades from 0 to 4."""
    return np.repeat(np.arange(len(CLASSES)), CLASSES.grades).astype(np.int8)[grades]


def read_corpus(folder: Path, archive: str) -> Corpus:
    """Reads both sources.

    Args:
        folder: with `reviews.parquet`.
        archive: the Large Movie Review Dataset: an archive or a folder.

    Raises:
        ReviewsError: a source is missing, or lacks a column or texts.
    """
    reviews = _reviews(folder)
    films = _films(archive)
    measured = {key_of(text) for text in films.loc[films["split"].isin(["validation", "test"]), "text"]}
    reviews["key"] = [key_of(text) for text in reviews["text"]]
    measured |= set(reviews.loc[reviews["split"].ne("train") | ~reviews["shippable"], "key"])
    learnt = reviews[reviews["shippable"] & reviews["split"].eq("train") & ~reviews["key"].isin(measured)]
    films["key"] = [key_of(text) for text in films["text"]]
    seen = films[films["split"].isin(["train", "unlabelled"]) & ~films["key"].isin(measured)].drop_duplicates("key")
    train = pd.concat([learnt, seen[seen["split"].eq("train")]]).drop_duplicates(["key", "lowest", "highest"])
    held = {
        name: pd.concat([reviews[reviews["shippable"] & reviews["split"].eq(name)], films[films["split"].eq(name)]])
        for name in ("validation", "test")
    }
    return Corpus(
        train=_graded(train),
        unlabelled=seen.loc[seen["split"].eq("unlabelled"), "text"].tolist(),
        validation=_graded(held["validation"]),
        test=_graded(held["test"]),
        other=_graded(reviews[~reviews["shippable"] & reviews["split"].ne("train")]),
        measured=frozenset(measured),
        content_hash=_hash([train, seen, *held.values()]),
        origins=_origins(pd.concat([train, seen[seen["split"].eq("unlabelled")]])),
    )


def read_labelled(path: Path) -> list[tuple[str, str]]:
    """Short texts and their labels, of CSV files with the columns review and label.

    Args:
        path: a file, or a folder of files, which are read in the order of their names.

    Raises:
        ReviewsError: there is no such file, one lacks a column, a label is none of negative, neutral and positive, a
            row has no text, or there is no row.
    """
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise ReviewsError(f"expected a CSV file of short texts at {path}, or a folder of them; found none")
    rows = [row for file in files for row in _labelled_rows(file)]
    if not rows:
        raise ReviewsError(f"expected short texts below the header in {path}; found none; write it again")
    return rows


def _labelled_rows(path: Path) -> list[tuple[str, str]]:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise ReviewsError(f"expected a CSV file of short texts at {path}; found: {error}; write it again") from None
    if lacking := {"review", "label"} - set(table.columns):
        raise ReviewsError(f"expected the columns review and label in {path}; found no {sorted(lacking)[0]}")
    if unknown := set(table["label"]) - set(GRADES_OF):
        raise ReviewsError(f"expected the labels {', '.join(GRADES_OF)} in {path}; found {sorted(unknown)[0]!r}")
    rows = [(clean(text), label) for text, label in zip(table["review"], table["label"], strict=True)]
    for number, (text, _) in enumerate(rows, start=1):
        if not text:
            raise ReviewsError(f"expected a text in each row of {path}; found none in row {number}; remove the row")
    return rows


def read_table(folder: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of `reviews.parquet`.

    Args:
        folder: that the file lies in.
        columns: their names.

    Raises:
        ReviewsError: there is no such file, it is no Parquet file, or it lacks a column.
    """
    path = folder / FILE
    if not path.is_file():
        raise ReviewsError(f"expected {FILE} in {folder}; found none; name the folder that it lies in")
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # those of pyarrow are either
        raise ReviewsError(f"expected a whole Parquet file at {path}; found: {error}; get it again") from None
    if lacking := [name for name in columns if name not in frame.columns]:
        raise ReviewsError(f"expected the columns {', '.join(columns)} in {path}; found no {lacking[0]}")
    return frame[list(columns)].copy()


def _reviews(folder: Path) -> pd.DataFrame:
    frame, path = read_table(folder, _COLUMNS), folder / FILE
    if not pd.api.types.is_numeric_dtype(frame["stars"]) or not frame["stars"].dropna().isin(range(1, STARS + 1)).all():
        raise ReviewsError(
            f"expected stars from 1 to {STARS}, or none, in {path}; found others; correct the column stars"
        )
    if frame["shippable"].dtype != bool:
        raise ReviewsError(
            f"expected true or false in the column shippable of {path}; found {frame['shippable'].dtype}"
        )
    frame["text"] = frame["text"].fillna("").astype(str)
    frame["text"] = [clean(text) for text in frame["text"]]
    by_label = pd.DataFrame(
        [GRADES_OF.get(label, (-1, -2)) for label in frame["label"]], columns=["lowest", "highest"], index=frame.index
    )
    stars = frame["stars"].fillna(0).astype(int) - 1
    frame["has_stars"] = stars >= 0
    for name in by_label:
        frame[name] = stars.where(frame["has_stars"], by_label[name])
    frame = frame[frame["text"].ne("") & frame["lowest"].ge(0)]
    if not frame["split"].eq("train").any():
        raise ReviewsError(f"expected texts with stars or a label and the split train in {path}; found none")
    return frame


def _films(archive: str) -> pd.DataFrame:
    """The reviews of the archive in the splits of every other run, each with its star."""
    path = Path(archive)
    if not path.exists():
        raise ReviewsError(f"expected the Large Movie Review Dataset at {path}; found nothing; name it with --archive")
    table = read_official(path, None)
    table["text"] = [clean(text) for text in table["text"]]
    ratings = table["file"].str.extract(_RATING, expand=False).astype(int)
    stars = ((ratings + 1) // 2 - 1).where(table["label"].ne(""), -1)
    validation = set(split(load_reviews(archive), **preset("compact").split).validation.texts)
    held_out = table["split"].eq("train") & table["text"].isin(validation)
    return pd.DataFrame(
        {
            "text": table["text"],
            "lowest": stars,
            "highest": stars.where(stars >= 0, -2),
            "has_stars": stars >= 0,
            "domain": "films",
            "source_id": FILMS,
            "source": _FILMS_SOURCE,
            "licence": _FILMS_LICENCE,
            "split": table["split"].mask(held_out, "validation"),
            "shippable": True,
        }
    )


def _origins(frame: pd.DataFrame) -> list[Origin]:
    return [
        Origin(
            str(name),
            str(group["domain"].iloc[0]),
            str(group["source"].iloc[0]),
            str(group["licence"].iloc[0]),
            len(group),
        )
        for name, group in frame.groupby("source_id")
    ]


def _graded(frame: pd.DataFrame) -> Graded:
    return Graded(
        frame["text"].tolist(),
        frame["lowest"].to_numpy(np.int8),
        frame["highest"].to_numpy(np.int8),
        frame["domain"].to_numpy(str),
        frame["source_id"].to_numpy(str),
        frame["has_stars"].to_numpy(bool),
    )


def key_of(text: str) -> str:
    """What texts have in common that differ in capitals, blanks and marks alone."""
    return " ".join(re.findall(r"\w+", as_read(text).lower())) or text


def _hash(frames: Sequence[pd.DataFrame]) -> str:
    digest = hashlib.sha256()
    for frame in frames:
        for text, low, high in zip(frame["text"], frame["lowest"], frame["highest"], strict=True):
            digest.update(f"{low}\t{high}\t{text}\n".encode())
    return digest.hexdigest()
