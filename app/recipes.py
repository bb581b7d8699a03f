"""From reviews to the two models that are given away, each in stages whose results are kept.

    flagship    encoder            models/<dataset>/encoder/                          pretraining, without labels
                first network      models/<dataset>/custom-lstm-pretrained-seed1/     starts from the encoder
                taught network     models/<dataset>/custom-lstm-flagship-seed1/       starts from it, too, and learns
                                                                                      what the first and NB-SVM say
                shipped            models/<dataset>/flagship/
    compact     taught network     models/<dataset>/custom-lstm-compact-seed1/        small; learns what the flagship
                                                                                      and NB-SVM say
                shipped            models/<dataset>/compact/

A stage whose result is there, made from the same settings and reviews, is skipped; one that was stopped goes on where
it was (see `app.checkpoint`).
"""

from pathlib import Path

from app.comparison import compare
from app.config import PretrainingConfig, preset
from app.dataset import split
from app.encoders import Encoder
from app.pretraining import corpus, pretrain
from app.progress import TrainingProgress
from app.reviews import Reviews
from app.runs import SavedRun, load_run
from app.shipping import ship

ENCODER_NAME = "encoder"
_ARCHITECTURE = "custom-lstm"
_LINEAR = "nb-svm"


def build_flagship(reviews: Reviews, models: Path, report: TrainingProgress) -> SavedRun:
    """All stages of the flagship.

    Args:
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
    config = preset("flagship")
    texts = corpus(reviews, config.split)
    encoder = pretrain(texts, PretrainingConfig(), models / reviews.name / ENCODER_NAME, report)
    first = _trained(reviews, "pretrained", models, report, encoder)
    taught = _trained(reviews, "flagship", models, report, encoder, first)
    return ship(taught, "flagship", split(reviews, **config.split))


def build_compact(reviews: Reviews, models: Path, report: TrainingProgress) -> SavedRun:
    """All stages of the compact model, after those of the flagship.

    Args:
        reviews: as for `build_flagship`.
        models: as for `build_flagship`.
        report: as for `build_flagship`.

    Returns:
        The shipped run.

    Raises:
        RunError: there is no flagship of these reviews.
        ReviewsError: too few reviews, or of one class only.
        ExportError: the small copy would be less accurate.
        StorageError: the disk is full or cannot be written.
    """
    flagship = load_run(models / reviews.name / "flagship")
    taught = _trained(reviews, "compact", models, report, None, flagship)
    return ship(taught, "compact", split(reviews, **taught.config.split))


def _trained(
    reviews: Reviews,
    preset_name: str,
    models: Path,
    report: TrainingProgress,
    encoder: Encoder | None,
    teacher: SavedRun | None = None,
) -> SavedRun:
    config = preset(preset_name)
    teachers: list[SavedRun | str] = [teacher, _LINEAR] if teacher else []
    compare(
        reviews, config, [_ARCHITECTURE], 1, models, report, encoders=[encoder] if encoder else [], teachers=teachers
    )
    return load_run(models / reviews.name / config.replace(architecture=_ARCHITECTURE).name)
