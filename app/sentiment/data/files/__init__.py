"""Texts out of files of many kinds and any size, row by row; and the lines of standard input.

Imports neither pandas nor pyarrow; what needs more than the base install loads it when it is read. A new kind of file
is a function that opens it as `RawRows`, and an entry in `OPENERS`.

sources/        a file on the disk or at an address, packed or not
recognition/    encoding, delimiter, header, and the columns of text and label
kinds/          what is neither CSV, Parquet nor JSON lines
apart/          files that somebody else sent, read in a process of their own
"""

from sentiment.data.files.lines import IncomingLines
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.rows import TextRow, TextRows
from sentiment.data.files.texts import OPENERS, read_rows

__all__ = ["OPENERS", "IncomingLines", "ReadingOptions", "TextRow", "TextRows", "read_rows"]
