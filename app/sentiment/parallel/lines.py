"""Progress of several trainings at once: a line for each event, with the name of what it belongs to."""

from collections.abc import Callable

from sentiment.support.progress import TrainingProgress


class Lines:
    """Events of one training as lines. There is none for a step.

    Args:
        send: receives each line.
    """

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send

    def note(self, line: str) -> None:
        """See `TrainingProgress`."""
        self._send(line)

    def start(self, name: str, steps: int, done: int) -> None:  # noqa: ARG002
        """See `TrainingProgress`."""
        self._send(f"goes on after step {done:,} of {steps:,}" if done else f"starts: {steps:,} steps")

    def step(self) -> None:
        """See `TrainingProgress`."""

    def epoch(self, line: str) -> None:
        """See `TrainingProgress`."""
        self._send(line)


class Renamed:
    """Passes events on, under another name than that of the run.

    Args:
        report: receives the events.
        name: of the training.
    """

    def __init__(self, report: TrainingProgress, name: str) -> None:
        self._report = report
        self._name = name
        self.note, self.step, self.epoch = report.note, report.step, report.epoch

    def start(self, name: str, steps: int, done: int) -> None:  # noqa: ARG002
        """See `TrainingProgress`."""
        self._report.start(self._name, steps, done)


def titled(name: str, line: str) -> str:
    """A line of progress with the name that it belongs to, as in `sentiment.support.progress.ProgressBar`."""
    return f"{name:<28} {line}"
