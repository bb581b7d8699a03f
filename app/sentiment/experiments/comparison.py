"""The main job: splits in; saved runs and baselines out.

    Splits -> plan_comparison -> Plan -> run_plan -> SavedRun of each training

The report is a step of its own, see `sentiment.report`.
"""

from sentiment.experiments.forecast import Forecast
from sentiment.experiments.plan import Plan
from sentiment.networks.architectures import OURS
from sentiment.runs.record import TrainingTimes
from sentiment.runs.results import BASELINES_FOLDER
from sentiment.runs.saved_run import SavedRun, load_run
from sentiment.support.progress import TrainingProgress
from sentiment.support.threads import settle
from sentiment.teaching.distillation import TEACHER_PREDICTIONS, distilled
from sentiment.teaching.self_training import self_taught
from sentiment.training.baselines import save_baseline
from sentiment.training.classifier import EncodedSplits, checkpoint_of, encode, train


def run_plan(plan: Plan, report: TrainingProgress) -> list[SavedRun]:
    """Fits and trains what is not done yet.

    Args:
        plan: of `sentiment.experiments.plan.plan_comparison`.
        report: receives every step, epoch and note.

    Returns:
        The run of each training job, in the order of the plan.

    Raises:
        ConfigError: a training diverged.
        ReviewsError: no two reviews share a word, which a baseline needs.
        StorageError: the disk is full or cannot be written.
    """
    settle(loops=any(job.config.model.architecture != OURS for job in plan.trainings))
    for line in plan.notes:
        report.note(line)
    for baseline in plan.baselines:
        if not baseline.done:
            save_baseline(baseline.name, plan.splits, plan.folder / BASELINES_FOLDER)
        report.note(
            f"baseline {baseline.name}: {'is there already, fitted on these reviews' if baseline.done else 'fitted'}"
        )
    jobs = [job for job in plan.trainings if not job.done]
    splits, times, chosen = plan.splits, TrainingTimes(), plan.chosen
    if not any(job.config.training.rounds for job in jobs):  # a network that teaches itself starts several times
        report = Forecast(report, {job.config.name: job.config.model.architecture for job in jobs})
    if jobs and plan.teachers:
        settings, cache = jobs[0].config.training, plan.folder / TEACHER_PREDICTIONS
        splits, times = distilled(splits, plan.teachers, settings, cache, report)
    encoded: dict[str, EncodedSplits] = {}  # by the encoder, whose vocabulary they have
    for job in jobs:
        config = job.config
        if config.training.rounds:
            splits, times = self_taught(plan.splits, config, job.encoder, plan.folder, report)
            encoded.clear()
        if config.encoder not in encoded:
            encoded[config.encoder] = encode(splits, config.tokenizer, job.encoder)
        train(
            encoded[config.encoder], config, plan.folder, report, job.encoder, times, plan.teacher_folders, chosen,
            again=plan.again,
        )  # fmt: skip
        chosen = frozenset()  # notes once are enough
    for job in plan.trainings:
        if job.done:
            checkpoint_of(job.config, plan.splits, plan.folder).discard()
            report.note(f"{job.config.name} is there already, trained with these settings on these reviews")
    return [load_run(plan.folder / job.config.name) for job in plan.trainings]
