"""The estimator: texts and labels in, a trained network that predicts out.

    X, y -> Reviews -> split -> plan_comparison -> run_plan -> a saved run, which the estimator holds

It is the training of `sentiment train`, with its refusals. Labels of any kind come back as they were given.
"""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from sentiment.config import OURS, RESERVED, Classes, Config, customised
from sentiment.errors import RunError, UserError
from sentiment.estimator.held_run import HeldRun
from sentiment.estimator.texts import as_texts
from sentiment.inference.predictor import Predictor
from sentiment.support.extras import naming_the_extra
from sentiment.support.paths import models_folder
from sentiment.support.storage import new_folder

if TYPE_CHECKING:
    from sentiment.data.dataset import Splits
    from sentiment.runs.saved_run import SavedRun
    from sentiment.training.encoders import Encoder

_DATASET = "texts"  # name of the dataset, and of the folder while training
_SOURCE = "the texts given to SentimentClassifier.fit"
_LONGEST_NAME = 60  # characters, as in `sentiment.config.classes`


class SentimentClassifier(ClassifierMixin, BaseEstimator):
    """A recurrent network that classifies texts, as an estimator of scikit-learn.

    Of the texts that `fit` gets, some choose the epoch and the temperature, and some measure the run once, as in
    `sentiment train`: the accuracy in `predictor_.run.record` is of texts that the network has not learnt from.

    Args:
        architecture: one of `sentiment.config.ARCHITECTURE_NAMES`, such as "gru".
        preset: named settings, see `sentiment.config.PRESETS`; None: "standard", or what fits the start.
        epochs: passes over the training texts; None: those of the preset, which gives small data more.
        settings: other settings by name, such as `{"units": 64}`, as `sentiment train --set` has them.
        seed: of the weights, the order of the texts and the dropout. With one seed, two trainings give the same.
        validation_fraction: share of the training texts that choose the epoch; None: a tenth, 1,250 at most.
        test_fraction: share of all texts that measure the run.
        ordered: whether the classes, in the order of `classes_`, are grades from the lowest to the highest.
        from_pretrained: folder of a pretrained encoder or of a saved run to start from, or the name of a run, such as
            "imdb/flagship"; None: fresh weights.
        verbose: whether progress is printed on standard error.

    Attributes:
        classes_: the labels, sorted, of the dtype that `fit` got.
        predictor_: the `sentiment.Predictor` of the trained run, for stars, reasons and explanations.

    Example:
        `SentimentClassifier("gru", epochs=2).fit(texts, labels).predict(["A fine film."])`
    """

    def __init__(
        self,
        architecture: str = OURS,
        *,
        preset: str | None = None,
        epochs: int | None = None,
        settings: Mapping[str, Any] | None = None,
        seed: int = 1,
        validation_fraction: float | None = None,
        test_fraction: float = 0.1,
        ordered: bool = False,
        from_pretrained: str | os.PathLike[str] | None = None,
        verbose: bool = False,
    ) -> None:
        self.architecture = architecture
        self.preset = preset
        self.epochs = epochs
        self.settings = settings
        self.seed = seed
        self.validation_fraction = validation_fraction
        self.test_fraction = test_fraction
        self.ordered = ordered
        self.from_pretrained = from_pretrained
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803  the names of scikit-learn
        """Trains a network.

        Args:
            X: n texts: a list, an array or a column of strings.
            y: n labels of at least two classes: strings, integers or booleans.

        Raises:
            ValueError: the texts or the labels cannot be learnt from, such as fewer than 20 texts; or a setting is
                unknown or out of bounds. A text that is missing is refused.
            StorageError: the disk is full.
            MissingExtraError: a package of the extra `train` is not installed.
        """
        if y is None:
            raise ValueError("This estimator requires y to be passed, but the target y is None: give a label a text.")
        texts, labels = as_texts(X), column_or_1d(y, warn=True)
        check_consistent_length(texts, labels)
        _require_labels(labels)
        classes, encoded = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                f"expected labels of at least two classes; found one class, {classes[0]!r}; give others, too"
            )
        try:
            with naming_the_extra():
                run = self._trained(texts, encoded, Classes(class_names(classes), self.ordered))
        except UserError as error:  # as estimators say it
            raise ValueError(str(error)) from error
        self.classes_ = classes
        self._run = run
        return self

    @property
    def predictor_(self) -> Predictor:
        """The predictor of the trained run. Its classes are called as the labels are in words."""
        check_is_fitted(self)
        return self._run.predictor

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The most probable class of each text: of `classes_`, [n].

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: something other than texts.
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """float64[n, classes], in the order of `classes_`; an empty text has equal shares. Raises as `predict`."""
        check_is_fitted(self)
        return self.predictor_.predict_proba(as_texts(X))

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Writes the trained run, for `sentiment predict --run FOLDER`, `serve`, `explain` and the others.

        Args:
            folder: of the run, such as `models/films/mine`.

        Raises:
            NotFittedError: `fit` was not called.
            RunError: something is there already.
            StorageError: the disk is full or cannot be written.
        """
        check_is_fitted(self)
        target = Path(folder)
        if target.exists():
            raise RunError(f"expected a folder that is free for the run; found {target}; name another, or remove it")
        with new_folder(target) as temporary:
            self._run.write(temporary)
        return target

    def _trained(self, texts: list[str], labels: np.ndarray, classes: Classes) -> HeldRun:
        from sentiment.support.quiet import without_native_output

        with without_native_output():
            from sentiment.training.encoders import load_start, preset_from

        encoder, default = None, "standard"
        if self.from_pretrained is not None:
            encoder = load_start(models_folder(), Path(self.from_pretrained))
            default = preset_from([encoder], round(len(texts) * (1 - self.test_fraction)))
        config, chosen = self._config(default)
        splits = _split(texts, labels, classes, config)
        with tempfile.TemporaryDirectory(prefix="sentiment-") as models:
            return HeldRun.of(train_run(self, splits, config, chosen, encoder, Path(models)))

    def _config(self, default: str) -> tuple[Config, list[str]]:
        """All settings, and the names of those that differ from the preset's, which is `default` where none is set."""
        settings = dict(self.settings or {})
        for name in ("epochs", "validation_fraction", "test_fraction"):
            if name in settings:
                raise ValueError(f"expected {name} outside of settings; found it among them; give it as {name}=...")
            if (value := getattr(self, name)) is not None:
                settings[name] = value
        parts = [f"{name}={'+'.join(v) if isinstance(v, tuple | list) else v}" for name, v in settings.items()]
        return customised(self.preset or default, parts).replace(seed=self.seed), [
            name for name in settings if name != "test_fraction"
        ]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def train_run(
    estimator: SentimentClassifier,
    splits: "Splits",
    config: Config,
    chosen: list[str],
    encoder: "Encoder | None",
    models: Path,
) -> "SavedRun":
    """Trains one network as `sentiment train` does, without baselines and without a report.

    Args:
        estimator: says the architecture, the seed and whether progress is printed.
        splits: the texts.
        config: all settings.
        chosen: names of those that were set.
        encoder: what the network starts from; None: fresh weights.
        models: folder that the run is written into, below one for the dataset.

    Raises:
        UserError: the settings, the encoder and the texts do not fit together, or training diverged.
        StorageError: the disk is full.
    """
    from sentiment.support.progress import ProgressBar, Silence
    from sentiment.support.quiet import without_native_output

    with without_native_output():
        from sentiment.config.idle_settings import require_effect
        from sentiment.experiments.comparison import run_plan
        from sentiment.experiments.plan import plan_comparison

    require_effect(chosen, config, encoder=encoder is not None, teachers=False)
    plan = plan_comparison(
        splits, config, [estimator.architecture], [estimator.seed], models, baselines=False,
        encoders=[encoder] if encoder else [], chosen=chosen,
    )  # fmt: skip
    if not estimator.verbose:
        return run_plan(plan, Silence())[0]
    from rich.console import Console

    with ProgressBar(Console(stderr=True, highlight=False, markup=False)) as report:
        return run_plan(plan, report)[0]


def class_names(classes: np.ndarray) -> tuple[str, ...]:
    """What a run calls the labels: as they read, or by their number where that cannot be the name of a class."""
    names = [str(label) for label in classes.tolist()]
    return tuple(
        name if 0 < len(name) <= _LONGEST_NAME and name != RESERVED and names.count(name) == 1 else f"class_{index}"
        for index, name in enumerate(names)
    )


def _require_labels(labels: np.ndarray) -> None:
    check_classification_targets(labels)
    missing = [label is None or label != label for label in labels.tolist()]  # NaN is not equal to itself
    if any(missing):
        raise ValueError(f"Input y contains NaN or None: {sum(missing):,} labels are missing; leave their texts out.")


def _split(texts: list[str], labels: np.ndarray, classes: Classes, config: Config) -> "Splits":
    import pandas as pd

    from sentiment.data.reviews import Reviews
    from sentiment.data.splits import split

    table = pd.DataFrame({"text": pd.Series(texts, dtype="str"), "label": labels, "split": ""})
    reviews = Reviews(_DATASET, _SOURCE, table.astype({"label": "Int8"}), classes=classes)
    splits = split(reviews, **config.split)
    return dataclasses.replace(splits, dataset=dataclasses.replace(splits.dataset, source=_SOURCE))
