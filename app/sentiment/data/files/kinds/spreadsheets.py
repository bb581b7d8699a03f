"""`.xlsx` and `.ods`: the first sheet with rows, as strings, read with calamine (the extra `files`).

A spreadsheet is a zip file of XML, so its unpacked size is looked at first; `sheets` reads it in another process.
"""

import json
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sentiment.data.files.fields import is_header_again
from sentiment.data.files.kinds import sheets
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.columns import chosen_by_content
from sentiment.data.files.recognition.dialect import has_header, require_names_first, say_header
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.data.files.sources.packing import RATIO, UNPACKED_BYTES
from sentiment.errors import ReviewsError
from sentiment.support.extras import naming_the_extra

_SAMPLE = 1_000  # rows to recognise a header by


def open_spreadsheet(source: Source, options: ReadingOptions, notify: Notify) -> RawRows:
    """The rows of a spreadsheet.

    Raises:
        ReviewsError: it is damaged, has no rows, or unpacks to more than 256 MB and a hundred times its size.
        MissingExtraError: the extra `files` is not installed.
    """
    with naming_the_extra():
        import python_calamine  # noqa: F401  it is used in `sheets`
    path = source.unpacked_path()
    most = max(UNPACKED_BYTES, RATIO * path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        if isinstance(error, PermissionError):
            raise
        raise _unreadable(source, str(error)) from None
    if size > most:
        raise _too_large(source, size, path.stat().st_size)
    filled, rows = _sheets_and_rows(path, source, most)
    rows = [row for row in rows if any(row)]
    if not rows:
        raise ReviewsError(f"expected rows in {source}; found an empty spreadsheet; give one with a text column")
    if len(filled) > 1 and notify:
        notify(f"{source}: the sheet {filled[0]!r} is read, not {', '.join(map(repr, filled[1:]))[:100]}")
    header = has_header(rows[: _SAMPLE + 1], options)
    require_names_first(rows, header, source, options)
    say_header(rows, header, source, options, notify)
    width = max(map(len, rows))
    columns = rows.pop(0) if header else [str(number) for number in range(1, width + 1)]
    text, label = (None, None) if header else chosen_by_content(rows[:_SAMPLE])
    rows_read = 0

    def read() -> Iterator[list[str]]:
        nonlocal rows_read
        repeated = 0
        for row in rows:
            rows_read += 1
            if header and len(columns) > 1 and is_header_again(row, columns):
                repeated += 1
            else:
                yield row
        if notify and repeated:
            notify(f"{source} repeats its header {repeated:,} times, which are no rows")

    return RawRows.from_strings(
        columns, read(), lambda: rows_read / max(1, len(rows)), text=text, label=label, header=header
    )


def _sheets_and_rows(path: Path, source: Source, most: int) -> tuple[list[str], list[list[str]]]:
    """The names of the sheets with rows, and the rows of the first one, of `most` characters at most."""
    command = [sys.executable, "-P", sheets.__file__, str(path)]
    # Standard error is a file, so that a long message does not block the process.
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        lines: list[bytes] = []
        size = 0
        try:
            for line in process.stdout or ():
                lines.append(line)
                size += len(line)
                if size > most:
                    raise _too_large(source, size, path.stat().st_size)
        except BaseException:  # also a signal that ends this process, which would wait for the other one
            process.kill()
            raise
        if status := process.wait():
            errors.seek(0)
            raise _unreadable(source, *_reason_and_advice(status, errors.read(1_000).decode(errors="replace")))
    filled, *rows = map(json.loads, lines)
    return filled, rows


def _reason_and_advice(status: int, message: str) -> tuple[str, str]:
    if status == 1:
        return message, "save it again"
    if status in (sheets.TOO_LARGE, -signal.SIGABRT):
        return "it needs too much memory", "save it as CSV"
    end = f"signal {-status}" if status < 0 else f"the exit status {status}"
    return f"the process that reads it was ended by {end}", "try again, or save it as CSV"


def _too_large(source: Source, size: int, packed: int) -> ReviewsError:
    return ReviewsError(
        f"expected a spreadsheet of text in {source}; found more than {size / 1e6:,.0f} MB that are packed into "
        f"{packed / 1e6:,.2f} MB; save it as CSV"
    )


def _unreadable(source: Source, reason: str, advice: str = "save it again") -> ReviewsError:
    return ReviewsError(f"expected a spreadsheet at {source}; found: {' '.join(reason.split())[:200]}; {advice}")
