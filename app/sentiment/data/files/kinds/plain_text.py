"""`.txt`: lines of fastText, else a table whose header has names and a usual one, else one text a line."""

from sentiment.data.files.kinds.texts_alone import MARK, open_fasttext, open_lines
from sentiment.data.files.options import DELIMITERS, LINES, ReadingOptions
from sentiment.data.files.recognition.columns import is_usual_name, names_of
from sentiment.data.files.recognition.dialect import line_end_of, rows_of, sample_of
from sentiment.data.files.recognition.encodings import encoding_of
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.separated import open_separated
from sentiment.data.files.sources import Source

_SHOWN = 5  # names of columns in a message


def open_plain_text(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    """The rows of a text file, see the module; `notify` is told which of the three it is."""
    if options.delimiter not in (None, LINES):
        return open_separated(source, options, notify)
    encoding = encoding_of(source, options.encoding, None)
    lines = sample_of(source, line_end_of(source, encoding), encoding)
    if any(line.startswith(MARK) for line in lines):
        return open_fasttext(source, options, notify)
    if options.delimiter is None and (header := _table_header(lines, options)):
        if notify:
            names = ", ".join(name.strip()[:30] for name in header[:_SHOWN]) + (", ..." if len(header) > _SHOWN else "")
            notify(f"{source} is read as a table with the columns {names}; if each line is a text: --delimiter none")
        return open_separated(source, options, notify)
    if notify:
        notify(f"{source} is read as one text a line; if it is a table, name what stands between fields: --delimiter")
    return open_lines(source, options, notify)


def _table_header(lines: list[str], options: ReadingOptions) -> list[str] | None:
    """The names of the columns, where some delimiter makes a header of several; None for lines of text.

    Some name must be usual or named by a person. Running text has a blank behind a comma or a semicolon, and words with
    blanks between them: "Content, but tired"; so a first line with blanks is a header where tabs divide it, a
    person names a column of it, or all its names are usual.
    """
    if options.header is False:
        return None
    named = {name.strip().lower() for name in names_of(options)}
    without_blanks = len(next((line for line in lines if line.strip()), "").split()) == 1
    for mark in DELIMITERS:
        rows = rows_of(lines, mark)
        header = rows[0] if rows else []
        if len(header) < 2:
            continue
        is_named = any(name.strip().lower() in named for name in header)
        looks_so = mark == "\t" or without_blanks or all(map(is_usual_name, header))
        if is_named or (any(map(is_usual_name, header)) and (looks_so or options.header)):
            return header
    return None
