"""A saved run made fit to be given away: small, complete, and honest about what the smallness cost.

    models/<dataset>/<run>/  ->  models/<dataset>/<name>/
        model.onnx, model.int8.onnx      the weights as sentiment.networks.onnx_storage keeps them
        README.md                        the model card
        metrics.json                     figures of these files, and beside them those of the run in full precision
        tokenizer.json, learnt.npy, config.json, history.csv, export.json, *_predictions.csv, manifest.json
                                         as in every run

There is no `model.keras` in it: prediction, the service and explanations read ONNX, and `evaluate` does so, too, where
that is all there is. The Keras model comes back by training again.
"""

import contextlib
import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import onnx

from sentiment.data.fingerprints import LEARNT
from sentiment.data.splits import Examples, Splits
from sentiment.errors import ExportError, RunError
from sentiment.inference.engines import OnnxEngine
from sentiment.metrics.measures import measure
from sentiment.networks.architectures import architecture
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_storage import shrink
from sentiment.publishing.cards import run_card
from sentiment.publishing.export import recall_loss, too_much
from sentiment.runs.record import METRICS, FullPrecision, Kind, RunRecord, read_record
from sentiment.runs.results import (
    BASELINES_FOLDER,
    HISTORY,
    REDUCED_DTYPE,
    VALIDATION_PREDICTIONS,
    confidently_wrong,
    on_short_texts,
    published,
    require_name,
    result_folders,
    write_json,
    write_predictions,
)
from sentiment.runs.saved_run import (
    CARD,
    CONFIG,
    EXPORT,
    ONNX,
    ONNX_INT8,
    TOKENIZER,
    SavedRun,
    load_run,
    write_manifest,
)
from sentiment.support.storage import new_folder


def ship(run: SavedRun, name: str, splits: Splits) -> SavedRun:
    """Writes the small copy of a run beside it.

    Args:
        run: with its ONNX model.
        name: of the folder; an older one of that name is replaced.
        splits: what the run was trained from: validation and test are measured again, from the small files.

    Returns:
        The shipped run, verified.

    Raises:
        RunError: the run has no ONNX model, or is itself a shipped one; or the name cannot be one of a folder, or is
            that of something else.
        ExportError: the small `model.onnx` is less accurate by more than 0.2 points, or finds 2 points less of a class;
            an int8 one that does so is left out.
        StorageError: the disk is full or cannot be written.
    """
    if not (run.folder / ONNX).is_file():
        raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: sentiment export")
    if run.record.kind == Kind.REDUCED:
        raise RunError(f"expected a run as it was trained; found {run.folder}, which is shipped already")
    target = run.folder.parent / require_name(name)
    if target.exists() and not _is_small_copy(target):
        raise RunError(f"expected a name that is free, or that of a small copy; found {target}; choose another name")
    baselines = _baselines(run.folder.parent)
    tokenizer = run.tokenizer()
    token_ids = {part: tokenizer.token_ids(examples.texts) for part, examples in _judging(splits).items()}
    with new_folder(target) as folder:
        for file in (TOKENIZER, LEARNT, CONFIG, HISTORY):
            if (run.folder / file).is_file():  # an old run has no fingerprints
                shutil.copy(run.folder / file, folder / file)
        figures: dict[str, Any] = {}
        not_int8 = _why_not_int8(run)
        for file in (ONNX, ONNX_INT8):
            if not (run.folder / file).is_file():
                continue
            network = onnx.load_model_from_string(read_onnx(run.folder / file))
            (folder / file).write_bytes(shrink(network).SerializeToString())
            engine = OnnxEngine(folder / file)
            scored = {part: engine.start(ids)() for part, ids in token_ids.items()}
            figures[file] = {part: measure(_judging(splits)[part].labels, scored[part]) for part in scored}
            figures[file]["bytes"] = (folder / file).stat().st_size
            lost = recall_loss(run.record.test, figures[file]["test"])
            if cost := too_much(_loss(run, figures[file]), lost, "test"):
                if file == ONNX:
                    raise ExportError(
                        f"expected the small {file} of {run.name} to lose at most {cost.limit:.1%} of {cost.what}; "
                        f"found {cost.loss:.2%}; ship another run"
                    )
                (folder / file).unlink()  # of a few test reviews, one more that is wrong is enough
                not_int8 = str(cost)
                del figures[file]
            if file == ONNX:
                write_predictions(folder, splits.test.labels, scored["test"])
                write_predictions(folder, splits.validation.labels, scored["validation"], VALIDATION_PREDICTIONS)
                mistakes = confidently_wrong(splits.test.texts, splits.test.labels, scored["test"])
        shipped = OnnxEngine(folder / ONNX)
        short = on_short_texts(splits.validation, lambda texts: shipped.start(tokenizer.token_ids(texts))())
        record = dataclasses.replace(
            run.record,
            id="",
            name=name,
            kind=Kind.REDUCED,
            dtype=REDUCED_DTYPE,
            dataset=published(run.record.dataset),
            validation=figures[ONNX]["validation"],
            validation_short_texts=short,
            test=figures[ONNX]["test"],
            int8=figures.get(ONNX_INT8),
            confidently_wrong=mistakes,
            full_precision=FullPrecision(run=run.name, validation=run.record.validation or {}, test=run.record.test),
        )
        (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
        int8 = figures.get(ONNX_INT8, {"kept": False, "reason": not_int8})
        write_json(folder / EXPORT, {"onnx": figures[ONNX], "int8": int8})
        (folder / CARD).write_text(
            run_card(record, architecture(run.config.model.architecture).title, baselines),
            encoding="utf-8",
        )
        write_manifest(folder)
    return load_run(target)


def _is_small_copy(folder: Path) -> bool:
    if not (folder / METRICS).is_file():
        return False
    return read_record(folder, "delete it or choose another name").kind == Kind.REDUCED


def _why_not_int8(run: SavedRun) -> str:
    """Why the run itself has no int8 model, as its export says."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((run.folder / EXPORT).read_text(encoding="utf-8"))["int8"]["reason"])
    return "the run has none"


def _judging(splits: Splits) -> dict[str, Examples]:
    return {"validation": splits.validation, "test": splits.test}


def _loss(run: SavedRun, figures: dict[str, Any]) -> float:
    return run.record.test["accuracy"] - figures["test"]["accuracy"]


def _baselines(dataset_folder: Path) -> list[RunRecord]:
    folders = result_folders(dataset_folder / BASELINES_FOLDER)
    return [read_record(folder, "fit it again with: sentiment train") for folder in folders]
