"""Where reviews come from: the archive or its folder, a file, a download, or the bundled sample."""

import contextlib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from sentiment.data import archive
from sentiment.data.download import OFFICIAL, Download, download
from sentiment.data.labels import Classes, in_words
from sentiment.data.parsed_copy import through_copy
from sentiment.data.tables import (
    LABEL_COLUMNS,
    TABLE_SUFFIXES,
    UNKNOWN_SPLIT,
    Understood,
    as_unlabelled,
    read_table,
    rows_to_test_with,
    understand,
    without_labels,
)
from sentiment.errors import ReviewsError
from sentiment.support.paths import PROJECT, SAMPLE
from sentiment.support.storage import write_text

OFFICIAL_NAME = "imdb"
SAMPLE_NAME = "sample"
_ARCHIVE = "aclImdb_v1.tar.gz"
FEWEST = 20  # labelled reviews; fewer leave nothing to validate and to test with
ON_PURPOSE = "set aside on purpose"  # why a row is left out: its label is in neither of the classes that were named
TO_TEST_WITH = "kept to test with"  # the same of a row without a label that the source has in its test split
_SHOWN = 5  # rows named in a message


@dataclass(frozen=True)
class Reviews:
    """Reviews as their source has them: not cleaned, not split further, in the source's order.

    The table has a row for each review and the columns text (str), label (Int8: 1 positive, 0 negative, missing
    when unlabelled) and split (str: "train", "test", "unlabelled", or "" when the source does not say).
    """

    name: str  # of the dataset: "imdb", "sample", or made of a file's name
    source: str  # path, as a person wrote it
    table: pd.DataFrame
    text_column: str | None = None  # as it was asked for; None for the usual names
    label_column: str | None = None
    rejected: bool = False  # rows without text or label were set aside
    positive: tuple[str, ...] | None = None  # labels of that class as they were asked for; None for the usual ones
    negative: tuple[str, ...] | None = None
    left_out: dict[str, int] = field(default_factory=dict)  # rows of the source that are not in the table, by reason

    def labels(self, test_fraction: float) -> int:
        """How many labelled reviews are left when the test split is taken away.

        Args:
            test_fraction: share of them that is drawn for the test split where the source names none.
        """
        splits = self.table["split"][self.table["label"].notna()]
        tested = int((splits == "test").sum()) or round(test_fraction * len(splits))
        return len(splits) - tested

    @cached_property
    def content_hash(self) -> str:
        """SHA-256, hexadecimal, over every text, label and split in their order."""
        digest = hashlib.sha256()
        labels = self.table["label"].astype("object").where(self.table["label"].notna(), "")
        for text, label, split in zip(self.table["text"], labels, self.table["split"], strict=True):
            content = text.encode()
            digest.update(f"{split},{label},{len(content)}:".encode())
            digest.update(content)
        return digest.hexdigest()


def load_reviews(
    source: str | Path,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    positive: Iterable[object] | None = None,
    negative: Iterable[object] | None = None,
    rejects: Path | None = None,
    cache: Path | None = None,
    rejected: bool = False,
    labels_wanted: bool = True,
    notify: Callable[[str], None] | None = None,
) -> Reviews:
    """The reviews in an archive, a folder or a file.

    Args:
        source: `aclImdb_v1.tar.gz`, the folder in it, or a CSV, TSV, Parquet or JSONL file with a text and a label
            column, and maybe a column `split` with train, test or unlabelled.
        text_column: column of the text in a file; None for `review` or `text`.
        label_column: column of the label in a file; None for `sentiment` or `label`.
        positive: labels that mean positive, such as `["4", "5"]` or `"4,5"`; None where the labels are
            positive/negative, pos/neg, 1/0 or true/false. Rows whose label is in neither class are left out.
        negative: labels that mean negative; both are given, or neither.
        rejects: CSV for the rows without text, without a label or with an unknown split, which otherwise are refused,
            and for those whose label is in neither class. It has the row's number, counted from 1, the reason, and
            the columns of the source.
        rejected: leave such rows out without writing them anywhere, as when they were set aside before.
        cache: folder for parsed copies of archives and folders; None for none.
        labels_wanted: False: a file without a label column is a file of unlabelled reviews; rows that its split
            column says are for testing are left out.
        notify: is told, a line each, which of several columns was chosen, how many reviews of each label there are,
            and how many rows were set aside.

    Raises:
        ReviewsError: the source is missing, unreadable or of another kind, lacks a column, has rows without text or
            label, labels that are not of two classes, too few labelled reviews, or reviews of one class only.
        StorageError: no room for the parsed copy or the rejects.
    """
    source = Path(source)
    if rejects is not None and _is_of(source, rejects):
        raise ReviewsError(
            f"expected a file of their own for the rows to set aside; found {rejects}, which the reviews come from; "
            "name another"
        )
    classes = Classes.named(positive, negative)
    with _reading_errors(source):
        name, frame = _read(source, cache)
    unlabelled = not labels_wanted and without_labels(frame, label_column)
    if unlabelled and classes:
        raise ReviewsError(
            f"expected a label column, {' or '.join(LABEL_COLUMNS)}, in {source} with --positive and --negative; found "
            "none; name it with --label-column, or leave these options out"
        )
    table = as_unlabelled(frame) if unlabelled else frame
    understood = understand(table, source, text_column, label_column, classes, notify)
    problems, aside = understood.problems, understood.aside
    tolerant = rejected or rejects is not None
    if problems and not tolerant:
        raise _refusal(problems, source)
    if rejects is not None:
        _set_aside(frame, dict(sorted({**problems, **_reasons(aside)}.items())), rejects)
    whole, table = understood.table, understood.table.drop(index=[*problems, *aside])
    if notify:
        _tell(understood, table, rejects, notify)
    if (whole["split"] == "test").any() and not (table["split"] == "test").any():
        raise ReviewsError(
            f"expected rows with a text and a positive or negative label in the test split of {source}; found that "
            f"none of its {(whole['split'] == 'test').sum():,} has both; give them labels, or leave them out, and a "
            "test split is drawn from the others"
        )
    left_out = Counter(_kind(problem) for problem in problems.values())
    left_out[ON_PURPOSE] = len(aside)
    if unlabelled:  # whoever reads what nobody labelled, reads nothing that others are tested with
        before = len(table)
        table = table.drop(index=rows_to_test_with(frame, source), errors="ignore")
        left_out[TO_TEST_WITH] = before - len(table)
    table = table.reset_index(drop=True)
    if not unlabelled:
        require_enough(table["label"].dropna().tolist(), str(source))
    return Reviews(
        name,
        str(source),
        table,
        text_column,
        label_column,
        tolerant,
        classes.positive,
        classes.negative,
        {reason: many for reason, many in left_out.items() if many},
    )


def find_reviews(data_folder: Path, *, notify: Callable[[str], None], official: Download = OFFICIAL) -> Reviews:
    """The Large Movie Review Dataset if it can be had, else the bundled sample.

    Args:
        data_folder: where the archive `aclImdb_v1.tar.gz` or the folder `aclImdb` may lie, where a download goes, and
            in whose folder `cache` the parsed copy goes.
        notify: is told in one line what is used when it is not what lies in the data folder.
        official: where to download from.

    Raises:
        ReviewsError: what lies in the data folder is not what its name says.
        StorageError: no room for the download or the parsed copy.
    """
    if there := _lying_in(data_folder):
        return there
    target = data_folder / _ARCHIVE
    notify(f"No reviews in {data_folder}; asking {official.url} (about 80 MB).")
    try:
        download(official, target)
    except ReviewsError as error:
        notify(
            f"Warning: no real reviews ({error}). Using the bundled sample of generated reviews instead; figures from "
            "it say nothing about real reviews. To give the real ones: make train DATA=path/to/aclImdb_v1.tar.gz"
        )
        return load_reviews(SAMPLE)
    return load_reviews(target, cache=data_folder / "cache")


def local_reviews(data_folder: Path) -> Reviews:
    """What lies in the data folder, else the bundled sample; nothing is downloaded.

    Raises:
        ReviewsError: what lies in the data folder is not what its name says.
        StorageError: no room for the parsed copy.
    """
    return _lying_in(data_folder) or load_reviews(SAMPLE)


def place_of(source: str) -> str:
    """The path to reviews from the project's folder if they lie in it, else from the root: the same from everywhere."""
    absolute = Path(os.path.abspath(source))  # noqa: PTH100 (resolve would follow links, which may change)
    return str(absolute.relative_to(PROJECT) if absolute.is_relative_to(PROJECT) else absolute)


def require_enough(labels: list[int], source: str) -> None:
    """Refuses labels from which nothing can be learnt.

    Args:
        labels: 1 and 0.
        source: named in the message.

    Raises:
        ReviewsError: fewer than 20, or of one class only.
    """
    if len(labels) < FEWEST:
        raise ReviewsError(
            f"expected at least {FEWEST} labelled reviews in {source}; found {len(labels)}; give a file with more"
        )
    if len(set(labels)) < 2:
        kind = "positive" if labels[0] else "negative"
        raise ReviewsError(
            f"expected positive and negative reviews in {source}; found {kind} ones only; give a file with both"
        )


def _lying_in(data_folder: Path) -> Reviews | None:
    for there in (data_folder / _ARCHIVE, data_folder / "aclImdb"):
        if there.exists():
            return load_reviews(there, cache=data_folder / "cache")
    return None


def _read(source: Path, cache: Path | None) -> tuple[str, pd.DataFrame]:
    """Name of the dataset, and its table as the source has it."""
    if source.is_dir():
        copied = through_copy(source, cache, archive.folder_identity, archive.read_folder)
        return OFFICIAL_NAME, copied
    if not source.is_file():
        raise ReviewsError(
            f"expected reviews at {source}; found no such file; give the archive aclImdb_v1.tar.gz, its folder, or "
            f"a file ending in {', '.join(TABLE_SUFFIXES)}"
        )
    if source.suffix.lower() not in TABLE_SUFFIXES and archive.is_archive(source):
        return OFFICIAL_NAME, through_copy(source, cache, archive.archive_identity, archive.read_archive)
    return _dataset_name(source), read_table(source)


def _dataset_name(path: Path) -> str:
    """Name of the folder of its runs. Only the bundled sample and the official dataset have their names."""
    if path.resolve() == SAMPLE.resolve():
        return SAMPLE_NAME
    slug = re.sub(r"[\W_]+", "-", path.stem.lower()).strip("-")[:60] or "reviews"
    return f"{slug}-file" if slug in (OFFICIAL_NAME, SAMPLE_NAME) else slug


def _refusal(problems: dict[int, str], source: Path) -> ReviewsError:
    shown = ", ".join(f"row {position + 1} ({problem})" for position, problem in list(problems.items())[:_SHOWN])
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return ReviewsError(
        f"expected a text, a label and a known split in every row of {source}; found {len(problems)} without: {shown}"
        f"{more}; correct them, or set them aside with --rejects rejects.csv; in a column named split, write train for "
        "reviews to learn from, also for those to validate with, and unlabelled for those without a label"
    )


def _reasons(aside: dict[int, str]) -> dict[int, str]:
    """Why rows with a label of neither class are set aside, by position."""
    return {position: f"{ON_PURPOSE}: label {value!r}" for position, value in aside.items()}


def _tell(understood: Understood, table: pd.DataFrame, rejects: Path | None, notify: Callable[[str], None]) -> None:
    """Says how the labels were understood, and what became of the rows that are not in the table."""
    counts = table["label"].value_counts()
    if len(counts):
        classes = [
            f"{name} ({', '.join(value for value, label in understood.values.items() if label == number) or 'none'}): "
            f"{int(counts.get(number, 0)):,}"
            for number, name in ((1, "positive"), (0, "negative"))
        ]
        notify(f"labels: {'; '.join(classes)}")
    if understood.aside:
        notify(f"{ON_PURPOSE}, neither positive nor negative: {in_words(Counter(understood.aside.values()))}")
    if rejects is not None:
        reasons = Counter(_kind(problem) for problem in understood.problems.values())
        reasons[ON_PURPOSE.removeprefix("set aside ")] = len(understood.aside)
        reasons_in_words = ", ".join(f"{many:,} {reason}" for reason, many in reasons.most_common() if many)
        notify(
            f"set aside {reasons.total():,} of {len(understood.table):,} rows in {rejects}"
            + (f": {reasons_in_words}" if reasons_in_words else "")
        )


def _kind(problem: str) -> str:
    """What is wrong with a row, without the value that it has."""
    return UNKNOWN_SPLIT if problem.startswith(UNKNOWN_SPLIT) else problem


def _is_of(source: Path, other: Path) -> bool:
    """Whether a file is the one that reviews are read from, or lies in their folder."""
    with contextlib.suppress(OSError):  # whoever reads or writes it says what is wrong
        if source.is_dir():
            return other.resolve().is_relative_to(source.resolve())
        return other.exists() and other.samefile(source)
    return False


def _set_aside(frame: pd.DataFrame, problems: dict[int, str], rejects: Path) -> None:
    rows = frame.iloc[list(problems)].copy()
    rows.insert(0, "reason", list(problems.values()), allow_duplicates=True)
    rows.insert(0, "row", [position + 1 for position in problems], allow_duplicates=True)
    write_text(rejects, rows.to_csv(index=False))


@contextlib.contextmanager
def _reading_errors(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReviewsError(
            f"expected to be able to read {source}; found: {reason}; check the path and its permissions"
        ) from None
