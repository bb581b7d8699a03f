"""Tables of the behaviour suite."""

from collections.abc import Mapping
from typing import Any

from benchmarks.behaviour.frames import SAME, Kind
from benchmarks.tables import Columns, columns_of, measured_with
from sentiment.report.tables import markdown_table, markdown_text, percent

_KINDS = {
    "MFT, negative": "negative expected (MFT)",
    "MFT, neutral": "neutral expected (MFT)",
    "MFT, positive": "positive expected (MFT)",
    "INV": "same verdict expected (INV)",
    "DIR": "movement expected (DIR)",
}


def by_capability(results: Mapping[str, Any]) -> Columns:
    """A row for each capability, and one for all cases."""
    groups = results["by_capability"]
    return _shares(results, "Capability", groups | {"all cases": _sum(results, groups)})


def by_kind(results: Mapping[str, Any]) -> Columns:
    """A row for each class that is expected, and for each other kind of test."""
    groups = results["by_kind"]
    return _shares(results, "What is expected", {title: groups[name] for name, title in _KINDS.items()})


def by_capability_and_kind(results: Mapping[str, Any]) -> Columns:
    """Rows of the capabilities that are tested in several ways."""
    groups = results["by_capability_and_kind"]
    several = {
        name: group
        for name, group in groups.items()
        if group["cases"] < results["by_capability"][name.rpartition(", ")[0]]["cases"]
    }
    return _shares(results, "Capability and kind", several)


def by_domain(results: Mapping[str, Any]) -> Columns:
    """A row for each domain, of words in context."""
    return _shares(results, "Words in context", results["by_domain"])


def by_set(results: Mapping[str, Any], texts: str) -> Columns:
    """A row for each set of short texts, one for all of them, and one for the neutral ones.

    Args:
        results: the content of `behaviour.json`.
        texts: "typed", "contrast" or "sentences".
    """
    headers = {"typed": "As people type", "contrast": "In contrast", "sentences": "Sentences of reviews"}
    measured, header = results[texts], headers[texts]
    sets = measured["sides"]
    total = _sum(results, sets)
    return _shares(results, header, {**sets, "all sets": total, '"neutral" where it is': measured["neutral"]})


def examples(results: Mapping[str, Any]) -> Columns:
    """One case of each capability."""
    rows = [
        (each["capability"], each["meaning"], " → ".join(each["texts"]), _expectation(each))
        for each in results["examples"]
    ]
    headers = ("Capability", "What is right", "Example", "Expected")
    return columns_of(headers, [tuple(map(markdown_text, row)) for row in rows])


def markdown(results: Mapping[str, Any]) -> str:
    """All tables and what they were measured with, for `docs/`."""
    suite = results["suite"]
    parts = [
        f"{suite['cases']:,} cases of {suite['frames']} forms, with {suite['texts']:,} texts. Share of right answers:",
        *(
            "\n".join(markdown_table(table(results)))
            for table in (by_capability, by_kind, by_domain, by_capability_and_kind)
        ),
        "Texts as people type them when they try a classifier, written for this, 36 with an opinion in each set. Share "
        "on whose side the classifier is. The models were chosen by these texts, among others:",
        "\n".join(markdown_table(by_set(results, "typed"))),
        "Texts in twos and threes that share most of their words and mean different things, by other writers. Words "
        "alone say nothing: chance is 50%. `everyday` was chosen by the short ones, too; whole reviews, edited so that "
        "the verdict turns, chose nothing. Share on whose side the classifier is:",
        "\n".join(markdown_table(by_set(results, "contrast"))),
        "Sentences as reviews have them, posts and short reviews, by three more writers. No model was chosen by them; "
        "what one was worse at decided what more was written to learn from. Share on whose side the classifier is:",
        "\n".join(markdown_table(by_set(results, "sentences"))),
        "One case of each capability:",
        # Examples are prose, so no column is to the right.
        "\n".join(markdown_table(examples(results))).replace(" ---: |", " --- |"),
        *(f"Left out: {sentence}" for sentence in results["absent"]),
        measured_with(dict(results), ("onnxruntime", "scikit-learn")) + ".",
    ]
    return "\n\n".join(parts) + "\n"


def _sum(results: Mapping[str, Any], groups: Mapping[str, Any]) -> dict[str, Any]:
    names = [each["name"] for each in results["classifiers"]]
    return {
        "cases": sum(group["cases"] for group in groups.values()),
        "right": {name: sum(group["right"][name] for group in groups.values()) for name in names},
    }


def _expectation(example: Mapping[str, Any]) -> str:
    if example["expected"] == SAME:
        return "the same verdict"
    return f"more {example['expected']}" if example["kind"] == Kind.DIR else example["expected"]


def _shares(results: Mapping[str, Any], header: str, groups: Mapping[str, Any]) -> Columns:
    shares = [
        (
            each["title"],
            [percent(group["right"][each["name"]] / group["cases"], 1) for group in groups.values()],
        )
        for each in results["classifiers"]
    ]
    return [(header, list(groups)), ("Cases", [f"{group['cases']:,}" for group in groups.values()]), *shares]
