"""What a file of reviews has in it, without reading all of a large one."""

import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sentiment.data.files import ReadingOptions
from sentiment.data.files.lines import reading_errors
from sentiment.data.files.recognition.columns import Choice, has_label, label_choice, text_choice
from sentiment.data.files.rows import RawRows
from sentiment.data.files.sources import Source
from sentiment.data.files.texts import joined, open_rows
from sentiment.errors import ReviewsError
from sentiment.text.cleaning import is_blank

LOOKED_AT = 50_000  # rows, at most
_SAMPLE = 500  # texts
_VALUES = 1_000  # of a label column that are counted apart, at most
_PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class FileSurvey:
    """What is in a file, counted over the rows that were looked at."""

    name: str
    kind: str  # the ending of the content, or "folder"
    packing: str | None  # "gz", "zip", ...; None where it is not packed
    rows: int  # that were looked at
    whole: bool  # these are all rows
    estimated_rows: int  # of the whole file, by the share that was read
    columns: tuple[str, ...]
    header: bool
    text: Choice | None  # positions in `columns`; None where no column is certain
    label: Choice | None
    notes: tuple[str, ...]  # what was guessed or recognised, as training says it; why no column is certain
    labels: Mapping[str, int] = field(default_factory=dict)  # rows by value, the most frequent first
    words: Mapping[int, float] = field(default_factory=dict)  # words in a text, by percentile
    blank_texts: int = 0
    duplicate_texts: int = 0  # rows whose text is that of an earlier row
    contradictory_texts: int = 0  # texts that come with several labels
    sample: tuple[str, ...] = ()  # some of the texts, from all over the rows

    def names(self, choice: Choice | None) -> list[str]:
        """The names of chosen columns."""
        return [self.columns[position] for position in choice.positions] if choice else []


def survey(location: str | Path, options: ReadingOptions | None = None, rows: int = LOOKED_AT) -> FileSurvey:
    """Looks at the first rows of a file.

    Args:
        location: a file, an address, or a folder of texts.
        options: how to read it.
        rows: to look at, at most.

    Raises:
        ReviewsError: it cannot be read at all. A column that is not found is in the notes instead.
    """
    options = options or ReadingOptions()
    notes: list[str] = []
    source, raw = open_rows(location, options, notes.append, sample=True)
    with reading_errors(source):
        values = list(islice(raw.rows, rows + 1))
        whole = len(values) <= rows
        fraction = 1.0 if whole else raw.fraction()
        values = values[:rows]
    text, label = _choices(raw, options, source, notes)
    counted = _count(values, text, label, source) if text else {}
    return FileSurvey(
        name=str(source),
        kind=source.suffix if isinstance(source, Source) else "folder",
        packing=source.packing[1:] if isinstance(source, Source) and source.packing else None,
        rows=len(values),
        whole=whole,
        estimated_rows=len(values) if whole else round(len(values) / max(fraction, 1e-9)),
        columns=tuple(raw.columns),
        header=raw.header,
        text=text,
        label=label,
        notes=tuple(notes),
        **counted,
    )


def _choices(
    raw: RawRows, options: ReadingOptions, source: Source | Path, notes: list[str]
) -> tuple[Choice | None, Choice | None]:
    """The columns of text and label; what is wrong with them goes to the notes."""
    text = label = None
    try:
        text = text_choice(raw, options, source)
    except ReviewsError as error:
        notes.append(str(error))
    if has_label(raw, options):
        try:
            label = label_choice(raw, options, source)
        except ReviewsError as error:
            notes.append(str(error))
    return text, label


def _count(rows: list[Mapping[int, Any]], text: Choice, label: Choice | None, source: Source | Path) -> dict[str, Any]:
    lengths: list[int] = []
    labels: Counter[str] = Counter()
    labels_of_texts: dict[str, set[str]] = {}
    blanks = duplicates = 0
    for number, row in enumerate(rows, start=1):
        content = joined([row.get(position) for position in text.positions], source, number, "--text-column")
        value = "" if label is None or (cell := row.get(label.positions[0])) is None else str(cell)
        labels[value] += 1
        if is_blank(content):
            blanks += 1
            continue
        lengths.append(len(content.split()))
        duplicates += content in labels_of_texts
        labels_of_texts.setdefault(content, set()).add(value)
    texts = list(labels_of_texts)
    return {
        "sample": tuple(texts[:: -(-len(texts) // _SAMPLE) or 1]),
        "labels": dict(labels.most_common(_VALUES)) if label else {},
        "words": _percentiles(lengths),
        "blank_texts": blanks,
        "duplicate_texts": duplicates,
        "contradictory_texts": sum(len(values) > 1 for values in labels_of_texts.values()),
    }


def _percentiles(lengths: list[int]) -> dict[int, float]:
    if not lengths:
        return {}
    cuts = statistics.quantiles(lengths, n=100, method="inclusive") if len(lengths) > 1 else [lengths[0]] * 99
    return {percentile: cuts[percentile - 1] for percentile in _PERCENTILES}
