"""All results of a dataset, from folders and from its archive. A folder takes precedence over the archive.

The archive has figures and predictions of classifiers, also without their networks. It is written by
`sentiment report DATASET --archive`:

    results.json           the record of each result, and its history
    predictions.parquet    a row for each validation and test review: split, label, and for each result a column named
                           by the key of the result: float32, the probability of the second of two classes, or a list
                           with that of each of several

Its results share one split of the same reviews. To remove a result, delete its entry in `results.json`.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sentiment.errors import RunError
from sentiment.runs.record import METRICS, Kind, RunRecord, json_text, read_record, readable
from sentiment.runs.results import (
    BASELINES_FOLDER,
    ENSEMBLES_FOLDER,
    History,
    Result,
    key_of,
    published,
    read_result,
    result_folders,
)
from sentiment.support.storage import new_file, write_text

if TYPE_CHECKING:
    import pyarrow as pa

RESULTS = "results.json"
PREDICTIONS_TABLE = "predictions.parquet"
_REMEDY = f"restore {RESULTS} and {PREDICTIONS_TABLE}, or delete both"


def keys_in(dataset_folder: Path) -> list[str]:
    """The keys of all results in folders: first the runs, then the baselines, by name."""
    runs = [folder.name for folder in result_folders(dataset_folder)]
    return [*runs, *(f"{BASELINES_FOLDER}/{each.name}" for each in result_folders(dataset_folder / BASELINES_FOLDER))]


def read_results(dataset_folder: Path) -> list[Result]:
    """The results of runs and baselines, those in folders first.

    Raises:
        RunError: one cannot be read.
    """
    folders = {key: read_result(dataset_folder / key, key) for key in keys_in(dataset_folder)}
    archived = _archived(dataset_folder)
    return [*folders.values(), *(archived[key] for key in archived if key not in folders)]


def find_result(dataset_folder: Path, key: str) -> Result | None:
    """One result of a run or a baseline; None where there is none.

    Raises:
        RunError: it cannot be read.
    """
    if (dataset_folder / key / METRICS).is_file():
        return read_result(dataset_folder / key, key)
    return _archived(dataset_folder).get(key)


def find_record(dataset_folder: Path, key: str) -> RunRecord | None:
    """The record of one run or baseline, from its folder or else from the archive; None where there is none.

    Raises:
        RunError: it cannot be read.
    """
    if (dataset_folder / key / METRICS).is_file():
        return read_record(dataset_folder / key)
    return next((record for record, _ in _entries(dataset_folder) if key_of(record) == key), None)


def read_records(dataset_folder: Path) -> dict[str, RunRecord]:
    """The records of runs and baselines by key, without predictions. Unreadable ones are left out."""
    records = {}
    with contextlib.suppress(RunError):
        entries = _entries(dataset_folder)
        records = {key_of(record): record for record, _ in entries if record.kind != Kind.ENSEMBLE}
    for key in keys_in(dataset_folder):
        with contextlib.suppress(RunError):
            records[key] = read_record(dataset_folder / key)
    return records


def datasets_in(dataset_folder: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """The reviews of each run and baseline, with its folder, without unreadable ones and reduced copies.

    A reduced copy does not name the folder of its reviews.
    """
    for key, record in read_records(dataset_folder).items():
        if record.kind != Kind.REDUCED:
            yield record.dataset, dataset_folder / key


def read_ensembles(dataset_folder: Path) -> dict[str, RunRecord]:
    """The records of ensembles by name.

    Raises:
        RunError: one cannot be read.
    """
    ensembles = {record.name: record for record, _ in _entries(dataset_folder) if record.kind == Kind.ENSEMBLE}
    for path in sorted((dataset_folder / ENSEMBLES_FOLDER).glob("*.json")):
        with readable(path, "make it again or delete it"):
            ensembles[path.stem] = RunRecord.from_json(path.read_text(encoding="utf-8"))
    return ensembles


def write_archive(dataset_folder: Path, results: Sequence[Result]) -> list[Path]:
    """Writes both files of the archive, in the place of older ones.

    Args:
        dataset_folder: where they go.
        results: of one split of the same reviews; ensembles among them are written without predictions.

    Returns:
        The two files.

    Raises:
        RunError: results have different validation reviews, or the older archive has one of other reviews that is
            nowhere else.
        StorageError: no room left, or no permission.
    """
    import pyarrow.parquet as parquet

    written = {key_of(result.record) for result in results} | set(keys_in(dataset_folder))
    lost = [key for key in read_records(dataset_folder) if key not in written]
    if lost:
        raise RunError(
            f"expected an archive whose results are of the same reviews as the newest; found {', '.join(lost)}, which "
            f"would be lost; delete their entries in {RESULTS}, or the newer folders"
        )
    table = _table([result for result in results if result.record.kind != Kind.ENSEMBLE])
    predictions = dataset_folder / PREDICTIONS_TABLE
    with new_file(predictions) as temporary:
        floats = [name for name in table.column_names if name not in ("split", "label")]
        parquet.write_table(
            table, temporary, compression="zstd", use_dictionary=["split"], use_byte_stream_split=floats
        )
    entries = [{**_for_others(result.record).to_values(), "history": _as_lists(result.history)} for result in results]
    write_text(dataset_folder / RESULTS, json_text(entries))
    return [dataset_folder / RESULTS, predictions]


def _for_others(record: RunRecord) -> RunRecord:
    """The record without the beginnings of reviews, which other people wrote, and without places on this machine.

    Its id stays.
    """
    mistakes = [{name: mistake[name] for name in mistake if name != "text"} for mistake in record.confidently_wrong]
    return replace(record, confidently_wrong=mistakes, dataset=published(record.dataset))


def _table(results: Sequence[Result]) -> "pa.Table":
    import pyarrow as pa

    test = results[0].labels
    validation = next((result.validation[0] for result in results if result.validation), np.zeros(0, np.int8))
    splits = ["validation"] * len(validation) + ["test"] * len(test)
    columns: dict[str, Any] = {"split": splits, "label": pa.array(np.concatenate([validation, test]), pa.int8())}
    for result in results:
        missing = np.full((len(validation), *result.probabilities.shape[1:]), np.nan)
        labels, probabilities = result.validation or (validation, missing)
        if not np.array_equal(labels, validation):
            raise RunError(
                f"expected results of one validation split in an archive; found another one in {result.key}; train it "
                "again or delete it"
            )
        values = np.concatenate([probabilities, result.probabilities])
        flat = pa.array(values.ravel(), pa.float32(), from_pandas=True)  # NaN is stored as null
        columns[result.key] = flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    return pa.table(columns)


def _archived(dataset_folder: Path) -> dict[str, Result]:
    """The results of runs and baselines in the archive by key; empty where there is none."""
    entries = {key_of(record): (record, history) for record, history in _entries(dataset_folder)}
    wanted = [key for key, (record, _) in entries.items() if record.kind != Kind.ENSEMBLE]
    if not wanted:
        return {}
    import pyarrow as pa
    import pyarrow.parquet as parquet

    with readable(dataset_folder / PREDICTIONS_TABLE, _REMEDY):
        try:
            table = parquet.read_table(dataset_folder / PREDICTIONS_TABLE, columns=["split", "label", *wanted])
        except pa.ArrowException as error:
            raise ValueError(str(error)) from None
        is_test = table["split"].to_numpy() == "test"
        labels = table["label"].to_numpy()
        results = {}
        for key in wanted:
            record, history = entries[key]
            column = table[key].combine_chunks()
            width = getattr(column.type, "list_size", None)
            flat = (column.flatten() if width else column).to_numpy(zero_copy_only=False).astype(np.float64)
            probabilities = flat.reshape(-1, width) if width else flat
            was_saved = not np.isnan(probabilities[~is_test]).any() and not is_test.all()
            validation = (labels[~is_test], probabilities[~is_test]) if was_saved else None
            results[key] = Result(key, record, (labels[is_test], probabilities[is_test]), validation, history)
    return results


def _entries(dataset_folder: Path) -> list[tuple[RunRecord, History | None]]:
    path = dataset_folder / RESULTS
    if not path.is_file():
        return []
    with readable(path, _REMEDY):
        return [
            (RunRecord.from_values(values), _as_arrays(values.get("history")))
            for values in json.loads(path.read_text(encoding="utf-8"))
        ]


def _as_lists(history: History | None) -> dict[str, list[float]] | None:
    return {name: values.tolist() for name, values in history.items()} if history else None


def _as_arrays(history: dict[str, list[float]] | None) -> History | None:
    return {name: np.array(values) for name, values in history.items()} if history else None
