"""Reviews from wherever they are: the archive or its folder, a file, a download, or the bundled sample."""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from sentiment.config import POLARITY, Classes
from sentiment.data import tables
from sentiment.data.dataset import require_enough
from sentiment.data.download import OFFICIAL, Download, download
from sentiment.data.files import ReadingOptions
from sentiment.data.files.sources import is_remote, shown
from sentiment.data.labels import LabelOptions, LearntLabels, with_counts
from sentiment.data.labels.learnt import MOST_VALUES
from sentiment.data.labels.names import require_usual_sense
from sentiment.data.parts import Places, in_splits, places_of, read_parts, together
from sentiment.data.tables import UNKNOWN_SPLIT, Interpretation
from sentiment.errors import ReviewsError
from sentiment.support.paths import SAMPLE
from sentiment.support.storage import write_text

_ARCHIVE = "aclImdb_v1.tar.gz"
ON_PURPOSE = "set aside on purpose"  # reason of a row left out: its label is in neither of the named classes
TO_TEST_WITH = "kept to test with"  # reason of an unlabelled row left out: it is in the test split
_SHOWN = 5  # rows in a message


@dataclass(frozen=True)
class Reviews:
    """Reviews as their source has them, in its order: neither cleaned nor split further.

    The table has a row for each review and the columns text (str), label (Int8: the index of its class, missing
    when unlabelled) and split (str: "train", "validation", "test", "unlabelled", or "" when the source does not say).
    """

    name: str  # of the dataset: "imdb", "sample", or made of the file's name
    source: str  # path, as a person wrote it
    table: pd.DataFrame
    reading: ReadingOptions = field(default_factory=ReadingOptions)  # as a person said it
    rejected: bool = False  # rows without text or label were set aside
    positive: tuple[str, ...] | None = None  # values of the class as named by a person; None for the usual ones
    negative: tuple[str, ...] | None = None
    labels: str | None = None  # what the values mean, as a person said it
    classes: Classes = POLARITY
    left_out: dict[str, int] = field(default_factory=dict)  # rows of the source that are not in the table, by reason
    label_values: dict[str, str] = field(default_factory=dict)  # the class of each value; empty where there are many

    @property
    def text_column(self) -> str | None:
        """The text column that a person named; the first of several; None for the usual names."""
        return next(iter(self.reading.text_columns), None)

    @property
    def label_column(self) -> str | None:
        """The label column that a person named; None for the usual names."""
        return self.reading.label_column

    def label_count(self, test_fraction: float) -> int:
        """How many labelled reviews are not in the test split.

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
    labels: str | None = None,
    positive: Iterable[object] | None = None,
    negative: Iterable[object] | None = None,
    rejects: Path | None = None,
    cache: Path | None = None,
    rejected: bool = False,
    labels_wanted: bool = True,
    notify: Callable[[str], None] | None = None,
    reading: ReadingOptions | None = None,
    learnt: LearntLabels | None = None,
) -> Reviews:
    """The reviews in an archive, a folder or a file, and in the files of other splits.

    Args:
        source: `aclImdb_v1.tar.gz`, the folder in it, or a file, an address or a folder of any kind in
            `sentiment.data.files` with a text and a label for each row, and maybe a column `split`.
        text_column: of a file; None for the usual names. For several, see `reading`.
        label_column: of a file; None for the usual names.
        labels: what the values of the label column mean, see `sentiment.data.labels`; None: a scheme that is
            recognised. Rows whose value is not named are left out.
        positive: values that mean positive, such as `["4", "5"]` or `"4,5"`, instead of `labels`.
        negative: values that mean negative; named together with the positive ones.
        rejects: CSV for the rows that are left out: without text or label, with an unknown split, or with a label of
            no class. It has the row's number from 1, the reason, and the columns of the source. Without it, rows
            of the first three kinds are refused.
        cache: folder for tables read from archives and folders; None for none.
        rejected: leave rows without text or label out without writing them, because an earlier call did.
        labels_wanted: False: a file without a label column has unlabelled reviews, without the rows of its test split.
        notify: is told, a line each, what was guessed of a file, which columns are read, how many reviews each class
            has, and how many rows were set aside.
        reading: how to read the files, and where those of the validation and the test split are; the columns above
            come before those in it.
        learnt: what labels meant to a run, for a label column of which nothing is said.

    Raises:
        ReviewsError: the source is missing, unreadable or of another kind, lacks a column, has rows without text or
            label, labels that can be read in several ways, too few labelled reviews, or reviews of one class only.
        StorageError: the disk is full.
    """
    reading = reading or ReadingOptions()
    reading = replace(
        reading,
        text_columns=(text_column,) if text_column else reading.text_columns,
        label_column=label_column or reading.label_column,
    )
    if rejects is not None and any(_is_of(Path(place), rejects) for place in places_of(source, reading)):
        raise ReviewsError(
            f"expected a file of their own for the rows to set aside; found {rejects}, which the reviews come from; "
            "name another"
        )
    options = LabelOptions.named(labels, positive, negative)
    name, tables_of_parts = read_parts(source, reading, cache, notify)
    table_of_source = tables_of_parts[""]
    source_name = shown(source) if is_remote(source) else str(source)
    unlabelled = not labels_wanted and tables.without_labels(table_of_source)
    if unlabelled and options:
        raise ReviewsError(
            f"expected a label column, such as sentiment or label, in {source_name} with --labels, "
            "--positive or --negative; found none; name it with --label-column, or leave these options out"
        )
    selections = {
        part: tables.select(table, notify, labelled=not unlabelled) for part, table in tables_of_parts.items()
    }
    rows = in_splits(selections, source_name)
    interpretation = tables.interpret(rows, source_name, options, not unlabelled, learnt)
    if not options and not unlabelled and learnt is None:
        meaning = interpretation.meaning
        require_usual_sense(tables.label_name(table_of_source), meaning.scheme, meaning.shown, source_name)
    places = Places(tables_of_parts)
    problems, aside, classes = interpretation.problems, interpretation.aside, interpretation.meaning.scheme.classes
    if problems and not rejected and rejects is None:
        raise _refusal(problems, source_name, places)
    if rejects is not None:
        reasons = problems | {position: f"{ON_PURPOSE}: label {value!r}" for position, value in aside.items()}
        _write_rejects(together(tables_of_parts), dict(sorted(reasons.items())), places, rejects)
    table = interpretation.table.drop(index=[*problems, *aside])
    if notify:
        _tell(interpretation, table, rejects, notify)
    test_place = f", {tables_of_parts['test'].source}" if "test" in tables_of_parts else f" of {source_name}"
    tested = int((interpretation.table["split"] == "test").sum())
    if tested and not (table["split"] == "test").any():
        raise ReviewsError(
            f"expected rows with a text and a label in the test split{test_place}; found "
            f"that none of its {tested:,} has both; give them labels, or leave them out, and a test split is drawn "
            "from the others"
        )
    left_out = Counter(_kind(problem) for problem in problems.values())
    left_out[ON_PURPOSE] = len(aside)
    if unlabelled:  # what is learnt without labels must not be tested on either
        before = len(table)
        table = table.drop(index=interpretation.tested, errors="ignore")
        left_out[TO_TEST_WITH] = before - len(table)
    else:
        require_enough(table["label"].dropna().tolist(), source_name, classes)
    return Reviews(
        name,
        source_name,
        table.reset_index(drop=True),
        reading,
        rejected or rejects is not None,
        options.positive,
        options.negative,
        options.labels,
        classes,
        {reason: count for reason, count in left_out.items() if count},
        _label_values(interpretation),
    )


def _label_values(interpretation: Interpretation) -> dict[str, str]:
    scheme = interpretation.meaning.scheme
    if len(scheme.index_of) > MOST_VALUES:
        return {}
    return {value: scheme.classes.names[index] for value, index in sorted(scheme.index_of.items())}


def find_reviews(data_folder: Path, *, notify: Callable[[str], None], official: Download = OFFICIAL) -> Reviews:
    """The Large Movie Review Dataset, downloaded if need be; the bundled sample if that fails.

    Args:
        data_folder: of the archive `aclImdb_v1.tar.gz` or the folder `aclImdb`, of a download, and of the `cache`.
        notify: is told what is used if it is not in the data folder.
        official: where to download from.

    Raises:
        ReviewsError: the archive or folder in the data folder cannot be read.
        StorageError: the disk is full.
    """
    if local := _in_data_folder(data_folder):
        return local
    target = data_folder / _ARCHIVE
    notify(f"No reviews in {data_folder}; asking {official.url} (about 80 MB).")
    try:
        download(official, target)
    except ReviewsError as error:
        notify(
            f"Warning: no real reviews ({error}). Using the bundled sample of generated reviews instead; figures from "
            "it say nothing about real reviews. To give the real ones: sentiment train --data path/to/aclImdb_v1.tar.gz"
        )
        return load_reviews(SAMPLE)
    return load_reviews(target, cache=data_folder / "cache")


def local_reviews(data_folder: Path) -> Reviews:
    """The reviews in the data folder, else the bundled sample; nothing is downloaded. Raises as `find_reviews`."""
    return _in_data_folder(data_folder) or load_reviews(SAMPLE)


def _in_data_folder(data_folder: Path) -> Reviews | None:
    for path in (data_folder / _ARCHIVE, data_folder / "aclImdb"):
        if path.exists():
            return load_reviews(path, cache=data_folder / "cache")
    return None


def _refusal(problems: dict[int, str], source: str, places: Places) -> ReviewsError:
    shown = ", ".join(f"{places.shown(position)} ({problem})" for position, problem in list(problems.items())[:_SHOWN])
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    files = " and the files of other splits" if places.are_several else ""
    return ReviewsError(
        f"expected a text, a label and a known split in every row of {source}{files}; found {len(problems)} "
        f"without: {shown}{more}; correct them, or set them aside with --rejects rejects.csv; in a column named split, "
        "write train, validation or test, and unlabelled for those without a label"
    )


def _tell(
    interpretation: Interpretation, table: pd.DataFrame, rejects: Path | None, notify: Callable[[str], None]
) -> None:
    """Says how the labels were interpreted, and what became of the rows that are not in the table."""
    counts = table["label"].value_counts()
    if len(counts):
        meaning = interpretation.meaning
        notify(meaning.told([int(counts.get(index, 0)) for index in range(len(meaning.scheme.classes))]))
    if repeats := int(table["text"].duplicated().sum()):
        labels = table.dropna(subset="label").groupby("text")["label"].nunique()
        different = f"; {count:,} texts have several labels" if (count := int((labels > 1).sum())) else ""
        notify(f"{repeats:,} of {len(table):,} rows repeat the text of another{different}")
    if interpretation.aside:
        notify(f"{ON_PURPOSE}, of no class that was named: {with_counts(Counter(interpretation.aside.values()))}")
    if rejects is not None:
        reasons = Counter(_kind(problem) for problem in interpretation.problems.values())
        reasons[ON_PURPOSE.removeprefix("set aside ")] = len(interpretation.aside)
        listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common() if count)
        notify(
            f"set aside {reasons.total():,} of {len(interpretation.table):,} rows in {rejects}"
            + (f": {listed}" if listed else "")
        )


def _kind(problem: str) -> str:
    """A problem without the value of its row."""
    return UNKNOWN_SPLIT if problem.startswith(UNKNOWN_SPLIT) else problem


def _is_of(source: Path, other: Path) -> bool:
    """Whether a file is the source of the reviews, or lies in its folder."""
    with contextlib.suppress(OSError):  # reading or writing it reports the error
        if source.is_dir():
            return other.resolve().is_relative_to(source.resolve())
        return other.exists() and other.samefile(source)
    return False


def _write_rejects(frame: pd.DataFrame, reasons: dict[int, str], places: Places, rejects: Path) -> None:
    rows = frame.iloc[list(reasons)].copy()
    rows.insert(0, "reason", list(reasons.values()), allow_duplicates=True)
    rows.insert(0, "row", [places.of(position)[1] for position in reasons], allow_duplicates=True)
    if places.are_several:
        rows.insert(0, "file", [places.of(position)[0] for position in reasons], allow_duplicates=True)
    write_text(rejects, rows.to_csv(index=False))
