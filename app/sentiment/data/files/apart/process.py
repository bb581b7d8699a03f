"""The process that reads a file: a JSON document on standard input says which one and how.

Its output is a JSON document for each row, and a last one with what else is to be known.
"""

import contextlib
import dataclasses
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.data.files.options import LearntColumns, ReadingOptions
from sentiment.data.files.recognition.encodings import encoding_of
from sentiment.data.files.sources import Source
from sentiment.data.files.texts import open_source, read_rows
from sentiment.errors import ReviewsError, SentimentError

OUT_OF_MEMORY = 77  # exit status
KINDS: dict[str, Any] = {kind.__name__: kind for kind in (str, int, float, bool, object)}
_TEXT_KINDS = (".csv", ".tsv", ".txt", ".ft")  # whose encoding may be a guess


@dataclass(frozen=True)
class Limits:
    """What a file may need."""

    rows: int  # one more is read
    output_bytes: int  # of all rows as JSON
    memory_bytes: int
    seconds: float


def require_utf8(source: Source) -> None:
    """Refuses a text file in another encoding: what comes back would have the letters of a guess."""
    notes: list[str] = []
    if source.suffix in _TEXT_KINDS:
        encoding_of(source, None, notes.append)
    if notes:
        guess = notes[0].partition(";")[2].strip().removeprefix("its encoding is ").partition(";")[0]
        raise ReviewsError(
            f"expected UTF-8 in {source}; found another encoding, {guess}; save the file as UTF-8 and send it again, "
            "or use: sentiment predict --encoding"
        )


def _main() -> None:
    command = json.load(sys.stdin)
    limits = Limits(**command["limits"])
    learnt = LearntColumns(**command["learnt"] | {"text": tuple(command["learnt"]["text"])})
    reading = dataclasses.replace(ReadingOptions.named(command["column"]), learnt=learnt)
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on Windows; or less is allowed than wanted
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        last = _print_rows(Path(command["path"]), reading, command["reserved"], limits)
    except SentimentError as error:
        last = {"error": str(error)}
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    sys.stdout.write(json.dumps(last))


def _print_rows(path: Path, reading: ReadingOptions, reserved: list[str], limits: Limits) -> dict[str, Any]:
    source = open_source(path)
    require_utf8(source)
    notes: list[str] = []
    file = read_rows(path, reading, reserved, notes.append)
    size = 0
    for number, row in enumerate(file.rows):
        line = json.dumps([row.text, dict(row.others)], default=str)
        size += len(line)
        if size > limits.output_bytes:
            raise ReviewsError(
                f"expected at most {limits.output_bytes >> 20:,} MiB of text in {path}; found more; send it in parts"
            )
        sys.stdout.write(f"{line}\n")
        if number >= limits.rows:
            break
    columns = file.columns() if file.columns else {}
    kinds = [(name, kind.__name__ if kind in KINDS.values() else "object") for name, kind in columns.items()]
    return {"columns": kinds, "notes": notes, "suffix": source.suffix}


if __name__ == "__main__":
    _main()
