"""A folder of text files, one text each: a folder for each class, maybe in a folder for each split.

    pos/7.txt  neg/8.txt            or   train/pos/7.txt  test/neg/8.txt       or   7.txt  8.txt  without labels

Files that do not end in .txt are passed over, and said.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath

from sentiment.data.files.lines import LONGEST
from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.splits import SPLITS, UNLABELLED
from sentiment.data.files.rows import Notify, RawRows
from sentiment.errors import ReviewsError

COLUMNS = ["text", "label", "split", "file"]
_LONGEST_BYTES = 4 * LONGEST  # a character of UTF-8 has up to four bytes
_CLASSES = ("pos", "neg", "neu", "positive", "negative", "neutral")
_CP1252_HOLES = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


def open_folder(path: Path, options: ReadingOptions, notify: Notify) -> RawRows:
    """A row for each text file in a folder, sorted by name; its columns are `COLUMNS`.

    Raises:
        ReviewsError: there is no text file, it lies too deep, or, when the row is reached, a text is too long.
    """
    names = [name for file in path.rglob("*") if file.is_file() and not is_hidden(name := file.relative_to(path))]
    return open_texts(path, names, lambda name: _content(path / name), options, notify)


def open_texts(
    path: Path,
    names: Sequence[PurePath],
    content_of: Callable[[PurePath], bytes],
    options: ReadingOptions,
    notify: Notify,
) -> RawRows:
    """The rows of `open_folder`, from a folder or an archive with files of these names."""
    above = _above(names)
    places = {name: PurePath(*name.parts[len(above) :]) for name in names}
    files = sorted(names, key=lambda name: [_natural(part) for part in name.parts])
    texts = [name for name in files if name.suffix.lower() == ".txt"]
    if not texts:
        raise ReviewsError(
            f"expected texts like pos/1.txt or train/pos/1.txt in {path}; found no file that ends in .txt; give the "
            "folder above those of the classes, or a file with a table"
        )
    in_classes = any(len(places[name].parts) > 1 for name in texts)
    _require_texts_of_their_own(texts, places, path, content_of)
    loose = {name for name in texts if len(places[name].parts) == 1} if in_classes else set()
    texts = [name for name in texts if name not in loose]
    labels = {name: _place(places[name], path) for name in texts}
    others = Counter(name.suffix or name.name for name in files if name.suffix.lower() != ".txt")
    others.update(name.name for name in loose)
    if others and notify:
        listed = ", ".join(f"{count:,} {name}" for name, count in others.most_common(5))
        notify(f"{path}: files that are no texts of a class are passed over: {listed}")
    files_read = 0

    def rows() -> Iterator[list[str]]:
        nonlocal files_read
        guessed = False
        for name in texts:
            text, is_guess = _text(content_of(name), path / name, options)
            if is_guess and not guessed and notify:
                notify(f"{path / name} is not UTF-8; its encoding is guessed as cp1252; name another with --encoding")
            guessed |= is_guess
            files_read += 1
            yield [text, *labels[name], str(places[name])]

    return RawRows.from_strings(
        COLUMNS, rows(), lambda: files_read / len(texts), text=0, label=1 if in_classes else None
    )


def _require_texts_of_their_own(
    texts: Sequence[PurePath],
    places: Mapping[PurePath, PurePath],
    path: Path,
    content_of: Callable[[PurePath], bytes],
) -> None:
    """Refuses files that are named as a class is, and so have a text in each line, if they have several lines."""
    named = [name for name in texts if name.stem.lower() in _CLASSES]
    has_several = len(named) > 1 and any(b"\n" in content_of(name).strip() for name in named[:2])
    if has_several and len({name.parent for name in named}) < len(named):
        raise ReviewsError(
            f"expected a text in each file of {path}; found {' and '.join(str(places[name]) for name in named[:2])}, "
            "which may have a text in each line; write the texts into one file with a column for the label, or give "
            "these files one by one"
        )


def _above(names: Sequence[PurePath]) -> tuple[str, ...]:
    """The folder that has all files in folders of it: the one named then has those of the splits or classes in it."""
    first = {name.parts[0] for name in names}
    inside = len(first) == 1 and not any(part.lower() in SPLITS for part in first)
    return tuple(first) if inside and any(len(name.parts) > 2 for name in names) else ()


def _place(file: PurePath, path: Path) -> tuple[str, str]:
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


def _content(file: Path) -> bytes:
    size = file.stat().st_size
    if size > _LONGEST_BYTES:
        raise ReviewsError(
            f"expected at most {_LONGEST_BYTES:,} bytes in each text; found {size:,} in {file}; leave that file out, "
            "or break it into texts"
        )
    return file.read_bytes()


def _text(content: bytes, file: Path, options: ReadingOptions) -> tuple[str, bool]:
    """The text of a file, and whether its encoding is a guess."""
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


def is_hidden(name: PurePath) -> bool:
    """Whether a file or a folder above it begins with a dot."""
    return any(part.startswith(".") for part in name.parts)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2.txt before 10.txt; numbers by their digits, as Python reads none of thousands of digits."""
    return [_as_number(part) if part.isascii() and part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _as_number(digits: str) -> tuple[int, str]:
    return len(significant := digits.lstrip("0")), significant
