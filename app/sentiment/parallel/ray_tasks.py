"""Tasks on Ray: several processes of this machine, or of a cluster that runs already.

Ray starts a task again whose worker was killed, and the task goes on from what it has saved. Ray's own output, its
dashboard and its usage statistics are switched off.
"""

import contextlib
import io
import logging
import os
import platform
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from sentiment.errors import SentimentError, UserError
from sentiment.parallel.lines import Lines, titled
from sentiment.parallel.tasks import Common, Job, Result, Task, Work
from sentiment.support.environment import THREADS, available_cores, cores
from sentiment.support.extras import naming_the_extra
from sentiment.support.progress import TrainingProgress
from sentiment.support.version import __version__

RETRIES = 5  # of a task whose worker was killed
_CONNECTING = 10.0  # seconds for a cluster to answer
_POLL = 0.2  # seconds between two looks for lines of progress
_PASSED_ON = ("SENTIMENT_", "KERAS_BACKEND", "TF_")  # beginnings of the variables that workers get, too


class RayTasks:
    """Works on several tasks at once.

    Args:
        workers: how many at once; None for one for each core.
        address: of a running cluster, as `ray start` prints it, or "auto". None: on this machine alone. A cluster
            shares the folder of the saved runs, and every machine of it has this version of `sentiment`.

    Raises:
        MissingExtraError: Ray is not installed.
        UserError: nothing answers at the address.
        ConfigError: SENTIMENT_THREADS is no number.
    """

    at_once = True

    def __init__(self, workers: int | None = None, address: str | None = None) -> None:
        with naming_the_extra():
            import ray

        if address:
            _require_cluster(address)
        self._ray = ray
        self._address = address
        self._workers = workers or (None if address else available_cores())
        cores()  # a wrong SENTIMENT_THREADS is refused before anything starts
        if os.environ.get(THREADS):
            self._threads = int(os.environ[THREADS])
        else:  # of another machine, the cores are not known
            self._threads = 1 if self._workers is None or address else max(1, available_cores() // self._workers)

    def completed(
        self,
        work: Work[Common, Job, Result],
        common: Common,
        tasks: Iterable[Task[Job]],
        report: TrainingProgress,
        place: Path,
    ) -> Generator[tuple[Task[Job], Result], None, None]:
        """See `Engine.completed`."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        ray, remaining, pending = self._ray, iter(tasks), dict[Any, Task[Job]]()
        place.mkdir(parents=True, exist_ok=True)
        # Ray prints about killed workers on standard output, where commands write their results.
        with contextlib.redirect_stdout(io.StringIO()), self._connected():
            self._require_room()
            workers = self._workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // self._threads)
            report.note(
                f"{workers} at once on Ray, each with {self._threads} thread{'s' * (self._threads > 1)}; {THREADS}="
                f"{self._threads} gives the same result one after the other on such a processor"
            )
            run = ray.remote(num_cpus=self._threads, max_retries=RETRIES, retry_exceptions=False)(_run)
            # On the machine of this process, which has to stay anyway, and not on one that may leave the cluster.
            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
            lines = ray.remote(num_cpus=0, scheduling_strategy=here)(_LinesOfWorkers).remote()
            printed = _Printed(report)
            shared = ray.put(common)
            try:
                while True:
                    while len(pending) < workers and (task := next(remaining, None)) is not None:
                        pending[run.remote(work, shared, task, place, __version__, lines)] = task
                    if not pending:
                        return
                    time.sleep(_POLL)  # not in `ray.wait`, which forgets which signal has ended it
                    done, _ = ray.wait(list(pending), num_returns=len(pending), timeout=0)
                    printed.show(ray.get(lines.take.remote()))
                    for reference in done:
                        task = pending.pop(reference)
                        yield task, self._result(reference, task)
            except ray.exceptions.RayActorError as error:
                raise SentimentError(
                    "expected the process that collects lines of progress to last; found that it has ended "
                    f"({_first_line(error)}); see whether memory is short, and repeat the command, which goes on"
                ) from None
            finally:
                if self._address:  # the workers of a cluster outlive this process
                    for reference in pending:
                        ray.cancel(reference, force=True)
                    ray.kill(lines)

    def _require_room(self) -> None:
        """Raises UserError where no machine has the cores of one task: Ray would wait for such a machine for ever."""
        cores_of_nodes = [int(node["Resources"].get("CPU", 0)) for node in self._ray.nodes() if node["Alive"]]
        most = max(cores_of_nodes, default=0)
        if most < self._threads:
            advice = f"set {THREADS} to {most} at most" if most else "start one with more than --num-cpus 0"
            raise UserError(
                f"expected a machine with {self._threads} core{'s' * (self._threads > 1)} for a training in the "
                f"cluster at {self._address}; found {most or 'none'} in the largest of {len(cores_of_nodes)}; {advice}"
            )

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        ray = self._ray
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        logging.getLogger("ray").setLevel(logging.ERROR)
        variables = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        options: dict[str, Any] = {"address": self._address}
        if self._workers and not self._address:
            options = {
                "address": "local",  # also where RAY_ADDRESS names a cluster
                "num_cpus": self._workers * self._threads,
                "include_dashboard": False,
                "_system_config": {"task_oom_retries": RETRIES},  # else a task that never fits is tried for ever
            }
        try:
            with _same_handlers():
                ray.init(
                    **options,
                    log_to_driver=False,
                    configure_logging=False,
                    runtime_env={"env_vars": variables | {THREADS: str(self._threads)}},
                )
        except (ConnectionError, RuntimeError, ValueError) as error:
            if not self._address:
                raise SentimentError(f"expected Ray to start on this machine; found: {_first_line(error)}") from None
            raise UserError(
                f"expected a Ray cluster at {self._address} that can be used; found: {_first_line(error)}; see that "
                "it runs, with the versions of Python and Ray of this machine; if it asks for a token, set "
                "RAY_AUTH_MODE=token"
            ) from None
        try:
            yield
        finally:
            ray.shutdown()

    def _result(self, reference: Any, task: Task[Job]) -> Any:
        """What a task has returned, or raises what ended it."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, SentimentError | MemoryError | errors.RayActorError):
                raise error.cause from None
            raise
        except errors.OutOfMemoryError:
            raise SentimentError(
                f"expected enough memory for {task.name} beside the others; found too little, {RETRIES} times; lower "
                "--workers"
            ) from None
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.RaySystemError) as error:
            raise SentimentError(
                f"expected {task.name} to be done after {RETRIES} more tries; found that its worker was killed each "
                f"time ({_first_line(error)}); see whether memory is short, and repeat the command, which goes on"
            ) from None


class _LinesOfWorkers:
    """Collects lines of progress, as a process of its own between the workers and the one that prints."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str | None]] = []

    def put(self, name: str, line: str | None) -> None:
        """Adds a line of a task; None where the task begins."""
        self._lines.append((name, line))

    def take(self) -> list[tuple[str, str | None]]:
        """The lines since the last call."""
        lines, self._lines = self._lines, []
        return lines


class _Printed:
    """Prints lines of workers, and says where a task begins once more."""

    def __init__(self, report: TrainingProgress) -> None:
        self._report = report
        self._begun: set[str] = set()

    def show(self, lines: Iterable[tuple[str, str | None]]) -> None:
        for name, line in lines:
            if line is not None:
                self._report.note(titled(name, line))
            elif name in self._begun:
                self._report.note(titled(name, "its worker was killed; another one goes on from what is saved"))
            else:
                self._begun.add(name)


def _run(work: Callable[..., Any], common: Any, task: Task[Any], place: Path, version: str, lines: Any) -> Any:
    """Does a task, in a worker."""
    import ray

    def send(line: str | None) -> Any:
        return lines.put.remote(task.name, line)

    ray.get(send(None))
    if version != __version__:
        raise SentimentError(
            f"expected sentiment {version} on every machine of the cluster; found {__version__} on {platform.node()}; "
            "install the same version"
        )
    if not place.is_dir():
        raise SentimentError(
            f"expected the folder {place} on every machine of the cluster; found none on {platform.node()}; name one "
            "on a shared file system with --models"
        )
    try:
        result = work(common, task.job, Lines(send))
    except Exception as error:
        if type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's, which cannot be sent to another process
            raise MemoryError from None
        raise
    ray.get(lines.put.remote(task.name, "done"))  # all lines before it have arrived, too
    return result


def _require_cluster(address: str) -> None:
    """Checks that something answers at an address: Ray itself tries for many minutes.

    Raises:
        UserError: nothing does, or it is none of a cluster.
    """
    host, _, port = address.rpartition(":")
    advice = "start one with: ray start --head; or leave --address out, for this machine alone"
    if address == "auto":
        return
    if not host or "/" in host or not port.isdigit():
        raise UserError(f"expected auto or the address of a Ray cluster, such as 10.0.0.1:6379; found {address}")
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECTING).close()
    except (OSError, OverflowError) as error:
        raise UserError(f"expected a Ray cluster at {address}; found: {_first_line(error)}; {advice}") from None


@contextlib.contextmanager
def _same_handlers() -> Iterator[None]:
    """A block that leaves the handlers of signals as they are: Ray sets one for SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
