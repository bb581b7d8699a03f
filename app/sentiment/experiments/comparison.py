"""The main job: splits in; saved runs and baselines out.

    Splits -> plan_comparison -> Plan -> run_plan -> SavedRun of each training

The report is a step of its own, see `sentiment.report`.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

from sentiment.config import OURS
from sentiment.data.splits import Splits
from sentiment.experiments.forecast import Forecast
from sentiment.experiments.plan import Plan, TrainingJob
from sentiment.parallel.tasks import Engine, OneByOne, Task, results
from sentiment.runs.record import TrainingTimes
from sentiment.runs.results import BASELINES_FOLDER
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import TrainingProgress
from sentiment.support.threads import settle
from sentiment.teaching.distillation import TEACHER_PREDICTIONS, distilled
from sentiment.teaching.self_training import self_taught
from sentiment.training.baselines import save_baseline
from sentiment.training.classifier import checkpoint_of, train
from sentiment.training.encoding import EncodedSplits, encode

_MANY = 5_000  # training reviews, from which on what happens between trainings takes more than some seconds


@dataclass(frozen=True)
class _Lesson:
    """What the networks of a plan share."""

    labelled: Splits  # with the labels that exist, which a network that teaches itself starts from
    splits: Splits  # where teachers have had a say, with their probabilities
    times: TrainingTimes  # of the teachers
    teachers: tuple[Path, ...]  # folders of those that are saved runs
    folder: Path  # of the dataset's runs
    again: bool
    loops: bool  # see `settle`
    forecast: bool  # of each network for itself
    encoded: dict[str, EncodedSplits] = field(default_factory=dict)  # by the encoder, whose vocabulary they have


def run_plan(plan: Plan, report: TrainingProgress, engine: Engine | None = None) -> list[SavedRun]:
    """Fits and trains what is not done yet.

    Args:
        plan: of `sentiment.experiments.plan.plan_comparison`.
        report: receives every step, epoch and note.
        engine: what trains the networks; None for one after the other. Baselines and teachers come before them, in
            this process.

    Returns:
        The run of each training job, in the order of the plan.

    Raises:
        ConfigError: a training diverged.
        ReviewsError: no two reviews share a word, which a baseline needs.
        StorageError: the disk is full or cannot be written.
        SentimentError: the engine cannot do it, see `sentiment.parallel.tasks.Engine`.
    """
    engine = engine or OneByOne()
    loops = any(job.config.model.architecture != OURS for job in plan.trainings)
    settle(loops=loops)
    for line in plan.notes:
        report.note(line)
    if not all(baseline.done for baseline in plan.baselines) and len(plan.splits.train) >= _MANY:
        report.note("fitting the baselines: with so many reviews, document vectors alone take minutes")
    for baseline in plan.baselines:
        state = "is there already, fitted on these reviews"
        if not baseline.done:
            started = time.monotonic()
            save_baseline(baseline.name, plan.splits, plan.folder / BASELINES_FOLDER)
            state = f"fitted in {time.monotonic() - started:.0f} s"
        report.note(f"baseline {baseline.name}: {state}")
    jobs = [job for job in plan.trainings if not job.done]
    splits, times = plan.splits, TrainingTimes()
    steady = not any(job.config.training.rounds for job in jobs)  # a network that teaches itself starts several times
    if steady and not engine.at_once:
        report = Forecast(report, {job.config.name: job.config.model.architecture for job in jobs})
    if jobs and plan.teachers:
        settings, cache = jobs[0].config.training, plan.folder / TEACHER_PREDICTIONS
        splits, times = distilled(splits, plan.teachers, settings, cache, report)
    lesson = _Lesson(
        plan.splits, splits, times, plan.teacher_folders, plan.folder.absolute(), plan.again, loops,
        forecast=steady and engine.at_once,
    )  # fmt: skip
    # Notes on what was chosen: once are enough.
    tasks = [Task(job.config.name, (job, frozenset() if index else plan.chosen)) for index, job in enumerate(jobs)]
    results(engine, _trained, lesson, tasks, report, lesson.folder)
    for job in plan.trainings:
        if job.done:
            checkpoint_of(job.config, plan.splits, plan.folder).discard()
            report.note(f"{job.config.name} is there already, trained with these settings on these reviews")
    return [load_run(plan.folder / job.config.name) for job in plan.trainings]


def _trained(lesson: _Lesson, job: tuple[TrainingJob, frozenset[str]], report: TrainingProgress) -> Path:
    """Trains a network, and returns its folder."""
    training, chosen = job
    config, encoder, splits, times = training.config, training.encoder, lesson.splits, lesson.times
    settle(loops=lesson.loops)
    if lesson.forecast:
        report = Forecast(report, {config.name: config.model.architecture})
    if config.training.rounds:
        splits, times = self_taught(lesson.labelled, config, encoder, lesson.folder, report)
        lesson.encoded.clear()
    if config.encoder not in lesson.encoded:
        lesson.encoded[config.encoder] = encode(splits, config.tokenizer, encoder)
    run = train(
        lesson.encoded[config.encoder], config, lesson.folder, report, encoder, times, lesson.teachers, chosen,
        again=lesson.again,
    )  # fmt: skip
    return run.folder
