"""Small files that stand for gigabytes: refused with the reason, in less than a gigabyte of memory."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from helpers.command_line import ROOT
from helpers.reliability import FULL, only_in_full
from sentiment.data.files import read_rows
from sentiment.data.files.lines import LONGEST, IncomingLines
from sentiment.errors import ReviewsError

MEMORY_BYTES = 1 << 30
CHILD = """
import os, resource, sys
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # its own reserves what it may never use, and the limit counts that
resource.setrlimit(resource.RLIMIT_DATA, ({memory}, {memory}))
from sentiment.cli import main
sys.argv = ["sentiment", *sys.argv[1:]]
main()
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit a process's data")


class Repeated(io.RawIOBase):
    """A file of one byte, repeated."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        size = min(len(buffer), self._left)
        buffer[:size] = b"a" * size
        self._left -= size
        return size


def tar_bomb(path: Path, size: int, files: int = 1) -> None:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for number in range(files):
            member = tarfile.TarInfo(f"pos/{number}.txt")
            member.size = size
            archive.addfile(member, Repeated(size))


def zip_bomb(path: Path, name: str, beginning: bytes, block: bytes, blocks: int) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        member.write(beginning)
        for _ in range(blocks):
            member.write(block)


def parquet_bomb(path: Path, texts: list[str], **how) -> None:
    parquet.write_table(
        pyarrow.table({"text": texts, "label": ["positive"] * len(texts)}), path, compression="zstd", **how
    )


def sparse_sheet(path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["text", "label"])
    workbook.active.append(["A fine film.", "positive"])
    workbook.active.cell(100_000, 1_000, "far away")
    workbook.save(path)


def repeated_cells(path: Path) -> None:
    """A cell of OpenDocument that stands for two billions."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="2000000000"><text:p>a</text:p>'
        "</table:table-cell>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content {names}><office:body><office:spreadsheet><table:table table:name="S">'
            f"<table:table-row>{cell}</table:table-row></table:table></office:spreadsheet></office:body>"
            "</office:document-content>",
        )


HUGE = "a" * (250 << 20)
BOMBS = {
    "texts.parquet": lambda path: parquet_bomb(path, [HUGE] * 2),
    "plain.parquet": lambda path: parquet_bomb(path, [HUGE], use_dictionary=False),
    "member.tar.gz": lambda path: tar_bomb(path, (10 << 30) if FULL else (200 << 20)),
    "members.tar.gz": lambda path: tar_bomb(path, 4 << 20, 50),
    "line.zip": lambda path: zip_bomb(path, "a.csv", b"text\n", bytes(1 << 20), 300),
    "lines.zip": lambda path: zip_bomb(path, "a.csv", b"text\n", b"A fine film.\n" * 100_000, 200),
    "line.jsonl.gz": lambda path: path.write_bytes(gzip.compress(b'{"text": "' + b"a" * (100 << 20), 1)),
    "arrays.zip": lambda path: zip_bomb(path, "a.json", b"[[]", b",[]" * 100_000, 200),
    "sheet.zip": lambda path: zip_bomb(path, "a.xlsx", b"", bytes(1 << 20), 300),
    "member.xlsx": lambda path: zip_bomb(path, "xl/worksheets/sheet1.xml", b"", bytes(1 << 20), 300),
    "sparse.xlsx": sparse_sheet,
    "repeated.ods": repeated_cells,
}
SLOW = ("texts.parquet", "plain.parquet", "members.tar.gz", "lines.zip", "sheet.zip", "sparse.xlsx")


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=only_in_full if name in SLOW else ()) for name in BOMBS])
def test_a_small_file_that_stands_for_gigabytes_is_refused_in_a_gigabyte(tmp_path, name):
    BOMBS[name](tmp_path / name)
    memory = 8 * MEMORY_BYTES if name.endswith((".xlsx", ".ods")) else MEMORY_BYTES  # their reader limits itself
    assert (tmp_path / name).stat().st_size < (100 << 20)
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(memory=memory), "predict", "--input", tmp_path / name,
         "--output", tmp_path / "out.csv", "--run", "imdb/compact"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr[-500:]
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("error: expected")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.slow
def test_the_longest_texts_are_predicted_in_a_gigabyte(tmp_path):
    """Emoji take the most memory in a tokenizer; four of the longest texts."""
    texts = [chr(0x1F600 + i) * LONGEST for i in range(4 if FULL else 2)]
    parquet_bomb(tmp_path / "a.parquet", texts)
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(memory=MEMORY_BYTES), "predict", "--input", tmp_path / "a.parquet",
         "--output", tmp_path / "out.csv", "--run", "imdb/compact"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]


LONG = "a" * (LONGEST + 1)
LONG_TEXTS = {
    "a.csv": f"text,label\nFine.,1\n{LONG},1\n",
    "a.tsv": f"text\tlabel\nFine.\t1\n{LONG}\t1\n",
    "a.txt": f"Fine.\n{LONG}\n",
    "a.ft": f"__label__1 Fine.\n__label__1 {LONG}\n",
    "a.jsonl": f'{{"text": "Fine."}}\n{{"text": "{LONG}"}}\n',
    "a.json": json.dumps([{"text": "Fine."}, {"text": LONG}]),
    "columns.json": json.dumps([{"text": "Fine.", "title": ""}, {"text": LONG[1:], "title": "ab"}]),
}


@pytest.mark.parametrize("name", LONG_TEXTS)
def test_a_text_of_more_than_a_million_characters_is_refused_by_its_row_in_every_kind_of_file(tmp_path, name):
    (tmp_path / name).write_text(LONG_TEXTS[name])
    columns = ("text", "title") if name == "columns.json" else None
    with pytest.raises(ReviewsError, match=rf"at most {LONGEST:,} characters.*(row 2|line [23])"):
        [*read_rows(tmp_path / name, _options(columns)).rows]


def test_so_is_one_in_parquet_in_a_folder_in_an_archive_and_on_standard_input(tmp_path):
    parquet.write_table(pyarrow.table({"text": ["Fine.", LONG]}), tmp_path / "a.parquet")
    with pytest.raises(ReviewsError, match=rf"at most {LONGEST:,} characters .* in row 2"):
        [*read_rows(tmp_path / "a.parquet").rows]
    (tmp_path / "folder" / "pos").mkdir(parents=True)
    (tmp_path / "folder" / "pos" / "7.txt").write_text("é" * (2 * LONGEST + 1))
    with pytest.raises(ReviewsError, match=rf"at most {4 * LONGEST:,} bytes .* in .*7\.txt"):
        [*read_rows(tmp_path / "folder").rows]
    tar_bomb(tmp_path / "a.tar.gz", 4 * LONGEST + 1)
    with pytest.raises(ReviewsError, match=rf"at most {4 * LONGEST:,} bytes .* in pos/0\.txt"):
        [*read_rows(tmp_path / "a.tar.gz").rows]
    with pytest.raises(ReviewsError, match=r"at most .* in standard input; found that line 2 is longer"):
        [*IncomingLines(io.BytesIO(b"Fine.\n" + LONG.encode()))]


def test_an_array_whose_header_announces_more_than_the_file_has_is_refused_before_memory_is_reserved(tmp_path):
    from sentiment.data.fingerprints import LEARNT, known
    from sentiment.errors import RunError

    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<u4", "fortran_order": False, "shape": (10**12,)})
    (tmp_path / LEARNT).write_bytes(file.getvalue())
    with pytest.raises(RunError, match="expected fingerprints"):
        known(tmp_path, ["Fine."])


def _options(columns):
    from sentiment.data.files import ReadingOptions

    return ReadingOptions.named(list(columns)) if columns else None
