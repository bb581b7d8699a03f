"""The table and the curves of accuracy by number of labels."""

from statistics import mean
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from benchmarks.tables import NOTHING, Columns, columns_of, measured_with, page
from sentiment.report.figures.style import WIDTH, clean, png

_AHEAD = 300  # labels at which methods are compared in a sentence
_LOOKS = {  # colour, line, marker
    "adapt, imdb/flagship": ("#b5432a", "-", "o"),
    "adapt, imdb/compact": ("#d98a3d", "-", "s"),
    "TF-IDF": ("#33658a", "--", "^"),
    "NB-SVM": ("#5c8a33", "--", "v"),
}


def accuracy_columns(results: dict[str, Any]) -> Columns:
    """A row for each domain and number of labels: the mean of the draws, and the lowest and the highest."""
    constant = list(dict.fromkeys(cell["method"] for cell in results["cells"] if not cell["labels"]))
    learnt = list(dict.fromkeys(cell["method"] for cell in results["cells"] if cell["labels"]))
    rows, settings = [], results["settings"]
    for domain in results["domains"]:
        for labels in settings["labels"]:
            cells = [_cell(results, domain, method, 0) for method in constant]
            rows.append([domain, f"{labels:,}", *cells, *(_cell(results, domain, method, labels) for method in learnt)])
    return columns_of(["Domain", "Labels", *constant, *learnt], rows)


def lead_columns(results: dict[str, Any]) -> Columns:
    """With 300 labels: how many points adapting is above the best linear model, and above the same run as it is."""
    rows = []
    for domain in results["domains"]:
        linear = max(_mean(results, domain, method, _AHEAD) or 0 for method in ("TF-IDF", "NB-SVM"))
        for run in ("imdb/compact", "imdb/flagship"):
            adapted = _mean(results, domain, f"adapt, {run}", _AHEAD)
            unadapted = _mean(results, domain, f"{run} as it is", 0)
            if adapted is not None:
                before = NOTHING if unadapted is None else _points(adapted - unadapted)
                rows.append([domain, run, _points(adapted - linear), before])
    return columns_of(["Domain", "adapt on", "above the best linear model", "above the run as it is"], rows)


def markdown(results: dict[str, Any]) -> str:
    """The report."""
    settings = results["settings"]
    introduction = (
        f"Accuracy on {settings['part']} reviews of other domains, at most 1,000 of each, by number of labels: the "
        f"mean of {settings['draws']} draws, and the lowest and the highest. All methods learn the same draws, and "
        "choose by cross-validation on them."
    )
    seconds = [cell["seconds"] for cell in results["cells"] if cell["labels"] == _AHEAD and "adapt" in cell["method"]]
    explanation = (
        f"With {_AHEAD} labels, fitting a last layer took {min(seconds):.1f} to {max(seconds):.1f} seconds, beside "
        f"other work on the machine. {measured_with(results, ('numpy', 'onnxruntime', 'scikit-learn'))}."
        if seconds
        else f"{measured_with(results, ('numpy', 'onnxruntime', 'scikit-learn'))}."
    )
    tables = (accuracy_columns, lead_columns) if seconds else (accuracy_columns,)
    return page(results, introduction, tables, explanation)


def draw_curves(results: dict[str, Any]) -> bytes:
    """A panel for each domain, as PNG."""
    domains, labels = list(results["domains"]), results["settings"]["labels"]
    rows = -(-len(domains) // 2)
    figure = Figure((WIDTH, 3.2 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, domain in zip(panels, domains, strict=False):
        for method, (colour, line, marker) in _LOOKS.items():
            means = [_mean(results, domain, method, count) for count in labels]
            axes.plot(labels, means, color=colour, linestyle=line, marker=marker, linewidth=2, label=method)
        for run, colour in (("imdb/flagship", "#b5432a"), ("imdb/compact", "#d98a3d")):
            if (unadapted := _mean(results, domain, f"{run} as it is", 0)) is not None:
                axes.axhline(unadapted, color=colour, linestyle=":", linewidth=1.5, label=f"{run} as it is")
        axes.set_title(domain, fontsize=11)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(labels))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("Labels")
        clean(axes, grid="both")
    for axes in panels[len(domains) :]:
        axes.set_visible(False)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return png(figure)


def _accuracies(results: dict[str, Any], domain: str, method: str, labels: int) -> list[float]:
    return [
        cell["accuracy"]
        for cell in results["cells"]
        if (cell["domain"], cell["method"], cell["labels"]) == (domain, method, labels)
    ]


def _mean(results: dict[str, Any], domain: str, method: str, labels: int) -> float | None:
    accuracies = _accuracies(results, domain, method, labels)
    return mean(accuracies) if accuracies else None


def _cell(results: dict[str, Any], domain: str, method: str, labels: int) -> str:
    accuracies = _accuracies(results, domain, method, labels)
    if not accuracies:
        return NOTHING
    spread = f" ({100 * min(accuracies):.1f}–{100 * max(accuracies):.1f})" if len(accuracies) > 1 else ""
    return f"{100 * mean(accuracies):.1f}{spread}"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"
