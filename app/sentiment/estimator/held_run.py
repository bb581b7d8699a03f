"""A saved run that an estimator holds: in a temporary folder, and with its files in a pickle."""

import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path
from typing import Any

from sentiment.inference.predictor import Predictor
from sentiment.runs.saved_run import SavedRun, load_run


class HeldRun:
    """A run in a temporary folder, which is removed with this object.

    A pickle has the files themselves, so it can be loaded on another machine. Loading one checks them against the
    run's manifest when the run is first used, as every loading of a run does.

    Args:
        name: of the run's folder.
        files: content by path within the folder.
    """

    def __init__(self, name: str, files: dict[str, bytes]) -> None:
        self._name = name
        self._files = files

    @classmethod
    def of(cls, run: SavedRun) -> "HeldRun":
        """A copy of a run, which may then be removed."""
        paths = sorted(path for path in run.folder.rglob("*") if path.is_file())
        return cls(run.name, {path.relative_to(run.folder).as_posix(): path.read_bytes() for path in paths})

    @cached_property
    def predictor(self) -> Predictor:
        """Answers with the run, on ONNX Runtime.

        Raises:
            RunError: a file is not the one that was saved.
        """
        temporary = tempfile.mkdtemp(prefix="sentiment-")
        weakref.finalize(self, shutil.rmtree, temporary, ignore_errors=True)
        folder = Path(temporary) / "texts" / self._name
        self.write(folder)
        return Predictor(load_run(folder))

    def write(self, folder: Path) -> None:
        """Writes the files of the run into a folder."""
        for path, content in self._files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)

    def __getstate__(self) -> dict[str, Any]:
        return {"_name": self._name, "_files": self._files}
