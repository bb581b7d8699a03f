"""`.xlsx` and `.ods`: the first sheet with rows, as strings, read with calamine (the extra `files`).

A spreadsheet is a zip file of XML, so its unpacked size is looked at first.
"""

import zipfile
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.columns import chosen_by_content
from sentiment.data.files.recognition.dialect import has_header, say_header
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
        import python_calamine
    path = source.unpacked_path()
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > max(UNPACKED_BYTES, RATIO * path.stat().st_size):
            raise ReviewsError(
                f"expected a spreadsheet of text in {source}; found {size / 1e6:,.0f} MB that are packed into "
                f"{path.stat().st_size / 1e6:,.2f} MB; save it as CSV"
            )
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
        filled = [name for name, sheet in sheets.items() if sheet.height]
        rows = [[_string(cell) for cell in row] for row in sheets[filled[0]].iter_rows()] if filled else []
    except (zipfile.BadZipFile, python_calamine.CalamineError, OSError, ValueError) as error:
        if isinstance(error, PermissionError):
            raise
        raise ReviewsError(
            f"expected a spreadsheet at {source}; found: {' '.join(str(error).split())[:200]}; save it again"
        ) from None
    rows = [row for row in rows if any(row)]
    if not rows:
        raise ReviewsError(f"expected rows in {source}; found an empty spreadsheet; give one with a text column")
    if len(filled) > 1 and notify:
        notify(f"{source}: the sheet {filled[0]!r} is read, not {', '.join(map(repr, filled[1:]))[:100]}")
    header = has_header(rows[: _SAMPLE + 1], options)
    say_header(rows, header, source, options, notify)
    width = max(map(len, rows))
    columns = rows.pop(0) if header else [str(number) for number in range(1, width + 1)]
    text, label = (None, None) if header else chosen_by_content(rows[:_SAMPLE])
    rows_read = 0

    def read() -> Iterator[list[str]]:
        nonlocal rows_read
        for row in rows:
            rows_read += 1
            if row != columns:
                yield row
        if notify and (repeated := rows.count(columns)):
            notify(f"{source} repeats its header {repeated:,} times, which are no rows")

    return RawRows.from_strings(
        columns, read(), lambda: rows_read / max(1, len(rows)), text=text, label=label, header=header
    )


def _string(cell: Any) -> str:
    """A cell as CSV would have it: the number 4.0 is "4", a date is in ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
