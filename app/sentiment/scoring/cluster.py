"""Workers that are actors of Ray: of a Ray that is started here and ends with the job, or of a cluster by its address.

Ray Data hands out parts, not rows: a worker reads its part where the file is and writes its output where it belongs.
So no review passes through this process or through Ray's object store, and a worker that has no room for a next part
gets none (two at a time wait at each). When a worker or its machine is lost, Ray starts another one and hands its parts
out again.
"""

import logging
import os
import re
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentiment.errors import SentimentError, UserError
from sentiment.runs.saved_run import SavedRun, qualified_name
from sentiment.scoring.job import Job, Receipt, Scorer, run_content, run_from
from sentiment.scoring.parts import Part
from sentiment.support.environment import cores
from sentiment.support.extras import naming_the_extra
from sentiment.support.quiet import without_native_output

_AHEAD = 2  # parts at a worker: one that it scores, and the next
_STORE_BYTES = 1 << 27  # of the object store of a Ray that is started here, which holds parts' names and a run
_CONNECT_SECONDS = 10.0
# Threads of libraries in a worker. Ray sets OMP_NUM_THREADS by its CPUs; ONNX Runtime does not read that.
_ENVIRONMENT = {"TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}


class PartScorer:
    """An actor: loads the run once and scores one part after another.

    Args:
        job: what to do.
        content: the reference to what `run_content` made, in a list, so that Ray passes on the reference.
        name: dataset/name of the run.
    """

    def __init__(self, job: Job, content: list[Any], name: str) -> None:
        import ray

        self._folder = tempfile.TemporaryDirectory(prefix="sentiment-run-")
        self._scorer = Scorer(job, run_from(ray.get(content[0]), Path(self._folder.name), name))

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Receipts of parts; columns with the fields of `Part` become those of `Receipt`."""
        columns = {name: values.tolist() for name, values in batch.items()}
        parts = [Part(**dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]
        receipts = [asdict(self._scorer.score(part)) for part in parts]
        return {name: [receipt[name] for receipt in receipts] for name in receipts[0]}


def score_with_ray(
    job: Job, run: SavedRun, parts: Sequence[Part], workers: int | None = None, address: str | None = None
) -> Iterator[Receipt]:
    """The receipts of parts as they are finished.

    Args:
        job: what to do.
        run: what predicts; it is sent to the workers.
        parts: in the order in which they are handed out.
        workers: how many actors, of one CPU each; None: one for each CPU.
        address: of a cluster that this machine is in, "auto" or such as "10.0.0.1:6379"; None: Ray is started on this
            machine.

    Raises:
        MissingExtraError: the extra `ray` is not installed.
        UserError: there is no cluster at that address, or it has fewer CPUs than workers.
        SentimentError: Ray gave up.
    """
    with _ray(workers, address) as (ray, cpus):
        actors = min(workers or cpus, len(parts))
        strategy = ray.data.ActorPoolStrategy(size=actors, max_tasks_in_flight_per_actor=_AHEAD)
        content = ray.put(run_content(run))  # held here: an actor that starts again reads it again
        rows = ray.data.from_items([asdict(part) for part in parts], override_num_blocks=len(parts))
        receipts = rows.map_batches(
            PartScorer,
            fn_constructor_args=(job, [content], qualified_name(run.folder)),
            compute=strategy,
            batch_size=1,
            batch_format="numpy",
            num_cpus=1,
            runtime_env={"env_vars": _ENVIRONMENT},
        )
        try:
            for row in receipts.iter_rows():
                yield Receipt(**row)
        except Exception as error:
            if type(error).__name__ == "ExecutionTimeoutError":  # no RayError, and not in every version of Ray
                reason = "no part was finished for too long"
            elif isinstance(error, ray.exceptions.RayError):
                reason = _reason(error)
            else:
                raise
            raise SentimentError(
                f"expected Ray to score all parts; found: {reason}; score again: finished parts are kept"
            ) from None


@contextmanager
def _ray(workers: int | None, address: str | None) -> Iterator[tuple[Any, int]]:
    """Ray and the number of its CPUs. It collects no statistics of use, and has no dashboard and no progress bars."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # of what it would print here; workers write to files
    with naming_the_extra():
        import ray
        import ray.data
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    started = not ray.is_initialized()
    if started and address is None:
        try:
            with without_native_output():
                ray.init(  # "local": without an address, it joins whatever cluster runs on this machine
                    address="local", num_cpus=workers or cores(), include_dashboard=False,
                    object_store_memory=_STORE_BYTES, **quiet,
                )  # fmt: skip
        except Exception as error:  # Ray raises no narrower one where its processes take too long to start
            ray.shutdown()
            raise SentimentError(
                f"expected Ray to start on this machine; found: {_reason(error)}; try again when it is less busy, "
                "or use --engine local"
            ) from None
    elif started:
        try:
            _require_listening(str(address))
            with without_native_output():
                ray.init(address=address, **quiet)
        except (OSError, ValueError, RuntimeError) as error:
            raise UserError(
                f"expected a Ray cluster at {address}; found: {_reason(error)}; check the address, or leave --address "
                "out to start Ray on this machine"
            ) from None
    try:
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if cpus < (workers or 1):
            raise UserError(
                f"expected a CPU for each of {workers or 1} workers; found {cpus} in the cluster at "
                f"{address or 'this machine'}; lower --workers, add machines, or wait until they have joined: ray "
                "status"
            )
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.enable_operator_progress_bars = False
        context.print_on_execution_start = False
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.ERROR)
        yield ray, cpus
    finally:
        if started:
            ray.shutdown()


def _require_listening(address: str) -> None:
    """Raises OSError where nobody listens at host:port, of which Ray would learn after minutes."""
    match = re.fullmatch(r"\[?([^/\[\]]+)\]?:(\d+)", address)
    if match:
        with socket.create_connection((match[1], int(match[2])), timeout=_CONNECT_SECONDS):
            pass


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return " ".join(lines[-1].split())[:200].rstrip(".")
