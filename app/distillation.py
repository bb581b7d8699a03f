"""Distillation: what a large network thinks of the training reviews teaches a small one (Hinton et al. 2015).

The teachers' probabilities say more than labels: how clear a review is. And they are there for reviews without a label,
too, of which there are twice as many. Reviews of the validation and the test split are not taught.
"""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from app.dataset import Examples, Splits
from app.inference import Predictor
from app.progress import TrainingProgress
from app.runs import MANIFEST, SavedRun, sha256
from app.storage import new_file

_CERTAIN = 1e-4  # how near to 0 and 1 a probability may come before its logit is taken


def identity_of(teachers: Sequence[SavedRun]) -> str:
    """Names and contents of the teachers, in one line; "" for none."""
    return ", ".join(f"{run.name} {sha256(run.folder / MANIFEST)[:16]}" for run in teachers)


def taught(splits: Splits, teachers: Sequence[SavedRun], share: float, cache: Path, report: TrainingProgress) -> Splits:
    """The same splits, with a training split of soft labels that has the unlabelled reviews, too.

    Args:
        splits: the reviews.
        teachers: runs that learnt from the same training split; the mean of their logits is what they say.
        share: what their probability weighs in the label of a labelled review; the rest is its own label. Unlabelled
            reviews have the probability alone.
        cache: folder for what the teachers said: asking them again takes minutes.
        report: is told what is going on.

    Raises:
        RunError: a teacher has no ONNX model.
        StorageError: the cache cannot be written.
    """
    texts = [*splits.train.texts, *splits.unlabelled]
    logits = [_logits(run, texts, cache, report) for run in teachers]
    said = expit(np.mean(logits, axis=0))
    labelled = len(splits.train)
    own = np.concatenate([splits.train.labels, said[labelled:]])
    soft = np.where(np.arange(len(texts)) < labelled, share * said + (1 - share) * own, said)
    return dataclasses.replace(splits, train=Examples(texts, soft.astype(np.float32)))


def _logits(run: SavedRun, texts: list[str], cache: Path, report: TrainingProgress) -> np.ndarray:
    digest = hashlib.sha256(sha256(run.folder / MANIFEST).encode())
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    kept = cache / f"{run.name}-{digest.hexdigest()[:16]}.npy"
    if kept.is_file():
        return np.load(kept, allow_pickle=False)
    report.note(f"asking {run.name} about {len(texts):,} training reviews (once; some minutes)")
    probabilities = [prediction.probability for prediction in Predictor(run).predict(texts)]
    logits = logit(np.clip(probabilities, _CERTAIN, 1 - _CERTAIN))
    with new_file(kept) as temporary, temporary.open("wb") as file:
        np.save(file, logits)
    return logits
