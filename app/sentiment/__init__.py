"""Sentiment of reviews: train four recurrent classifiers, compare them honestly, use them anywhere.

The names that most people need are here, each imported when it is first used:

    Predictor              a saved model that answers; `Prediction` is one answer
    predict_sentences      what each sentence of a text says, and what it adds to the verdict on the whole
    Explainer              which words decided, and what the gates did
    LSTM                   the custom layer, in place of `keras.layers.LSTM`
    SentimentClassifier    trains a network as an estimator of scikit-learn

Importing this package reads nothing, prints nothing and starts nothing.
"""

import os
from typing import TYPE_CHECKING

from sentiment.support.extras import lazy_names
from sentiment.support.version import __version__

if TYPE_CHECKING:
    from sentiment.estimator.classifier import SentimentClassifier
    from sentiment.explain import Explainer
    from sentiment.inference.predictor import Prediction, Predictor
    from sentiment.inference.sentences import predict_sentences
    from sentiment.layers import LSTM

# From 1.31 on, ONNX Runtime reports its use to its maker once it is imported, unless this is set before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["LSTM", "Explainer", "Prediction", "Predictor", "SentimentClassifier", "__version__", "predict_sentences"]
__getattr__ = lazy_names(
    __name__,
    {
        "Predictor": "sentiment.inference.predictor",
        "Prediction": "sentiment.inference.predictor",
        "predict_sentences": "sentiment.inference.sentences",
        "Explainer": "sentiment.explain",
        "LSTM": "sentiment.layers",
        "SentimentClassifier": "sentiment.estimator.classifier",
    },
)
