"""Files of rows to score, and what a job made of them."""

import csv
import json
from pathlib import Path

import pyarrow
from pyarrow import parquet


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """Writes a file of the kind that its ending says; Parquet in groups of fifty rows."""
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=50)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    return path


def parts_of(folder: Path) -> dict[str, bytes]:
    """The content of the output of each part, by its name."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*"))}


def names_below(folder: Path) -> set[str]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
