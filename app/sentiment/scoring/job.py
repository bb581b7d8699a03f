"""What every worker knows of a job, and what it does with a part.

    part-00000-00002.csv             the rows of a part with their predictions
    _rejected/part-00000-00002.jsonl rows that were set aside: row, reason, content
    _work/finished/part-00000-00002.json   its receipt, written last

A part whose receipt is there is finished. One without is computed again, with the same bytes as a result: of two
workers that write the same part it does not matter which one was last.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sentiment.config import Classes
from sentiment.data.files.rows import TextRow
from sentiment.errors import SentimentError
from sentiment.inference.prediction_files import PredictedRow, PredictedRows, predicted_rows, write
from sentiment.inference.predictor import Predictor
from sentiment.runs.saved_run import SavedRun, load_run, sha256
from sentiment.scoring.outputs import Output
from sentiment.scoring.parts import FileLayout, Part, Reject, rows_of_part

FINISHED = "_work/finished"
REJECTED = "_rejected"
FORMATS = ("parquet", "csv", "tsv", "jsonl")


@dataclass(frozen=True)
class Job:
    """What does not differ between parts.

    Attributes:
        layouts: of the files, by their numbers.
        output: the folder.
        format_name: of the output, one of `FORMATS`.
        threshold: as in `Predictor.predict`.
        uncertain: as in `Predictor.predict`.
    """

    layouts: tuple[FileLayout, ...]
    output: Output
    format_name: str
    threshold: float
    uncertain: float

    def name(self, part: Part) -> str:
        """The name of the output of a part."""
        return f"{part.name}.{self.format_name}"


@dataclass(frozen=True)
class Receipt:
    """What became of a part.

    Attributes:
        part: its name.
        rows: in its output.
        rejected: rows that were set aside.
        size: of its output, in bytes.
        sha256: of its output.
        error: why it is not finished; "" where it is.
    """

    part: str
    rows: int = 0
    rejected: int = 0
    size: int = 0
    sha256: str = ""
    error: str = ""

    def to_json(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self)).encode()


class Scorer:
    """A worker: one predictor with one thread, so that what it computes does not depend on the number of workers.

    Args:
        job: what to do.
        run: what predicts; it is loaded here, once.
        stopping: asked between texts whether to give up.

    Raises:
        RunError: the run lacks its ONNX model.
    """

    def __init__(self, job: Job, run: SavedRun, stopping: Callable[[], bool] = lambda: False) -> None:
        self._job = job
        self._predictor = Predictor(run, threads=1)
        self._stopping = stopping

    @property
    def _classes(self) -> Classes:
        return self._predictor.classes

    def score(self, part: Part) -> Receipt:
        """Writes the output of a part, then its receipt, which it returns. What fails is said in the receipt.

        Raises:
            StoppedError: the job is to end; nothing was written.
        """
        try:
            receipt = self._scored(part)
            if not receipt.error:
                with self._job.output.new(f"{FINISHED}/{part.name}.json") as path:
                    path.write_bytes(receipt.to_json())
        except SentimentError as error:
            return Receipt(part.name, error=str(error))
        except MemoryError:
            advice = "score fewer rows in a part with --rows-per-part"
            return Receipt(
                part.name, error=f"expected enough memory for {part.rows:,} rows; found too little; {advice}"
            )
        return receipt

    def _scored(self, part: Part) -> Receipt:
        job, layout = self._job, self._job.layouts[part.file]
        rejects: list[Reject] = []
        rows = predicted_rows(
            self._until_stopped(rows_of_part(layout, part, rejects.append)),
            lambda texts: self._predictor.stream(texts, job.threshold, job.uncertain),
        )
        count = _Counted(rows)
        others = {name: kind for _, name, kind in layout.others}
        with job.output.new(job.name(part)) as path:
            with path.open("w", encoding="utf-8", newline="") as file:
                write(PredictedRows(count, lambda: others, None, self._classes), file, job.format_name)
            receipt = Receipt(part.name, count.rows, len(rejects), path.stat().st_size, sha256(path))
        if rejects:
            with job.output.new(f"{REJECTED}/{part.name}.jsonl") as path:
                _write_rejects(path, str(layout.file), rejects)
        if (rows_there := count.rows + len(rejects)) != part.rows:
            error = (
                f"expected {part.rows:,} rows of {layout.file} from row {part.first_row:,} on; found {rows_there:,}: "
                "the file has changed; score it into another folder"
            )
            return replace(receipt, error=error)
        return receipt

    def _until_stopped(self, rows: Iterable[TextRow]) -> Iterator[TextRow]:
        for row in rows:
            if self._stopping():
                raise StoppedError
            yield row


class StoppedError(Exception):
    """A worker gave up its part because the job is to end."""


class _Counted:
    """Rows, counted as they pass."""

    def __init__(self, items: Iterable[PredictedRow]) -> None:
        self._items = items
        self.rows = 0

    def __iter__(self) -> Iterator[PredictedRow]:
        for item in self._items:
            self.rows += 1
            yield item


def _write_rejects(path: Path, file: str, rejects: Iterable[Reject]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        for reject in rejects:
            row = {"file": file, "row": reject.row, "reason": reject.reason, "content": reject.content}
            out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def run_content(run: SavedRun) -> dict[str, bytes]:
    """All files of a run by their names, for machines that do not have it."""
    paths = sorted(path for path in run.folder.rglob("*") if path.is_file())
    return {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in paths}


def run_from(content: dict[str, bytes], folder: Path, name: str) -> SavedRun:
    """A run from `run_content`, written into a folder and verified.

    Args:
        content: its files.
        folder: an empty one.
        name: dataset/name.
    """
    target = folder / name
    target.mkdir(parents=True)
    for file, data in content.items():
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (target / file).write_bytes(data)
    return load_run(target)
