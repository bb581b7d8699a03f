"""The everyday model learns further: short texts that were written since, in minutes instead of hours.

It starts from its own weights and learns all short texts and all others again, so that it stays what it is. Of a text
whose grade is known, what it says itself is nearly half of the target (distillation from oneself keeps what was learnt,
Li and Hoiem 2016, "Learning without Forgetting", ECCV). It does so in two orders. The result is the mean of the weights
before and after, which forgets less still (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", CVPR).

    further     in each order     models/mixed-reviews/custom-lstm-everyday-further-.../
    both        the mean          models/mixed-reviews/custom-lstm-everyday-both-.../ -> models/mixed-reviews/everyday/
"""

from dataclasses import asdict
from pathlib import Path

from sentiment.everyday.averaging import average
from sentiment.everyday.corpus import Corpus
from sentiment.everyday.lessons import Amounts, ShortTexts, Teachers, make_lessons
from sentiment.everyday.recipe import (
    DATASET,
    LESSON_RULES,
    NAME,
    SEED,
    SETTINGS,
    SOURCES,
    grades_of,
    sources_page,
    splits_of,
)
from sentiment.publishing.shipping import ship
from sentiment.runs.identity import digest
from sentiment.runs.saved_run import SavedRun
from sentiment.support.progress import TrainingProgress
from sentiment.support.threads import settle
from sentiment.text.cleaning import clean
from sentiment.training.classifier import train
from sentiment.training.encoders import encoder_of
from sentiment.training.encoding import encode

AMOUNTS = Amounts(excerpts=30_000, sentences=3_000, turned=12_000, embedded=24_000)
# One epoch: the validation texts are reviews, and of several they would choose an early one, in which little is learnt.
_SETTINGS = SETTINGS[NAME].replace(epochs=1, learning_rate=1e-3, encoder_rate=1.0, dtype="float32")
_OF_ITSELF = 0.45  # share of what it says itself in the target of a text whose grade is known
ORDERS = (1, 2)  # seeds of the order and of dropout
WEIGHT = 0.6  # of the weights afterwards, in the mean


def learn_further(
    start: SavedRun, corpus: Corpus, short: ShortTexts, models: Path, report: TrainingProgress
) -> SavedRun:
    """Trains, takes the mean and ships it.

    Args:
        start: the everyday model.
        corpus: what it has learnt.
        short: all short texts with a label each, older ones too.
        models: folder of all datasets.
        report: receives every step.

    Returns:
        The shipped run.

    Raises:
        RunError: `start` has no ONNX file.
        ExportError: the shipped copy would be less accurate than the run.
        StorageError: the disk is full or cannot be written.
    """
    settle(loops=False)
    folder, encoder, itself = models / DATASET, encoder_of(start), grades_of(start)
    report.note(f"{start.name} says what it knows of {len(corpus.train):,} texts (some minutes)")
    of_itself = Teachers(itself(corpus.train.texts), itself, itself, share=_OF_ITSELF)
    lessons = make_lessons(corpus, short, of_itself, AMOUNTS, SEED)
    report.note(", ".join(f"{count:,} {kind}" for kind, count in lessons.counts.items()))
    rules = [LESSON_RULES, asdict(AMOUNTS), _OF_ITSELF, SEED]
    made = [*rules, corpus.content_hash, list(short.frames), list(short.written), start.record.id]
    splits = splits_of(lessons, corpus, digest(made))
    config = encoder.sized(_SETTINGS.replace(preset=f"{NAME}-further"))
    config = config.replace(teachers=f"{start.name} {start.record.id[:16]}")
    encoded = encode(splits, config.tokenizer, encoder)
    times, teachers = start.record.training_times, [start.folder]
    learnt = [
        train(encoded, config.replace(seed=seed), folder, report, encoder, teaching=times, teachers=teachers)
        for seed in ORDERS
    ]
    report.note("taking the mean of the weights before and after")
    mean = config.replace(preset=f"{NAME}-both")
    weights = [1 - WEIGHT, *[WEIGHT / len(learnt)] * len(learnt)]
    # Without the texts that are made of these: nobody else has them, and each further training makes others.
    known = [*corpus.train.texts, *corpus.unlabelled, *corpus.validation.texts]
    known += [clean(text) for text, _ in (*short.frames, *short.written)]
    run = average([start, *learnt], weights, encoded, mean, folder, teachers, known)
    return ship(run, NAME, splits, {SOURCES: sources_page(corpus.origins)})
