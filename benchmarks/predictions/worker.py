"""A child process with one predictor, see `benchmarks.protocol`:

{"do": "prepare", "task": {...}}     the first answer to a workload: its seconds, and the probabilities
{"do": "step", "task": {...}}        a round of a workload: the median seconds of one answer
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.predictions.predictors import (
    BFLOAT16,
    FUNCTION,
    IDS,
    MODEL_PREDICT,
    PREDICTORS,
    REVIEWS,
    TEXT,
    TOKENISING,
    PredictorSpec,
    Transformer,
    Workload,
)
from benchmarks.protocol import Handlers, answer_requests
from sentiment.inference.engines import load_engine
from sentiment.inference.predictor import Predictor
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.text.cleaning import clean
from sentiment.text.tokenizer import ReviewTokenizer

COMPARED = 1_000  # probabilities, at most
_WARM_UP = 3  # answers before those that count, in every round, because others had the processor meanwhile

Answer = Callable[[], Sequence[float] | np.ndarray]


class Material(NamedTuple):
    """What every predictor reads."""

    text: str  # one review
    token_ids: list[int]  # of the same review
    reviews: list[str]

    @classmethod
    def read(cls, path: str | Path) -> "Material":
        """The material that `write` wrote."""
        return cls(**json.loads(Path(path).read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self._asdict()), encoding="utf-8")


def _start(arguments: dict[str, Any]) -> Handlers:
    """The handlers.

    Args:
        arguments: the name of the `predictor`, `material`, and the folder of a `run` or the sizes of a `transformer`.
    """
    predictor, material = PREDICTORS[arguments["predictor"]], Material.read(arguments["material"])
    if "run" in arguments:
        answers = _of_a_run(predictor, load_run(Path(arguments["run"])), material)
    else:
        answers = {IDS: _of_a_transformer(predictor, Transformer(**arguments["transformer"]), material.token_ids)}

    def prepare(values: dict[str, Any]) -> dict[str, Any]:
        start = time.perf_counter()
        probabilities = answers[values["name"]]()
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "probabilities": [float(value) for value in probabilities[:COMPARED]]}

    def step(values: dict[str, Any]) -> dict[str, Any]:
        workload = Workload(**values)
        return {"seconds": _seconds_of_one(answers[workload.name], workload.seconds)}

    return {"prepare": prepare, "step": step}


def _seconds_of_one(answer: Answer, budget: float) -> float:
    start, warm_up = time.perf_counter(), 0
    while time.perf_counter() - start < budget and warm_up < _WARM_UP:
        answer()
        warm_up += 1
    seconds: list[float] = []
    start = time.perf_counter()
    while not seconds or time.perf_counter() - start < budget:
        before = time.perf_counter()
        answer()
        seconds.append(time.perf_counter() - before)
    return median(seconds)


def _of_a_run(spec: PredictorSpec, run: SavedRun, material: Material) -> dict[str, Answer]:
    tokenizer, token_ids = run.tokenizer(), np.array(material.token_ids, np.int32)
    if spec in (MODEL_PREDICT, FUNCTION):
        from_ids = _plain_keras(spec, run, len(token_ids))
        return {
            TEXT: lambda: from_ids(tokenizer.token_ids([clean(material.text)])[0]),
            IDS: lambda: from_ids(token_ids),
        }
    engine, predictor = load_engine(spec.name, run), Predictor(run, spec.name)

    def score(token_ids: np.ndarray) -> np.ndarray:
        return engine.start([token_ids])()

    def predict(texts: list[str]) -> list[float]:
        return [prediction.probability or 0.0 for prediction in predictor.predict(texts)]

    return {
        TEXT: lambda: predict([material.text]),
        IDS: lambda: score(token_ids),
        REVIEWS: lambda: predict(material.reviews),
        TOKENISING: lambda: _tokenise(tokenizer, material.reviews),
    }


def _tokenise(tokenizer: ReviewTokenizer, texts: list[str]) -> Sequence[float]:
    """What a predictor does before the network; gives no probabilities."""
    tokenizer.token_ids([clean(text) for text in texts])
    return ()


def _plain_keras(spec: PredictorSpec, run: SavedRun, time_steps: int) -> Callable[[np.ndarray], np.ndarray]:
    """Keras as its documentation has it, one review at a time: from int32[time] to float[1]."""
    import tensorflow as tf

    model = run.model()

    @tf.function(input_signature=[tf.TensorSpec((1, time_steps), tf.int32)], autograph=False)
    def compiled(token_ids: Any) -> Any:
        return tf.sigmoid(model(token_ids, training=False))

    def with_function(token_ids: np.ndarray) -> np.ndarray:
        return compiled(tf.constant(token_ids[None])).numpy()[:, 0]

    def with_predict(token_ids: np.ndarray) -> np.ndarray:
        logit = model.predict(token_ids[None], verbose=0)[:, 0]
        return 1 / (1 + np.exp(-logit))

    return with_predict if spec == MODEL_PREDICT else with_function


def _of_a_transformer(spec: PredictorSpec, sizes: Transformer, token_ids: list[int]) -> Answer:
    """Plain torch, in inference mode, in which its encoder runs fused."""
    import torch
    from torch import nn

    torch.manual_seed(11)
    layer = nn.TransformerEncoderLayer(sizes.width, sizes.heads, sizes.inner, activation="gelu", batch_first=True)
    words, positions = nn.Embedding(sizes.vocabulary_size, sizes.width), nn.Embedding(sizes.longest, sizes.width)
    encoder, head = nn.TransformerEncoder(layer, sizes.layers), nn.Linear(sizes.width, 1)
    parts = nn.ModuleList([words, positions, encoder, head]).eval()
    if spec.dtype == BFLOAT16:
        parts.bfloat16()
    ids = torch.tensor([token_ids])
    places = torch.arange(len(token_ids))[None]

    def answer() -> np.ndarray:
        with torch.inference_mode():
            states = encoder(words(ids) + positions(places))
            return torch.sigmoid(head(states[:, 0])).float().numpy()[:, 0]

    return answer


if __name__ == "__main__":
    answer_requests(_start)
