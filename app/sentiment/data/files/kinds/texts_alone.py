"""Files of lines: one text a line, or a label and a text as fastText has them.

__label__positive A fine film.
"""

import re
from collections.abc import Iterable, Iterator

from sentiment.data.files.lines import Lines
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.columns import is_usual_name
from sentiment.data.files.recognition.dialect import line_end_of
from sentiment.data.files.recognition.encodings import encoding_of
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

MARK = "__label__"
_LABELS = re.compile(rf"((?:{MARK}\S+\s+)*(?:{MARK}\S+$)?)(.*)", re.DOTALL)


def open_lines(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    """A row for each line, also for one without text. A first line that is a usual name of a column is a header."""
    lines, ends = _lines(source, options, notify)
    first = next(ends, None)
    is_header = options.header if options.header is not None else first is not None and is_usual_name(first)
    if is_header and options.header is None and notify:
        notify(f"{source}: the first line, {first!r}, is read as a header; else: --no-header")
    texts = ends if is_header or first is None else _chain(first, ends)
    name = first if is_header and first else "text"
    return RawRows.from_strings([name], ([text] for text in texts), lines.fraction, text=0)


def open_fasttext(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    """A row for each line with its label, if it has one.

    Raises:
        ReviewsError: when the line is reached, it has two labels.
    """
    lines, ends = _lines(source, options, notify)

    def rows() -> Iterator[list[str]]:
        for number, line in enumerate(ends, start=1):
            if not line.strip():
                continue
            marks, text = _LABELS.fullmatch(line).groups()  # type: ignore[union-attr]  # it matches everything
            labels = [mark.removeprefix(MARK) for mark in marks.split()]
            if len(labels) > 1:
                raise ReviewsError(
                    f"expected one label a line in {source}; found {len(labels)} in line {number}: "
                    f"{', '.join(labels)[:60]}; leave one of them"
                )
            yield [labels[0] if labels else "", text]

    return RawRows.from_strings(["label", "text"], rows(), lines.fraction, label=0, text=1)


def _lines(source: Source, options: ReadingOptions, notify: Notify) -> tuple[Lines, Iterator[str]]:
    encoding = encoding_of(source, options.encoding, notify)
    lines = Lines(source, line_end_of(source, encoding), encoding)
    return lines, (line.rstrip("\r\n") for line in lines)


def _chain(first: str, others: Iterable[str]) -> Iterator[str]:
    yield first
    yield from others
