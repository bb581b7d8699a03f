"""One operation of TensorFlow takes half of the cores, or all where only our layer learns."""

import json
import subprocess
import sys

from sentiment.support.environment import cores

# Each answer is of a fork of one process, in which TensorFlow is imported and has not started: an import takes seconds.
SCRIPT = """
import json, multiprocessing
import tensorflow as tf
from sentiment.support.threads import settle

def answer(started, settings):
    if started:
        tf.ones(3)
    settle(**settings)
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    print(json.dumps([threads, float(tf.reduce_sum(tf.ones(3)))]), flush=True)

for case in {cases}:
    process = multiprocessing.get_context("fork").Process(target=answer, args=case)
    process.start()
    process.join()
"""


def run(*cases: tuple[bool, dict[str, bool]]) -> list[list[float]]:
    """Threads of an operation, and a sum, where TensorFlow has started before or not and with these settings."""
    script = SCRIPT.replace("{cases}", repr(cases))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_threads_are_set_before_tensorflow_starts():
    assert run((False, {}), (False, {"loops": False})) == [[max(1, cores() // 2), 3.0], [cores(), 3.0]]


def test_once_tensorflow_has_started_nothing_changes_and_nothing_fails():
    assert run((True, {})) == [[0, 3.0]]
