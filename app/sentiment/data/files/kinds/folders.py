"""A folder of text files, one text each: a folder for each class, maybe in a folder for each split.

    pos/7.txt  neg/8.txt            or   train/pos/7.txt  test/neg/8.txt       or   7.txt  8.txt  without labels

Files that do not end in .txt are passed over, and said.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from sentiment.data.files.lines import LONGEST
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.splits import SPLITS, UNLABELLED
from sentiment.data.files.rows import Notify, RawRows
from sentiment.errors import ReviewsError

COLUMNS = ["text", "label", "split", "file"]
_LONGEST_BYTES = 4 * LONGEST  # a character of UTF-8 has up to four bytes
_CP1252_HOLES = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def open_folder(path: Path, options: ReadingOptions, notify: Notify) -> RawRows:
    """A row for each text file in a folder, sorted by name; its columns are `COLUMNS`.

    Raises:
        ReviewsError: there is no text file, it lies too deep, or, when the row is reached, a text is too long.
    """
    root = _root(path)
    files = sorted(
        (file for file in root.rglob("*") if file.is_file() and not _hidden(file, root)),
        key=lambda file: [_natural(part) for part in file.relative_to(root).parts],
    )
    texts = [file for file in files if file.suffix.lower() == ".txt"]
    if not texts:
        raise ReviewsError(
            f"expected a folder with texts like pos/1.txt or train/pos/1.txt at {path}; found no file that ends in "
            ".txt; give the folder above those of the classes, or a file with a table"
        )
    in_classes = any(len(file.relative_to(root).parts) > 1 for file in texts)
    loose = [file for file in texts if len(file.relative_to(root).parts) == 1] if in_classes else []
    texts = [file for file in texts if file not in set(loose)]
    places = {file: _place(file.relative_to(root), path) for file in texts}
    others = Counter(file.suffix or file.name for file in files if file.suffix.lower() != ".txt")
    others.update(file.name for file in loose)
    if others and notify:
        listed = ", ".join(f"{count:,} {name}" for name, count in others.most_common(5))
        notify(f"{path}: files that are no texts of a class are passed over: {listed}")
    files_read = 0

    def rows() -> Iterator[list[str]]:
        nonlocal files_read
        guessed = False
        for file in texts:
            text, is_guess = _text(file, options)
            if is_guess and not guessed and notify:
                notify(f"{file} is not UTF-8; its encoding is guessed as cp1252; name another with --encoding")
            guessed |= is_guess
            files_read += 1
            yield [text, *places[file], str(file.relative_to(root))]

    return RawRows.from_strings(
        COLUMNS, rows(), lambda: files_read / len(texts), text=0, label=1 if in_classes else None
    )


def _root(path: Path) -> Path:
    """The folder of the splits or classes: also where the one named has only that folder in it."""
    entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
    folders = [entry for entry in entries if entry.is_dir()]
    inside = len(folders) == 1 and folders[0].name.lower() not in SPLITS
    if inside and len(entries) == 1 and any(entry.is_dir() for entry in folders[0].iterdir()):
        return folders[0]
    return path


def _place(file: Path, path: Path) -> tuple[str, str]:
    """Label and split of a file below the folder of the splits or classes."""
    *folders, _ = file.parts
    split = folders.pop(0).lower() if folders and folders[0].lower() in SPLITS else ""
    if len(folders) > 1:
        raise ReviewsError(
            f"expected texts like pos/1.txt or train/pos/1.txt in {path}; found {file}, in more folders; give the "
            "folder above those of the classes"
        )
    label = folders[0] if folders else ""
    if SPLITS.get(label.lower()) == UNLABELLED:
        return "", UNLABELLED
    return label, split


def _text(file: Path, options: ReadingOptions) -> tuple[str, bool]:
    """The text of a file, and whether its encoding is a guess."""
    size = file.stat().st_size
    if size > _LONGEST_BYTES:
        raise ReviewsError(
            f"expected at most {_LONGEST_BYTES:,} bytes in each text; found {size:,} in {file}; leave that file out, "
            "or break it into texts"
        )
    content = file.read_bytes()
    if options.encoding:
        try:
            return content.decode(options.encoding).removeprefix("\ufeff"), False
        except UnicodeDecodeError as error:
            raise ReviewsError(
                f"expected {options.encoding} in {file}; found byte 0x{content[error.start]:02x}; name another "
                "encoding with --encoding"
            ) from None
    try:
        return content.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return content.decode("latin-1" if _CP1252_HOLES.search(content) else "cp1252"), True


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(root).parts)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2.txt before 10.txt."""
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
