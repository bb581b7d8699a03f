"""All contenders on one task: a preliminary round that chooses, then the rounds that count."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from benchmarks.contenders import BFLOAT16, FLOAT32, KERAS, OURS, TORCH, Contender, Task
from benchmarks.process import Process, Processes
from benchmarks.record import Note
from benchmarks.rounds import affordable, alternate, first_glance
from benchmarks.settings import Settings
from benchmarks.summary import largest_difference
from benchmarks.talking import prepare_all
from sentiment.errors import BenchmarkError

# As shares of the largest value. In float32 only rounding may differ; in bfloat16 a library that keeps its states
# narrow, too, drifts over hundreds of steps, and all that can be asked is that it is the same function.
TOLERANCE = {FLOAT32: 1e-3, BFLOAT16: 0.1}


@dataclass
class Measured:
    """A contender on a task."""

    contender: Contender
    task: Task
    threads: int  # the faster setting of the preliminary round
    preliminary: dict[int, float]  # seconds of a step by threads
    difference: float  # from the first contender, see `largest_difference`
    seconds: list[float] = field(default_factory=list)  # of the rounds that count; none if it was dropped

    @property
    def glance(self) -> float:
        """Seconds of a step in the preliminary round."""
        return self.preliminary[self.threads]


class Field:
    """Starts contenders, and keeps the processes of those that are still in.

    Raises:
        BenchmarkError: from every method: a contender failed, or computed something else than the first one.
    """

    def __init__(self, processes: Processes, settings: Settings, note: Note) -> None:
        self._processes = processes
        self._settings = settings
        self._note = note
        self._running: dict[tuple[Contender, int], Process] = {}
        self._reference: dict[Task, dict[str, list[float]]] = {}
        self._differences: dict[tuple[Contender, Task], float] = {}
        self.measured: list[Measured] = []

    def preliminary(self, contenders: Sequence[Contender], tasks: Sequence[Task]) -> None:
        """Finds out each contender's best thread setting for each task, and drops who is far behind."""
        for contender in contenders:
            settings = [self._processes.start(contender, threads) for threads in self._settings.threads]
            for task in tasks:
                glances = first_glance(self._prepare(settings, task), task, self._settings.glances)
                self._forget(settings)
                fastest = min(glances, key=glances.__getitem__)
                by_threads = {process.threads: seconds for process, seconds in glances.items()}
                difference = self._differences[contender, task]
                self.measured.append(Measured(contender, task, fastest.threads, by_threads, difference))
            chosen = {row.threads for row in self.measured if row.contender == contender}
            for process in settings:
                if process.threads in chosen:
                    self._running[contender, process.threads] = process
                else:
                    process.close()
            self._note(f"  {contender.title}: " + "; ".join(_told(row) for row in self.measured[-len(tasks) :]))
        kept = [row for task in tasks for row in self.kept(task)]
        needed = {(row.contender, row.threads) for row in kept}
        for key in set(self._running) - needed:
            self._running.pop(key).close()

    def measure(self, task: Task) -> None:
        """The rounds that count, of those that are still in; both directions with the settings of one."""
        if task.bidirectional:
            for row in self.kept(task):
                self.measured.append(Measured(row.contender, task, row.threads, {}, 0.0))
            rows = self.rows(task)
        else:
            rows = self.kept(task)
        processes = [self.process(row) for row in rows]
        glances = first_glance(self._prepare(processes, task), task, self._settings.glances)
        budget = self._settings.seconds_a_measurement
        rounds = {process: affordable(glances[process], self._settings.rounds, budget) for process in processes}
        found = alternate(rounds, partial(Process.seconds, task=task))
        self._forget(processes)
        for row, process in zip(rows, processes, strict=True):
            row.seconds = found[process]
            row.difference = self._differences[row.contender, task]
            row.preliminary = row.preliminary or {row.threads: glances[process]}

    def kept(self, task: Task) -> list[Measured]:
        """Who goes on after the preliminary round: those not far behind, and those that a target names."""
        rows = self.rows(Task(task.shape, task.training))
        named = {choose(rows) for choose in (our_best, keras_best)}
        if task.training and not task.bidirectional:
            named |= {choose(rows) for choose in (our_float32, keras_float32, torch_best)}
        both, one = self._settings.dropped_from_both_directions, self._settings.dropped_from
        factor = both if task.bidirectional else one
        limits = {row.contender.family: factor * min(r.glance for r in _of(rows, row.contender.family)) for row in rows}
        return [row for row in rows if row.glance <= limits[row.contender.family] or row.contender in named]

    def process(self, row: Measured) -> Process:
        """The process of a contender that is still in."""
        return self._running[row.contender, row.threads]

    def rows(self, task: Task) -> list[Measured]:
        """What is known of a task."""
        return [row for row in self.measured if row.task == task]

    def _prepare(self, processes: Sequence[Process], task: Task) -> dict[Process, float]:
        """Seconds of the first step of each, after comparing what it computed."""
        answers = prepare_all(processes, task)
        for process, answer in answers.items():
            difference = largest_difference(answer["samples"], self._reference.setdefault(task, answer["samples"]))
            contender = process.contender
            if not difference <= TOLERANCE[contender.dtype]:  # also where it is no number
                raise BenchmarkError(
                    f"expected {contender.title} to compute in a {task} what the others do, within "
                    f"{TOLERANCE[contender.dtype]:g} of the largest value; found a difference of {difference:g}"
                )
            self._differences[contender, task] = difference
        return {process: answer["seconds"] for process, answer in answers.items()}

    def _forget(self, processes: Iterable[Process]) -> None:
        for process in processes:
            process.ask("forget")
            process.answer()


def our_best(rows: Sequence[Measured]) -> Contender | None:
    """The faster of our fast path's dtypes in the preliminary round: what a person gets by choosing well."""
    return _fastest([row for row in _of(rows, "ours") if not row.contender.portable])


def keras_best(rows: Sequence[Measured]) -> Contender | None:
    """The fastest way to run Keras' own layer, by the preliminary round."""
    return _fastest(_of(rows, "keras"))


def our_float32(_rows: Sequence[Measured]) -> Contender | None:
    """Ours, computing in float32 and in nothing else."""
    return OURS


def keras_float32(rows: Sequence[Measured]) -> Contender | None:
    """The fastest way to run Keras' own layer in float32, by the preliminary round."""
    return _fastest([row for row in _of(rows, KERAS.family) if row.contender.dtype == FLOAT32])


def torch_best(rows: Sequence[Measured]) -> Contender | None:
    """The faster of torch's dtypes; None where torch is not installed."""
    return _fastest(_of(rows, TORCH.family))


def _of(rows: Sequence[Measured], family: str) -> list[Measured]:
    return [row for row in rows if row.contender.family == family]


def _fastest(rows: Sequence[Measured]) -> Contender | None:
    return min(rows, key=lambda row: row.glance).contender if rows else None


def _told(row: Measured) -> str:
    settings = ", ".join(f"{1000 * seconds:.0f} ms with {n}" for n, seconds in row.preliminary.items())
    return f"{row.task.shape.name} {'training' if row.task.training else 'forward'} {settings}"
