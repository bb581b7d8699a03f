"""The real server with shorter intervals, and slower or failing predictions where a test asks for them."""

import argparse
import time
from pathlib import Path

from app.inference import Prediction, Predictor
from app.server import ServerSettings, serve

parser = argparse.ArgumentParser()
parser.add_argument("--models", type=Path)
parser.add_argument("--delay", type=float, default=0.0)
parser.add_argument("--queue", type=int, default=256)
parser.add_argument("--most", type=int, default=64)
parser.add_argument("--timeout", type=float, default=30.0)
given = parser.parse_args()

predict = Predictor.predict


def predict_slowly(self: Predictor, texts: list[str], *arguments: float) -> list[Prediction]:
    time.sleep(given.delay)
    if any("FAIL" in text for text in texts):
        raise ValueError(f"cannot read {texts}")
    return predict(self, texts, *arguments)


Predictor.predict = predict_slowly  # type: ignore[method-assign, assignment]
serve(
    given.models,
    ServerSettings(
        port=0, poll_seconds=0.2, queue=given.queue, max_texts=given.most, batch=given.most,
        timeout_seconds=given.timeout, drain_seconds=20,
    ),
)  # fmt: skip
