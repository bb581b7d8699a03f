"""What a recurrent network has to beat, fitted on the same split: linear models and a perceptron.

They read the same words and marks as the networks. Parameters are fitted on the training split; the strength of the
regularisation and the number of epochs are chosen by log loss on validation. Saved probabilities are calibrated with a
temperature fitted on validation, like those of the networks.
"""

from sentiment.training.baselines.fitting import Fitted, FittedBaseline, Words, occurrence_features, tfidf_features
from sentiment.training.baselines.linear import LogCountRatio, NaiveBayesRegression
from sentiment.training.baselines.saving import (
    BASELINES,
    baseline_identity,
    fit_baseline,
    is_fitted,
    save_baseline,
    unless_polarity,
    usable_baselines,
)

__all__ = [
    "BASELINES", "Fitted", "FittedBaseline", "LogCountRatio", "NaiveBayesRegression", "Words", "baseline_identity",
    "fit_baseline", "is_fitted", "occurrence_features", "save_baseline", "tfidf_features", "unless_polarity",
    "usable_baselines",
]  # fmt: skip
