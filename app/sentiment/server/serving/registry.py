"""The runs in service: loaded at the start, replaced by newer versions while serving, never by broken ones."""

import asyncio
import logging
from pathlib import Path

from sentiment.errors import RunError, SentimentError
from sentiment.runs.default_run import DefaultRun, chosen_run, command_in, default_run
from sentiment.runs.saved_run import find_run, qualified_name, run_folders
from sentiment.server.serving.loaded_run import LoadedRun, is_of_the_files, load_for_serving
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")

_Signature = tuple[tuple[str, int, int, int], ...]  # name, size, time of change and inode of each file


class RunRegistry:
    """Loaded runs by name.

    `refresh` looks at the disk, makes a new dictionary of runs and puts it in the place of the old one in a single
    assignment. A request sees either the old version of a run or the new one, and keeps what it got.

    The default, which answers requests that name no run, is decided in `load`: the first run that the settings name,
    else what `sentiment.runs.default_run` says. Later only `sentiment use` changes it, and only if the settings name no
    runs. The default is a name: a newer version of that run takes its place, a run with another name never does.

    Args:
        models: the folder of all datasets.
        settings: which runs to serve, and how often to look for new versions.
        metrics: counts loads and refusals.
    """

    def __init__(self, models: Path, settings: ServerSettings, metrics: ServerMetrics) -> None:
        self._models = models
        self._settings = settings
        self._metrics = metrics
        self._runs: dict[Path, LoadedRun] = {}
        self._signatures: dict[Path, _Signature] = {}  # of folders when they were last read
        self._refused: dict[Path, tuple[_Signature, str]] = {}  # why, of which files; each reason is logged once
        self._missing: set[Path] = set()  # folders that were away at the last look
        self._default: str | None = None
        self._choice: str | None = None  # of `sentiment use`, at the last look
        self._logged_refusal = ""  # why a newer choice was not followed; logged once

    @property
    def default(self) -> str | None:
        """dataset/name of the default, even while it is away; None: there is no default."""
        return self._default

    def all(self) -> list[LoadedRun]:
        """The runs in service: the default first, if it is in service, then by name."""
        return sorted(self._runs.values(), key=lambda run: (run.name != self._default, run.name))

    def get(self, name: str | None = None) -> LoadedRun:
        """A run in service.

        Args:
            name: dataset/name, or a name that only one dataset has; None: the default.

        Raises:
            RunError: there is no such run, several have that name, or the default is not in service.
        """
        runs, default = self.all(), self._default
        named = [run for run in runs if name in (run.name, run.run.name) or (name is None and run.name == default)]
        if len(named) == 1:
            return named[0]
        choices = ", ".join(run.name for run in named or runs) or "none"
        if named:
            raise RunError(f"expected the name of one run; found {choices}; name the dataset, too")
        if name is None:  # another run in its place would be a silent change of who answers
            reason = f"the default, {default}, is not in service" if default else "there is no default"
            raise RunError(f"expected the name of a run, because {reason}; found none; name one of these: {choices}")
        # Without the name: it came from a client, and this message is logged.
        raise RunError(f"expected a run in service; found {choices}; name one of these")

    def load(self) -> None:
        """Loads all runs and decides the default.

        Raises:
            RunError: no run can be served, or one that the settings name is missing, or the default is missing or
                cannot be served.
        """
        for name in self._settings.runs:
            find_run(self._models, name)  # its error lists the runs there are
        self._look()
        for name in self._settings.runs:
            self.get(name)
        if not self._runs:
            raise RunError(
                f"expected a saved run that can be served under {self._models}; found none; "
                "train one with: sentiment train, or export an older one with: sentiment export"
            )
        self._default = self._first_default()

    async def watch(self) -> None:
        """Calls `refresh` in a thread, again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            try:
                await asyncio.to_thread(self.refresh)
            except Exception as error:  # the disk may be away for a moment; the loaded runs still answer
                log.error("cannot look for new versions: %s", type(error).__name__)

    def refresh(self) -> None:
        """Looks at the disk once; call it from one thread at a time."""
        self._look()
        if not self._settings.runs and self._models.is_dir():  # a missing folder says nothing about the choice
            self._follow_choice()

    def _first_default(self) -> str | None:
        if self._settings.runs:
            first = self.get(self._settings.runs[0]).name
            log.info("default run: %s, the first that --run names", first)
            return first
        self._choice = chosen_run(self._models)
        default = self._default_on_disk()
        if default is None:
            log.warning(
                "no default run: there are several and none is chosen; choose one with: %s", command_in(self._models)
            )
            return None
        if not self._serves(default.name):
            raise RunError(
                f"expected to serve the default run {default.name} ({default.why}); found that it cannot be loaded, "
                f"see the log; name the runs to serve with --run, or choose another with: {command_in(self._models)}"
            )
        log.info("default run: %s, %s", default.name, default.why)
        return default.name

    def _follow_choice(self) -> None:
        """Changes the default if `sentiment use` was called since the last look."""
        try:
            choice = chosen_run(self._models)
            if choice == self._choice:
                self._logged_refusal = ""
                return
            default = self._default_on_disk()
            if default and not self._serves(default.name):
                raise RunError(f"expected {default.name} to be the default run; found that it is not served")
        except RunError as error:
            if str(error) != self._logged_refusal:
                self._logged_refusal = str(error)
                log.error("%s; the default run stays %s", error, self._default or "none")
            return
        new = default.name if default else None
        if new != self._default:
            log.info("default run from now on: %s; before: %s", new or "none", self._default or "none")
        self._choice, self._default, self._logged_refusal = choice, new, ""

    def _default_on_disk(self) -> DefaultRun | None:
        return default_run(self._models, [qualified_name(folder) for folder in run_folders(self._models)])

    def _serves(self, name: str) -> bool:
        return any(run.name == name for run in self._runs.values())

    def _look(self) -> None:
        names = self._settings.runs
        folders = [
            folder
            for folder in run_folders(self._models)
            if not names or folder.name in names or qualified_name(folder) in names
        ]
        known = dict.fromkeys([*folders, *self._runs])
        runs: dict[str, tuple[Path, LoadedRun]] = {}
        # Those of the models folder first: they go before a shipped run of their name, also while they are replaced.
        for folder in sorted(known, key=lambda folder: not folder.is_relative_to(self._models)):
            name = qualified_name(folder)
            if name in runs:
                self._stop_serving(folder, runs[name][1])
            elif run := self._current(folder):
                runs[name] = folder, run
        self._runs = dict(runs.values())

    def _stop_serving(self, folder: Path, successor: LoadedRun) -> None:
        """Forgets what was served of a folder, so that it is loaded again if its successor is removed."""
        self._signatures.pop(folder, None)
        old = self._runs.get(folder)
        if old and old.version != successor.version:
            self._metrics.served.remove(old.name, old.version)

    def _current(self, folder: Path) -> LoadedRun | None:
        """What to serve for a folder from now on: a new version, the old one, or nothing."""
        old = self._runs.get(folder)
        if old and not folder.exists():
            return self._old_unless_removed(folder, old)
        self._missing.discard(folder)
        signature = _signature(folder)
        if signature == self._signatures.get(folder):
            return old
        try:
            new = load_for_serving(folder, self._settings, self._metrics)
        except Exception as error:  # whatever is wrong with it, the old version stays
            if is_of_the_files(error):
                self._signatures[folder] = signature  # until they change
            self._refuse(folder, old, signature, error)
            return old
        self._signatures[folder] = signature
        self._refused.pop(folder, None)
        if old and new.version == old.version:
            return old
        self._metrics.loads.labels(new.name).inc()
        if old:
            self._metrics.served.remove(old.name, old.version)
        self._metrics.served.labels(new.name, new.version).set(1)
        log.info("serving run %s, version %s%s", new.name, new.version, f" after {old.version}" if old else "")
        return new

    def _old_unless_removed(self, folder: Path, old: LoadedRun) -> LoadedRun | None:
        # A folder is away for an instant while it is replaced; one that is away at two looks was removed.
        if folder not in self._missing:
            self._missing.add(folder)
            return old
        self._missing.discard(folder)
        self._signatures.pop(folder, None)
        log.info("run %s was removed and is no longer served", old.name)
        if old.name == self._default:
            log.error("it is the default run: requests that name no run are refused until it is back")
        self._metrics.served.remove(old.name, old.version)
        return None

    def _refuse(self, folder: Path, old: LoadedRun | None, signature: _Signature, error: Exception) -> None:
        """Logs and counts why files are not served, unless that was said at an earlier look."""
        reason = str(error) if isinstance(error, SentimentError) else f"{type(error).__name__}: {error}"
        if self._refused.get(folder) == (signature, reason):
            return
        self._refused[folder] = signature, reason
        name = qualified_name(folder)
        self._metrics.refusals.labels(name).inc()
        consequence = f"version {old.version} stays" if old else "it is not served"
        log.error("refused run %s, %s: %s", name, consequence, " ".join(reason.split())[:500])


def _signature(folder: Path) -> _Signature:
    """Changes whenever a file in the folder does; reads no file."""
    files = []
    for path in sorted(folder.rglob("*")):
        try:
            about = path.stat()
        except OSError:  # removed since it was listed
            continue
        files.append((path.name, about.st_size, about.st_mtime_ns, about.st_ino))
    return tuple(files)
