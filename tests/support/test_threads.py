"""One operation of TensorFlow takes half of the cores, or all where only our layer learns."""

import json
import subprocess
import sys

from sentiment.support.environment import cores

SCRIPT = """
import json, sys
{before}
from sentiment.support.threads import settle
settle({settings})
import tensorflow as tf
print(json.dumps([tf.config.threading.get_intra_op_parallelism_threads(), float(tf.reduce_sum(tf.ones(3)))]))
"""


def run(before: str = "", settings: str = "") -> list[float]:
    script = SCRIPT.format(before=before, settings=settings)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_threads_are_set_before_tensorflow_starts():
    assert run() == [max(1, cores() // 2), 3.0]
    assert run(settings="loops=False") == [cores(), 3.0]


def test_once_tensorflow_has_started_nothing_changes_and_nothing_fails():
    assert run("import tensorflow as tf; tf.ones(3)") == [0, 3.0]
