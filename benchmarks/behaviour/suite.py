"""All cases of all capabilities, judged, and the files of results:

- behaviour.json   right answers and cases: by capability, kind, capability and kind, and domain
- behaviour.md     tables
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.behaviour.capabilities import CAPABILITIES
from benchmarks.behaviour.capabilities.words import IN_CONTEXT
from benchmarks.behaviour.classifiers import Classifier
from benchmarks.behaviour.domains import DOMAINS
from benchmarks.behaviour.filling import SEED, Case, cases
from benchmarks.behaviour.frames import Kind
from benchmarks.behaviour.judging import END, MIDDLE, STEP, judge
from benchmarks.behaviour.report import markdown
from benchmarks.behaviour.typed import CONTRAST, SENTENCES, TYPED, measure_typed, typed_texts
from benchmarks.results import Note, Written, provenance
from sentiment.support.storage import write_text

FIGURES, TABLES = "behaviour.json", "behaviour.md"


def all_cases() -> list[Case]:
    """Every case to test with, the same on every machine."""
    return [case for capability in CAPABILITIES for case in cases(capability)]


def fingerprint(suite: Sequence[Case]) -> str:
    """SHA-256 of every text and of what is expected: figures of different suites are not comparable."""
    lines = [json.dumps([case.capability, case.kind.value, case.texts, case.expected]) for case in suite]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def measure(classifiers: Sequence[Classifier], absent: Sequence[str], note: Note) -> dict[str, Any]:
    """The content of `behaviour.json`.

    Args:
        classifiers: what is tested.
        absent: sentences on what is not, and why.
        note: gets a line about what is being done.
    """
    suite = all_cases()
    right = {}
    for classifier in classifiers:
        note(f"judging: {classifier.name}, {len(suite):,} cases")
        right[classifier.name] = judge(classifier, suite)
    first = {case.capability: case for case in reversed(suite)}
    domains = tally(suite, right, lambda case: case.domain if case.capability == IN_CONTEXT.name else None)
    return provenance() | {
        "suite": {
            "seed": SEED,
            "frames": sum(len(capability.test) for capability in CAPABILITIES),
            "cases": len(suite),
            "texts": len({text for case in suite for text in case.texts}),
            "sha256": fingerprint(suite),
        },
        "rules": {"middle": MIDDLE, "step": STEP, "end": END},
        "classifiers": [
            {"name": each.name, "title": each.title, "has_neutral": each.has_neutral} for each in classifiers
        ],
        "absent": list(absent),
        "examples": [
            {
                "capability": capability.name,
                "meaning": capability.meaning,
                "kind": first[capability.name].kind.value,
                "texts": first[capability.name].texts,
                "expected": first[capability.name].expected,
            }
            for capability in CAPABILITIES
        ],
        "by_capability": tally(suite, right, lambda case: case.capability),
        "by_kind": tally(suite, right, _kind_and_class),
        "by_capability_and_kind": tally(suite, right, lambda case: f"{case.capability}, {case.kind}"),
        "by_domain": {domain.name: domains[domain.name] for domain in DOMAINS},
        "typed": measure_typed(classifiers, typed_texts(TYPED)),
        "contrast": measure_typed(classifiers, typed_texts(CONTRAST)),
        "sentences": measure_typed(classifiers, typed_texts(SENTENCES)),
    }


def tally(
    suite: Sequence[Case], right: Mapping[str, Sequence[bool]], key: Callable[[Case], str | None]
) -> dict[str, dict[str, Any]]:
    """Cases and right answers in groups.

    Args:
        suite: the cases.
        right: whether each of them is answered rightly, by classifier.
        key: the group of a case; None leaves it out.

    Returns:
        By group: `cases`, and `right` by classifier.
    """
    groups = [key(case) for case in suite]
    totals = Counter(group for group in groups if group is not None)
    sums = {
        name: Counter(group for group, is_right in zip(groups, answers, strict=True) if is_right)
        for name, answers in right.items()
    }
    return {
        group: {"cases": total, "right": {name: counts[group] for name, counts in sums.items()}}
        for group, total in totals.items()
    }


def write(folder: Path, results: dict[str, Any]) -> Written:
    """Writes both files.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    paths = folder / FIGURES, folder / TABLES
    write_text(paths[0], json.dumps(results, indent=1) + "\n")
    write_text(paths[1], markdown(results))
    return Written(results, paths)


def _kind_and_class(case: Case) -> str:
    return f"{case.kind}, {case.expected}" if case.kind is Kind.MFT else case.kind.value
