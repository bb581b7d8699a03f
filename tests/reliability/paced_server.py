"""The real server with the smallest shipped run, whose predictions take a fixed time for each text.

The time is spent asleep, so that the capacity is the same on every machine, however busy.
"""

import argparse
import json
import time
from pathlib import Path

from sentiment.inference.predictor import Prediction, Predictor
from sentiment.server import ServerSettings, serve

parser = argparse.ArgumentParser()
parser.add_argument("--models", type=Path, required=True)
parser.add_argument("--seconds-per-text", type=float, default=0.01)
parser.add_argument("--settings", type=json.loads, default={})
options = parser.parse_args()

TRIAL = ["A film."]  # what is predicted once a run is loaded
really_predict = Predictor.predict


def predict(self: Predictor, texts: list[str]) -> list[Prediction]:
    if texts == TRIAL:
        [self.prediction] = really_predict(self, TRIAL)
        return [self.prediction]
    time.sleep(options.seconds_per_text * len(texts))
    return [self.prediction] * len(texts)


Predictor.predict = predict  # type: ignore[method-assign, assignment]
serve(options.models, ServerSettings(port=0, **options.settings))
