"""How long waiting work will take, learnt from the batches that were computed."""

_MEMORY = 0.9  # what a batch weighs after the next one


class Pace:
    """Seconds for an amount of work, as the latest batches took them.

    It is the ratio of two sums, not a mean of ratios: a large batch, which is computed at the pace that matters under
    load, counts more than many small ones.
    """

    def __init__(self) -> None:
        self._work = 0.0
        self._seconds = 0.0

    def learn(self, work: float, seconds: float) -> None:
        """Takes account of a batch."""
        self._work = _MEMORY * self._work + work
        self._seconds = _MEMORY * self._seconds + seconds

    def seconds(self, work: float) -> float:
        """The expected duration; 0 before the first batch."""
        return work * self._seconds / self._work if self._work else 0.0
