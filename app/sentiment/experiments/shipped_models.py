"""From reviews to the two models that are given away, each in stages whose results are kept.

    encoder     reads all training reviews without their labels    models/<dataset>/encoder/
    first       starts from the encoder, learns the labels         models/<dataset>/custom-lstm-pretrained-seed1/
    flagship    starts from the encoder, learns the labels and     models/<dataset>/custom-lstm-flagship-seed1/
                what the first and NB-SVM say of all reviews       -> models/<dataset>/flagship/
    small       the encoder again with a quarter the units         models/<dataset>/encoder-compact/
    compact     starts from the small encoder, learns the labels   models/<dataset>/custom-lstm-compact-seed1/
                and what the flagship and NB-SVM say               -> models/<dataset>/compact/

A network and a linear model make different mistakes, so that both together teach better than either, also a network of
the same kind (Furlanello et al. 2018, "Born Again Neural Networks"). A stage whose result is there, made from the same
settings and reviews, is skipped; one that was stopped goes on where it was (see `sentiment.training.checkpoint`). The
compact model asks the flagship in the form in which it is given away: who has that one need not make it again.
"""

from pathlib import Path

from sentiment.config import PretrainingConfig, preset
from sentiment.data.reviews import Reviews
from sentiment.data.splits import Splits, split
from sentiment.errors import ConfigError, RunError
from sentiment.experiments.comparison import compare
from sentiment.networks.architectures import OURS
from sentiment.publishing.shipping import ship
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import TrainingProgress
from sentiment.training.encoders import Encoder, load_encoder
from sentiment.training.pretraining import Corpus, corpus, pretrain

ENCODER_NAME = "encoder"
SMALL_ENCODER_NAME = "encoder-compact"
SMALL_ENCODER = PretrainingConfig(vocabulary_size=15_000, embedding_size=128, units=128, epochs=4)
_LINEAR = "nb-svm"


def build(name: str, reviews: Reviews, models: Path, report: TrainingProgress) -> SavedRun:
    """All stages of a model.

    Args:
        name: "flagship" or "compact".
        reviews: with labels.
        models: folder of all datasets.
        report: is told of every step and epoch.

    Returns:
        The shipped run.

    Raises:
        ReviewsError: too few reviews, or of one class only.
        ExportError: the small copy would be less accurate.
        StorageError: the disk is full or cannot be written.
    """
    splitting = preset(name).split
    splits = split(reviews, **splitting)
    texts, folder = corpus(reviews, splitting), models / reviews.name
    if name == "compact":
        teacher = _given_away("flagship", splits, folder) or build("flagship", reviews, models, report)
        small = _pretrained(texts, SMALL_ENCODER, folder / SMALL_ENCODER_NAME, report)
        return ship(_trained(reviews, "compact", models, report, small, teacher), name, splits)
    encoder = _pretrained(texts, PretrainingConfig(), folder / ENCODER_NAME, report)
    first = _trained(reviews, "pretrained", models, report, encoder)
    return ship(_trained(reviews, "flagship", models, report, encoder, first), name, splits)


def _given_away(name: str, splits: Splits, folder: Path) -> SavedRun | None:
    """The shipped model if it is there, whole, and from these reviews."""
    try:
        run = load_run(folder / name)
    except (RunError, ConfigError):
        return None
    return run if run.record.dataset["content_hash"] == splits.dataset.content_hash else None


def _pretrained(texts: Corpus, config: PretrainingConfig, target: Path, report: TrainingProgress) -> Encoder:
    _require_no_other_settings(texts, config, target)
    encoder = pretrain(texts, config, target, report)
    if encoder is None:  # only when it was given minutes
        raise AssertionError("pretraining ended before its end")
    return encoder


def _require_no_other_settings(texts: Corpus, config: PretrainingConfig, target: Path) -> None:
    """Refuses to replace what somebody pretrained from the same reviews as they liked it: an hour or more."""
    try:
        there = load_encoder(target)
    except (RunError, ConfigError):
        return  # none
    if there.config != config and there.metrics["identity"]["reviews"] == texts.content_hash:
        raise RunError(
            f"expected no encoder of other settings at {target}; found one; rename it to keep it, or delete it, and "
            "give the same command again"
        )


def _trained(
    reviews: Reviews,
    preset_name: str,
    models: Path,
    report: TrainingProgress,
    encoder: Encoder,
    teacher: SavedRun | None = None,
) -> SavedRun:
    config = preset(preset_name)
    teachers: list[SavedRun | str] = [teacher, _LINEAR] if teacher else []
    compare(reviews, config, [OURS], 1, models, report, encoders=[encoder], teachers=teachers, renew=True)
    return load_run(models / reviews.name / config.replace(architecture=OURS).name)
