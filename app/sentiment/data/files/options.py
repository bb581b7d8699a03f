"""How a person says that a source is to be read, where that is not recognised or not wanted."""

import codecs
import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sentiment.errors import ReviewsError

LINES = "none"  # the delimiter of a file whose lines are one field each
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SPELLINGS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|"}


@dataclass(frozen=True)
class LearntColumns:
    """The columns that a run learnt from because a person named them: taken where a file has all of them."""

    run: str  # its name, for messages
    text: tuple[str, ...] = ()
    label: str | None = None

    @classmethod
    def of_dataset(cls, run: str, dataset: Mapping[str, Any]) -> "LearntColumns":
        """Those of a run whose record has this `DatasetInfo`, as a dictionary and maybe of an older version."""
        reading = ReadingOptions.from_json(dataset)
        return cls(run, reading.text_columns, reading.label_column)


@dataclass(frozen=True)
class ReadingOptions:
    """What a person says of a source; each field empty or None where it is to be recognised.

    `to_json` and `from_json` store it with a run, which is evaluated on the same reviews later.
    """

    text_columns: tuple[str, ...] = ()  # names, or numbers from 1; several are joined by a line break
    label_column: str | None = None  # name, or number from 1
    encoding: str | None = None  # as Python names it
    delimiter: str | None = None  # one character, or `LINES`
    header: bool | None = None  # whether the first row has the names of the columns
    validation: str | None = None  # path or address of a file with the validation split
    test: str | None = None  # path or address of a file with the test split
    learnt: "LearntColumns | None" = None  # where a run is asked; not stored

    @classmethod
    def named(
        cls,
        text_columns: str | Iterable[str] | None = None,
        label_column: str | None = None,
        encoding: str | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
        validation: object = None,
        test: object = None,
    ) -> "ReadingOptions":
        """The options as they were typed.

        Args:
            text_columns: one or several.
            label_column: one.
            encoding: any name that Python knows, such as "latin-1".
            delimiter: a character, its name (comma, semicolon, tab, bar), or "none".
            header: whether there is one.
            validation: path or address.
            test: path or address.

        Raises:
            ReviewsError: there is no such encoding or delimiter.
        """
        if isinstance(text_columns, str):
            text_columns = (text_columns,)
        if encoding is not None:
            try:
                codecs.lookup(encoding)
                b"    ".decode(encoding, "ignore")  # not every codec makes text
            except (LookupError, ValueError):
                raise ReviewsError(
                    f"expected an encoding after --encoding; found {encoding[:40]!r}; for example utf-8, utf-16, "
                    "cp1252 or latin-1"
                ) from None
        if delimiter is not None:
            delimiter = _SPELLINGS.get(delimiter.lower(), delimiter)
            if delimiter.lower() == LINES:
                delimiter = LINES
            elif len(delimiter) != 1 or delimiter in '"\r\n':
                raise ReviewsError(
                    f"expected one character after --delimiter; found {delimiter[:40]!r}; give for example , or ; or "
                    "tab or bar, or none where each line is one text"
                )
        validation, test = (None if place is None else str(place) for place in (validation, test))
        return cls(tuple(text_columns or ()), label_column, encoding, delimiter, header, validation, test)

    def to_json(self) -> dict[str, Any]:
        """The options that are set; `from_json` reads them back."""
        names = [field.name for field in dataclasses.fields(self) if field.name != "learnt"]
        fields = {name: getattr(self, name) for name in names}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
            if value not in (None, ())
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "ReadingOptions":
        """The options of a stored dataset: in its `reading`, or of older versions, in `text_column`, `label_column`."""
        reading = dict(stored.get("reading") or {})
        if stored.get("text_column"):
            reading.setdefault("text_columns", [stored["text_column"]])
        reading.setdefault("label_column", stored.get("label_column"))
        known = {field.name for field in dataclasses.fields(cls)} - {"learnt"}
        reading = {name: value for name, value in reading.items() if name in known}
        return cls(**{**reading, "text_columns": tuple(reading.get("text_columns") or ())})

    def at(self, place: Callable[[str], str]) -> "ReadingOptions":
        """The same with the files of other splits at other places."""
        validation, test = (None if path is None else place(path) for path in (self.validation, self.test))
        return dataclasses.replace(self, validation=validation, test=test)

    def of_one_file(self) -> "ReadingOptions":
        """The same without the files of other splits."""
        return dataclasses.replace(self, validation=None, test=None)
