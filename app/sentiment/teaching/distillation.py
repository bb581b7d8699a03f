"""Distillation: teachers' probabilities of the training texts become labels (Hinton et al. 2015).

A teacher's probabilities say more than labels: how clear a review is. And they exist for unlabelled reviews, of which
there are twice as many. Teachers of different kinds, a network and a linear model, correct one another. Excerpts have
teachers' probabilities too, because a sentence often says something else than the label of its review.

Teachers predict neither the validation nor the test split, and a teacher that has learnt from them is refused.
The seconds of the teachers' training and predictions are passed on with the labels: the student owes them both.
"""

import dataclasses
import hashlib
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sentiment.config import Classes, TrainingConfig
from sentiment.data.splits import Examples, Splits
from sentiment.data.templates import excerpts
from sentiment.errors import RunError
from sentiment.inference.predictor import Predictor
from sentiment.metrics.class_probabilities import logits_of, probabilities_of
from sentiment.metrics.verdicts import as_saved
from sentiment.networks.heads import targets
from sentiment.runs.identity import digest
from sentiment.runs.record import TrainingTimes, merged, training_time
from sentiment.runs.saved_run import CONFIG, ONNX, TOKENIZER, SavedRun, sha256
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_file
from sentiment.training.baselines import Fitted, baseline_identity, fit_baseline

TEACHER_PREDICTIONS = ".teachings"  # folder beside the runs of a dataset; may be deleted
_CERTAIN = 1e-4  # how near to 0 and 1 a probability may come before its logit is taken


@dataclass(frozen=True)
class Teacher:
    """A classifier of the same training split, known before it is trained."""

    name: str
    content: str  # SHA-256 of what decides its predictions
    fit: Callable[[], Fitted]  # trains or loads it; not called where its predictions are saved
    times: TrainingTimes = field(default_factory=dict)  # of a training that is over
    excerpts_seed: int = 0  # of the excerpts that it has learnt itself


def run_teacher(run: SavedRun) -> Teacher:
    """A saved run as a teacher, through its ONNX model.

    Raises:
        RunError: it has none.
    """
    if not (run.folder / ONNX).is_file():
        raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: sentiment export")

    def load() -> Fitted:
        predictor = Predictor(run)

        return Fitted(lambda texts: as_saved(predictor.predict_proba(texts)))

    files = "".join(sha256(run.folder / name) for name in (ONNX, TOKENIZER, CONFIG))
    content = hashlib.sha256(files.encode()).hexdigest()
    return Teacher(run.name, content, load, run.record.training_times, run.record.excerpts_seed)


def baseline_teacher(name: str, splits: Splits) -> Teacher:
    """A linear model as a teacher.

    Args:
        name: a key of `sentiment.training.baselines.BASELINES`.
        splits: what it learns from.
    """
    return Teacher(name, digest([name, baseline_identity(splits)]), lambda: fit_baseline(name, splits))


def identity_of(teachers: Sequence[Teacher]) -> str:
    """Names and contents of the teachers, in one line; "" for none."""
    return ", ".join(f"{teacher.name} {teacher.content[:16]}" for teacher in teachers)


def distilled(
    splits: Splits, teachers: Sequence[Teacher], settings: TrainingConfig, cache: Path, report: TrainingProgress
) -> tuple[Splits, TrainingTimes]:
    """The splits with soft labels, the unlabelled reviews among the training reviews, and the seconds of the teachers.

    Args:
        splits: the reviews.
        teachers: one or more. The mean of their logits is their prediction.
        settings: `teacher_share` is the weight of their probability in the label of a labelled review; the rest is its
            own label. An unlabelled review has the probability alone. The label of an excerpt, of which there are
            `excerpts` at most, has the same share of their probability of the excerpt; the rest is that of its review.
        cache: folder for the predictions of teachers, which take minutes.
        report: receives notes.

    Raises:
        StorageError: the cache cannot be written.
    """
    reviews = [*splits.train.texts, *splits.unlabelled]
    seed = 1 + max(teacher.excerpts_seed for teacher in teachers)  # mostly other excerpts than they learnt by heart
    quotes = excerpts(Examples(reviews, np.arange(len(reviews))), settings.excerpts, seed)  # a label: its review's row
    texts = [*reviews, *quotes.texts]
    predictions = [_predictions(teacher, texts, splits.classes, cache, report) for teacher in teachers]
    classes = splits.classes
    probabilities = probabilities_of(np.mean([logits for logits, _ in predictions], axis=0), classes)
    known = targets(splits.train.labels, classes).astype(np.float64).reshape(-1, *probabilities.shape[1:])
    labels = np.concatenate([known, probabilities[len(splits.train) : len(reviews)]])
    share = settings.teacher_share
    soft = share * probabilities[: len(reviews)] + (1 - share) * labels
    soft_quotes = share * probabilities[len(reviews) :] + (1 - share) * soft[quotes.labels]
    times = merged([*(teacher.times for teacher in teachers), *(seconds for _, seconds in predictions)])
    student = dataclasses.replace(
        splits,
        train=Examples(reviews, soft.astype(np.float32)),
        excerpts=Examples(quotes.texts, soft_quotes.astype(np.float32)) if settings.excerpts else None,
        excerpts_seed=seed,
    )
    return student, times


def _predictions(
    teacher: Teacher, texts: list[str], classes: Classes, cache: Path, report: TrainingProgress
) -> tuple[np.ndarray, TrainingTimes]:
    """Logits of the texts, float64[n] or float64[n, outputs], saved or new, and the seconds of the teacher and them."""
    key = hashlib.sha256(teacher.content.encode())
    for text in texts:
        key.update(hashlib.sha256(text.encode()).digest())
    path = cache / f"{teacher.name}-{key.hexdigest()[:16]}.npz"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            logits, seconds = arrays["logits"], float(arrays["seconds"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # none or damaged: it costs time only
        report.note(f"{teacher.name} predicts {len(texts):,} training texts (once; some minutes)")
        fitted = teacher.fit()
        started = time.perf_counter()
        logits = logits_of(fitted.predict(texts), classes, _CERTAIN)
        seconds = fitted.train_seconds + time.perf_counter() - started
        with new_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, logits=logits, seconds=seconds)
    return logits, training_time(f"asking {teacher.name}", key.hexdigest(), seconds)
