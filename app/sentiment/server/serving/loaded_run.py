"""One version of a saved run, loaded, with its queues."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sentiment.config import Classes
from sentiment.errors import ConfigError, RunError
from sentiment.explain import Explainer
from sentiment.inference import Prediction, Predictor
from sentiment.runs.saved_run import MANIFEST, SavedRun, load_run, qualified_name, sha256
from sentiment.server.serving.batching import Batcher
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")

_VERSION_DIGITS = 12


@dataclass(frozen=True)
class Question:
    """A text to explain."""

    text: str
    method: str  # a name in sentiment.explain.METHODS
    gates: bool
    target: str | None = None  # a class of the run; None: as `Explainer.explain` chooses


@dataclass(frozen=True)
class LoadedRun:
    """A run in service. A request that holds one is answered by this version, whatever is loaded meanwhile."""

    name: str  # dataset/name
    version: str  # first digits of the SHA-256 of its manifest, which contains the SHA-256 of every file
    run: SavedRun
    predictions: Batcher[str, Prediction]
    explanations: Batcher[Question, dict[str, Any]] | None  # None: this network cannot be explained

    @property
    def classes(self) -> Classes:
        """What it tells apart."""
        return self.run.config.classes

    @property
    def dataset(self) -> str:
        return self.run.folder.parent.name

    @property
    def report(self) -> Path:
        """Where the report on the runs of this dataset is, if it was written."""
        return self.run.folder.parent / "report" / "index.html"


def _version_of(folder: Path) -> str:
    return sha256(folder / MANIFEST)[:_VERSION_DIGITS]


def is_of_the_files(error: Exception) -> bool:
    """Whether the same files would fail again; not after a lack of memory, or of descriptors of open files.

    What reads a run turns most errors of the system into one of the run.
    """
    cause = error.__context__
    of_the_machine = isinstance(cause, OSError | MemoryError) and not isinstance(cause, FileNotFoundError)
    return isinstance(error, RunError | ConfigError) and not of_the_machine


def load_for_serving(folder: Path, settings: ServerSettings, metrics: ServerMetrics) -> LoadedRun:
    """A run from disk, verified, after one prediction as a trial.

    Raises:
        RunError: it is missing, incomplete, changed since it was saved, or was replaced while it was read.
        ConfigError: its configuration is of another version.
        OSError: it has no readable manifest.
        Exception: from ONNX Runtime, if it cannot read the network.
    """
    version = _version_of(folder)
    run = load_run(folder)
    predictor = Predictor(run, settings.engine, settings.threads)
    predictor.predict(["A film."])
    explainer = _explainer(run, settings.threads)
    if _version_of(folder) != version:
        raise RunError(f"expected {folder} to stay as it is while it is read; found a newer version; it is read next")
    name = qualified_name(folder)

    def predict(texts: list[str]) -> Sequence[Prediction]:
        return predictor.predict(texts)

    def explain(questions: list[Question]) -> list[dict[str, Any]]:
        # Through JSON here, in the thread: gates of a long review are megabytes and would block the event loop.
        if explainer is None:
            return []
        answers = [explainer.explain(q.text, q.method, gates=q.gates, target=q.target).to_json() for q in questions]
        return [
            {**_as_answered(json.loads(answer), question.text), "run": name, "version": version}
            for question, answer in zip(questions, answers, strict=True)
        ]

    return LoadedRun(
        name,
        version,
        run,
        Batcher(
            predict, settings.queue, settings.batch, metrics.queue_length(name, "predict"),
            metrics.batch(name, "predict"), seconds=settings.queue_seconds, work_of=len,
        ),
        Batcher(
            explain, settings.explain_queue, 1, metrics.queue_length(name, "explain"), metrics.batch(name, "explain"),
            work_of=lambda question: len(question.text),
        ) if explainer else None,
    )  # fmt: skip


def _as_answered(explanation: dict[str, Any], text: str) -> dict[str, Any]:
    """With the text as it came, beside the one that was read, to which the offsets of the tokens belong."""
    return {**explanation, "text": text, "text_read": explanation["text"]}


def _explainer(run: SavedRun, threads: int | None) -> Explainer | None:
    try:
        return Explainer(run, threads)
    except RunError as error:
        if not is_of_the_files(error):
            raise
        log.warning("no explanations from %s: %s", run.folder, error)
        return None
