"""A whole job: its plan, who computes it, its manifest, and what became of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.rows import Notify
from sentiment.data.files.sources import is_remote
from sentiment.errors import SentimentError, UserError
from sentiment.inference.prediction_columns import columns_of
from sentiment.inference.predictor import Predictor
from sentiment.metrics.verdicts import THRESHOLD
from sentiment.runs.saved_run import MANIFEST, SavedRun, qualified_name, sha256
from sentiment.scoring.inputs import InputFile, find_inputs, is_searched, place_of, shown_place
from sentiment.scoring.job import FORMATS, REJECTED, Job, Receipt
from sentiment.scoring.manifest import Manifest, begin
from sentiment.scoring.outputs import output_folder
from sentiment.scoring.parts import Part
from sentiment.scoring.planning import ROWS, Plan, plan
from sentiment.scoring.threads import score_with_threads
from sentiment.support.environment import cores, versions

AUTO, LOCAL, RAY = "auto", "local", "ray"
ENGINES = (AUTO, LOCAL, RAY)
# From so many rows on, `auto` starts a Ray for the job on one machine: its processes do not wait for one another's
# Python, but take seconds to start. None: never. On two cores Ray took 6% less time for a million rows, but 1.8 GB more
# memory.
RAY_FROM_ROWS: int | None = None

# Packages whose versions decide the output. pyarrow writes its own into Parquet, and another one does no harm.
_DECIDING = ("sentiment", "numpy", "tokenizers", "onnxruntime")

Watch = Callable[[Iterable[Receipt], Callable[[], float]], Iterable[Receipt]]


@dataclass(frozen=True)
class ScoreOptions:
    """What a person asks for.

    Attributes:
        inputs: paths, patterns or addresses.
        output: a folder, or its address.
        reading: how the files are read.
        format_name: of the output, one of `FORMATS`; None: as the input.
        engine: one of `ENGINES`.
        workers: threads or actors; None: one for each core, or CPU of the cluster.
        address: of a cluster of Ray.
        threshold: as in `Predictor.predict`.
        uncertain: as in `Predictor.predict`.
        rows_per_part: at most.
    """

    inputs: tuple[str, ...]
    output: str
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    format_name: str | None = None
    engine: str = AUTO
    workers: int | None = None
    address: str | None = None
    threshold: float = THRESHOLD
    uncertain: float = 0.0
    rows_per_part: int = ROWS


@dataclass(frozen=True)
class Summary:
    """What became of a job: of all its parts, and how many of them an earlier one had finished."""

    output: str
    engine: str
    parts: int
    rows: int
    rejected: int
    resumed: int


def run_job(
    run: SavedRun, options: ScoreOptions, notify: Notify = None, watch: Watch = lambda receipts, _: receipts
) -> Summary:
    """Scores all rows of the inputs into the output, going on with what an earlier job there has finished.

    Args:
        run: what predicts.
        options: what a person asks for.
        notify: is told what is assumed.
        watch: gets the receipts as they come, with the share of the rows that is done, and passes them on.

    Raises:
        UserError: options that do not fit, inputs that cannot be read, or a folder with other output.
        SentimentError: some parts could not be scored; the others are finished.
    """
    _require_engine(options)
    files = find_inputs(options.inputs)
    output = output_folder(options.output)
    _require_apart(options, files)
    format_name = _format(options, files)
    Predictor(run, threads=1).predict("", options.threshold, options.uncertain)  # a mistake is found here, not in parts
    with output.alone():
        planned = plan(
            files, options.reading, columns_of(run.config.classes), rows=options.rows_per_part, notify=notify
        )
        identity = _identity(run, options, files, format_name)
        manifest = begin(output, identity, f".{format_name}")
        parts = manifest.unfinished(planned.parts)
        resumed = len(planned.parts) - len(parts)
        engine = _engine(options, sum(part.rows for part in parts))
        failed: list[Receipt] = []
        if parts:
            job = Job(planned.layouts, output, format_name, options.threshold, options.uncertain)
            if engine == RAY and options.address and notify and (local := _local_places(options, files)):
                notify(f"every machine of the cluster has to have {' and '.join(local)} in the same shared folder")
            receipts = _receipts(engine, job, run, parts, options)
            failed = _followed(watch(receipts, lambda: _share(manifest, planned)), manifest)
        if failed:
            raise SentimentError(
                f"expected to score {len(planned.parts):,} parts; found that {len(failed):,} failed, first "
                f"{failed[0].part}: {failed[0].error}; the others are finished, and the same command goes on"
            )
        if parts or not manifest.complete:
            manifest.complete_with(planned.parts)
    finished = [manifest.finished[part.name] for part in planned.parts]
    rejected = sum(receipt.rejected for receipt in finished)
    if rejected and notify:
        notify(f"{rejected:,} rows were set aside in {output}/{REJECTED}, each with the reason")
    return Summary(
        str(output), engine, len(finished), sum(receipt.rows for receipt in finished), rejected, resumed
    )  # fmt: skip


def _local_places(options: ScoreOptions, files: Iterable[InputFile]) -> list[str]:
    """What a cluster is to read and write and has no address."""
    inputs = [] if all(is_remote(file.location) for file in files) else ["the input"]
    return inputs if is_remote(options.output) else [*inputs, "the output"]


def _followed(receipts: Iterable[Receipt], manifest: Manifest) -> list[Receipt]:
    """Adds what is finished to the manifest. Returns what failed, by name."""
    failed: list[Receipt] = []
    for receipt in receipts:
        if receipt.error:
            failed.append(receipt)
        else:
            manifest.add(receipt)
    return sorted(failed, key=lambda receipt: receipt.part)


def _receipts(engine: str, job: Job, run: SavedRun, parts: list[Part], options: ScoreOptions) -> Iterator[Receipt]:
    if engine == RAY:
        from sentiment.scoring.cluster import score_with_ray

        return score_with_ray(job, run, parts, options.workers, options.address)
    return score_with_threads(job, run, parts, options.workers or cores())


def _share(manifest: Manifest, planned: Plan) -> float:
    return sum(receipt.rows + receipt.rejected for receipt in manifest.finished.values()) / max(1, planned.rows)


def _engine(options: ScoreOptions, rows: int) -> str:
    """The engine; of `auto`, the faster one for so many rows."""
    if options.engine != AUTO:
        return options.engine
    if options.address:
        return RAY
    if RAY_FROM_ROWS is None or rows < RAY_FROM_ROWS or (options.workers or cores()) == 1:
        return LOCAL
    return RAY if find_spec("ray") else LOCAL


def _require_engine(options: ScoreOptions) -> None:
    if options.engine not in ENGINES:
        raise UserError(
            f"expected one of the engines {', '.join(ENGINES)}; found {options.engine}; choose one of these"
        )
    if options.address is None:
        return
    if options.engine == LOCAL:
        raise UserError("expected --address with the engine ray; found it with local; leave one of them out")
    if not options.address.strip():
        raise UserError(
            "expected auto or host:port after --address; found nothing; name a cluster, or leave --address out"
        )
    if options.address.startswith("ray://"):  # Ray Client has no streaming generators, of which Ray Data is made
        raise UserError(
            f"expected auto or host:port after --address; found {options.address}, through which Ray Data cannot work; "
            "run the command on the head of the cluster with --address auto, or by: ray job submit"
        )


def _require_apart(options: ScoreOptions, files: Iterable[InputFile]) -> None:
    """Refuses output among the input, which the next job would take for input."""
    target = place_of(options.output)
    beside = (file for file in files if place_of(file.location).rpartition("/")[0] == target)
    holders = (location for location in options.inputs if is_searched(location, target))
    if holder := next(holders, None) or next((str(file) for file in beside), None):
        raise UserError(
            f"expected --output outside of --input; found {shown_place(options.output)} in {shown_place(holder)}; name "
            "another folder"
        )


def _format(options: ScoreOptions, files: list[InputFile]) -> str:
    format_name = options.format_name or files[0].suffix[1:].replace("ndjson", "jsonl")
    if format_name not in FORMATS:
        raise UserError(f"expected one of the formats {', '.join(FORMATS)}; found {format_name}; choose one of these")
    return format_name


def _identity(run: SavedRun, options: ScoreOptions, files: list[InputFile], format_name: str) -> dict[str, Any]:
    """What decides the output, byte for byte."""
    return {
        "run": qualified_name(run.folder),
        "run_sha256": sha256(run.folder / MANIFEST),
        "format": format_name,
        "threshold": options.threshold,
        "uncertain": options.uncertain,
        "rows_per_part": options.rows_per_part,
        "reading": options.reading.to_json(),
        "versions": {name: version for name, version in versions().items() if name in _DECIDING},
        "input": [{"file": str(file), "bytes": file.size, "changed": file.changed} for file in files],
    }
