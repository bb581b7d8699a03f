"""The rows of a file, as they are and as texts."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, NamedTuple

Notify = Callable[[str], None] | None  # takes a line that a person should read
SAMPLE_ROWS = 500
_SAMPLE_CHARACTERS = 1 << 21


@dataclass(frozen=True)
class RawRows:
    """The rows of a file as they are, to be read once. Every kind of file is opened as such."""

    columns: list[str]  # names in their order; of JSONL, more come while rows are read
    rows: Iterator[Mapping[int, Any]]  # values by position in `columns`; a row may lack some
    kinds: Callable[[], list[tuple[str, Any]]]  # all columns with their kind, see `TextRows.columns`
    fraction: Callable[[], float]  # share of the file that was read
    text: int | None = None  # position of the text, where the kind of file says it
    label: int | None = None  # position of the label, where the kind of file says it
    header: bool = True  # False: the names of the columns are numbers from 1
    sample: Sequence[Mapping[int, Any]] = ()  # the first rows, to judge columns by; `rows` has them, too

    @classmethod
    def from_strings(
        cls, columns: list[str], rows: Iterable[list[str]], fraction: Callable[[], float], **says: Any
    ) -> "RawRows":
        """Rows of strings; `says` has the fields that follow `fraction`."""
        return cls(
            columns, (dict(enumerate(row)) for row in rows), lambda: [(name, str) for name in columns], fraction, **says
        )

    def looked_into(self) -> "RawRows":
        """The same with a sample: `SAMPLE_ROWS` rows, or fewer of long values."""
        sample: list[Mapping[int, Any]] = []
        characters = 0
        for row in self.rows:
            sample.append(row)
            characters += sum(len(value) for value in row.values() if isinstance(value, str))
            if len(sample) == SAMPLE_ROWS or characters > _SAMPLE_CHARACTERS:
                break
        return replace(self, rows=chain(sample, self.rows), sample=sample)


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
    ready: Callable[[], bool] = lambda: True  # whether the next row is there without waiting for somebody to write it

    @classmethod
    def from_texts(cls, texts: Iterable[str], ready: Callable[[], bool] = lambda: True) -> "TextRows":
        """Rows of texts alone."""
        return cls((TextRow(text, {}) for text in texts), ready=ready)


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
