"""The rows of a file, as they are and as texts, and the search for a column."""

import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sentiment.errors import ReviewsError

TEXT_COLUMNS = ("review", "text")
Notify = Callable[[str], None] | None  # takes a line that a person should read


@dataclass(frozen=True)
class RawRows:
    """The rows of a file as they are, to be read once. Every kind of file is opened as such."""

    columns: list[str]  # names in their order; of JSONL, more come while rows are read
    rows: Iterator[Mapping[int, Any]]  # values by position in `columns`; a row may lack some
    kinds: Callable[[], list[tuple[str, Any]]]  # all columns with their kind, see `TextRows.columns`
    fraction: Callable[[], float]  # share of the file that was read


class TextRow(NamedTuple):
    """A row of a file."""

    text: str  # "" where there is none
    others: Mapping[str, Any]  # the values of the other columns by name; a column may be missing


@dataclass(frozen=True)
class TextRows:
    """The rows of a file, to be read once. Other columns keep their names, or become `input_...` where one is taken."""

    rows: Iterator[TextRow]
    columns: Callable[[], dict[str, Any]] | None = None
    """The other columns of all rows with their kind: str, int, float, bool, object (anything of JSON), or the type of
    Arrow. May read the whole file. None: there are none."""
    fraction: Callable[[], float | None] = lambda: None  # share of the file that was read; None: unknown

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "TextRows":
        """Rows of texts alone."""
        return cls(TextRow(text, {}) for text in texts)


class Names:
    """Names for the other columns: as in the file, unless a name is reserved or a column before it has it."""

    def __init__(self, reserved: Container[str]) -> None:
        self._reserved = reserved
        self._used: dict[str, int] = {}  # names, and how often each came up
        self._in_file: set[str] = set()

    def keep(self, names: Iterable[str]) -> None:
        """Keeps the names of the file's columns for them: none of them replaces a reserved name."""
        self._in_file.update(name for name in names if name not in self._reserved)

    def new(self, name: str) -> str:
        """A free name for a column."""
        free = f"input_{name}" if name in self._reserved else name
        while free in self._used or free in self._reserved or (free != name and free in self._in_file):
            self._used[name] = again = self._used.get(name, 1) + 1
            free = f"input_{name}_{again}"
        self._used[free] = 1
        return free


def find_column(
    columns: Sequence[str],
    name: str | None,
    usual_names: Sequence[str],
    content: str,
    source: Path,
    option: str,
    notify: Notify = None,
) -> int:
    """Position of the column with a name, or without one with one of the usual names.

    A name as written wins over one that differs in case or in blanks around it, and an earlier usual name over a later
    one; `notify` is told which column was chosen where others fit. `content`, `source` and `option` are for messages.

    Raises:
        ReviewsError: there is no such column, or there are two of one name.
    """
    wanted = [name] if name else usual_names
    exact = [column for want in wanted for column in columns if column == want]
    alike = [column for want in wanted for column in columns if column.strip().lower() == want.strip().lower()]
    fitting = exact or alike
    if not fitting or columns.count(fitting[0]) > 1:
        shown = ", ".join(column[:30] for column in columns[:10]) + (", ..." if len(columns) > 10 else "")
        advice = (
            "rename one of them"  # no name tells two alike apart
            if fitting
            else f"say which one with {option}, or add a line with the names of the columns if the file has none"
        )
        raise ReviewsError(
            f"expected {'a' if fitting or not name else 'the'} {content} column, {' or '.join(wanted)}, once in "
            f"{source}; found the columns {' '.join(shown.split())}; {advice}"
        )
    others = [column for column in dict.fromkeys(alike) if column != fitting[0]]
    if others and notify and not (name and exact):
        notify(
            f"{content} column of {source}: {fitting[0]!r}; {' and '.join(map(repr, others))} would fit, too: choose "
            f"with {option} {shlex.quote(others[0])}"
        )
    return columns.index(fitting[0])
