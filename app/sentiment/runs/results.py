"""What a fitted classifier leaves behind for the report: a folder of JSON and CSV, the same for nets and baselines.

metrics.json                  figures on validation and test, times, dataset, versions
test_predictions.csv          row, label, probability: a row per test review, in the order of the split
validation_predictions.csv    the same of the validation reviews, by which an ensemble may be chosen
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from sentiment.data.splits import Examples
from sentiment.data.templates import short_texts
from sentiment.errors import RunError
from sentiment.metrics.measures import THRESHOLD
from sentiment.runs.record import METRICS, Kind, RunRecord, ShortTexts, json_text, read_record
from sentiment.runs.saved_run import ENCODER
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


def require_name(name: str) -> str:
    """The name, if a person may give it to what lies beside the runs of a dataset.

    Raises:
        RunError: it cannot be one of a folder, or is that of another thing there.
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
    """The reviews on the wrong side of one half, the surest mistakes first.

    Args:
        texts: the reviews.
        labels: int8[n].
        probabilities: float[n], of "positive".
        count: how many at most; a classifier with fewer mistakes gives fewer.

    Returns:
        For each its `row`, `text` (the beginning), `label` and `probability`, ready for JSON.
    """
    wrong = np.flatnonzero((probabilities >= THRESHOLD) != (labels == 1))
    surest = wrong[np.argsort(-np.abs(probabilities[wrong] - THRESHOLD), kind="stable")][:count]
    return [
        {
            "row": int(row),
            "text": texts[row] if len(texts[row]) <= _EXCERPT else texts[row][: _EXCERPT - 1].rstrip() + "…",
            "label": int(labels[row]),
            "probability": float(probabilities[row]),
        }
        for row in surest
    ]


def on_short_texts(validation: Examples, predict: Callable[[Sequence[str]], np.ndarray]) -> dict[str, ShortTexts]:
    """Accuracy on short and tricky texts made of the validation reviews, never of test reviews.

    Args:
        validation: whole reviews.
        predict: texts to float[n], the probability of "positive" of each.

    Returns:
        By kind, see `sentiment.data.templates`: `texts`, their number, `accuracy`, and `larger_class`, the share that
        is right by always saying the class that most of them have; a kind without texts is left out.
    """
    results: dict[str, ShortTexts] = {}
    for kind, examples in short_texts(validation, _SHORT_TEXTS).items():
        accuracy = float(np.mean((predict(examples.texts) >= THRESHOLD) == (examples.labels == 1)))
        positive = float(np.mean(examples.labels == 1))
        results[kind] = {"texts": len(examples), "accuracy": accuracy, "larger_class": max(positive, 1 - positive)}
    return results


def published(dataset: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a dataset, with the name of its file only: where it lay on this machine is nobody's business."""
    return {**dataset, "source": PurePath(dataset["source"]).name}


def result_folders(parent: Path) -> list[Path]:
    """The folders of results in one, by name: runs, whole or not, or baselines."""
    # A name with a dot is something half written; a pretrained encoder lies among the runs and is none.
    found = sorted(path.parent for path in parent.glob(f"*/{METRICS}") if not path.parent.name.startswith("."))
    return [folder for folder in found if not (folder / ENCODER).is_file()]


def datasets_in(dataset_folder: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """Of what reviews each run and each baseline is, with its folder.

    Left out are those that cannot be read, and reduced copies, which do not say where their reviews lay.
    """
    for folder in (*result_folders(dataset_folder), *result_folders(dataset_folder / BASELINES_FOLDER)):
        with contextlib.suppress(RunError):
            record = read_record(folder)
            if record.kind != Kind.REDUCED:
                yield record.dataset, folder


def write_predictions(folder: Path, labels: np.ndarray, probabilities: np.ndarray, name: str = PREDICTIONS) -> None:
    """Writes `test_predictions.csv` or its like, probabilities to six significant digits."""
    import pandas as pd

    table = pd.DataFrame({"label": labels.astype(int), "probability": probabilities})
    table.to_csv(folder / name, index_label="row", float_format="%.6g")


def read_predictions(folder: Path, name: str = PREDICTIONS) -> tuple[np.ndarray, np.ndarray]:
    """Labels, int8[n], and probabilities, float64[n], as `write_predictions` left them."""
    import pandas as pd

    table = pd.read_csv(folder / name)
    return table["label"].to_numpy(np.int8), table["probability"].to_numpy(np.float64)


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
        probabilities: float[n] for the test split.
        validation: the same two of the validation split.

    Raises:
        StorageError: no room left, or no permission.
    """
    with new_folder(folder) as temporary:
        (temporary / METRICS).write_text(record.to_json(), encoding="utf-8")
        write_predictions(temporary, labels, probabilities)
        if validation:
            write_predictions(temporary, *validation, VALIDATION_PREDICTIONS)
