"""The loop of a search: trials are drawn, trained and written down, until there are enough or the time is over."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path

from sentiment.config import READING, customised, preset
from sentiment.data.dataset import Splits, account
from sentiment.data.fingerprints import require_unfamiliar
from sentiment.errors import ConfigError, UserError
from sentiment.experiments.forecast import duration
from sentiment.networks.architectures import architecture as known_architecture
from sentiment.parallel.lines import titled
from sentiment.parallel.tasks import Engine, Task
from sentiment.runs.identity import digest
from sentiment.search.journal import SEARCHES, Outcome, Trial, opened
from sentiment.search.space import Variable, values_of_preset
from sentiment.search.trials import Trials, forget, title, tried, without_test
from sentiment.support.progress import TrainingProgress
from sentiment.training.encoders import ARCHITECTURES_OF, Encoder

_LONGEST_NAME = 170  # bytes of the name of a run, see `sentiment.experiments.plan`; drawn numbers may add some


@dataclass(frozen=True)
class Search:
    """What is searched, in which space, and where its trials are written."""

    architecture: str
    preset: str
    settings: tuple[str, ...]  # `name=value` of what is set and does not vary
    space: tuple[Variable, ...]
    encoder: Encoder | None
    name: str  # of the journal

    def journal(self, folder: Path) -> Path:
        """The file of its trials, below the folder of a dataset's runs."""
        return folder / SEARCHES / f"{self.name}.log"


def search(
    plan: Search,
    splits: Splits,
    folder: Path,
    report: TrainingProgress,
    engine: Engine,
    *,
    count: int,
    minutes: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> list[Trial]:
    """Tries settings, except those that the journal has already.

    Args:
        plan: what is searched.
        splits: the reviews; of the test split nothing is used.
        folder: of the dataset's runs.
        report: receives every step, epoch and trial.
        engine: what trains the networks. With several at once, a trial is drawn before those beside it are done, so
            another one than in a search one by one; with the same settings its figures are the same.
        count: of trials in the journal in the end, with those of earlier searches.
        minutes: no trial begins after so many; None: no limit.
        clock: seconds.

    Returns:
        All trials in the journal that are done, by number.

    Raises:
        ConfigError: the architecture or the encoder does not fit, the encoder has learnt test reviews, or the name of
            a run would be too long.
        UserError: the journal is of another search.
        StorageError: the disk is full or cannot be written.
        MissingExtraError: Optuna is not installed.
    """
    _require_fit(plan, splits)
    end = clock() + 60 * minutes if minutes else None
    made_of = {
        "reviews": splits.dataset.content_hash,
        "split": customised(plan.preset, plan.settings).split,
        "reading": READING,
        "architecture": plan.architecture,
        "preset": plan.preset,
        "values of the preset": digest(preset(plan.preset).as_first_written())[:16],
        "settings": plan.settings,
        "encoder": plan.encoder.identity if plan.encoder else "",
        "space": [f"{variable.name}: {variable.values}" for variable in plan.space],
    }
    path = plan.journal(folder)
    shared = Trials(
        without_test(splits), plan.architecture, plan.preset, plan.settings, plan.encoder and plan.encoder.absolute(),
        (folder / ".training").absolute(), plan.name,
    )  # fmt: skip
    report.note(account(asdict(splits.dataset)))
    report.note(f"searched: {'; '.join(variable.described() for variable in plan.space)}")
    first = values_of_preset(plan.space, plan.preset, plan.settings)
    if first is None:
        report.note(f"the values of {plan.preset} are outside, so that they are not tried themselves")

    def waiting() -> None:
        report.note(f"another process searches {plan.name}: waiting")

    with opened(path, plan.space, made_of, waiting) as log:
        before = log.trials()
        if before:
            done = sum(trial.outcome is not None for trial in before)
            report.note(f"{path} has {len(before)} trials, {done} of them done: the search goes on")

        def tasks() -> Iterator[Task[Trial]]:
            for trial in before:
                if trial.outcome is None:  # its process was stopped or killed
                    yield Task(title(trial), trial)
            while len(log.trials()) < count and (end is None or clock() < end):
                trial = log.begin(first)
                report.note(titled(title(trial), ", ".join(trial.settings)))
                yield Task(title(trial), trial)

        with contextlib.closing(engine.completed(tried, shared, tasks(), report, shared.checkpoints)) as completed:
            for task, outcome in completed:
                log.end(task.job, outcome)
                forget(shared, task.job)
                report.note(titled(task.name, _in_words(outcome)))
        return [trial for trial in log.trials() if trial.outcome is not None]


def by_loss(trials: Sequence[Trial]) -> list[Trial]:
    """The trials with figures, the lowest log loss on validation first, and of equals the first one."""

    def loss(trial: Trial) -> float:
        return inf if trial.outcome is None or trial.outcome.log_loss is None else trial.outcome.log_loss

    return sorted((trial for trial in trials if loss(trial) < inf), key=loss)


def best_of(trials: Sequence[Trial]) -> Trial:
    """The first of `by_loss`.

    Raises:
        UserError: there is none with figures.
    """
    for trial in by_loss(trials):
        return trial
    raise UserError(
        f"expected a trial that can be trained; found {len(trials)} without figures: training diverged, or the minutes "
        "were over before one was done; search lower learning rates, or give more --minutes"
    )


def _in_words(outcome: Outcome) -> str:
    if outcome.log_loss is None:
        return f"failed: {outcome.failure}"
    return (
        f"validation log loss {outcome.log_loss:.4f}, accuracy {outcome.accuracy:.2%}, best epoch {outcome.best_epoch} "
        f"of {outcome.epochs}, {duration(outcome.seconds)}"
    )


def _require_fit(plan: Search, splits: Splits) -> None:
    known_architecture(plan.architecture)
    config = customised(plan.preset, [*plan.settings, *(f"{v.name}={v.values[0]}" for v in plan.space)])
    if config.training.rounds:
        raise ConfigError(
            f"expected a preset that trains one network; found {plan.preset} with {config.training.rounds} rounds; "
            "name another --preset"
        )
    if len(config.replace(architecture=plan.architecture).name.encode()) > _LONGEST_NAME:
        raise ConfigError(
            f"expected settings with a name of at most {_LONGEST_NAME} characters, for the folder of the run; found "
            f"{len(config.name)}; vary or set fewer of them"
        )
    if plan.encoder:
        able = ARCHITECTURES_OF[plan.encoder.config.reads]
        if plan.architecture not in able:
            raise ConfigError(
                f"expected an architecture that can start from the encoder, {', '.join(able)}; found "
                f"{plan.architecture}"
            )
        require_unfamiliar(splits.test.texts, [plan.encoder.folder])
