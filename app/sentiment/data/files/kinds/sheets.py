"""The process that reads a spreadsheet; it imports nothing of this project, so that it starts at once.

calamine reserves memory for every cell between the first and the last one, and aborts its process if there is none:
two cells far from each other, in a file of five kilobytes, take gigabytes. So it reads in a process of its own, with a
limit.

Standard output: a JSON document a line: the names of the sheets with rows, then each row of the first one as strings.
Where it ends with the exit status 1, standard error has the reason.
"""

import contextlib
import json
import sys
from datetime import date, time
from typing import Any

MEMORY_BYTES = 3 << 28  # 805 MB; where the operating system limits it (not on macOS and Windows)
TOO_LARGE = 3  # the exit status where Python runs out of memory; calamine aborts


def _main(path: str) -> None:
    import python_calamine

    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows; or less is allowed than wanted
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        filled, first = [], None
        hidden = {
            each.name for each in workbook.sheets_metadata if each.visible != python_calamine.SheetVisibleEnum.Visible
        }
        for name in sorted(workbook.sheet_names, key=lambda name: name in hidden):
            sheet = workbook.get_sheet_by_name(name)
            if sheet.height:
                filled.append(name)
                first = first or sheet  # the others are not kept
        print(json.dumps(filled))
        for row in first.iter_rows() if first else ():
            print(json.dumps([_string(cell) for cell in row]))
    except MemoryError:
        sys.exit(TOO_LARGE)
    except BrokenPipeError:
        sys.exit("nobody reads the rows")
    except Exception as error:  # of a damaged file, whose members are of many kinds
        sys.exit(" ".join(str(error).split())[:200] or type(error).__name__)


def _string(cell: Any) -> str:
    """A cell as CSV would have it: the number 4.0 is "4", a date is in ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


if __name__ == "__main__":
    _main(sys.argv[1])
