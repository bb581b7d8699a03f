"""A process that answers in one way, see `benchmarks.talking`:

{"do": "prepare", "task": {...}}     the first answer: its seconds, and the probabilities
{"do": "step", "task": {...}}        a round: seconds of one answer
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.contenders import BFLOAT16
from benchmarks.talking import Requests, listen
from benchmarks.ways import IDS, REVIEWS, TEXT, TOKENISING, WAYS, Question, Transformer, Way
from sentiment.inference.engines import load_engine
from sentiment.inference.predictor import Predictor
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.text.cleaning import clean
from sentiment.text.tokenizer import ReviewTokenizer

SHOWN = 1_000  # probabilities that are compared
_WARM_UP = (
    3  # answers before those that count, in every round: others had the processor meanwhile; a slow way has fewer
)

Answer = Callable[[], Sequence[float] | np.ndarray]


class Material(NamedTuple):
    """What every way reads."""

    text: str  # one review
    token_ids: list[int]  # the same
    reviews: list[str]

    @classmethod
    def read(cls, path: str) -> "Material":
        """What `write` wrote."""
        return cls(**json.loads(Path(path).read_text(encoding="utf-8")))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self._asdict()), encoding="utf-8")


def _start(given: dict[str, Any]) -> Requests:
    """What it can be asked.

    Args:
        given: the name of the `way`, `material`, and the folder of a `run` or the sizes of a `transformer`.
    """
    way, material = WAYS[given["way"]], Material.read(given["material"])
    if "run" in given:
        answers = _of_a_run(way, load_run(Path(given["run"])), material)
    else:
        answers = {IDS: _of_a_transformer(way, Transformer(**given["transformer"]), material.token_ids)}

    def prepare(values: dict[str, Any]) -> dict[str, Any]:
        start = time.perf_counter()
        found = answers[values["asks"]]()
        return {"seconds": time.perf_counter() - start, "probabilities": [float(value) for value in found[:SHOWN]]}

    def step(values: dict[str, Any]) -> dict[str, Any]:
        return {"seconds": _seconds_of_one(answers[values["asks"]], Question(**values).seconds)}

    return {"prepare": prepare, "step": step}


def _seconds_of_one(answer: Answer, budget: float) -> float:
    begin, warm = time.perf_counter(), 0
    while time.perf_counter() - begin < budget and warm < _WARM_UP:
        answer()
        warm += 1
    taken: list[float] = []
    begin = time.perf_counter()
    while not taken or time.perf_counter() - begin < budget:
        start = time.perf_counter()
        answer()
        taken.append(time.perf_counter() - start)
    return median(taken)


def _of_a_run(way: Way, run: SavedRun, material: Material) -> dict[str, Answer]:
    tokenizer, token_ids = run.tokenizer(), np.array(material.token_ids, np.int32)
    if way.name in ("keras-predict", "keras-function"):
        from_ids = _plainly(way, run, len(token_ids))
        return {
            TEXT: lambda: from_ids(tokenizer.token_ids([clean(material.text)])[0]),
            IDS: lambda: from_ids(token_ids),
        }
    engine, predictor = load_engine(way.name, run), Predictor(run, way.name)

    def scored(token_ids: Sequence[np.ndarray]) -> np.ndarray:
        return engine.start(token_ids)()

    def predicted(texts: list[str]) -> list[float]:
        return [prediction.probability or 0.0 for prediction in predictor.predict(texts)]

    return {
        TEXT: lambda: predicted([material.text]),
        IDS: lambda: scored([token_ids]),
        REVIEWS: lambda: predicted(material.reviews),
        TOKENISING: lambda: _tokenised(tokenizer, material.reviews),
    }


def _tokenised(tokenizer: ReviewTokenizer, texts: list[str]) -> Sequence[float]:
    """What a predictor does before the network; gives no probabilities."""
    tokenizer.token_ids([clean(text) for text in texts])
    return ()


def _plainly(way: Way, run: SavedRun, time_steps: int) -> Callable[[np.ndarray], np.ndarray]:
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

    return with_predict if way.name == "keras-predict" else with_function


def _of_a_transformer(way: Way, sizes: Transformer, token_ids: list[int]) -> Answer:
    """Plain torch, in inference mode, in which its encoder runs fused."""
    import torch
    from torch import nn

    torch.manual_seed(11)
    layer = nn.TransformerEncoderLayer(sizes.width, sizes.heads, sizes.inner, activation="gelu", batch_first=True)
    words, places = nn.Embedding(sizes.vocabulary_size, sizes.width), nn.Embedding(sizes.longest, sizes.width)
    encoder, head = nn.TransformerEncoder(layer, sizes.layers), nn.Linear(sizes.width, 1)
    parts = nn.ModuleList([words, places, encoder, head]).eval()
    if way.dtype == BFLOAT16:
        parts.bfloat16()
    ids = torch.tensor([token_ids])
    where = torch.arange(len(token_ids))[None]

    def answer() -> np.ndarray:
        with torch.inference_mode():
            states = encoder(words(ids) + places(where))
            return torch.sigmoid(head(states[:, 0])).float().numpy()[:, 0]

    return answer


if __name__ == "__main__":
    listen(_start)
