"""The runs in service: found on disk, replaced by newer versions, never by broken ones."""

import asyncio
import logging
from pathlib import Path

from app.errors import RunError, SentimentError
from app.runs import best_first, find_run, run_folders
from app.server.measuring import Measurements
from app.server.served_run import ServedRun, load_served_run
from app.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")

_Signature = tuple[tuple[str, int, int, int], ...]  # name, size, time of change and inode of each file


class Catalogue:
    """What is served, by name.

    A look at the disk (`refresh`) makes a new dictionary and puts it in the old one's place in one step, so that a
    request finds either the old version of a run or the new one, and keeps what it found until it is answered.

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

    def all(self) -> list[ServedRun]:
        """The runs in service, the default first, see `app.runs.best_first`."""
        by_name = sorted(self._served.values(), key=lambda served: served.name)
        return best_first(by_name, lambda served: served.standing)

    def get(self, name: str | None = None) -> ServedRun:
        """A run in service.

        Args:
            name: dataset/name, or a name that only one dataset has; None: the best.

        Raises:
            RunError: there is no such run, or several have that name.
        """
        runs = self.all()
        named = runs[:1] if name is None else [run for run in runs if name in (run.name, run.run.name)]
        if len(named) == 1:
            return named[0]
        choices = ", ".join(run.name for run in named or runs) or "none"
        if named:
            raise RunError(f"expected the name of one run; found {choices}; name the dataset, too")
        # Without what was asked for: it came from a stranger, and this message is logged.
        raise RunError(f"expected a run in service; found {choices}; ask for one of these, or for none to get the best")

    def load(self) -> None:
        """The first look.

        Raises:
            RunError: nothing that could be served, or a run that was asked for is not there.
        """
        for asked in self._settings.runs:
            find_run(self._models, asked)  # says which there are
        self.refresh()
        for asked in self._settings.runs:
            self.get(asked)
        if not self._served:
            raise RunError(
                f"expected a saved run that can be served under {self._models}; found none; "
                "train one with: make train, or export an older one with: sentiment export"
            )

    async def watch(self) -> None:
        """Looks again and again, in a thread, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            try:
                await asyncio.to_thread(self.refresh)
            except Exception as error:  # of a disk that has gone for a moment; what is loaded still answers
                log.error("cannot look for new versions: %s", type(error).__name__)

    def refresh(self) -> None:
        """Looks at the disk once; to be called from one thread at a time."""
        folders = [folder for folder in run_folders(self._models) if self._is_asked_for(folder)]
        served = {}
        for folder in dict.fromkeys([*folders, *self._served]):
            now = self._now(folder)
            if now:
                served[folder] = now
        self._served = served

    def _is_asked_for(self, folder: Path) -> bool:
        asked = self._settings.runs
        return not asked or folder.name in asked or f"{folder.parent.name}/{folder.name}" in asked

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
        self._measured.served.remove(old.name, old.version)
        return None

    def _loaded(self, folder: Path, old: ServedRun | None) -> ServedRun | None:
        name = f"{folder.parent.name}/{folder.name}"
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
