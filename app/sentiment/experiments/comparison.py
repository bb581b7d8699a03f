"""The main job: reviews in; saved runs, baselines, leaderboard and report out."""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path

from sentiment.config import Config
from sentiment.data.dataset import account, place_of
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.data.reviews import Reviews
from sentiment.data.splits import Splits, outdone_in_split, split
from sentiment.errors import ConfigError, RunError
from sentiment.networks.architectures import ARCHITECTURES, OURS, architecture
from sentiment.report import ReportPaths, write_report
from sentiment.runs.archive import datasets_in
from sentiment.runs.record import TrainingTimes
from sentiment.runs.results import BASELINES_FOLDER
from sentiment.runs.saved_run import ENCODER, SavedRun, load_run
from sentiment.support.progress import TrainingProgress
from sentiment.support.threads import settle
from sentiment.teaching.distillation import TEACHINGS, a_baseline, a_run, identity_of, taught
from sentiment.teaching.self_training import self_taught, teaching_itself
from sentiment.training.baselines import BASELINES, save_baseline
from sentiment.training.classifier import EncodedSplits, comes_from, encode, train
from sentiment.training.encoders import ARCHITECTURES_OF, Encoder

_READ_BY = {
    "--text-column": "text_column",
    "--label-column": "label_column",
    "--positive": "positive",
    "--negative": "negative",
}


_LONGEST_NAME = 200  # bytes: file systems take 255, and states of a training have longer ones


def compare(
    reviews: Reviews,
    config: Config,
    names: Sequence[str] | None,
    seeds: int,
    models: Path,
    report: TrainingProgress,
    *,
    again: bool = False,
    baselines: bool = True,
    encoders: Sequence[Encoder] = (),
    teachers: Sequence[SavedRun | str] = (),
    renew: bool = False,
    settings_chosen: Collection[str] = (),
) -> ReportPaths:
    """Trains the architectures and fits the baselines on the same split, and writes the report.

    Args:
        reviews: where everything comes from.
        config: settings shared by all; its architecture and seed are replaced.
        names: of the architectures; None for all.
        seeds: each architecture is trained with the seeds 1 to this.
        models: folder of all datasets.
        report: is told of every step and epoch.
        again: train and fit also what is there already, from the same settings and reviews.
        baselines: fit the linear baselines, too.
        encoders: what the architectures that can do so start from; the others are left out.
        teachers: runs, and names of baselines, whose probabilities are learnt beside the labels, also for the
            unlabelled reviews.
        renew: a run may be replaced by one from another encoder, or of other teachers.
        settings_chosen: names of settings that a person has chosen; where another one, or the reviews, decide instead
            of them, that is told.

    Raises:
        ConfigError: an unknown architecture, or one that cannot start from the encoder; an encoder or a teacher knows
            test reviews, or a teacher validation reviews; a teacher is there twice, or beside networks that teach
            themselves; or, without `again`, the place of a run is taken by one from other reviews or read in another
            way, with another start or other teachers, or by an encoder.
        ReviewsError: too few reviews, or of one class only.
        StorageError: the disk is full or cannot be written.
    """
    starts: dict[str, Encoder] = {}
    for given in encoders:
        for name in ARCHITECTURES_OF[given.config.reads]:
            if name in starts:
                raise ConfigError(
                    f"expected one encoder for {name}; found {starts[name].folder} and {given.folder}; give one"
                )
            starts[name] = given
    able = [name for name in ARCHITECTURES if name in starts or not encoders]
    chosen = list(dict.fromkeys(architecture(name).name for name in names or able))
    if lacking := [name for name in chosen if name not in able]:
        raise ConfigError(
            f"expected architectures that can start from what is given, {', '.join(able)}; found {', '.join(lacking)}"
        )
    rounds = config.training.rounds
    _require_teachers(teachers, rounds)
    settle(loops=any(name != OURS for name in chosen))
    splits = split(reviews, **config.split)
    origins = [one.folder for one in teachers if isinstance(one, SavedRun)]
    require_unfamiliar(splits.test.texts, [*(one.folder for one in encoders), *origins])
    strangers = [one for one in teachers if isinstance(one, SavedRun) and not _had_the_same(one, config, splits)]
    require_unfamiliar(splits.validation.texts, [one.folder for one in strangers], "validation")
    folder = models / reviews.name
    asked = [a_baseline(one, splits) if isinstance(one, str) else a_run(one) for one in teachers]
    config = config.replace(teachers=identity_of(asked))

    def settings(name: str, seed: int) -> Config:
        start = starts.get(name)
        run = (start.sized(config) if start else config).replace(architecture=name, seed=seed)
        return teaching_itself(run, splits, start) if rounds else run

    runs = [settings(name, seed) for seed in range(1, seeds + 1) for name in chosen]
    if too_long := next((run.name for run in runs if len(run.name.encode()) > _LONGEST_NAME), None):
        raise ConfigError(
            f"expected settings with a name of at most {_LONGEST_NAME} characters, for the folder of the run; found "
            f"{len(too_long)}: {too_long[:80]}...; set fewer of them"
        )
    wanted = [run for run in runs if again or not _is_there(run, splits, folder)]
    report.note(account(asdict(splits.dataset)))
    for line in outdone_in_split(config, splits.dataset, settings_chosen):
        report.note(line)
    if encoders and names is None and (without := [name for name in ARCHITECTURES if name not in able]):
        report.note(f"left out, because no encoder fits them: {', '.join(without)}")
    if not again:
        _require_one_source(folder, splits)
        for run in wanted:
            _require_its_place(run, folder, splits, renew=renew)
            if changed := _changed_settings(run, folder):
                report.note(f"{run.name} is trained again: the run of that name has {changed}")
    if baselines:
        for name in BASELINES:
            fitted = save_baseline(name, splits, folder / BASELINES_FOLDER, again=again)
            report.note(f"baseline {name}: {'fitted' if fitted else 'is there already, fitted on these reviews'}")
    teaching: TrainingTimes = {}
    if wanted and asked:
        splits, teaching = taught(splits, asked, config.training, folder / TEACHINGS, report)
    encoded: dict[str, EncodedSplits] = {}  # by the encoder that has the vocabulary
    for run in runs:
        encoder = starts.get(run.model.architecture)
        if run in wanted:
            if rounds:
                learnt, teaching = self_taught(splits, run, encoder, folder, report)
                encoded = {run.encoder: encode(learnt, run.tokenizer, encoder)}
            elif run.encoder not in encoded:
                encoded[run.encoder] = encode(splits, run.tokenizer, encoder)
            train(encoded[run.encoder], run, folder, report, encoder, teaching, origins, settings_chosen)
            settings_chosen = ()  # once is enough
        else:
            report.note(f"{run.name} is there already, trained with these settings on these reviews")
    return write_report(folder, runs[0].name)


def _require_teachers(teachers: Sequence[SavedRun | str], rounds: int) -> None:
    named = [one if isinstance(one, str) else f"{one.folder.parent.name}/{one.name}" for one in teachers]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ConfigError(f"expected every teacher once; found {', '.join(twice)} more than once; leave out one")
    if rounds and teachers:
        raise ConfigError(
            f"expected no teachers where a network teaches itself in rounds; found {len(teachers)} and "
            f"rounds={rounds}; leave the teachers out, or learn from them alone with --set rounds=0"
        )


def _had_the_same(teacher: SavedRun, config: Config, splits: Splits) -> bool:
    """Whether a run's training and validation split are these: what it knows of the second chose its epoch alone."""
    same_reviews = teacher.record.dataset["content_hash"] == splits.dataset.content_hash
    return same_reviews and teacher.config.split == config.split


def _require_one_source(folder: Path, splits: Splits) -> None:
    """Refuses to put results of one file among, or in the place of, those of another file of the same name.

    The same goes for one file that is read in another way: by other columns, or with other labels in the two classes.
    """
    reviews = splits.dataset
    now = json.loads(json.dumps(asdict(reviews)))
    for of, at in datasets_in(folder):
        if of["content_hash"] == reviews.content_hash:
            continue
        if reviews.source not in (of["source"], place_of(of["source"])):  # an older run has it as it was typed
            raise ConfigError(
                f"expected results of {reviews.source} alone in {folder}; found {at.name} of {of['source']}; name "
                "another folder with --models, give the file another name, or add --again to replace what is there"
            )
        if other := [option for option, name in _READ_BY.items() if of.get(name) != now[name]]:
            raise ConfigError(
                f"expected results of {reviews.source} in {folder} to be read as before; found {at.name}, which was "
                f"trained with another {' and '.join(other)}; name another folder with --models, or add --again to "
                "replace what is there"
            )


def _require_its_place(run: Config, folder: Path, splits: Splits, *, renew: bool) -> None:
    """Refuses to put a run in the place of one with another start or other teachers.

    That one may have taken hours more, and the name of a run says nothing of them. Where the reviews have changed, or
    to renew them, it is enough that both have an encoder and teachers, or both have none.
    """
    place = folder / run.name
    if (place / ENCODER).is_file():
        raise ConfigError(f"expected no encoder at {place}, where a run would go; found one; move it to another name")
    try:
        saved = load_run(place)
    except (RunError, ConfigError):
        return  # none, or one that is not whole
    there = saved.config
    if renew or saved.record.dataset["content_hash"] != splits.dataset.content_hash:
        other = (bool(there.encoder), bool(there.teachers)) != (bool(run.encoder), bool(run.teachers))
    else:
        other = (there.encoder, there.teachers) != (run.encoder, run.teachers)
    if other:
        raise ConfigError(
            f"expected no other kind of run at {place}; found one {_kind(there)}, where one {_kind(run)} would go; add "
            "--again to replace it, or name another folder with --models"
        )


def _changed_settings(run: Config, folder: Path) -> str:
    """The settings of the run that lies in this one's place, where they are others: presets change over time."""
    try:
        there = json.loads(load_run(folder / run.name).config.to_json())
    except (RunError, ConfigError):
        return ""
    parts = json.loads(run.to_json())
    changed = [
        f"{name}={there[part].get(name)} instead of {value}"
        for part in ("tokenizer", "model", "training")
        for name, value in parts[part].items()
        if there[part].get(name) != value
    ]
    return ", ".join(changed)


def _kind(config: Config) -> str:
    start = f"from encoder {config.encoder[:8]}" if config.encoder else "from fresh weights"
    return f"{start} {f'with teachers ({config.teachers})' if config.teachers else 'without teachers'}"


def _is_there(run: Config, splits: Splits, folder: Path) -> bool:
    """Whether a run from the same settings and reviews was saved and is still whole."""
    try:
        return comes_from(load_run(folder / run.name), run, splits)
    except (RunError, ConfigError):
        return False
