"""The methods that are compared: each learns a draw of labels and answers the test reviews of its domain."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from sklearn.model_selection import StratifiedKFold

from sentiment.config import Classes, Config, preset
from sentiment.data.dataset import Examples, Splits
from sentiment.experiments.adaptation import Features, learnt_from
from sentiment.experiments.adaptation.rivals import as_it_is, tfidf_model
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.metrics.measures import log_loss
from sentiment.metrics.verdicts import as_saved
from sentiment.networks.onnx_graph import to_onnx
from sentiment.runs.saved_run import SavedRun
from sentiment.support.progress import Silence
from sentiment.teaching.fine_tuning import Labelled, fine_tune, settings_for
from sentiment.teaching.linear_head import as_network, fit_head
from sentiment.teaching.self_training import self_taught, with_first_teachers
from sentiment.training.baselines import NaiveBayesRegression, occurrence_features
from sentiment.training.classifier import fit
from sentiment.training.encoders import Encoder, encoder_of
from sentiment.training.encoding import encode
from sentiment.training.epochs import Checkpoint

_NB_STRENGTHS = (0.1, 1.0, 10.0)


class Answer(NamedTuple):
    """Probabilities of the test reviews as they are saved, and seconds to learn."""

    probabilities: np.ndarray
    seconds: float


@dataclass(frozen=True)
class Draw:
    """Labels to learn, and the rest of the reviews without theirs."""

    splits: Splits
    seed: int

    @cached_property
    def learnt(self) -> Examples:
        """All labels, those of the validation split last."""
        return learnt_from(self.splits)


class Network:
    """A saved run in a domain. What it pools does not depend on the labels, so it is computed once.

    Args:
        run: a verified run.
        domain: its training split is what labels are drawn from.
    """

    def __init__(self, run: SavedRun, domain: Splits) -> None:
        self._run, self._domain, self._tokenizer = run, domain, run.tokenizer()
        self._row_of = {text: row for row, text in enumerate(domain.train.texts)}

    def as_it_is(self) -> np.ndarray | None:
        """What it says without learning; None where it lacks a class."""
        return as_it_is(self._run, self._domain.classes, self._test_ids)

    def adapted(self, draw: Draw) -> Answer:
        """A new last layer."""
        started = time.perf_counter()
        head = fit_head(self._features[self._rows(draw)], draw.learnt.labels, self._domain.classes)
        seconds, classes = time.perf_counter() - started, self._domain.classes
        return Answer(probabilities_of(as_network(head.logits(self._test_features), classes), classes), seconds)

    def tuned(self, draw: Draw) -> Answer:
        """All weights trained on, from that last layer."""
        classes, learnt = self._domain.classes, draw.learnt
        features = self._features[self._rows(draw)]
        started = time.perf_counter()
        head = fit_head(features, learnt.labels, classes)
        ids = self._tokenizer.token_ids(learnt.texts, whole=True), self._tokenizer.token_ids(learnt.texts)
        config = settings_for(self._run, self._encoder, classes, draw.seed)
        validation = len(draw.splits.validation)
        tuned = fine_tune(self._encoder, Labelled(*ids, features, learnt.labels), validation, head, config, Silence())
        if not tuned.epochs and not tuned.keeps_head:
            return self.adapted(draw)
        seconds = time.perf_counter() - started
        return Answer(_answers(tuned.model, tuned.classes, self._test_ids), seconds)

    def _rows(self, draw: Draw) -> list[int]:
        return [self._row_of[text] for text in draw.learnt.texts]

    @cached_property
    def _test_ids(self) -> list[np.ndarray]:
        return self._tokenizer.token_ids(self._domain.test.texts)

    @cached_property
    def _pooled(self) -> Features:
        return Features(self._run)

    @cached_property
    def _features(self) -> np.ndarray:
        return self._pooled(self._tokenizer.token_ids(self._domain.train.texts))

    @cached_property
    def _test_features(self) -> np.ndarray:
        return self._pooled(self._test_ids)

    @cached_property
    def _encoder(self) -> Encoder:
        return encoder_of(self._run)


def from_encoder(encoder: Encoder) -> Callable[[Draw], Answer]:
    """`sentiment train --from-pretrained ENCODER`: the network that a user gets with few labels."""

    def learn(draw: Draw) -> Answer:
        config = encoder.sized(preset("few-labels")).replace(seed=draw.seed, classes=draw.splits.classes)
        return _trained(draw.splits, config, encoder)

    return learn


def self_taught_by(encoder: Encoder) -> Callable[[Draw], Answer]:
    """The same with `--preset self-taught`: the rest of the reviews is learnt without its labels."""

    def learn(draw: Draw) -> Answer:
        config = encoder.sized(preset("self-taught")).replace(seed=draw.seed, classes=draw.splits.classes)
        config = with_first_teachers(config, draw.splits, encoder)
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            splits, _ = self_taught(draw.splits, config, encoder, Path(folder), Silence())
        taught = time.perf_counter() - started
        answer = _trained(splits, config, encoder)
        return Answer(answer.probabilities, answer.seconds + taught)

    return learn


def linear(fitted: Callable[[Examples, Classes], Callable[[list[str]], np.ndarray]]) -> Callable[[Draw], Answer]:
    """A linear model of the labels alone."""

    def learn(draw: Draw) -> Answer:
        started = time.perf_counter()
        predict = fitted(draw.learnt, draw.splits.classes)
        seconds = time.perf_counter() - started
        return Answer(predict(draw.splits.test.texts), seconds)

    return learn


def nb_svm(learnt: Examples, classes: Classes) -> Callable[[list[str]], np.ndarray]:
    """The strength has the lowest log loss on reviews that were left out, as for the other methods."""
    features, encode_texts = occurrence_features(learnt.texts)
    fewest = int(np.bincount(learnt.labels, minlength=len(classes)).min())
    folds = list(StratifiedKFold(max(2, min(5, fewest)), shuffle=True, random_state=0).split(features, learnt.labels))

    def loss(strength: float) -> float:
        left_out = np.zeros((len(learnt), len(classes)))
        for train, rest in folds:
            model = NaiveBayesRegression(strength).fit(features[train], learnt.labels[train])
            left_out[rest] = model.predict_proba(features[rest])
        return log_loss(learnt.labels, as_saved(left_out))

    model = NaiveBayesRegression(min(_NB_STRENGTHS, key=loss)).fit(features, learnt.labels)
    return lambda texts: as_saved(np.clip(model.predict_proba(encode_texts(texts)), 0, 1))


LINEAR = {"TF-IDF": linear(tfidf_model), "NB-SVM": linear(nb_svm)}


def _trained(splits: Splits, config: Config, encoder: Encoder) -> Answer:
    encoded = encode(splits, config.tokenizer, encoder)
    with tempfile.TemporaryDirectory() as folder:
        model, progress = fit(encoded, config, Checkpoint(Path(folder) / "checkpoint", {}), Silence(), encoder)
    return Answer(_answers(model, config.classes, encoded.test), progress.seconds)


def _answers(model: keras.Model, classes: Classes, token_ids: list[np.ndarray]) -> np.ndarray:
    """The probabilities of a network that is not needed any more."""
    engine = OnnxEngine(to_onnx(model, {}, classes).SerializeToString())  # several times as fast as Keras
    keras.utils.clear_session()  # or dozens of networks add up in memory
    return engine.start(token_ids)()
