"""One version of one saved run, loaded, with its queues."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sentiment.errors import RunError
from sentiment.inference.predictor import Prediction, Predictor
from sentiment.runs.saved_run import MANIFEST, SavedRun, load_run, qualified_name, sha256
from sentiment.server.serving.batching import Batcher
from sentiment.server.serving.measuring import Measurements
from sentiment.server.settings import ServerSettings

log = logging.getLogger("sentiment.server")

_VERSION_DIGITS = 12


class AnExplanation(Protocol):
    """What the service needs of an explanation."""

    def to_json(self) -> str:
        """One JSON object, with `tokens`, `label` and `probability` among its keys."""


class Explains(Protocol):
    """What the service needs of an explainer; safe to use from many threads."""

    def explain(self, text: str, method: str, *, gates: bool) -> AnExplanation:
        """Why the net says of a text what it says."""


@dataclass(frozen=True)
class Question:
    """A text to explain."""

    text: str
    method: str
    gates: bool


@dataclass(frozen=True)
class ServedRun:
    """A run in service. Whoever holds one gets all answers from this version, whatever is loaded meanwhile."""

    name: str  # dataset/name
    version: str  # the first digits of the SHA-256 of its manifest, which names every file by its own
    run: SavedRun
    predictions: Batcher[str, Prediction]
    explanations: Batcher[Question, dict[str, Any]] | None  # None: its network cannot be looked into

    @property
    def dataset(self) -> str:
        return self.run.folder.parent.name

    @property
    def report(self) -> Path:
        """Where the page on the runs of this dataset lies, if it was written."""
        return self.run.folder.parent / "report" / "index.html"

    async def explain(self, question: Question) -> dict[str, Any]:
        """The explanation of one text as JSON values, with this run's name and version.

        Raises:
            RunError: the network of this run cannot be looked into.
            OverloadedError: too many explanations wait.
            UserError: nothing to read in the text, or a method that this network does not have.
        """
        if self.explanations is None:
            raise RunError(
                f"expected a run whose network can be opened; found {self.name}; ask another run of GET /v1/models"
            )
        [explanation] = await self.explanations.submit([question])
        return {**explanation, "run": self.name, "version": self.version}


def version_of(folder: Path) -> str:
    """Which version of a run lies in a folder.

    Raises:
        OSError: it has no readable manifest.
    """
    return sha256(folder / MANIFEST)[:_VERSION_DIGITS]


def load_served_run(folder: Path, settings: ServerSettings, measured: Measurements) -> ServedRun:
    """A run from disk, verified and tried out: what cannot answer one question is not taken into service.

    Raises:
        RunError: missing, incomplete, changed since it was saved, or replaced while it was read.
        ConfigError: its configuration is of another version.
        Exception: what ONNX Runtime says of a network that it cannot read.
    """
    version = version_of(folder)
    run = load_run(folder)
    predictor = Predictor(run, settings.engine, settings.threads)
    predictor.predict(["A film."])
    explainer = _explainer(run, settings.threads)
    if version_of(folder) != version:
        raise RunError(f"expected {folder} to stay as it is while it is read; found a newer version; it is read next")
    name = qualified_name(folder)

    def predict(texts: list[str]) -> Sequence[Prediction]:
        return predictor.predict(texts)

    return ServedRun(
        name,
        version,
        run,
        Batcher(
            predict, settings.queue, settings.batch, measured.waits(name, "predict"), measured.computed(name, "predict")
        ),
        _explanations(explainer, name, settings, measured) if explainer else None,
    )


def _explanations(
    explainer: Explains, name: str, settings: ServerSettings, measured: Measurements
) -> Batcher[Question, dict[str, Any]]:
    def explain(questions: list[Question]) -> list[dict[str, Any]]:
        # Through JSON here, in the thread: gates of a long review are megabytes, and the event loop must not wait.
        return [json.loads(explainer.explain(q.text, q.method, gates=q.gates).to_json()) for q in questions]

    waits, computed = measured.waits(name, "explain"), measured.computed(name, "explain")
    return Batcher(explain, settings.explain_queue, 1, waits, computed)


def _explainer(run: SavedRun, threads: int | None) -> Explains | None:
    try:
        from sentiment.explain import Explainer

        return Explainer(run, threads)
    except RunError as error:
        log.warning("no explanations from %s: %s", run.folder, error)
        return None
