"""The result of one classifier in a folder, with the same files for networks and baselines.

metrics.json                  the record, see `sentiment.runs.record`
test_predictions.csv          row, label, and the probability of the second of two classes, or of each of several: a
                              row per test review, in the order of the split; a label is the index of its class
validation_predictions.csv    the same of the validation reviews, which ensembles are weighted by
history.csv                   a row per epoch, of a network
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from sentiment.config import MOST_CLASSES, Classes
from sentiment.data.files.sources import is_remote, name_of
from sentiment.data.splits import Examples
from sentiment.data.templates import short_texts
from sentiment.errors import RunError
from sentiment.metrics.verdicts import of_all_classes, predicted_classes
from sentiment.runs.record import ENCODER, METRICS, Kind, RunRecord, ShortTexts, json_text, read_record, readable
from sentiment.support.storage import new_folder

PREDICTIONS = "test_predictions.csv"
VALIDATION_PREDICTIONS = "validation_predictions.csv"
HISTORY = "history.csv"
BASELINES_FOLDER = "baselines"  # beside the saved runs of a dataset
ENSEMBLES_FOLDER = "ensembles"  # beside them, too
REPORT_FOLDER = "report"  # and this
REDUCED_DTYPE = "reduced"  # int8 and float16 weights, see sentiment.publishing.shipping
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXCERPT = 400  # characters of a review that are quoted
_SHORT_TEXTS = 500  # of each kind, that a classifier is judged on


# Labels, int8[n], and probabilities: float64[n] of the second of two classes, or float64[n, classes].
Predictions = tuple[np.ndarray, np.ndarray]
History = dict[str, np.ndarray]  # columns with a value per epoch


@dataclass(frozen=True)
class Result:
    """The record of one classifier, and its predictions."""

    key: str  # its folder, relative to that of the dataset
    record: RunRecord
    test: Predictions
    validation: Predictions | None = None  # None: not saved
    history: History | None = None  # None where no epochs were trained

    @property
    def labels(self) -> np.ndarray:
        """Of the test reviews, int8[n]."""
        return self.test[0]

    @property
    def probabilities(self) -> np.ndarray:
        """Of the test reviews, float64[n] or float64[n, classes]."""
        return self.test[1]

    @property
    def is_constant(self) -> bool:
        """Whether every test review has the same probability, as from the majority class."""
        return bool((self.probabilities == self.probabilities[0]).all())


def require_name(name: str) -> str:
    """The name, if it can be that of an ensemble or a run.

    Raises:
        RunError: it cannot be the name of a folder, or is reserved.
    """
    if not _NAME.fullmatch(name) or name in (BASELINES_FOLDER, ENSEMBLES_FOLDER, REPORT_FOLDER):
        raise RunError(
            f"expected a name of letters, digits, dots, dashes and underscores, and none of {BASELINES_FOLDER}, "
            f"{ENSEMBLES_FOLDER}, {REPORT_FOLDER}; found {name!r}; choose another"
        )
    return name


def confidently_wrong(
    texts: Sequence[str], labels: np.ndarray, probabilities: np.ndarray, count: int = 5
) -> list[dict[str, Any]]:
    """The wrongly classified reviews, the surest mistakes first.

    Args:
        texts: the reviews.
        labels: int[n], the index of the class.
        probabilities: float[n] of the second of two classes, or float[n, classes].
        count: how many at most; a classifier with fewer mistakes gives fewer.

    Returns:
        For each its `row`, `text` (the beginning), `label`, `predicted` (both the index of a class), `confidence` (the
        probability of the predicted class), ready for JSON.
    """
    predicted, every = predicted_classes(probabilities), of_all_classes(probabilities)
    wrong = np.flatnonzero(predicted != labels)
    confidence = every[np.arange(len(every)), predicted]
    surest = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    return [
        {
            "row": int(row),
            "text": texts[row] if len(texts[row]) <= _EXCERPT else texts[row][: _EXCERPT - 1].rstrip() + "…",
            "label": int(labels[row]),
            "predicted": int(predicted[row]),
            "confidence": float(confidence[row]),
        }
        for row in surest
    ]


def on_short_texts(
    validation: Examples, classes: Classes, predict: Callable[[Sequence[str]], np.ndarray]
) -> dict[str, ShortTexts]:
    """Accuracy on short and tricky texts made from the validation reviews, never from test reviews.

    Args:
        validation: whole reviews.
        classes: theirs; templates make texts of negative and positive reviews alone.
        predict: texts to float[n], the probability of "positive" of each.

    Returns:
        By kind, see `sentiment.data.templates`: the number of texts, the accuracy, and that of a constant answer.
        Kinds without texts are left out, and so are all with other classes.
    """
    results: dict[str, ShortTexts] = {}
    if not classes.is_polarity:
        return results
    for kind, examples in short_texts(validation, _SHORT_TEXTS).items():
        accuracy = float(np.mean(predicted_classes(predict(examples.texts)) == examples.labels))
        positive = float(np.mean(examples.labels == 1))
        results[kind] = {"texts": len(examples), "accuracy": accuracy, "larger_class": max(positive, 1 - positive)}
    return results


def published(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """A dataset for publication: its files are named without the folder on this machine and without an address."""
    reading = dict(dataset.get("reading") or {})
    reading |= {split: _file_name(reading[split]) for split in ("validation", "test") if reading.get(split)}
    named = {**dataset, "source": _file_name(dataset["source"])}
    return named | {"reading": reading} if "reading" in dataset else named


def _file_name(place: str) -> str:
    # Runs of older versions may have a signature behind the name.
    return name_of(place) if is_remote(place) else PurePath(place).name


def result_folders(parent: Path) -> list[Path]:
    """The folders of results in one folder, by name."""
    # A folder whose name starts with a dot is half written. A pretrained encoder is among the runs, but no result.
    folders = sorted(path.parent for path in parent.glob(f"*/{METRICS}") if not path.parent.name.startswith("."))
    return [folder for folder in folders if not (folder / ENCODER).is_file()]


def key_of(record: RunRecord) -> str:
    """The folder of a result, relative to that of its dataset: it identifies the result there."""
    return f"{BASELINES_FOLDER}/{record.name}" if record.kind == Kind.BASELINE else record.name


def predictions_csv(labels: np.ndarray, probabilities: np.ndarray) -> bytes:
    """The text of a predictions file; probabilities have six significant digits, which float32 keeps."""
    values = np.asarray(probabilities)
    names = ["probability"] if values.ndim == 1 else [f"probability_{index}" for index in range(values.shape[1])]
    rows = zip(labels.tolist(), values.reshape(len(values), -1).tolist(), strict=True)
    lines = [
        f"{row},{int(label)}," + ",".join(f"{value:.6g}" for value in columns)
        for row, (label, columns) in enumerate(rows)
    ]
    return "\n".join([",".join(["row", "label", *names]), *lines, ""]).encode()


def write_predictions(folder: Path, labels: np.ndarray, probabilities: np.ndarray, name: str = PREDICTIONS) -> None:
    """Writes `test_predictions.csv` or `validation_predictions.csv`."""
    (folder / name).write_bytes(predictions_csv(labels, probabilities))


def read_predictions(folder: Path, name: str = PREDICTIONS) -> Predictions:
    """Labels and probabilities, as `write_predictions` left them.

    Raises:
        OSError: there is no such file.
        ValueError: it holds something else.
    """
    lines = (folder / name).read_text(encoding="utf-8").splitlines()[1:]
    table = np.loadtxt(lines, delimiter=",", ndmin=2) if any(lines) else np.empty((0, 0))
    if table.shape[1] < 3:
        raise ValueError(f"expected row, label and probability in each line of {name}")
    labels, probabilities = table[:, 1], table[:, 2] if table.shape[1] == 3 else table[:, 2:]
    if not (np.isin(labels, range(MOST_CLASSES)).all() and ((probabilities >= 0) & (probabilities <= 1)).all()):
        raise ValueError(f"expected labels from 0 and probabilities from 0 to 1 in {name}")
    return labels.astype(np.int8), probabilities


def read_result(folder: Path, key: str) -> Result:
    """The result in a folder.

    Raises:
        RunError: a file is missing or does not hold what it should.
    """
    record = read_record(folder)
    with readable(folder, "train it again or delete it"):
        has_validation = (folder / VALIDATION_PREDICTIONS).is_file()
        return Result(
            key,
            record,
            test=read_predictions(folder),
            validation=read_predictions(folder, VALIDATION_PREDICTIONS) if has_validation else None,
            history=_history(folder / HISTORY) if record.kind == Kind.NETWORK else None,
        )


def _history(path: Path) -> History | None:
    if not path.is_file():
        return None
    table = np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))
    return {name: table[name] for name in table.dtype.names or ()}


def write_json(path: Path, values: Any) -> None:
    """Writes `json_text(values)`, in UTF-8."""
    path.write_text(json_text(values), encoding="utf-8")


def write_result(
    folder: Path,
    record: RunRecord,
    labels: np.ndarray,
    probabilities: np.ndarray,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
) -> None:
    """Writes a result folder that appears whole or not at all.

    Args:
        folder: becomes the result; an older one there is replaced.
        record: what was measured.
        labels: int8[n] of the test split.
        probabilities: float[n] or float[n, classes] of the test split.
        validation: the same two of the validation split.

    Raises:
        StorageError: no room left, or no permission.
    """
    with new_folder(folder) as temporary:
        (temporary / METRICS).write_text(record.to_json(), encoding="utf-8")
        write_predictions(temporary, labels, probabilities)
        if validation:
            write_predictions(temporary, *validation, VALIDATION_PREDICTIONS)
