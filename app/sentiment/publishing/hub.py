"""A saved run as a folder that model hubs expect, and that answers without this project.

README.md             the model card, with metadata in YAML
config.json           classes, lengths and sizes, as hubs name them
tokenizer.json        as the library `tokenizers` reads it
cleaning.py           what a text goes through before: `sentiment.text.cleaning`, as it is here
predict.py            answers with numpy, onnxruntime and tokenizers alone, with the probabilities of `Predictor`
onnx/model.onnx       the network, and onnx/model_int8.onnx where the run has it

Cleaning resolves HTML, escapes and wrong encodings, which the normalisers of `tokenizers` cannot express; so it is a
module beside the script, and `tokenizer.json` stays as the run has it.
"""

import inspect
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from sentiment.errors import ConfigError, ExportError, RunError
from sentiment.publishing.cards import hub_card
from sentiment.runs.default_run import SHIPPED_RUNS
from sentiment.runs.record import METRICS, read_record
from sentiment.runs.results import published, write_json
from sentiment.runs.saved_run import ONNX, ONNX_INT8, TOKENIZER, SavedRun, qualified_name
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.support.storage import new_folder
from sentiment.support.version import __version__
from sentiment.text import cleaning
from sentiment.text.tokenizer import CLOSING, ENDS, PADDING_ID, UNKNOWN_ID

CONFIG, CARD, SCRIPT, CLEANING = "config.json", "README.md", "predict.py", "cleaning.py"
MODEL_TYPE = "sentiment-rnn"
SOURCES = "SOURCES.md"  # of a shipped run: where its texts come from
_TASK = "text-classification"
_DATASETS = {"aclImdb_v1.tar.gz": "stanfordnlp/imdb"}  # by the file that was read: its name on the hub
_METRICS = {"accuracy": "Accuracy", "macro_f1": "Macro F1", "roc_auc": "ROC AUC", "log_loss": "Log loss, nats"}
_FTFY = re.compile(r"^    from ftfy import fix_encoding.*\n", re.MULTILINE)
_WITHOUT_FTFY = """\
    try:
        from ftfy import fix_encoding
    except ImportError:
        import warnings

        warnings.warn("a text was read in a wrong encoding; to repair such texts: pip install ftfy", stacklevel=1)
        return text
"""


def is_shipped(run: SavedRun) -> bool:
    """Whether it is one of the shipped runs, whose licence and language are known."""
    name = qualified_name(run.folder)
    if name not in SHIPPED_RUNS or not (SHIPPED_MODELS / name / METRICS).is_file():
        return False
    return read_record(SHIPPED_MODELS / name).id == run.record.id  # another run may have its name


def export_hub(run: SavedRun, target: Path, license_name: str | None = None, language: str | None = None) -> Path:
    """Writes the folder; an earlier one of this kind is replaced.

    Args:
        run: a verified run with its ONNX model.
        target: the folder.
        license_name: of the weights, as hubs name it; None: that of the shipped runs, else none is said.
        language: of the texts, such as en; None as with the licence.

    Returns:
        The folder.

    Raises:
        RunError: the run has no ONNX model.
        ConfigError: the folder has something else in it.
        StorageError: the disk is full or cannot be written.
    """
    if not (run.folder / ONNX).is_file():
        raise RunError(f"expected {ONNX} in the run {run.folder}; found none; write it with: sentiment export")
    if target.exists() and not _is_ours(target):
        raise ConfigError(f"expected a new folder, or an earlier export; found {target}; choose another with --output")
    if is_shipped(run):
        license_name, language = license_name or "mit", language or "en"
    with new_folder(target) as folder:
        (folder / "onnx").mkdir()
        shutil.copy(run.folder / ONNX, folder / "onnx" / "model.onnx")
        if (run.folder / ONNX_INT8).is_file():
            shutil.copy(run.folder / ONNX_INT8, folder / "onnx" / "model_int8.onnx")
        for name in (TOKENIZER, SOURCES):
            if (run.folder / name).is_file():
                shutil.copy(run.folder / name, folder / name)
        write_json(folder / CONFIG, _config(run))
        (folder / CLEANING).write_text(standalone_cleaning(), encoding="utf-8")
        shutil.copy(Path(__file__).parent / "cards" / "predict.py.jinja", folder / SCRIPT)
        card = f"---\n{_metadata(run, license_name, language).to_yaml()}\n---\n{hub_card(run)}"
        (folder / CARD).write_text(card, encoding="utf-8")
    return target


def standalone_cleaning() -> str:
    """The source of `sentiment.text.cleaning`, which does without ftfy where that is not installed, and says so.

    Raises:
        ExportError: the module needs more than ftfy of what is not in Python.
    """
    source, replaced = _FTFY.subn(_WITHOUT_FTFY, inspect.getsource(cleaning))
    if replaced != 1 or "sentiment." in source.replace("sentiment.text", ""):
        raise ExportError("expected a module of cleaning that needs ftfy alone; found another; please report this")
    return source


def _is_ours(folder: Path) -> bool:
    try:
        return json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model_type"] == MODEL_TYPE
    except (OSError, ValueError, KeyError, TypeError):
        return folder.is_dir() and not any(folder.iterdir())


def _config(run: SavedRun) -> dict[str, Any]:
    config, tokenizer = run.config, run.tokenizer()
    names = config.classes.names
    return {
        "model_type": MODEL_TYPE,
        "architectures": [config.model.architecture],
        "id2label": {str(index): name for index, name in enumerate(names)},
        "label2id": {name: index for index, name in enumerate(names)},
        "grades": list(config.classes.grades),  # how many of the network's grades each class has; empty: one
        "max_length": config.tokenizer.max_length,
        "head_fraction": config.tokenizer.head_fraction,  # of max_length; the rest is the end of a longer text
        "full_stop": tokenizer.ended("a").removeprefix("a"),  # what a text without a mark at its end gets
        "sentence_ends": "".join(sorted(ENDS)),  # such marks, and what may follow one
        "closing_marks": CLOSING,
        "reading": tokenizer.reading,  # an argument of as_read
        "vocab_size": tokenizer.vocabulary_size,
        "pad_token_id": PADDING_ID,
        "unk_token_id": UNKNOWN_ID,
        "embedding_size": config.model.embedding_size,
        "hidden_size": config.model.units,
        "sure_from": run.record.sure_from,  # a verdict of this confidence or more is sure
        "temperature": run.record.temperature,  # the weights of the last layer are divided by it already
        "sentiment_version": __version__,
    }


def _metadata(run: SavedRun, license_name: str | None, language: str | None) -> ModelCardData:
    record, dataset = run.record, published(run.record.dataset)
    hub_name = _DATASETS.get(dataset["source"])
    return ModelCardData(
        license=license_name,
        language=language,
        library_name="onnx",
        pipeline_tag=_TASK,
        tags=["sentiment-analysis", "onnx", "lstm" if "lstm" in record.architecture else record.architecture],
        datasets=[hub_name] if hub_name else None,
        metrics=["accuracy", "f1", *(["roc_auc"] if record.test.get("roc_auc") is not None else [])],
        model_name=record.name,
        eval_results=list(_results(run, hub_name or dataset["name"], dataset["name"])),
    )


def _results(run: SavedRun, dataset_type: str, dataset_name: str) -> Iterator[EvalResult]:
    """The figures of the test reviews, the accuracy with its interval."""
    test: Mapping[str, Any] = run.record.test
    low, high = test["accuracy_ci95"]
    for name, words in _METRICS.items():
        if (value := test[name]) is not None:
            interval = f" of {test['reviews']:,} test reviews, 95% interval {low:.4f} to {high:.4f}"
            yield EvalResult(
                task_type=_TASK,
                dataset_type=dataset_type,
                dataset_name=dataset_name,
                dataset_split="test",
                metric_type={"macro_f1": "f1"}.get(name, name),
                metric_value=round(value, 5),
                metric_name=words + (interval if name == "accuracy" else ""),
            )
