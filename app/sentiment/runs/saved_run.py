"""A saved run: one folder with everything that using and judging a model needs.

    models/<dataset>/<name>/
        model.keras             the network, as Keras saves it
        model.onnx              the network for ONNX Runtime, float32
        model.int8.onnx         the same with int8 weights, where that loses 0.2 points of accuracy at most
        export.json             what both lose against Keras
        savedmodel/1/           the network for TensorFlow Serving, where it was exported
        tokenizer.json          the vocabulary
        learnt.npy              fingerprints of its training reviews
        config.json             every setting
        metrics.json            validation and test figures, times, dataset, versions
        history.csv             a row per epoch
        test_predictions.csv    the probability of every test review
        validation_predictions.csv    the same of the validation reviews
        README.md               the model card of a shipped or adapted run, which has no model.keras
        manifest.json           SHA-256 of each file above

A run appears whole or not at all. Each loading verifies it against its manifest. Only `SavedRun.model` imports Keras.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.config import Config
from sentiment.data.fingerprints import LEARNT
from sentiment.errors import ConfigError, RunError
from sentiment.runs.archive import read_records
from sentiment.runs.default_run import SHIPPED_RUNS, DefaultRun, command_in, require_default_run, write_choice
from sentiment.runs.record import ENCODER, METRICS, RunRecord, read_record, readable
from sentiment.runs.results import HISTORY, PREDICTIONS, VALIDATION_PREDICTIONS
from sentiment.support.paths import SHIPPED_MODELS, is_default_models
from sentiment.text.tokenizer import ReviewTokenizer

if TYPE_CHECKING:
    import keras

MODEL = "model.keras"
TOKENIZER = "tokenizer.json"
CONFIG = "config.json"
ONNX = "model.onnx"
ONNX_INT8 = "model.int8.onnx"
EXPORT = "export.json"
SAVEDMODEL = "savedmodel"
MANIFEST = "manifest.json"
CARD = "README.md"  # of a shipped or adapted run
_AN_ENCODER = "an encoder, which classifies nothing; start a network from it with --from-pretrained"
FORMAT = 1  # of the folder; other formats are refused
# Whatever reads a run reads these alone; so each that is there has to be in the manifest.
_USED = (
    MODEL, TOKENIZER, CONFIG, METRICS, ONNX, ONNX_INT8, EXPORT, LEARNT, HISTORY, PREDICTIONS, VALIDATION_PREDICTIONS,
    ENCODER,
)  # fmt: skip
_SHOWN = 100  # characters of a name in a message


@dataclass(frozen=True)
class SavedRun:
    """A verified run on disk. Its model and tokenizer are loaded on demand."""

    folder: Path
    config: Config
    record: RunRecord

    @property
    def name(self) -> str:
        return self.folder.name

    def tokenizer(self) -> ReviewTokenizer:
        return ReviewTokenizer.load(self.folder / TOKENIZER, self.config.tokenizer)

    @property
    def has_keras_model(self) -> bool:
        """Whether `model` can be loaded; a shipped or adapted run has ONNX alone."""
        return (self.folder / MODEL).is_file()

    def model(self) -> "keras.Model":
        """The network as it was saved, loaded in Keras' safe mode.

        Raises:
            RunError: there is none, or Keras cannot read it.
        """
        if not self.has_keras_model:
            raise RunError(
                f"expected {MODEL} in the run {self.folder}; found none, this run has its ONNX model alone; "
                "use the engine onnx, or train it again"
            )
        import keras

        from sentiment.layers import LSTM, MaskedPooling  # noqa: F401  importing them registers them for safe mode

        try:
            return keras.saving.load_model(self.folder / MODEL, compile=False, safe_mode=True)
        except Exception as error:  # Keras reads a zip file of JSON and HDF5; each may be damaged in its own way
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RunError(f"expected a Keras model in {self.folder}; found: {reason}; train the run again") from None


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path) -> None:
    """Writes `manifest.json` with the SHA-256 of every other file in the folder and its subfolders."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    files = {path.relative_to(folder).as_posix(): sha256(path) for path in paths}
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}, indent=2) + "\n", encoding="utf-8")


def verify(folder: Path) -> None:
    """Compares every file of a run with its manifest. No file outside the folder is read.

    Raises:
        RunError: the run, its manifest or a file is missing; a file is not the one that was saved; or one that would be
            used is not in the manifest.
    """
    if not os.path.isdir(folder):  # noqa: PTH112  no error for a name that no file can have
        raise RunError(f"expected a saved run at {folder}; found none; train one with: sentiment train")
    files = _listed(folder)
    if lacking := [name for name in (CONFIG, METRICS, TOKENIZER) if name not in files]:
        raise RunError(f"expected {', '.join(lacking)} in {folder / MANIFEST}; found none; train the run again")
    if unlisted := [name for name in _USED if name not in files and os.path.lexists(folder / name)]:
        raise RunError(
            f"expected every file that is used in {folder / MANIFEST}; found {', '.join(unlisted)} beside it, which it "
            "does not list; delete that file, or train the run again"
        )
    for name, expected in files.items():
        path = folder / name
        if not os.path.isfile(path):  # noqa: PTH113  as above
            raise RunError(f"expected {name[:_SHOWN]} in the run {folder}; it is missing; train the run again")
        try:
            digest = sha256(path)
        except OSError as error:
            raise RunError(
                f"expected to be able to read {path}; found: {error.strerror}; check its permissions"
            ) from None
        if digest != expected:
            raise RunError(
                f"expected {path} with SHA-256 {expected[:12]}...; found {digest[:12]}...: "
                "the file was changed since the run was saved; restore it or train the run again"
            )


def _listed(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file in a manifest, by its name."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version, files = manifest["format"], manifest["files"]
        if not (isinstance(files, dict) and all(isinstance(digest, str) for digest in files.values())):
            raise ValueError("no digests by name")
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise RunError(
            f"expected a saved run with a readable {MANIFEST} at {folder}; found none; train the run again"
        ) from None
    if version != FORMAT:
        shown = str(version)[:_SHOWN]
        raise RunError(f"expected a run of format {FORMAT} at {folder}; found format {shown}; train the run again")
    if outside := [name for name in files if not _is_inside(folder, name)]:
        raise RunError(
            f"expected names of files in the run {folder} in its {MANIFEST}; found {outside[0][:_SHOWN]!r}, which is "
            "not in that folder; get the run again"
        )
    return files


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a name, with all links followed, is that of something in a folder."""
    try:
        return Path(os.path.realpath(folder / name)).is_relative_to(os.path.realpath(folder))
    except ValueError:  # no path on any system
        return False


def load_run(folder: str | Path) -> SavedRun:
    """The run in a folder, verified.

    Raises:
        RunError: it is missing, incomplete, or changed since it was saved.
        ConfigError: its configuration is of another version.
    """
    folder = Path(folder)
    if os.path.exists(folder / ENCODER):  # noqa: PTH110  no error for a name that no file can have
        raise RunError(f"expected a saved run at {folder}; found {_AN_ENCODER}")
    verify(folder)
    with readable(folder / CONFIG, "train the run again"):
        config = Config.from_json((folder / CONFIG).read_text(encoding="utf-8"))
    return SavedRun(folder, config, read_record(folder, "train the run again"))


def run_folders(models: Path) -> list[Path]:
    """Folders of all saved runs under `models/`, by dataset and name.

    In a folder that no option named, the shipped runs follow, unless it has runs of their names.
    """
    folders = sorted(path.parent for path in models.glob(f"*/*/{MANIFEST}"))
    if is_default_models(models):
        shipped = (SHIPPED_MODELS / name for name in SHIPPED_RUNS if not (models / name).exists())
        folders += [folder for folder in shipped if (folder / MANIFEST).is_file()]
    return [folder for folder in folders if not folder.name.startswith(".") and not (folder / ENCODER).exists()]


def find_runs(models: str | Path) -> list[SavedRun]:
    """All saved runs under `models/`, verified.

    Raises:
        RunError: there is none, or one was changed since it was saved.
    """
    folders = run_folders(Path(models))
    if not folders:
        raise RunError(f"expected a saved run under {models}; found none; train one with: sentiment train")
    return [load_run(folder) for folder in folders]


def find_run(models: str | Path, name: str | os.PathLike[str] | None = None, *, with_keras: bool = False) -> SavedRun:
    """One saved run, verified: the named one, or the one that answers where none is named.

    Args:
        models: the folder of all datasets.
        name: a path of a run, `dataset/name`, or a `name` that only one dataset has. None: as
            `sentiment.runs.default_run` says.
        with_keras: whether the run has to have its Keras model.

    Raises:
        RunError: there is no such run, or several have that name; or none is named, and nothing says which one
            answers; or it has no Keras model and should have; or it was changed since it was saved.
        ConfigError: its configuration is of another version.
    """
    models = Path(models)
    run = _default(models) if name is None else _named(models, os.fspath(name))
    if with_keras and not run.has_keras_model:
        others = [qualified_name(folder) for folder in run_folders(models) if (folder / MODEL).is_file()]
        unnamed = ", which answers where no run is named" if name is None else ""
        with_model = f"name one that has it with --run: {', '.join(others)}"
        advice = with_model if others else "train one with: sentiment train"
        raise RunError(
            f"expected {MODEL} in the run {qualified_name(run.folder)}{unnamed}; found its ONNX model alone, "
            f"which the engine onnx reads; {advice}"
        )
    return run


def find_default(models: Path) -> DefaultRun:
    """Which run answers where none is named, and why. The run is not loaded.

    Raises:
        RunError: there is no default, or the chosen run is gone.
    """
    return require_default_run(models, [qualified_name(folder) for folder in run_folders(models)])


def use_run(models: Path, name: str) -> str:
    """Lets a run answer where none is named, until another one is chosen.

    Args:
        models: the folder of all datasets, with the run in it.
        name: as in `find_run`.

    Returns:
        Its dataset/name.

    Raises:
        RunError: there is no such run in this folder, or several have that name; or it was changed since it was saved,
            or has no model.onnx to answer with.
        ConfigError: its configuration is of another version.
        StorageError: the choice cannot be written.
    """
    run = _named(models, name)
    here = [qualified_name(folder) for folder in run_folders(models) if folder.resolve() == run.folder.resolve()]
    if not here:
        raise RunError(f"expected a run in {models}; found {run.folder}; name the folder that it lies in with --models")
    if not (run.folder / ONNX).is_file():
        raise RunError(
            f"expected {ONNX} in the run {here[0]}; found none; write it with: sentiment export --run {run.folder}"
        )
    write_choice(models, here[0])
    return here[0]


def _default(models: Path) -> SavedRun:
    default = find_default(models)
    folders = [folder for folder in run_folders(models) if qualified_name(folder) == default.name]
    try:
        return load_run(next(iter(folders), models / default.name))  # a damaged run is in no list
    except (RunError, ConfigError) as error:  # another run in its place would be a silent change
        raise type(error)(
            f"{error}. {default.name} answers where no run is named: {default.why}; name another with --run, or choose "
            f"another with: {command_in(models)}"
        ) from None


def _named(models: Path, name: str) -> SavedRun:
    if not name:
        raise RunError("expected the name of a run; found an empty one; leave it out, or name a run")
    if os.path.isdir(name):  # noqa: PTH112  no error for a name that no folder can have
        return load_run(Path(name).resolve())  # as `.` has no name and no dataset
    folders = run_folders(models)
    named = [folder for folder in folders if name in _names(folder)]
    if len(named) == 1:
        return load_run(named[0])
    if named:
        choices = ", ".join(map(qualified_name, named))
        raise RunError(f"expected one run named {name}; found {choices}; name the dataset, too")
    choices = ", ".join(map(qualified_name, folders)) or "none"
    if any(name in _names(path.parent) for path in models.glob(f"*/*/{ENCODER}")):
        raise RunError(f"expected a saved run named {name}; found {_AN_ENCODER}")
    datasets = [path for path in models.iterdir() if path.is_dir()] if models.is_dir() else []
    if any(name in (key, f"{dataset.name}/{key}") for dataset in datasets for key in read_records(dataset)):
        raise RunError(f"expected a saved run named {name}; found its figures without a network; train it again")
    raise RunError(f"expected a saved run named {name}; found {choices}")


def qualified_name(folder: Path) -> str:
    """dataset/name of the run in a folder."""
    return f"{folder.parent.name}/{folder.name}"


def _names(folder: Path) -> tuple[str, str]:
    return folder.name, qualified_name(folder)
