"""The everyday model in stages whose results are saved.

    encoder     reads all texts without their grades                 models/reviews/encoder-everyday/
    lessons     what a linear model says of texts that it has not    models/reviews/.lessons/
                learnt, and texts made of others
    everyday    starts from the encoder and learns the lessons       models/reviews/custom-lstm-everyday-seed1/
                                                                     -> models/reviews/everyday/

A stage is skipped where its result is there, made of the same texts and settings; a training that was stopped goes on.
The test split is read once, by the run and by its small copy.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from sentiment.config import Config, PretrainingConfig, preset
from sentiment.data.dataset import DatasetInfo, Examples, Splits
from sentiment.errors import RunError
from sentiment.everyday.corpus import CLASSES, FILMS, STARS, Corpus
from sentiment.everyday.lessons import Amounts, Lessons, make_lessons
from sentiment.everyday.linear import cross_fitted, fit_linear
from sentiment.networks.architectures import OURS
from sentiment.publishing.shipping import ship
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import TrainingProgress
from sentiment.support.storage import new_file
from sentiment.support.threads import settle
from sentiment.training.classifier import encode, is_trained, train
from sentiment.training.encoders import load_encoder
from sentiment.training.identity import digest
from sentiment.training.pretraining import Corpus as Unlabelled
from sentiment.training.pretraining import pretrain

DATASET, NAME = "reviews", "everyday"
_ENCODER = "encoder-everyday"
_LESSONS = ".lessons"
_SEED = 1
_AMOUNTS = Amounts()
_TARGETS = [f"grade_{grade}" for grade in range(STARS)]

PRETRAINING = PretrainingConfig(
    vocabulary_size=25_000, embedding_size=128, units=128, epochs=6, batch_size=256, learning_rate=4e-3,
    dtype="mixed_bfloat16",
)  # fmt: skip
SETTINGS: Config = preset("compact").replace(
    preset=NAME, classes=CLASSES, architecture=OURS, seed=_SEED, dtype="mixed_bfloat16", short_texts=0, excerpts=0,
    epochs=6, averaging=0.998,
)  # fmt: skip


def make_everyday(
    corpus: Corpus, frames: Sequence[tuple[str, str]], models: Path, report: TrainingProgress
) -> SavedRun:
    """Runs all stages that are not done yet.

    Args:
        corpus: what there is to learn.
        frames: texts with a label each, made for it.
        models: folder of all datasets.
        report: receives every step and epoch.

    Returns:
        The shipped run.

    Raises:
        ExportError: the shipped copy would be less accurate than the run.
        StorageError: the disk is full or cannot be written.
    """
    folder = models / DATASET
    settle(loops=False)
    unlabelled = Unlabelled(
        [*corpus.train.texts, *corpus.unlabelled], corpus.validation.texts, DATASET, corpus.content_hash
    )
    encoder = pretrain(unlabelled, PRETRAINING, folder / _ENCODER, report) or load_encoder(folder / _ENCODER)
    identity = digest([corpus.content_hash, list(frames), asdict(_AMOUNTS), _SEED])
    lessons = _lessons(corpus, frames, folder / _LESSONS / f"{identity[:16]}.parquet", report)
    report.note(", ".join(f"{count:,} {kind}" for kind, count in lessons.counts.items()))
    splits = _splits(corpus, lessons, identity)
    config = encoder.sized(SETTINGS)
    if is_trained(config, splits, folder):
        run = load_run(folder / config.name)
    else:
        run = train(encode(splits, config.tokenizer, encoder), config, folder, report, encoder)
    return ship(run, NAME, splits)


def _lessons(corpus: Corpus, frames: Sequence[tuple[str, str]], path: Path, report: TrainingProgress) -> Lessons:
    """The lessons, saved or new: they take some minutes."""
    try:
        table = pd.read_parquet(path)
        return Lessons(table["text"].tolist(), table[_TARGETS].to_numpy(np.float32), json.loads(table.attrs["counts"]))
    except (OSError, ValueError, KeyError):  # none, or damaged
        pass
    report.note(f"a linear model learns from {len(corpus.train):,} texts and teaches (once; some minutes)")
    linear = fit_linear(corpus.train)
    lessons = make_lessons(corpus, frames, cross_fitted(linear, corpus.train), linear, _AMOUNTS, _SEED)
    table = pd.DataFrame(lessons.targets, columns=_TARGETS)
    table.insert(0, "text", lessons.texts)
    table.attrs["counts"] = json.dumps(lessons.counts)
    with new_file(path) as temporary:
        table.to_parquet(temporary, index=False)
    return lessons


def _splits(corpus: Corpus, lessons: Lessons, identity: str) -> Splits:
    """The lessons as a training split. The test split is that of the reviews; films have reports of their own."""
    test = corpus.test.at(corpus.test.sources != FILMS)
    parts = [Examples(held.texts, held.classes) for held in (corpus.validation, test)]
    if not all(map(len, parts)):
        raise RunError("expected texts in the validation and the test split of the corpus; found none")
    info = DatasetInfo(
        name=DATASET,
        source="reviews of many domains and the Large Movie Review Dataset",
        reviews=len(lessons.texts) + sum(map(len, parts)),
        content_hash=identity,
        train=len(lessons.texts),
        validation=len(parts[0]),
        test=len(parts[1]),
        unlabelled=0,
        duplicates_removed=0,
        test_overlap_removed=0,
        unlabelled_overlap_removed=0,
        classes=CLASSES,
    )
    return Splits(Examples(lessons.texts, lessons.targets), parts[0], parts[1], [], info)
