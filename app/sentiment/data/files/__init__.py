"""Texts out of CSV, TSV, Parquet and JSONL files of any size, row by row; and the lines of standard input.

Imports neither pandas nor pyarrow; Parquet loads pyarrow when it is read. A new kind of file is a function that opens
it as `RawRows`, and an entry in `OPENERS`.
"""

from sentiment.data.files.lines import read_lines
from sentiment.data.files.rows import TextRow, TextRows
from sentiment.data.files.texts import OPENERS, read_rows

__all__ = ["OPENERS", "TextRow", "TextRows", "read_lines", "read_rows"]
