"""A comparison before anything is trained: which jobs there are, made from what, and which of them are done already.

Everything that refuses a comparison is checked here, so that nobody waits for hours to be refused.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sentiment.config import Config
from sentiment.data.dataset import Splits, account, place_of
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.data.splits import outdone_in_split
from sentiment.errors import ConfigError, RunError
from sentiment.networks.architectures import ARCHITECTURES, architecture
from sentiment.runs.archive import datasets_in
from sentiment.runs.results import BASELINES_FOLDER
from sentiment.runs.saved_run import ENCODER, SavedRun, load_run
from sentiment.teaching.distillation import Teacher, baseline_teacher, identity_of, run_teacher
from sentiment.teaching.self_training import with_first_teachers
from sentiment.training.baselines import BASELINES, is_fitted
from sentiment.training.classifier import is_trained
from sentiment.training.encoders import ARCHITECTURES_OF, Encoder

_OPTIONS = {
    "--text-column": "text_column",
    "--label-column": "label_column",
    "--labels": "labels",
    "--positive": "positive",
    "--negative": "negative",
}
_LONGEST_NAME = 200  # bytes: file systems take 255, and the checkpoint of a run has a longer name


@dataclass(frozen=True)
class BaselineJob:
    """A linear model to fit."""

    name: str
    done: bool  # it is fitted on these reviews


@dataclass(frozen=True)
class TrainingJob:
    """A network to train."""

    config: Config  # decides the name of its folder
    encoder: Encoder | None  # what it starts from; None for fresh weights
    done: bool  # it is trained with these settings on these reviews


@dataclass(frozen=True)
class Plan:
    """A comparison of architectures and baselines on one split."""

    splits: Splits
    folder: Path  # of the dataset's runs
    baselines: tuple[BaselineJob, ...]
    trainings: tuple[TrainingJob, ...]
    teachers: tuple[Teacher, ...]  # of all networks
    teacher_folders: tuple[Path, ...]  # of those that are saved runs
    chosen: frozenset[str]  # settings that the user has set
    notes: tuple[str, ...]  # for the user, before the first job


def plan_comparison(
    splits: Splits,
    config: Config,
    names: Sequence[str] | None,
    seeds: int,
    models: Path,
    *,
    again: bool = False,
    baselines: bool = True,
    encoders: Sequence[Encoder] = (),
    teachers: Sequence[SavedRun | str] = (),
    renew: bool = False,
    chosen: Collection[str] = (),
) -> Plan:
    """Plans the training of architectures and the fitting of the baselines on the same split.

    Args:
        splits: the reviews, split by `config.split`.
        config: settings shared by all; its architecture and seed are replaced.
        names: of the architectures; None for all.
        seeds: each architecture is trained with the seeds 1 to this.
        models: folder of all datasets.
        again: train and fit also what is done already.
        baselines: fit the linear baselines, too.
        encoders: what the architectures that fit them start from; the others are left out.
        teachers: runs, and names of baselines, whose probabilities are learnt beside the labels, also for the
            unlabelled reviews.
        renew: a run may be replaced by one from another encoder, or with other teachers.
        chosen: names of settings that the user has set; a note says where another setting overrides one.

    Raises:
        ConfigError: an unknown architecture, or one that cannot start from the encoder; a teacher has other classes; an
            encoder or a teacher has learnt test reviews, or a teacher validation reviews; a teacher is named twice, or
            beside self-training; or, without `again`, the place of a run is taken by one of other reviews, or of the
            same reviews read in another way, with another start or other teachers, or by an encoder.
        RunError: a teacher has no ONNX model.
    """
    starts = _starts(encoders)
    able = [name for name in ARCHITECTURES if name in starts or not encoders]
    selected = list(dict.fromkeys(architecture(name).name for name in names or able))
    if lacking := [name for name in selected if name not in able]:
        raise ConfigError(
            f"expected architectures that can start from the encoders, {', '.join(able)}; found {', '.join(lacking)}"
        )
    rounds = config.training.rounds
    _require_teachers(teachers, rounds)
    runs = [teacher for teacher in teachers if isinstance(teacher, SavedRun)]
    folders = [run.folder for run in runs]
    if others := [run for run in runs if run.config.classes.names != splits.classes.names]:
        raise ConfigError(
            f"expected teachers of the classes of the reviews, {splits.classes.listed()}; found "
            f"{others[0].name} with {others[0].config.classes.listed()}; name another teacher"
        )
    require_unfamiliar(splits.test.texts, [*(encoder.folder for encoder in encoders), *folders])
    strangers = [run.folder for run in runs if not _has_the_same_split(run, config, splits)]
    require_unfamiliar(splits.validation.texts, strangers, "validation")
    planned = [baseline_teacher(name, splits) if isinstance(name, str) else run_teacher(name) for name in teachers]
    config = config.replace(classes=splits.classes, teachers=identity_of(planned))

    folder = models / splits.dataset.name
    trainings = []
    for seed in range(1, seeds + 1):
        for name in selected:
            encoder = starts.get(name)
            settings = (encoder.sized(config) if encoder else config).replace(architecture=name, seed=seed)
            if rounds:
                settings = with_first_teachers(settings, splits, encoder)
            if len(settings.name.encode()) > _LONGEST_NAME:
                raise ConfigError(
                    f"expected settings with a name of at most {_LONGEST_NAME} characters, for the folder of the run; "
                    f"found {len(settings.name)}: {settings.name[:80]}...; set fewer of them"
                )
            done = not again and is_trained(settings, splits, folder)
            trainings.append(TrainingJob(settings, encoder, done))
    notes = [account(asdict(splits.dataset)), *outdone_in_split(config, splits.dataset, chosen)]
    if encoders and names is None and (without := [name for name in ARCHITECTURES if name not in able]):
        notes.append(f"left out, because no encoder fits them: {', '.join(without)}")
    if not again:
        _require_one_source(folder, splits)
        for job in trainings:
            if not job.done:
                notes += _require_place(job.config, folder, splits, renew=renew)
    linear = [
        BaselineJob(name, not again and is_fitted(name, splits, folder / BASELINES_FOLDER))
        for name in (BASELINES if baselines else ())
    ]
    return Plan(
        splits, folder, tuple(linear), tuple(trainings), tuple(planned), tuple(folders), frozenset(chosen), tuple(notes)
    )


def _starts(encoders: Sequence[Encoder]) -> dict[str, Encoder]:
    """The encoder of each architecture that has one."""
    starts: dict[str, Encoder] = {}
    for encoder in encoders:
        for name in ARCHITECTURES_OF[encoder.config.reads]:
            if name in starts:
                raise ConfigError(
                    f"expected one encoder for {name}; found {starts[name].folder} and {encoder.folder}; give one"
                )
            starts[name] = encoder
    return starts


def _require_teachers(teachers: Sequence[SavedRun | str], rounds: int) -> None:
    names = [name if isinstance(name, str) else f"{name.folder.parent.name}/{name.name}" for name in teachers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"expected every teacher once; found {', '.join(twice)} more than once; leave one out")
    if rounds and teachers:
        raise ConfigError(
            f"expected no teachers where a network teaches itself in rounds; found {len(teachers)} and "
            f"rounds={rounds}; leave the teachers out, or learn from them alone with --set rounds=0"
        )


def _has_the_same_split(teacher: SavedRun, config: Config, splits: Splits) -> bool:
    """Whether a run has this training and validation split: then the second has only chosen its epoch."""
    same_reviews = teacher.record.dataset["content_hash"] == splits.dataset.content_hash
    return same_reviews and teacher.config.split == config.split


def _require_one_source(folder: Path, splits: Splits) -> None:
    """Refuses to mix, or replace, results of different files with the same name, or of one file read in two ways."""
    reviews = splits.dataset
    now = json.loads(json.dumps(asdict(reviews)))
    for dataset, place in datasets_in(folder):
        if dataset["content_hash"] == reviews.content_hash:
            continue
        if reviews.source not in (dataset["source"], place_of(dataset["source"])):  # older: as the user typed it
            raise ConfigError(
                f"expected results of {reviews.source} alone in {folder}; found {place.name} of {dataset['source']}; "
                "name another folder with --models, give the file another name, or add --again to replace what is there"
            )
        if other := [option for option, name in _OPTIONS.items() if dataset.get(name) != now[name]]:
            raise ConfigError(
                f"expected results of {reviews.source} in {folder} to be read as before; found {place.name}, which was "
                f"trained with another {' and '.join(other)}; name another folder with --models, or add --again to "
                "replace what is there"
            )


def _require_place(config: Config, folder: Path, splits: Splits, *, renew: bool) -> list[str]:
    """Refuses to replace a run with another start or other teachers, which may have taken hours more.

    The name of a run has neither. Where the reviews have changed, or with `renew`, it is enough that both have an
    encoder and teachers, or both have none.

    Returns:
        A note where the run is replaced because settings have changed.
    """
    place = folder / config.name
    if (place / ENCODER).is_file():
        raise ConfigError(f"expected no encoder at {place}, where a run would go; found one; move it to another name")
    try:
        run = load_run(place)
    except (RunError, ConfigError):
        return []  # none, or a damaged one
    saved = run.config
    if renew or run.record.dataset["content_hash"] != splits.dataset.content_hash:
        other = (bool(saved.encoder), bool(saved.teachers)) != (bool(config.encoder), bool(config.teachers))
    else:
        other = (saved.encoder, saved.teachers) != (config.encoder, config.teachers)
    if other:
        raise ConfigError(
            f"expected no other kind of run at {place}; found one {_kind(saved)}, where one {_kind(config)} would go; "
            "add --again to replace it, or name another folder with --models"
        )
    before, now = asdict(saved), asdict(config)
    changed = [
        f"{name}={before[part][name]} instead of {value}"
        for part in ("tokenizer", "model", "training")
        for name, value in now[part].items()
        if before[part][name] != value
    ]
    if not changed:
        return []
    return [f"{config.name} is trained again: the run of that name has {', '.join(changed)}"]


def _kind(config: Config) -> str:
    start = f"from encoder {config.encoder[:8]}" if config.encoder else "from fresh weights"
    return f"{start} {f'with teachers ({config.teachers})' if config.teachers else 'without teachers'}"
