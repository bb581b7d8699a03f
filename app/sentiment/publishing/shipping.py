"""A small copy of a saved run for publishing, measured again, with a model card.

    models/<dataset>/<run>/  ->  models/<dataset>/<name>/
        model.onnx, model.int8.onnx      smaller weights, see sentiment.networks.onnx_storage
        README.md                        the model card
        metrics.json                     figures of these files, beside those of the original run
        tokenizer.json, learnt.npy, config.json, history.csv, export.json, *_predictions.csv, manifest.json
                                         as in every run

It has no `model.keras`: predictions, the service, explanations and `evaluate` read ONNX.
"""

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from sentiment.data.fingerprints import LEARNT
from sentiment.data.splits import Splits
from sentiment.errors import ExportError, RunError
from sentiment.inference import OnnxEngine
from sentiment.metrics.certainty import certainty
from sentiment.metrics.measures import measure
from sentiment.networks.onnx_files import read_onnx
from sentiment.networks.onnx_storage import shrink
from sentiment.publishing.cards import run_card
from sentiment.publishing.export import excess_loss, recall_loss
from sentiment.runs import results
from sentiment.runs.archive import read_records
from sentiment.runs.record import METRICS, FullPrecision, Kind, ReducedFigures, RunRecord, read_record
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


def ship(run: SavedRun, name: str, splits: Splits, pages: Mapping[str, str] | None = None) -> SavedRun:
    """Writes the small copy of a run beside it.

    Args:
        run: with its ONNX model.
        name: of the folder; an earlier small copy of that name is replaced.
        splits: those the run was trained with; the small files are measured on validation and test.
        pages: texts of further files, by name.

    Returns:
        The small copy, verified.

    Raises:
        RunError: the run has no ONNX model, or is a small copy itself; or the name cannot be that of a folder, or is
            taken.
        ExportError: the small `model.onnx` loses more than 0.2 points of accuracy or 2 points of recall of a class; an
            int8 model that does is left out.
        StorageError: the disk is full or cannot be written.
    """
    if not (run.folder / ONNX).is_file():
        raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: sentiment export")
    if run.record.kind == Kind.REDUCED:
        raise RunError(f"expected a run as it was trained; found {run.folder}, which is shipped already")
    target = run.folder.parent / results.require_name(name)
    if target.exists() and not _is_small_copy(target):
        raise RunError(f"expected a name that is free, or that of a small copy; found {target}; choose another name")
    baselines = _baselines(run.folder.parent)
    tokenizer = run.tokenizer()
    parts = {"validation": splits.validation, "test": splits.test}
    token_ids = {part: tokenizer.token_ids(examples.texts) for part, examples in parts.items()}
    labels = {part: examples.labels for part, examples in parts.items()}
    with new_folder(target) as folder:
        for file in (TOKENIZER, LEARNT, CONFIG, results.HISTORY):
            if (run.folder / file).is_file():  # an old run has no fingerprints
                shutil.copy(run.folder / file, folder / file)
        scored, small = _shrunk(run, folder, ONNX, token_ids, labels)
        if excess := excess_loss(*_losses(run, small), "test"):
            raise ExportError(
                f"expected the small {ONNX} of {run.name} to lose at most {excess.maximum:.1%} of {excess.what}; "
                f"found {excess.loss:.2%}; ship another run"
            )
        results.write_predictions(folder, labels["test"], scored["test"])
        results.write_predictions(folder, labels["validation"], scored["validation"], results.VALIDATION_PREDICTIONS)
        int8, not_int8 = None, _why_not_int8(run)
        if (run.folder / ONNX_INT8).is_file():
            _, int8 = _shrunk(run, folder, ONNX_INT8, token_ids, labels)
            if excess := excess_loss(*_losses(run, int8), "test"):
                (folder / ONNX_INT8).unlink()  # on few test reviews, a single further mistake is enough
                int8, not_int8 = None, str(excess)
        engine = OnnxEngine(folder / ONNX)
        record = replace(
            run.record,
            id="",
            name=name,
            kind=Kind.REDUCED,
            dtype=results.REDUCED_DTYPE,
            dataset=results.published(run.record.dataset),
            validation=small["validation"],
            validation_short_texts=results.on_short_texts(
                splits.validation, splits.classes, lambda texts: engine.start(tokenizer.token_ids(texts))()
            ),
            test=small["test"],
            certainty=certainty(labels["validation"], scored["validation"]),
            int8=int8,
            confidently_wrong=[],  # they have texts of other people
            full_precision=FullPrecision(run=run.name, validation=run.record.validation, test=run.record.test),
        )
        (folder / METRICS).write_text(record.to_json(), encoding="utf-8")
        results.write_json(folder / EXPORT, {"onnx": small, "int8": int8 or {"kept": False, "reason": not_int8}})
        card = run_card(record, baselines, list(pages or ()))
        for page, content in {**(pages or {}), CARD: card}.items():
            (folder / page).write_text(content, encoding="utf-8")
        write_manifest(folder)
    return load_run(target)


def _shrunk(
    run: SavedRun, folder: Path, file: str, token_ids: Mapping[str, Any], labels: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], ReducedFigures]:
    """Writes a network of the run with smaller weights; its probabilities and its figures by split."""
    network = onnx.load_model_from_string(read_onnx(run.folder / file))
    (folder / file).write_bytes(shrink(network).SerializeToString())
    engine = OnnxEngine(folder / file)
    scored = {part: engine.start(ids)() for part, ids in token_ids.items()}
    validation, test = (measure(labels[part], scored[part], run.config.classes) for part in ("validation", "test"))
    return scored, ReducedFigures(validation=validation, test=test, bytes=(folder / file).stat().st_size)


def _losses(run: SavedRun, figures: ReducedFigures) -> tuple[float, dict[str, float]]:
    """The losses of accuracy and of recall by class on the test reviews."""
    before, after = run.record.test, figures["test"]
    return before["accuracy"] - after["accuracy"], recall_loss(before, after)


def _is_small_copy(folder: Path) -> bool:
    if not (folder / METRICS).is_file():
        return False
    return read_record(folder, "delete it or choose another name").kind == Kind.REDUCED


def _why_not_int8(run: SavedRun) -> str:
    """Why the run has no int8 model, as its export says."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((run.folder / EXPORT).read_text(encoding="utf-8"))["int8"]["reason"])
    return "the run has none"


def _baselines(dataset_folder: Path) -> list[RunRecord]:
    folders = results.result_folders(dataset_folder / results.BASELINES_FOLDER)
    readable = {folder.name: read_record(folder, "fit it again with: sentiment train") for folder in folders}
    archived = read_records(dataset_folder).values()
    return list(({each.name: each for each in archived if each.kind == Kind.BASELINE} | readable).values())
