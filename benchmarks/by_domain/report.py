"""The table of figures by domain."""

from collections.abc import Callable
from statistics import mean
from typing import Any

from benchmarks.tables import NOTHING, Columns, columns_of, measured_with
from sentiment.report.tables import markdown_table


def domain_columns(results: dict[str, Any]) -> Columns:
    """A row for each domain: of every classifier the share of polar texts that it judges rightly."""
    return _columns(results, "polarity", _percent)


def class_columns(results: dict[str, Any]) -> Columns:
    """Of three classes and of stars, for those that know them, in domains that have them."""
    names = [name for name in results["classifiers"] if _known(results, name)]
    headers = [
        "Domain",
        *(f"{_title(name)}, three classes" for name in names),
        *(f"{_title(name)}, stars" for name in names),
    ]
    rows = []
    for row in results["domains"]:
        figures = [row["classifiers"][name] for name in names]
        cells = [_percent(each["accuracy"]) for each in figures] + [
            _stars(each["mean_absolute_error"]) for each in figures
        ]
        if set(cells) != {NOTHING}:
            rows.append([row["domain"], *cells])
    return columns_of(headers, rows)


def markdown(results: dict[str, Any]) -> str:
    """The report."""
    learnt = "Texts of the test split by domain. Below, by source, texts of sources that no model here has learnt."
    measured = measured_with(results, ("numpy", "onnxruntime", "scikit-learn"))
    explanation = (
        "Of negative and positive texts, the share on whose side the classifier is, neutral or not. Stars: "
        f"the mean distance of the predicted from the given ones. {measured}."
    )
    body = [*markdown_table(domain_columns(results)), "", *markdown_table(class_columns(results))]
    return "\n".join([learnt, "", *body, "", explanation]) + "\n"


def _columns(results: dict[str, Any], figure: str, shown: Callable[[float | None], str]) -> Columns:
    names = results["classifiers"]
    rows = []
    for learnt, title in ((True, "mean of the domains"), (False, "mean of the other sources")):
        group = [row for row in results["domains"] if row["learnt"] == learnt]
        for row in group:
            rows.append(
                [row["domain"], f"{row['texts']:,}", *(shown(row["classifiers"][name][figure]) for name in names)]
            )
        means = [mean(row["classifiers"][name][figure] for row in group) if group else None for name in names]
        rows.append([f"*{title}*", "", *(shown(value) for value in means)])
    return columns_of(["Domain", "Texts", *(_title(name) for name in names)], rows)


def _known(results: dict[str, Any], name: str) -> bool:
    return any(row["classifiers"][name]["accuracy"] is not None for row in results["domains"])


def _title(name: str) -> str:
    return f"`{name.rpartition('/')[2]}`" if "/" in name else name


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"


def _stars(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"
