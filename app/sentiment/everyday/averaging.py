"""One network out of several that learnt nearly the same: the mean of their weights.

They start from one encoder and one last layer, so they stay close to one another, and their mean is a network that is
about as good as their ensemble (Wortsman et al. 2022, "Model soups", ICML).
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.config import Config
from sentiment.networks.architectures import build
from sentiment.runs.record import merged
from sentiment.runs.results import HISTORY
from sentiment.runs.saved_run import SavedRun
from sentiment.training.encoders import encoder_of
from sentiment.training.encoding import EncodedSplits
from sentiment.training.epochs import Progress
from sentiment.training.saving import save


def average(
    runs: Sequence[SavedRun],
    weights: Sequence[float],
    encoded: EncodedSplits,
    config: Config,
    dataset_folder: Path,
    origins: Sequence[Path],
    known: Iterable[str] | None = None,
) -> SavedRun:
    """Saves the mean of several runs as `dataset_folder / config.name`.

    Its history is the mean of theirs by epoch, and its seconds are the sum of theirs. Each of their last layers has
    been divided by a temperature before; the mean is divided by its own.

    Args:
        runs: networks of the same size that started from the same weights.
        weights: of each of them in the mean.
        encoded: the reviews that they were trained with; the test split is read once.
        config: the settings, under another name.
        dataset_folder: folder of the dataset's runs.
        origins: folders of the encoder and the teachers.
        known: texts whose fingerprints it gets, see `save`.
    """
    model = build(config.model, encoded.tokenizer.vocabulary_size, config.seed, config.classes)
    arrays = []
    for run in runs:
        encoder_of(run).initialise(model)
        arrays.append(model.get_weights())
    model.set_weights([np.average(same, axis=0, weights=weights) for same in zip(*arrays, strict=True)])
    by_epoch = pd.concat(pd.read_csv(run.folder / HISTORY) for run in runs).groupby("epoch", as_index=False).mean()
    progress = Progress(
        history=[{str(name): value for name, value in row.items()} for row in by_epoch.to_dict("records")],
        seconds=sum(run.record.train_seconds for run in runs),
    )
    built_from = merged([run.record.built_from for run in runs])
    return save(model, encoded, config, progress, built_from, dataset_folder, origins, runs, known)
