"""Model cards (Mitchell et al. 2019) in Markdown, from the `metrics.json` of what they describe."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from sentiment.config import ARCHITECTURE_TITLES, ITSELF, Classes, PretrainingConfig
from sentiment.data.templates import TRAINING_KINDS
from sentiment.metrics.class_balance import balance
from sentiment.metrics.measures import Figures, shortcomings
from sentiment.networks.onnx_head import outputs_of
from sentiment.runs.record import RunRecord
from sentiment.runs.results import published
from sentiment.runs.saved_run import ONNX_INT8, SavedRun
from sentiment.support.templates import templates
from sentiment.text.tokenizer import PADDING_ID

_TEMPLATES = templates(Path(__file__).parent, html=False)
_MOST_RECALLS = 3  # classes with a column each
_KINDS = {  # of short texts
    "sentence": "a sentence with a clear word of opinion",
    "negation": 'such a sentence negated: "far from", "wasn\'t"',
    "emphasis": 'such a sentence emphasised: "nothing short of"',
    "unseen": "both, in forms that are never trained on",
    "excerpt": "one to three sentences of a review",
    "crop": "the last 30 words of a review",
}


def run_card(record: RunRecord, baselines: Iterable[RunRecord], pages: Sequence[str] = ()) -> str:
    """The card of a shipped run.

    Args:
        record: of the shipped run.
        baselines: records of baselines; those measured on other reviews are left out.
        pages: names of further pages in its folder.
    """
    reviews = record.dataset["content_hash"]
    linear = [base for base in baselines if base.dataset["content_hash"] == reviews and base.name != "majority"]
    config = record.config
    teachers = [teacher.name for teacher in record.teachers]
    return _TEMPLATES.get_template("run.md.jinja").render(
        metrics=record,
        is_everyday="SOURCES.md" in pages,
        was_one=record.name in teachers,
        title=ARCHITECTURE_TITLES[record.architecture],
        dataset=record.dataset,
        config=config,
        teachers=teachers,
        itself=ITSELF if ITSELF in teachers else None,
        trained_kinds=_trained_kinds(config["training"]),
        linear=sorted(linear, key=lambda base: -base.test["accuracy"]),
        judged=[base for base in linear if base.name == "nb-svm" and base.validation_short_texts],
        kinds=_KINDS,
        share=_share,
        figures=_columns(record.classes),
        most_recalls=_MOST_RECALLS,
        balance=balance(record.test["confusion"], record.classes.names),
        classes=record.classes,
        warnings=_warnings(record),
    )


def adapted_card(record: RunRecord, sentence: str) -> str:
    """The card of an adapted run.

    Args:
        record: its record.
        sentence: which of the compared classifiers is the most accurate.
    """
    config = record.config
    return _TEMPLATES.get_template("adapted.md.jinja").render(
        metrics=record,
        is_everyday=False,
        source=record.adapted_from,
        dataset=record.dataset,
        config=config,
        classes=record.classes,
        figures=_columns(record.classes),
        rows=[(record.name, record.test), *record.compared.items()],
        sentence=sentence,
        balance=balance(record.test["confusion"], record.classes.names),
        trained_kinds=_trained_kinds(config["training"]),
        warnings=_warnings(record),
    )


def hub_card(run: SavedRun) -> str:
    """The card of a run for a model hub, without its metadata."""
    record = run.record
    return _TEMPLATES.get_template("hub.md.jinja").render(
        metrics=record,
        test=record.test,
        is_everyday=(run.folder / "SOURCES.md").is_file(),
        has_int8=(run.folder / ONNX_INT8).is_file(),
        padding_id=PADDING_ID,
        outputs=outputs_of(record.classes),
        dataset=published(record.dataset),
        config=record.config,
        classes=record.classes,
        share=_share,
        balance=balance(record.test["confusion"], record.classes.names),
        trained_kinds=_trained_kinds(record.config["training"]),
        warnings=_warnings(record),
    )


def encoder_card(metrics: dict[str, Any]) -> str:
    """The card of an encoder.

    Args:
        metrics: its `metrics.json`, see `sentiment.training.pretraining`.
    """
    config = asdict(PretrainingConfig.from_values(metrics["identity"]["config"]))
    defaults = asdict(PretrainingConfig())
    built_from = metrics.get("built_from", {})
    return _TEMPLATES.get_template("encoder.md.jinja").render(
        metrics=metrics,
        is_everyday=False,
        config=config,
        beside=next((source.rsplit(" ", 1)[0] for source in built_from), None),
        minutes_beside=sum(built_from.values()) / 60,
        changed={name: value for name, value in config.items() if value != defaults[name]},
    )


def _columns(classes: Classes) -> list[tuple[str, Callable[[Figures], str]]]:
    """Headers and cells of what depends on the classes: recall of a few, mean F1 of many, and the error of grades."""
    columns: list[tuple[str, Callable[[Figures], str]]]
    if len(classes) <= _MOST_RECALLS:
        columns = [(f"Recall, {name}", partial(_recall, name)) for name in classes.names]
    else:
        columns = [("Macro F1", lambda test: f"{test['macro_f1']:.3f}")]
    return (
        [*columns, ("Mean error", lambda test: f"{test['mean_absolute_error']:.3f}")] if classes.is_graded else columns
    )


def _recall(name: str, test: Figures) -> str:
    return _share(test["recall"][name])


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def _warnings(record: RunRecord) -> list[str]:
    """Why the accuracy of the model, or of its int8 file, misleads."""
    files = {"`model.onnx`": record.test}
    if record.int8:
        files["`model.int8.onnx`"] = record.int8["test"]
    sentences = shortcomings([figures["confusion"] for figures in files.values()], record.classes)
    return [f"{file} {sentence}" for file, sentence in zip(files, sentences, strict=True) if sentence]


def _trained_kinds(training: dict[str, Any]) -> list[str]:
    """The kinds of short texts that the network was trained on; older runs lack the settings."""
    excerpts = ["excerpt"] if training.get("excerpts") else []
    return [*(TRAINING_KINDS if training.get("short_texts") else ()), *excerpts]
