"""A comparison before anything is trained: which jobs there are, made from what, and which of them are done already.

Everything that refuses a comparison is checked here, so that nobody waits for hours to be refused.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sentiment.config import Classes, Config
from sentiment.data.dataset import Splits, account
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.data.splits import outdone_in_split
from sentiment.errors import ConfigError
from sentiment.experiments.briefing import balance_of, work_of
from sentiment.experiments.places import require_one_source, require_place
from sentiment.networks.architectures import ARCHITECTURES, architecture
from sentiment.runs.results import BASELINES_FOLDER
from sentiment.runs.saved_run import SavedRun, qualified_name
from sentiment.support.storage import require_writable
from sentiment.teaching.distillation import Teacher, baseline_teacher, identity_of, run_teacher
from sentiment.teaching.self_training import with_first_teachers
from sentiment.training.baselines import is_fitted, usable_baselines
from sentiment.training.encoders import ARCHITECTURES_OF, Encoder
from sentiment.training.saving import is_trained

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
    teacher_folders: tuple[Path, ...]  # absolute, of those that are saved runs
    chosen: frozenset[str]  # settings that the user has set
    again: bool  # train and fit also what is done already
    notes: tuple[str, ...]  # for the user, before the first job


def plan_comparison(
    splits: Splits,
    config: Config,
    names: Sequence[str] | None,
    seeds: Iterable[int],
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
        seeds: each architecture is trained with each of them.
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
        StorageError: the folder of the runs cannot be written to.
    """
    starts = starts_of(encoders)
    able = [name for name in ARCHITECTURES if name in starts or not encoders]
    selected = list(dict.fromkeys(architecture(name).name for name in names or able))
    if lacking := [name for name in selected if name not in able]:
        raise ConfigError(
            f"expected architectures that can start from the encoders, {', '.join(able)}; found {', '.join(lacking)}"
        )
    rounds = config.training.rounds
    _require_teachers(teachers, splits.classes, rounds)
    folder = models / splits.dataset.name
    require_writable(folder)
    if not again:
        require_one_source(folder, splits.dataset)
    runs = [teacher for teacher in teachers if isinstance(teacher, SavedRun)]
    origins = [*(encoder.folder for encoder in encoders), *(run.folder for run in runs)]
    require_unfamiliar(splits.test.texts, origins)
    # A teacher of this very split has chosen no more than its epoch on the validation reviews.
    same = splits.dataset.content_hash, config.split
    strangers = [run.folder for run in runs if (run.record.dataset["content_hash"], run.config.split) != same]
    require_unfamiliar(splits.validation.texts, strangers, "validation")
    planned = [baseline_teacher(name, splits) if isinstance(name, str) else run_teacher(name) for name in teachers]
    config = config.replace(classes=splits.classes, teachers=identity_of(planned))
    trainings = []
    for seed in seeds:
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
            start = encoder and encoder.absolute().for_classifier(settings)
            trainings.append(TrainingJob(settings, start, not again and is_trained(settings, splits, folder)))
    linear = [
        BaselineJob(name, not again and is_fitted(name, splits, folder / BASELINES_FOLDER))
        for name in (usable_baselines() if baselines else ())
    ]
    replaced = []
    if not again:
        configs = [job.config for job in trainings if not job.done]
        replaced = [line for each in configs for line in require_place(each, folder, splits.dataset, renew=renew)]
    notes = [
        account(asdict(splits.dataset)),
        balance_of(splits.train, splits.classes),
        work_of(
            [job.config for job in trainings], [job.done for job in trainings], sum(not job.done for job in linear)
        ),
        *outdone_in_split(config, splits.dataset, chosen),
    ]
    if encoders and names is None and (without := [name for name in ARCHITECTURES if name not in able]):
        notes.append(f"left out, because no encoder fits them: {', '.join(without)}")
    return Plan(
        splits=splits,
        folder=folder,
        baselines=tuple(linear),
        trainings=tuple(trainings),
        teachers=tuple(planned),
        teacher_folders=tuple(run.folder.absolute() for run in runs),
        chosen=frozenset(chosen),
        again=again,
        notes=(*notes, *replaced),
    )


def starts_of(encoders: Sequence[Encoder]) -> dict[str, Encoder]:
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


def _require_teachers(teachers: Sequence[SavedRun | str], classes: Classes, rounds: int) -> None:
    names = [teacher if isinstance(teacher, str) else qualified_name(teacher.folder) for teacher in teachers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"expected every teacher once; found {', '.join(twice)} more than once; leave one out")
    for teacher in teachers:
        if isinstance(teacher, SavedRun) and teacher.config.classes.names != classes.names:
            raise ConfigError(
                f"expected teachers of the classes of the reviews, {classes.listed()}; found "
                f"{teacher.name} with {teacher.config.classes.listed()}; name another teacher"
            )
    if rounds and teachers:
        raise ConfigError(
            f"expected no teachers where a network teaches itself in rounds; found {len(teachers)} and "
            f"rounds={rounds}; leave the teachers out, or learn from them alone with --set rounds=0"
        )
