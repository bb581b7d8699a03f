"""The runs in service: found on disk, replaced by newer versions, never by broken ones."""

import asyncio
import logging
from pathlib import Path

from sentiment.errors import RunError, SentimentError
from sentiment.runs.default_run import chosen_run, command_in, default_run
from sentiment.runs.saved_run import find_run, qualified_name, run_folders
from sentiment.server.serving.measuring import Measurements
from sentiment.server.serving.served_run import ServedRun, load_served_run
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")

_Signature = tuple[tuple[str, int, int, int], ...]  # name, size, time of change and inode of each file


class Catalogue:
    """What is served, by name.

    A look at the disk (`refresh`) makes a new dictionary and puts it in the old one's place in one step, so that a
    request finds either the old version of a run or the new one, and keeps what it found until it is answered.

    The run that answers where none is named is decided at the first look: the first one that the settings name, else
    as `sentiment.runs.default_run` says. After that only `sentiment use` changes it, and only where the settings name
    no runs. It is a name: a newer version of that run takes its place, a run that is trained under another name never
    does.

    Args:
        models: the folder of all datasets.
        settings: which runs, and how often to look for new versions.
        measured: told of loads and refusals.
    """

    def __init__(self, models: Path, settings: ServerSettings, measured: Measurements) -> None:
        self._models = models
        self._settings = settings
        self._measured = measured
        self._served: dict[Path, ServedRun] = {}
        self._seen: dict[Path, _Signature] = {}
        self._missing: set[Path] = set()
        self._default: str | None = None
        self._choice: str | None = None  # what `sentiment use` had written at the last look
        self._not_followed = ""  # why a newer choice was not followed, so that it is told once

    @property
    def default(self) -> str | None:
        """The name of the run that answers where none is named, also while it is away; None: no run does."""
        return self._default

    def all(self) -> list[ServedRun]:
        """The runs in service: the default first, if it is in service, then by name."""
        return sorted(self._served.values(), key=lambda served: (served.name != self._default, served.name))

    def get(self, name: str | None = None) -> ServedRun:
        """A run in service.

        Args:
            name: dataset/name, or a name that only one dataset has; None: the default.

        Raises:
            RunError: there is no such run, or several have that name; or none is named, and the default is not in
                service, or there is none.
        """
        runs, default = self.all(), self._default
        named = [run for run in runs if name in (run.name, run.run.name) or (name is None and run.name == default)]
        if len(named) == 1:
            return named[0]
        choices = ", ".join(run.name for run in named or runs) or "none"
        if named:
            raise RunError(f"expected the name of one run; found {choices}; name the dataset, too")
        if name is None:  # another run in its place would be a silent change of who answers
            reason = f"{default}, which answers otherwise, is not in service" if default else "nobody has chosen one"
            raise RunError(f"expected the name of a run, as {reason}; found none; name one of these: {choices}")
        # Without what was asked for: it came from a stranger, and this message is logged.
        raise RunError(f"expected a run in service; found {choices}; name one of these")

    def load(self) -> None:
        """The first look.

        Raises:
            RunError: nothing that could be served, or a run that was asked for is not there; or the run that is to
                answer where none is named is gone or cannot be served.
        """
        for asked in self._settings.runs:
            find_run(self._models, asked)  # says which there are
        self._look()
        for asked in self._settings.runs:
            self.get(asked)
        if not self._served:
            raise RunError(
                f"expected a saved run that can be served under {self._models}; found none; "
                "train one with: make train, or export an older one with: sentiment export"
            )
        self._default = self._first_default()

    async def watch(self) -> None:
        """Looks again and again, in a thread, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            try:
                await asyncio.to_thread(self.refresh)
            except Exception as error:  # of a disk that has gone for a moment; what is loaded still answers
                log.error("cannot look for new versions: %s", type(error).__name__)

    def refresh(self) -> None:
        """Looks at the disk once more; to be called from one thread at a time."""
        self._look()
        if not self._settings.runs and self._models.is_dir():  # a disk that is away says nothing of a choice
            self._follow()

    def _first_default(self) -> str | None:
        if self._settings.runs:
            first = self.get(self._settings.runs[0]).name
            log.info("%s answers where no run is named: it is the first one that --run names", first)
            return first
        self._choice = chosen_run(self._models)
        default = default_run(self._models, self._names())
        if default is None:
            log.warning(
                "no run answers where none is named: there are several; let one answer with: %s",
                command_in(self._models),
            )
            return None
        if not self._serves(default.name):
            raise RunError(
                f"expected to serve {default.name}, which answers where no run is named: {default.why}; found that it "
                "was refused, see the log; name the runs to serve with --run, or choose another with: "
                f"{command_in(self._models)}"
            )
        log.info("%s answers where no run is named: %s", default.name, default.why)
        return default.name

    def _follow(self) -> None:
        """Changes the default where a person has said so since the last look."""
        try:
            choice = chosen_run(self._models)
            if choice == self._choice:
                self._not_followed = ""
                return
            default = default_run(self._models, self._names())
            if default and not self._serves(default.name):
                raise RunError(f"expected {default.name} to answer where no run is named; found that it is not served")
        except RunError as error:
            if str(error) != self._not_followed:
                self._not_followed = str(error)
                log.error("%s; as before, %s answers where no run is named", error, self._default or "none")
            return
        new = default.name if default else None
        if new != self._default:
            log.info("%s answers from now on where no run is named; before: %s", new or "none", self._default or "none")
        self._choice, self._default, self._not_followed = choice, new, ""

    def _names(self) -> list[str]:
        return [qualified_name(folder) for folder in run_folders(self._models)]

    def _serves(self, name: str) -> bool:
        return any(served.name == name for served in self._served.values())

    def _look(self) -> None:
        folders = [folder for folder in run_folders(self._models) if self._is_asked_for(folder)]
        served = {}
        for folder in dict.fromkeys([*folders, *self._served]):
            now = self._now(folder)
            if now:
                served[folder] = now
        self._served = served

    def _is_asked_for(self, folder: Path) -> bool:
        asked = self._settings.runs
        return not asked or folder.name in asked or qualified_name(folder) in asked

    def _now(self, folder: Path) -> ServedRun | None:
        """What to serve for a folder from now on: a new version, the old one, or nothing."""
        old = self._served.get(folder)
        if old and not folder.exists():
            return self._unless_gone(folder, old)
        self._missing.discard(folder)
        signature = _signature(folder)
        if signature == self._seen.get(folder):
            return old
        self._seen[folder] = signature
        return self._loaded(folder, old)

    def _unless_gone(self, folder: Path, old: ServedRun) -> ServedRun | None:
        # A folder that is being replaced is away for an instant; one that is away twice was taken away.
        if folder not in self._missing:
            self._missing.add(folder)
            return old
        self._missing.discard(folder)
        self._seen.pop(folder, None)
        log.info("run %s is no longer there and no longer served", old.name)
        if old.name == self._default:
            log.error("it answered where no run is named: such requests are refused until it is back")
        self._measured.served.remove(old.name, old.version)
        return None

    def _loaded(self, folder: Path, old: ServedRun | None) -> ServedRun | None:
        name = qualified_name(folder)
        try:
            new = load_served_run(folder, self._settings, self._measured)
        except Exception as error:  # whatever is wrong with it: the old version stays
            self._measured.refusals.labels(name).inc()
            reason = str(error) if isinstance(error, SentimentError) else f"{type(error).__name__}: {error}"
            staying = f"version {old.version} stays" if old else "it is not served"
            log.error("refused run %s, %s: %s", name, staying, " ".join(reason.split())[:500])
            return old
        if old and new.version == old.version:
            return old
        self._measured.loads.labels(name).inc()
        if old:
            self._measured.served.remove(old.name, old.version)
        self._measured.served.labels(new.name, new.version).set(1)
        log.info("serving run %s, version %s%s", name, new.version, f" after {old.version}" if old else "")
        return new


def _signature(folder: Path) -> _Signature:
    """Changes whenever a file of the folder does, without reading any."""
    found = []
    for path in sorted(folder.rglob("*")):
        try:
            about = path.stat()
        except OSError:  # gone since it was listed
            continue
        found.append((path.name, about.st_size, about.st_mtime_ns, about.st_ino))
    return tuple(found)
