"""A network without recurrence: one hidden layer on TF-IDF."""

import copy
import time
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neural_network import MLPClassifier

from sentiment.data.dataset import Splits
from sentiment.metrics.measures import log_loss
from sentiment.training.baselines.fitting import FittedBaseline, Words, class_probabilities, vectorizer_settings


def mlp(splits: Splits, seed: int) -> FittedBaseline:
    """One hidden layer of 64 on the TF-IDF of the 20,000 most frequent words; `alpha` is its weight penalty.

    The epoch is chosen on our validation split, like that of the networks, and not on a share of training.
    """
    started = time.perf_counter()
    words = Words(splits.train.texts)
    vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=20_000, **vectorizer_settings(splits.train.texts))
    train = vectorizer.fit_transform(words(splits.train.texts))
    validation = vectorizer.transform(words(splits.validation.texts))
    best: Any = None
    lowest, chosen = np.inf, {"alpha": 0.0, "epochs": 0.0}
    for alpha in (1e-4, 1e-2):
        batch = min(128, train.shape[0])
        model = MLPClassifier((64,), alpha=alpha, batch_size=batch, learning_rate_init=1e-3, random_state=seed)
        lowest_here, since = np.inf, 0
        for epoch in range(1, 101):
            model.partial_fit(train, splits.train.labels, classes=range(len(splits.classes)))
            loss = log_loss(splits.validation.labels, class_probabilities(model, validation))
            since = 0 if loss < lowest_here else since + 1
            lowest_here = min(loss, lowest_here)
            if loss < lowest:
                best, lowest, chosen = copy.deepcopy(model), loss, {"alpha": alpha, "epochs": float(epoch)}
            if since == 3:
                break
    seconds = time.perf_counter() - started
    parameters = sum(part.size for part in (*best.coefs_, *best.intercepts_))
    return FittedBaseline(
        lambda texts: class_probabilities(best, vectorizer.transform(words(texts))),
        train_seconds=seconds,
        parameters=parameters,
        dtype=str(best.coefs_[0].dtype),
        epochs=int(chosen["epochs"]),
        settings={"alpha": chosen["alpha"]},
    )
