"""Distillation: what others think of the training reviews teaches a network (Hinton et al. 2015).

A teacher's probabilities say more than labels: how clear a review is. And they are there for reviews without a label,
too, of which there are twice as many. Teachers of different kinds, a network and a linear model, correct one another.
What a sentence says by itself they know better than the label of its review does: they are asked about excerpts, too.
Reviews of the validation and the test split are not taught, and who has learnt from them does not teach.

What teachers cost, their training and the asking, goes with what they say: the pupil owes both to them.
"""

import dataclasses
import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from sentiment.config import TrainingConfig
from sentiment.data.splits import Examples, Splits
from sentiment.data.templates import excerpts
from sentiment.errors import RunError
from sentiment.inference.predictor import Predictor
from sentiment.runs.record import TrainingTimes, merged, training_time
from sentiment.runs.saved_run import CONFIG, ONNX, TOKENIZER, SavedRun, sha256
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_file
from sentiment.training.baselines import baseline_identity, fit_baseline

TEACHINGS = ".teachings"  # what teachers said of the training reviews of a dataset; may be deleted
_CERTAIN = 1e-4  # how near to 0 and 1 a probability may come before its logit is taken


@dataclass(frozen=True)
class Teacher:
    """Somebody who learnt from the same training split."""

    name: str
    content: str  # SHA-256 of what decides its answers
    predict: Callable[[Sequence[str]], Sequence[float]]  # probabilities of "positive"
    costs: TrainingTimes = field(default_factory=dict)  # of its training, where that is over before it is asked
    excerpts_seed: int = 0  # of the excerpts that it has learnt itself, if it has
    seconds_before: Callable[[], float] = lambda: 0.0  # of a training in `predict`, by earlier starts


def a_run(run: SavedRun) -> Teacher:
    """A saved run as a teacher, through its ONNX model.

    Raises:
        RunError: it has none.
    """
    if not (run.folder / ONNX).is_file():
        raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: sentiment export")

    def predict(texts: Sequence[str]) -> list[float]:
        probabilities = (prediction.probability for prediction in Predictor(run).predict(texts))
        return [0.5 if probability is None else probability for probability in probabilities]  # None: of no text

    answering = "".join(sha256(run.folder / name) for name in (ONNX, TOKENIZER, CONFIG))
    content = hashlib.sha256(answering.encode()).hexdigest()
    return Teacher(run.name, content, predict, run.record.training_times, run.record.excerpts_seed)


def a_baseline(name: str, splits: Splits) -> Teacher:
    """A linear model as a teacher; it is fitted when it is asked.

    Args:
        name: a key of `sentiment.training.baselines.BASELINES`.
        splits: what it learns from.
    """
    identity = json.dumps([name, baseline_identity(splits)])
    return Teacher(
        name,
        hashlib.sha256(identity.encode()).hexdigest(),
        lambda texts: fit_baseline(name, splits).predict(texts).tolist(),
    )


def identity_of(teachers: Sequence[Teacher]) -> str:
    """Names and contents of the teachers, in one line; "" for none."""
    return ", ".join(f"{teacher.name} {teacher.content[:16]}" for teacher in teachers)


def taught(
    splits: Splits, teachers: Sequence[Teacher], settings: TrainingConfig, cache: Path, report: TrainingProgress
) -> tuple[Splits, TrainingTimes]:
    """The same splits, with a training split of soft labels that has the unlabelled reviews, too, and what it took.

    Args:
        splits: the reviews.
        teachers: one or more, who learnt from the same training split; the mean of their logits is what they say.
        settings: `teacher_share` is what their probability weighs in the label of a labelled review; the rest is its
            own label. Unlabelled reviews have the probability alone. Of the label of an excerpt, of which there are
            `excerpts` at most, it is the same share; the rest is the label of its review.
        cache: folder for what the teachers said: asking them again takes minutes.
        report: is told what is going on.

    Raises:
        StorageError: the cache cannot be written.
    """
    reviews = [*splits.train.texts, *splits.unlabelled]
    seed = 1 + max(teacher.excerpts_seed for teacher in teachers)  # mostly others than they have learnt by heart
    quoted = excerpts(Examples(reviews, np.arange(len(reviews))), settings.excerpts, seed)
    texts = [*reviews, *quoted.texts]
    answers = [_answer(teacher, texts, cache, report) for teacher in teachers]
    said = expit(np.mean([answer.logits for answer in answers], axis=0))
    known = np.concatenate([splits.train.labels, said[len(splits.train) : len(reviews)]])
    share = settings.teacher_share
    soft = share * said[: len(reviews)] + (1 - share) * known
    soft_quoted = share * said[len(reviews) :] + (1 - share) * soft[quoted.labels]
    costs = merged([*(teacher.costs for teacher in teachers), *(answer.costs for answer in answers)])
    pupil = dataclasses.replace(
        splits,
        train=Examples(reviews, soft.astype(np.float32)),
        excerpts=Examples(quoted.texts, soft_quoted.astype(np.float32)) if settings.excerpts else None,
        excerpts_seed=seed,
    )
    return pupil, costs


@dataclass(frozen=True)
class _Answer:
    logits: np.ndarray  # float64[n], one for each text
    costs: TrainingTimes  # what it took when it was asked; a linear model is fitted in that time, too


def _answer(teacher: Teacher, texts: list[str], cache: Path, report: TrainingProgress) -> _Answer:
    asked = hashlib.sha256(teacher.content.encode())
    for text in texts:
        asked.update(hashlib.sha256(text.encode()).digest())
    digest = asked.hexdigest()
    kept = cache / f"{teacher.name}-{digest[:16]}.npz"

    def answer(logits: np.ndarray, seconds: float) -> _Answer:
        return _Answer(logits, training_time(f"asking {teacher.name}", digest, seconds))

    try:
        with np.load(kept, allow_pickle=False) as arrays:
            return answer(arrays["logits"], float(arrays["seconds"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # none or a damaged one: asking again costs time only
    report.note(f"asking {teacher.name} about {len(texts):,} training texts (once; some minutes)")
    started = time.perf_counter() - teacher.seconds_before()
    logits = logit(np.clip(teacher.predict(texts), _CERTAIN, 1 - _CERTAIN))
    seconds = time.perf_counter() - started
    with new_file(kept) as temporary, temporary.open("wb") as file:
        np.savez(file, logits=logits, seconds=seconds)
    return answer(logits, seconds)
