"""Runs `sentiment score` with each engine, on files of several lengths, written to a folder:

- scoring.json    figures
- scoring.md      tables, and the plan

Every measurement is a process of its own, with its start. Texts are those of a file, again from its beginning where it
has too few.
"""

import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import csv, parquet

from benchmarks.commands import Command
from benchmarks.protocol import Process
from benchmarks.results import Note, Written, provenance
from benchmarks.rounds import alternate
from benchmarks.scoring.growth import grown
from benchmarks.scoring.processes import watched
from benchmarks.scoring.report import markdown
from sentiment.data.files.options import ReadingOptions
from sentiment.errors import UserError
from sentiment.runs.saved_run import SavedRun, qualified_name
from sentiment.scoring.inputs import find_inputs
from sentiment.scoring.planning import ROWS, plan
from sentiment.scoring.running import LOCAL, RAY
from sentiment.support.storage import write_text

FIGURES, TABLES = "scoring.json", "scoring.md"
START = 64  # rows, of the smallest file: what a job takes that has nothing to do
_PLANNED = 100_000  # rows of the files whose planning is timed


@dataclass(frozen=True)
class ScoringSettings:
    """What is measured.

    Attributes:
        rows: of the files.
        workers: threads or actors.
        engines: of `sentiment score`; "local" with one worker is what the plan is reckoned from.
        rounds: of all measurements; the fastest of each counts.
        smoke: the figures mean nothing.

    Raises:
        UserError: nothing could be reckoned from such measurements.
    """

    rows: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    workers: tuple[int, ...] = (1, 2)
    engines: tuple[str, ...] = (LOCAL, RAY)
    rounds: int = 1
    smoke: bool = False

    def __post_init__(self) -> None:
        """Finds mistakes before hours of measuring."""
        if others := sorted({*self.engines} - {*engines_here()}):
            raise UserError(
                f"expected --engine {' or '.join(engines_here())}; found {others[0]}; choose one of these, or install "
                "the extra ray"
            )
        if LOCAL not in self.engines or 1 not in self.workers:
            raise UserError(
                "expected the engine local and 1 among the workers, from which the plan is reckoned; found "
                f"{', '.join(self.engines)} with {', '.join(map(str, self.workers))}; add them with --engine and "
                "--workers"
            )
        if min(self.rows) <= START:
            raise UserError(
                f"expected files of more than {START} rows, those of the smallest file; found {min(self.rows)}; give "
                "more with --rows"
            )


def quick_settings() -> ScoringSettings:
    """A smoke run."""
    return ScoringSettings((200, 400), (1,), (LOCAL,), smoke=True)


def engines_here() -> tuple[str, ...]:
    """The engines that can be measured."""
    return (LOCAL, RAY) if importlib.util.find_spec("ray") else (LOCAL,)


@dataclass(frozen=True)
class _Case:
    engine: str
    workers: int
    rows: int


def benchmark_scoring(
    folder: Path, texts: Sequence[str], run: SavedRun, settings: ScoringSettings, note: Note
) -> Written:
    """Measures all, and writes both files.

    Args:
        folder: where they go.
        texts: to score.
        run: what predicts.
        settings: what is measured.
        note: gets a line about what is being done.

    Raises:
        BenchmarkError: a job failed.
        StorageError: the disk is full, or the folder cannot be written.
    """
    cases = _cases(settings)
    loads: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="sentiment-scoring-") as temporary,
        Process("the process that runs commands", "benchmarks.commands", {}) as process,
    ):
        place = Path(temporary)
        files = {rows: _file(place / f"{rows}.parquet", texts, rows) for rows in {case.rows for case in cases}}
        numbers = iter(range(1 << 30))

        def step(case: _Case) -> dict[str, Any]:
            note(f"{case.engine}, {case.workers} workers, {case.rows:,} rows")
            loads.append(os.getloadavg()[0])
            target = place / f"out-{next(numbers)}"
            with watched(process.pid) as taken:
                answer = process.ask("step", Command(str(case), _arguments(case, files[case.rows], target, run)))
            answer |= {"processor_seconds": taken.processor_seconds, "peak_bytes": taken.peak_bytes or None}
            answer["bytes_out"] = sum(path.stat().st_size for path in target.glob("part-*"))
            return answer

        answers = alternate(dict.fromkeys(cases, settings.rounds), step)
        planning = _planning(place, texts)
        bytes_in = files[max(files)].stat().st_size / max(files)
    measured = [asdict(case) | min(steps, key=lambda step: step["seconds"]) for case, steps in answers.items()]
    for row in measured:
        row.pop("output")
    absent = [] if RAY in settings.engines else ["Ray, which is not installed or was not asked for"]
    about = {"settings": asdict(settings), "absent": absent, "run": qualified_name(run.folder)}
    sizes = {"rows_per_part": ROWS, "bytes_in_per_row": bytes_in, "load_before": loads, "planning": planning}
    results = provenance() | about | sizes | {"measured": measured}
    results["growth"] = grown(results)
    paths = folder / FIGURES, folder / TABLES
    write_text(paths[0], json.dumps(results, indent=1) + "\n")
    write_text(paths[1], markdown(results))
    return Written(results, paths)


def _cases(settings: ScoringSettings) -> list[_Case]:
    """The smallest and the middle file with all workers, all files with the most workers."""
    middle, most = sorted(settings.rows)[len(settings.rows) // 2], max(settings.workers)
    return [
        _Case(engine, workers, rows)
        for engine in settings.engines
        for rows in (START, *sorted(settings.rows))
        for workers in settings.workers
        if workers == most or rows in (START, middle)
    ]


def _arguments(case: _Case, source: Path, target: Path, run: SavedRun) -> tuple[str, ...]:
    command = (sys.executable, "-m", "sentiment", "score", "--run", str(run.folder), "--input", str(source))
    options = ("--output", str(target), "--engine", case.engine, "--workers", str(case.workers))
    return (*command, *options)


def _file(path: Path, texts: Sequence[str], rows: int) -> Path:
    """A Parquet file in row groups of a part, written a group at a time."""
    schema = pyarrow.schema([("id", pyarrow.int64()), ("text", pyarrow.string())])
    rest = islice(cycle(texts), rows)
    with parquet.ParquetWriter(path, schema) as writer:
        for first in range(0, rows, ROWS):
            group = list(islice(rest, ROWS))
            writer.write_table(pyarrow.table([range(first, first + len(group)), group], schema=schema))
    return path


def _planning(place: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Processor seconds that it takes to find the parts of a file of each kind."""
    source = _file(place / "planned.parquet", texts, _PLANNED)
    table = parquet.read_table(source)
    csv.write_csv(table, place / "planned.csv")
    with (place / "planned.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in table.to_pylist())
    rows = []
    for suffix in ("parquet", "csv", "jsonl"):
        start = time.process_time()
        plan(find_inputs([str(place / f"planned.{suffix}")]), ReadingOptions(), ())
        rows.append({"kind": suffix, "rows": _PLANNED, "seconds": time.process_time() - start})
    return rows
