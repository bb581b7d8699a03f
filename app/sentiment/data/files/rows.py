"""What every kind of file becomes: rows of a text and what stands beside it, and the column of the text."""

import shlex
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sentiment.errors import ReviewsError

TEXT_COLUMNS = ("review", "text")
Notify = Callable[[str], None] | None  # is told in a line what a person should know


class TextRow(NamedTuple):
    """A row of a file."""

    text: str  # "" where there is none
    others: Mapping[str, Any]  # what else stands in the row, by column; a column may be missing


@dataclass(frozen=True)
class TextRows:
    """The rows of a file, to be read once.

    The other columns are named as in the file, and those whose name is taken `input_...`.
    """

    rows: Iterator[TextRow]
    columns: Callable[[], dict[str, Any]] | None = None
    """The other columns of all rows with their kind: str, int, float, bool, object (anything that JSON can say), or the
    type of Arrow. May read the whole file, so only who has to write a header asks. None: there are none."""
    fraction: Callable[[], float | None] = lambda: None  # how much of the file was read; None where nobody knows

    @classmethod
    def of(cls, texts: Iterable[str]) -> "TextRows":
        """Texts that stand in no file."""
        return cls(TextRow(text, {}) for text in texts)


class Names:
    """What the other columns are called: as in the file, except where that name is taken or was there before."""

    def __init__(self, taken: Container[str]) -> None:
        self._taken = taken
        self._given: dict[str, int] = {}  # names, with how often each was asked for again
        self._own: set[str] = set()  # that columns of the file have, and keep

    def keep(self, names: Iterable[str]) -> None:
        """Keeps the names of columns for them, so that no other column gets one of these in place of a taken name."""
        self._own.update(name for name in names if name not in self._taken)

    def new(self, name: str) -> str:
        """A free name for a column."""
        free = f"input_{name}" if name in self._taken else name
        while free in self._given or free in self._taken or (free != name and free in self._own):
            self._given[name] = again = self._given.get(name, 1) + 1
            free = f"input_{name}_{again}"
        self._given[free] = 1
        return free


def find_column(
    names: Sequence[str],
    asked: str | None,
    usual: Sequence[str],
    what: str,
    source: Path,
    option: str,
    notify: Notify = None,
) -> int:
    """Position of a column: by its name as written, else regardless of case and of blanks around it.

    Where several fit, the first of the usual names is taken, one as written before one in another case.

    Args:
        names: the columns that are there.
        asked: the name a person gave, if any.
        usual: the names to look for otherwise.
        what: it holds, for the message.
        source: named in the message.
        option: that names the column.
        notify: is told in one line which column was chosen where others would fit, too.

    Raises:
        ReviewsError: it is not there, or twice.
    """
    wanted = [asked] if asked else usual
    exact = [name for want in wanted for name in names if name == want]
    alike = [name for want in wanted for name in names if name.strip().lower() == want.strip().lower()]
    found = exact or alike
    if not found or names.count(found[0]) > 1:
        shown = ", ".join(name[:30] for name in names[:10]) + (", ..." if len(names) > 10 else "")
        advice = "rename one of them" if found else f"say which one with {option}"  # no name tells two alike apart
        raise ReviewsError(
            f"expected {'a' if found or not asked else 'the'} {what} column, {' or '.join(wanted)}, once in {source}; "
            f"found the columns {' '.join(shown.split())}; {advice}"
            + ("" if found else ", or add a line with the names of the columns if the file has none")
        )
    others = [name for name in dict.fromkeys(alike) if name != found[0]]
    if others and notify and not (asked and exact):
        notify(
            f"{what} column of {source}: {found[0]!r}; {' and '.join(map(repr, others))} would fit, too: choose with "
            f"{option} {shlex.quote(others[0])}"
        )
    return names.index(found[0])


def text_of(value: Any, path: Path, number: int) -> str:
    """What stands in the text column of a row, counted from 1; "" for nothing.

    Raises:
        ReviewsError: it is no text.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ReviewsError(
            f"expected text in the text column of {path}; found {str(value)[:40]!r} of type {type(value).__name__} in "
            f"row {number}; say which column holds the text with --column"
        )
    return str(without_surrogates(value))


def without_surrogates(value: Any) -> Any:
    """A string without halves of surrogate pairs, which JSON can say, and which are no character."""
    return value.encode("utf-8", "ignore").decode() if isinstance(value, str) else value
