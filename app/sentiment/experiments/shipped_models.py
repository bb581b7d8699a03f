"""The two models that are shipped, each made in stages whose results are saved.

    encoder     reads all training reviews without their labels    models/<dataset>/encoder/
    first       starts from the encoder, learns the labels         models/<dataset>/custom-lstm-pretrained-seed1/
    flagship    starts from the encoder, learns the labels and     models/<dataset>/custom-lstm-flagship-seed1/
                what the first and NB-SVM predict                  -> models/<dataset>/flagship/
    small       the encoder again with a quarter of the units      models/<dataset>/encoder-compact/
    compact     starts from the small encoder, learns the labels   models/<dataset>/custom-lstm-compact-seed1/
                and what the flagship and NB-SVM predict           -> models/<dataset>/compact/

A network and a linear model make different mistakes, so that both together teach better than either, even a network of
the same kind (Furlanello et al. 2018, "Born Again Neural Networks"). A stage is skipped where its result is there, made
from the same settings and reviews; one that was stopped continues (see `sentiment.training.epochs`). The compact
model is distilled from the shipped flagship, so that a user who has that one need not make it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sentiment.config import OURS, PretrainingConfig, preset
from sentiment.data.splits import Splits
from sentiment.experiments.comparison import run_plan
from sentiment.experiments.plan import plan_comparison
from sentiment.publishing.shipping import ship
from sentiment.runs.identity import is_there
from sentiment.runs.saved_run import SavedRun, load_run, qualified_name, run_folders
from sentiment.support.progress import TrainingProgress
from sentiment.support.threads import settle
from sentiment.teaching.self_training import LINEAR
from sentiment.training.corpora import labelled_corpus
from sentiment.training.encoders import Encoder, load_encoder
from sentiment.training.pretraining import pretrain, require_its_place


@dataclass(frozen=True)
class Recipe:
    """How a shipped model is made; its name is that of its preset."""

    encoder: str  # name of the encoder's folder
    pretraining: PretrainingConfig
    teacher: str  # beside NB-SVM: another shipped model, or else the preset of a network from the same encoder


RECIPES = {
    "flagship": Recipe("encoder", PretrainingConfig(), teacher="pretrained"),
    "compact": Recipe(
        "encoder-compact",
        PretrainingConfig(vocabulary_size=15_000, embedding_size=128, units=128),
        teacher="flagship",
    ),
}


def make_shipped_model(name: str, splits: Splits, models: Path, report: TrainingProgress) -> SavedRun:
    """Runs all stages of a model that are not done yet.

    Args:
        name: a key of `RECIPES`.
        splits: the reviews, split as the presets say, all of which split alike.
        models: folder of all datasets.
        report: receives every step and epoch.

    Returns:
        The shipped run.

    Raises:
        RunError: an encoder of other settings is in the place of one that is needed.
        ExportError: the shipped copy would be less accurate than the run.
        StorageError: the disk is full or cannot be written.
    """
    recipe, folder = RECIPES[name], models / splits.dataset.name
    if recipe.teacher in RECIPES and not is_there(_place(recipe.teacher, splits, models), None, splits.dataset):
        make_shipped_model(recipe.teacher, splits, models, report)
    settle(loops=False)
    corpus = labelled_corpus(splits)
    require_its_place(folder / recipe.encoder, corpus, recipe.pretraining, renew=True)
    pretrain(corpus, recipe.pretraining, folder / recipe.encoder, report)
    encoder = load_encoder(folder / recipe.encoder)
    if recipe.teacher in RECIPES:
        teacher = load_run(_place(recipe.teacher, splits, models))
    else:
        teacher = _trained(recipe.teacher, splits, models, report, encoder)
    return ship(_trained(name, splits, models, report, encoder, [teacher, LINEAR]), name, splits)


def _place(name: str, splits: Splits, models: Path) -> Path:
    """The folder of a shipped model: that of the project itself where the user's folder has none."""
    wanted = f"{splits.dataset.name}/{name}"
    return next((folder for folder in run_folders(models) if qualified_name(folder) == wanted), models / wanted)


def _trained(
    preset_name: str,
    splits: Splits,
    models: Path,
    report: TrainingProgress,
    encoder: Encoder,
    teachers: Sequence[SavedRun | str] = (),
) -> SavedRun:
    plan = plan_comparison(
        splits, preset(preset_name), [OURS], [1], models, encoders=[encoder], teachers=teachers, renew=True
    )
    return run_plan(plan, report)[0]
