"""The real server with shorter intervals, whose predictions wait or fail if the text says so."""

import argparse
import sys
import time
from pathlib import Path

from helpers.serving import AT_THE_GATE
from sentiment.inference.predictor import Prediction, Predictor
from sentiment.server import ServerSettings, serve

parser = argparse.ArgumentParser()
parser.add_argument("--models", type=Path)
parser.add_argument("--gate", type=Path, help="A text with WAIT in it is computed once this file is there.")
parser.add_argument("--queue", type=int, default=256)
parser.add_argument("--most", type=int, default=64)
parser.add_argument("--timeout", type=float, default=30.0)
parser.add_argument("--patience", type=float, default=10.0, help="Seconds for the head of a request, and its body.")
parser.add_argument("--connections", type=int, default=512)
parser.add_argument("--interpreter", default=sys.executable, help="In the place of Python where a file is read.")
options = parser.parse_args()
sys.executable = options.interpreter

predict = Predictor.predict


def predict_slowly(self: Predictor, texts: list[str], *arguments: float) -> list[Prediction]:
    if any("WAIT" in text for text in texts):
        print(AT_THE_GATE, file=sys.stderr, flush=True)
        while not options.gate.exists():
            time.sleep(0.01)
    if any("FAIL" in text for text in texts):
        raise ValueError(f"cannot read {texts}")
    return predict(self, texts, *arguments)


Predictor.predict = predict_slowly  # type: ignore[method-assign, assignment]
serve(
    options.models,
    ServerSettings(
        port=0, poll_seconds=0.1, queue=options.queue, max_texts=options.most, batch=options.most,
        timeout_seconds=options.timeout, drain_seconds=20, head_timeout_seconds=options.patience,
        body_timeout_seconds=options.patience, connections=options.connections,
    ),
)  # fmt: skip
