"""Tasks one after the other, and the lines of several at once."""

from itertools import count
from pathlib import Path

import pytest

from helpers.elsewhere import Elsewhere
from sentiment.parallel.lines import Lines, Renamed, titled
from sentiment.parallel.tasks import OneByOne, Task, results
from sentiment.support.progress import Silence

HERE = Path.cwd()
TASKS = [Task("a", 1), Task("b", 2), Task("c", 3)]


def times(common, job, report):
    report.note(f"{job}")
    return common * job


@pytest.mark.parametrize("engine", [OneByOne(), Elsewhere()])
def test_results_are_in_the_order_of_the_tasks_whichever_is_done_first(engine):
    assert results(engine, times, 10, TASKS, Silence(), HERE) == [10, 20, 30]


def test_no_engine_is_started_for_no_task():
    assert results(None, times, 10, [], Silence(), HERE) == []


def test_a_later_task_may_depend_on_earlier_results():
    done = []
    tasks = (Task(str(number), len(done)) for number in count() if len(done) < 3)
    for task, result in OneByOne().completed(times, 10, tasks, Silence(), HERE):
        done.append((task.name, result))
        if len(done) == 3:
            break
    assert done == [("0", 0), ("1", 10), ("2", 20)]


def test_events_become_lines_and_steps_none():
    sent: list[str] = []
    lines = Lines(sent.append)
    lines.start("gru", 1_200, 0)
    lines.step()
    lines.start("gru", 1_200, 40)
    lines.epoch("epoch 1: loss 0.5")
    lines.note("wait")
    assert sent == ["starts: 1,200 steps", "goes on after step 40 of 1,200", "epoch 1: loss 0.5", "wait"]
    assert titled("trial 3", sent[2]) == "trial 3                      epoch 1: loss 0.5"


def test_a_training_has_another_name_and_all_other_events_as_they_are():
    class Names(Silence):
        def start(self, name, steps, done):
            self.started = name, steps, done

        def epoch(self, line):
            self.line = line

    names = Names()
    renamed = Renamed(names, "trial 1")
    renamed.start("gru-sample-units-8-seed1", 5, 2)
    renamed.epoch("epoch 1")
    assert (names.started, names.line) == (("trial 1", 5, 2), "epoch 1")
