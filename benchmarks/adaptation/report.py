"""The tables and the curves of accuracy by number of labels."""

from statistics import mean
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from benchmarks.adaptation.names import (
    CONSTANT,
    FROM_ENCODER,
    LINEAR,
    NETWORKS,
    SELF_TAUGHT,
    TARGET_LABELS,
    TARGET_LEAD,
    adapted,
    as_is,
    tuned,
)
from benchmarks.tables import NOTHING, Columns, columns_of, measured_with, page
from sentiment.report.figures.style import WIDTH, clean, png

_EVERYDAY, _COMPACT = NETWORKS
_LEARNT = (
    adapted(_EVERYDAY), tuned(_EVERYDAY), adapted(_COMPACT), tuned(_COMPACT), FROM_ENCODER, SELF_TAUGHT, *LINEAR
)  # fmt: skip
_LOOKS = {  # colour, line, marker
    tuned(_EVERYDAY): ("#b5432a", "-", "o"),
    adapted(_EVERYDAY): ("#b5432a", "--", "s"),
    tuned(_COMPACT): ("#d98a3d", "-", "o"),
    adapted(_COMPACT): ("#d98a3d", "--", "s"),
    FROM_ENCODER: ("#7a5195", "-", "D"),
    SELF_TAUGHT: ("#7a5195", "--", "*"),
    LINEAR[0]: ("#33658a", "--", "^"),
    LINEAR[1]: ("#5c8a33", "--", "v"),
}


def constant_columns(results: dict[str, Any]) -> Columns:
    """A row for each domain: what needs no labels."""
    methods = [CONSTANT, *map(as_is, NETWORKS)]
    rows = [
        [name, f"{domain['test_reviews']:,}", *(_cell(results, name, method, 0) for method in methods)]
        for name, domain in results["domains"].items()
    ]
    return columns_of(["Domain", "Test reviews", *methods], rows)


def accuracy_columns(results: dict[str, Any]) -> Columns:
    """A row for each domain and number of labels: the mean of the draws, and the lowest and the highest."""
    measured = {(cell["domain"], cell["labels"]) for cell in results["cells"]}
    rows = [
        [domain, f"{labels:,}", *(_cell(results, domain, method, labels) for method in _LEARNT)]
        for domain in results["domains"]
        for labels in results["settings"]["labels"]
        if (domain, labels) in measured
    ]
    columns = columns_of(["Domain", "Labels", *_LEARNT], rows)
    return [(header, cells) for header, cells in columns if set(cells) != {NOTHING}]


def advice_columns(results: dict[str, Any]) -> Columns:
    """What is most accurate by number of labels: a mean over domains, of the draws that all of these methods learnt."""
    methods, rows = [adapted(_EVERYDAY), tuned(_EVERYDAY), *LINEAR], []
    for labels in results["settings"]["labels"]:
        by_place: dict[tuple[str, int], dict[str, float]] = {}
        for cell in results["cells"]:
            if cell["labels"] == labels and cell["method"] in methods:
                by_place.setdefault((cell["domain"], cell["draw"]), {})[cell["method"]] = cell["accuracy"]
        whole = {place: row for place, row in by_place.items() if len(row) == len(methods)}
        domains = list(dict.fromkeys(domain for domain, _ in whole))
        if not domains:
            continue
        means = {
            method: mean(mean(row[method] for place, row in whole.items() if place[0] == name) for name in domains)
            for method in methods
        }
        best = max(means, key=lambda method: means[method])
        rows.append([f"{labels:,}", str(len(domains)), *(f"{100 * means[name]:.1f}" for name in methods), best])
    return columns_of(["Labels", "Domains", *methods, "Most accurate"], rows)


def lead_columns(results: dict[str, Any]) -> Columns:
    """How many points adapting is above other methods, with the interval, by domain and number of labels."""
    rows = []
    for network in NETWORKS:
        for method in (adapted(network), tuned(network)):
            for domain in results["domains"]:
                for labels in results["settings"]["labels"]:
                    place = domain, labels, method
                    cells = [
                        _lead(results, *place, others) for others in ((as_is(network),), LINEAR, (adapted(network),))
                    ]
                    if set(cells) != {NOTHING}:
                        rows.append([method, domain, f"{labels:,}", *cells])
    headers = ["above the run as it is", "above the best linear model", "above adapt without --deep"]
    return columns_of(["Method", "Domain", "Labels", *headers], rows)


def markdown(results: dict[str, Any]) -> str:
    """The report."""
    settings = results["settings"]
    introduction = (
        f"Accuracy on {settings['part']} reviews of domains that no shipped model has learnt, by number of labels: the "
        f"mean of up to {settings['draws']} draws, and the lowest and the highest where there are several. All methods "
        "learn the same draws; what takes long learnt fewer of them. The leads are differences of these means, with "
        "the 95% interval of a bootstrap over the test reviews. If a run has more classes than a domain, the "
        "probabilities of the unadapted run are divided among those of the domain. The last table is a mean over "
        "domains, of the draws that all of its methods learnt."
    )
    measured = measured_with(results, ("numpy", "onnxruntime", "scikit-learn", "keras"))
    explanation = f"{_target(results)} {measured}. {_seconds(results)}"
    return page(
        results, introduction, (constant_columns, accuracy_columns, lead_columns, advice_columns), explanation.rstrip()
    )


def draw_curves(results: dict[str, Any]) -> bytes:
    """A panel for each domain, as PNG."""
    domains, labels = list(results["domains"]), results["settings"]["labels"]
    rows = -(-len(domains) // 2)
    figure = Figure((WIDTH, 3.8 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).ravel()
    for axes, domain in zip(panels, domains, strict=False):
        for method, (colour, line, marker) in _LOOKS.items():
            points = [(count, value) for count in labels if (value := _mean(results, domain, method, count))]
            if points:
                axes.plot(*zip(*points, strict=True), color=colour, linestyle=line, marker=marker, label=method)
        for network, colour in zip(NETWORKS, ("#b5432a", "#d98a3d"), strict=True):
            if (unadapted := _mean(results, domain, as_is(network), 0)) is not None:
                axes.axhline(unadapted, color=colour, linestyle=":", linewidth=1.5, label=as_is(network))
        axes.set_title(domain, fontsize=11)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(labels))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_xlabel("Labels")
        clean(axes, grid="both")
    names = {name: handle for axes in panels for handle, name in zip(*axes.get_legend_handles_labels(), strict=True)}
    for axes in panels[len(domains) :]:
        axes.axis("off")
    if len(domains) < len(panels):
        panels[-1].legend(names.values(), names, loc="center", frameon=False, fontsize=10)
    else:
        figure.legend(names.values(), names, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return png(figure)


def _target(results: dict[str, Any]) -> str:
    """Where the target is met, and what was not measured."""
    met: list[str] = []
    missed: list[str] = []
    for network in NETWORKS:
        for method in (adapted(network), tuned(network)):
            for domain in results["domains"]:
                above = [
                    [
                        lead["difference"]
                        for lead in results["leads"]
                        if (lead["domain"], lead["labels"], lead["method"]) == (domain, TARGET_LABELS, method)
                        and lead["above"] in others
                    ]
                    for others in ((as_is(network),), LINEAR)
                ]
                if all(above):
                    (met if min(map(max, above)) >= TARGET_LEAD else missed).append(f"{method} on {domain}")
    absent = [name for name in _LEARNT if not any(cell["method"] == name for cell in results["cells"])]
    return (
        f"The target, {100 * TARGET_LEAD:.0f} points above both the run as it is and the best linear model with "
        f"{TARGET_LABELS} labels, is met by: {'; '.join(met) or 'none'}; missed by: {'; '.join(missed) or 'none'}."
        + (f" Not measured: {', '.join(absent)}." if absent else "")
    )


def _seconds(results: dict[str, Any]) -> str:
    """How long learning took, beside other work on the machine."""
    parts = []
    for method in (adapted(_EVERYDAY), tuned(_EVERYDAY), FROM_ENCODER, SELF_TAUGHT):
        seconds = [c["seconds"] for c in results["cells"] if (c["method"], c["labels"]) == (method, TARGET_LABELS)]
        if seconds:
            parts.append(f"{method} {min(seconds):.1f} to {max(seconds):.1f}")
    return f"Seconds to learn {TARGET_LABELS} labels, beside other work on the machine: {'; '.join(parts)}." * bool(
        parts
    )


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


def _lead(results: dict[str, Any], domain: str, labels: int, method: str, others: tuple[str, ...]) -> str:
    for lead in results["leads"]:
        if (lead["domain"], lead["labels"], lead["method"]) == (domain, labels, method) and lead["above"] in others:
            low, high = (100 * end for end in lead["ci95"])
            return f"{100 * lead['difference']:+.1f} ({low:+.1f} to {high:+.1f})"
    return NOTHING
