"""The time that is left for a whole training, from its first steps."""

import pytest

from sentiment.experiments.forecast import Forecast, duration
from sentiment.support.progress import Silence


class Told(Silence):
    """Records notes, and counts the other events."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.events = 0

    def note(self, line: str) -> None:
        self.notes.append(line)

    def start(self, *_event: object) -> None:
        self.events += 1

    def step(self) -> None:
        self.events += 1

    def epoch(self, _line: str) -> None:
        self.events += 1


def forecast(architectures, steps, seconds_per_step, done=0, taken_over=()):
    """The notes of a training whose first five steps take a minute each, as compiling does."""
    now = 0.0
    told = Told()
    report = Forecast(told, dict(zip(architectures, architectures, strict=True)), clock=lambda: now)
    for name in [name for name in architectures if name not in taken_over]:
        report.start(name, steps, done)
        for step in range(done, steps):
            now += 60.0 if step < 5 else seconds_per_step
            report.step()
        report.epoch("done")
    assert told.events == (len(architectures) - len(taken_over)) * (steps - done + 2)  # each event is passed on once
    return told.notes


def test_it_is_of_all_networks_and_twice_as_long_where_one_reads_in_both_directions():
    assert forecast(["gru", "bilstm"], steps=625, seconds_per_step=1.0) == [
        "about 31 minutes left for this network and the one after it, by its first steps; less where one stops early",
        "about 10 minutes left for this network, by its first steps; less where one stops early",
    ]  # 600 steps are left, and 2 x 625


def test_a_network_that_another_process_has_trained_does_not_shift_the_others():
    [line] = forecast(["bilstm", "gru"], steps=625, seconds_per_step=1.0, taken_over=["bilstm"])
    assert line.startswith("about 10 minutes left for this network, by")


def test_a_network_that_goes_on_has_fewer_steps_left():
    [line] = forecast(["gru"], steps=625, seconds_per_step=1.0, done=300)
    assert line.startswith("about 5 minutes left for this network,")


def test_a_short_training_is_not_announced():
    assert forecast(["gru", "lstm"], steps=40, seconds_per_step=0.1) == []
    assert forecast(["gru"], steps=12, seconds_per_step=60.0) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(61, "61 seconds"), (90, "2 minutes"), (5_399, "90 minutes"), (9_000, "2.5 hours")]
)
def test_a_duration_is_said_in_its_unit(seconds, words):
    assert duration(seconds) == words
