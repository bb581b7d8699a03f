"""How long a whole training will take, from its first steps."""

import time
from collections.abc import Callable, Mapping

from sentiment.support.progress import TrainingProgress

_WARM_UP = 5  # steps before the clock starts: in the first ones TensorFlow and Numba compile
_MEASURED = 20  # steps whose time is measured
_WORTH_SAYING = 60.0  # seconds that are left; a shorter wait needs no announcement
_COST = {"bilstm": 2.0}  # of a step, beside the other architectures: it reads in both directions


class Forecast:
    """Passes events on, and adds a note on the time that is left for all networks.

    It is an estimate: a step of every network is taken to last as long as those that were measured, twice as long where
    it reads in both directions, and no network to stop early.

    Args:
        report: receives the events and the notes.
        architectures: of the networks by their names, in the order in which they are trained. One that another process
            has trained in the meantime may be left out.
        clock: seconds.
    """

    def __init__(
        self, report: TrainingProgress, architectures: Mapping[str, str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report = report
        self._names = list(architectures)
        self._costs = [_COST.get(architecture, 1.0) for architecture in architectures.values()]
        self._clock = clock
        self._network = 0
        self._steps = self._left = self._taken = 0

    def note(self, line: str) -> None:
        """See `TrainingProgress`."""
        self._report.note(line)

    def start(self, name: str, steps: int, done: int) -> None:
        """See `TrainingProgress`."""
        self._network = self._names.index(name)
        self._steps, self._left, self._taken = steps, steps - done, 0
        self._report.start(name, steps, done)

    def step(self) -> None:
        """See `TrainingProgress`."""
        self._report.step()
        self._taken += 1
        if self._taken == _WARM_UP:
            self._since = self._clock()
        elif self._taken == _WARM_UP + _MEASURED:
            self._announce((self._clock() - self._since) / _MEASURED)

    def epoch(self, line: str) -> None:
        """See `TrainingProgress`."""
        self._report.epoch(line)

    def _announce(self, seconds_per_step: float) -> None:
        others = self._costs[self._network + 1 :]
        steps = self._left - self._taken + sum(others) / self._costs[self._network] * self._steps
        seconds = steps * seconds_per_step
        if seconds >= _WORTH_SAYING:
            more = f" and the {len(others)} after it" if len(others) > 1 else " and the one after it" if others else ""
            self._report.note(
                f"about {duration(seconds)} left for this network{more}, by its first steps; less where one stops early"
            )


def duration(seconds: float) -> str:
    """A time for people: "40 seconds", "12 minutes", "2.5 hours"."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5_400 else f"{seconds / 3_600:.1f} hours"
