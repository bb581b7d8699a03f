"""A small corpus: a table of reviews of several kinds, and an archive of film reviews."""

from pathlib import Path

import pandas as pd

RATINGS = (1, 2, 3, 4, 7, 8, 9, 10)
_GOOD, _BAD = "a great and lovely thing", "a dull and awful thing"


def write_reviews(folder: Path, stars: int = 3, rows: int = 12) -> Path:
    """`reviews.parquet` in a folder: with stars, labels alone, not to be given on, and one of the archive's test."""
    table = []

    def add(text: str, split: str = "train", *, star: float | None = None, label: str | None = None, ours: bool = True):
        domain, source = ("tea", "teas") if star else ("soap", "soaps")
        table.append((text, star, label, domain, source if ours else "theirs", "shop", "none", split, ours))

    add(f"Three stars for tea {stars}.", star=stars)
    add("Labelled negative, soap 4.", label="negative")
    add("Labelled positive, soap 5.", label="positive")
    add("FILM OF THE TEST, rated 9: number 0!", star=5)
    add("Not to be given on 1.", star=1, ours=False)
    add("Not to be given on, test 2.", "test", star=1, ours=False)
    for number in range(rows):
        part = ("train", "train", "validation", "test")[number % 4]
        add(f"It is {_GOOD}, tea number {number}.", part, star=5 - number % 2)
        add(f"It is {_BAD}, tea number {number}.", part, star=1 + number % 2)
        add(f"There is tea, number {number}.", part, star=3)
        add(f"This is {_GOOD}, soap number {number}.", part, label="positive")
        add(f"This is {_BAD}, soap number {number}.", part, label="negative")
        add(f"Here is soap, number {number}.", part, label="neutral")
    names = ["text", "stars", "label", "domain", "source_id", "source", "licence", "split", "shippable"]
    pd.DataFrame(table, columns=names).to_parquet(folder / "reviews.parquet", index=False)
    return folder


def write_archive(root: Path, copies: int = 3) -> Path:
    """A folder with the layout of the archive: some reviews of each rating, with and without labels."""
    for split in ("train", "test"):
        for rating in RATINGS:
            kind, words = ("pos", _GOOD) if rating > 5 else ("neg", _BAD)
            for number in range(copies):
                _write(
                    root / split / kind / f"{rating * copies + number}_{rating}.txt",
                    f"Film of the {split}, rated {rating} - number {number}.",
                    f"It was {words}. {'I liked it. ' if rating > 5 else 'I hated it. '}" if split == "train" else "",
                )
    for number in range(2 * copies):
        _write(root / "train" / "unsup" / f"{number}_0.txt", f"A film without a label, number {number}.", "")
    return root


def _write(path: Path, text: str, more: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text} {more}".strip(), encoding="utf-8")
