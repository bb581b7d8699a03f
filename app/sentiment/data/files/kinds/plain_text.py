"""`.txt`: lines of fastText, else a table whose header has a usual name, else one text a line."""

from sentiment.data.files.kinds.texts_alone import MARK, open_fasttext, open_lines
from sentiment.data.files.options import DELIMITERS, LINES, ReadingOptions
from sentiment.data.files.recognition.columns import is_usual_name
from sentiment.data.files.recognition.dialect import line_end_of, rows_of, sample_of
from sentiment.data.files.recognition.encodings import encoding_of
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.separated import open_separated
from sentiment.data.files.sources import Source


def open_plain_text(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    """The rows of a text file, see the module; `notify` is told which of the three it is."""
    if options.delimiter not in (None, LINES):
        return open_separated(source, options, notify)
    encoding = encoding_of(source, options.encoding, None)
    lines = sample_of(source, line_end_of(source, encoding), encoding)
    if any(line.startswith(MARK) for line in lines):
        return open_fasttext(source, options, notify)
    if options.delimiter is None and _is_table(lines, options):
        return open_separated(source, options, notify)
    if notify:
        notify(f"{source} is read as one text a line; if it is a table, name what stands between fields: --delimiter")
    return open_lines(source, options, notify)


def _is_table(lines: list[str], options: ReadingOptions) -> bool:
    """Whether some delimiter makes a header of several fields, of which one has a usual name."""
    headers = [rows[0] for mark in DELIMITERS if (rows := rows_of(lines, mark))]
    named = {name.strip().lower() for name in (*options.text_columns, options.label_column or "")}
    return options.header is not False and any(
        len(header) > 1 and any(is_usual_name(name) or name.strip().lower() in named for name in header)
        for header in headers
    )
