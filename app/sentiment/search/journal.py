"""The file with all trials of a search: Optuna's journal, a JSON object in each line, which may be committed.

It has settings, figures on validation and times. It has no text of a review and names no place on this machine.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sentiment.errors import UserError
from sentiment.search.space import Variable, settings_of
from sentiment.support.extras import naming_the_extra
from sentiment.support.storage import one_at_a_time, storage_errors

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

SEARCHES = "searches"  # folder beside the runs of a dataset
_STUDY, _MADE_OF = "sentiment", "made_of"
_GRACE = 3  # seconds until a lock that a killed process has left is taken off; the shortest that Optuna advises


@dataclass(frozen=True)
class Outcome:
    """What came of a trial."""

    log_loss: float | None = None  # on validation, of the best epoch; None where training diverged
    accuracy: float | None = None  # of the same epoch
    epochs: int = 0
    best_epoch: int = 0
    seconds: float = 0.0  # of training
    failure: str = ""  # why there are no figures


@dataclass(frozen=True)
class Trial:
    """Settings that are tried."""

    number: int
    settings: tuple[str, ...]  # `name=value` each
    outcome: Outcome | None = None  # None: not done


class Journal:
    """The trials of one search.

    Args:
        study: Optuna's, in a file.
        space: what is varied.
    """

    def __init__(self, study: "Study", space: Sequence[Variable]) -> None:
        self._study = study
        self._space = space

    def trials(self) -> list[Trial]:
        """All trials so far, by number."""
        from optuna.trial import TrialState

        return [
            self._read(trial) for trial in self._study.get_trials(deepcopy=False) if trial.state != TrialState.WAITING
        ]

    def begin(self, first: Mapping[str, Any] | None) -> Trial:
        """Draws the settings of a new trial.

        Each draw has a seed of its own, the number of the trial, so that a search that goes on does not repeat draws.

        Args:
            first: the values of the very first trial; None to draw them, too.
        """
        from optuna.samplers import TPESampler

        number = len(self._study.get_trials(deepcopy=False))
        if number == 0 and first is not None:
            self._study.enqueue_trial(dict(first))
        self._study.sampler = TPESampler(seed=number)
        trial = self._study.ask({variable.name: variable.distribution() for variable in self._space})
        return Trial(trial.number, settings_of(self._space, trial.params))

    def end(self, trial: Trial, outcome: Outcome) -> None:
        """Writes the outcome of a trial."""
        from optuna.trial import TrialState

        # The outcome comes before the state: where a process is killed in between, the trial is not done.
        self._study.set_user_attr(_outcome_of(trial.number), asdict(outcome))
        state = TrialState.FAIL if outcome.log_loss is None else TrialState.COMPLETE
        self._study.tell(trial.number, outcome.log_loss, state)

    def give_up_undrawn(self) -> None:
        """Ends trials of a process that was killed while it drew their settings."""
        from optuna.trial import TrialState

        for trial in self._study.get_trials(deepcopy=False):
            if trial.state == TrialState.RUNNING and len(trial.params) < len(self._space):
                self.end(Trial(trial.number, ()), Outcome(failure="its process was killed before it was drawn"))

    def _read(self, trial: "FrozenTrial") -> Trial:
        outcome = self._study.user_attrs.get(_outcome_of(trial.number)) if trial.state.is_finished() else None
        settings = settings_of(self._space, trial.params) if len(trial.params) == len(self._space) else ()
        return Trial(trial.number, settings, outcome and Outcome(**outcome))


def _outcome_of(number: int) -> str:
    return f"outcome of trial {number}"


@contextlib.contextmanager
def opened(
    path: Path, space: Sequence[Variable], made_of: Mapping[str, Any], waiting: Callable[[], object]
) -> Iterator[Journal]:
    """The journal in a file, for one process at a time.

    Args:
        path: of the file, which may be missing yet.
        space: what is varied.
        made_of: what all trials share, as JSON has it: trials of something else cannot be compared.
        waiting: called where another process has it open, before the wait.

    Raises:
        MissingExtraError: Optuna is not installed.
        UserError: the file is of another search, or none of a search.
        StorageError: it cannot be written.
    """
    with naming_the_extra():
        import optuna
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made_of = json.loads(json.dumps(made_of))
    with one_at_a_time(path, waiting), storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _without_torn_line(path)
        try:
            backend = JournalFileBackend(str(path), JournalFileOpenLock(str(path), grace_period=_GRACE))
            storage = optuna.storages.JournalStorage(backend)
            study = optuna.create_study(study_name=_STUDY, storage=storage, direction="minimize", load_if_exists=True)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"expected the journal of a search in {path}; found: {error}; move it away, or choose another --name"
            ) from None
        before = study.user_attrs.get(_MADE_OF)
        if before is None:
            study.set_user_attr(_MADE_OF, made_of)
        elif other := [name for name in made_of if before.get(name) != made_of[name]]:
            raise UserError(
                f"expected a search with the same {', '.join(other)} as in {path}; found "
                f"{'; '.join(f'{made_of[name]} instead of {before.get(name)}' for name in other)}; choose another "
                "--name for another search"
            )
        journal = Journal(study, space)
        journal.give_up_undrawn()
        yield journal


def _without_torn_line(path: Path) -> None:
    """Cuts off a last line that a killed process has not finished: what is written behind it could not be read."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
