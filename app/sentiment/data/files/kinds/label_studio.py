"""The export of Label Studio as JSON: a task for each text, with annotations by one or several people.

    [{"id": 7, "data": {"text": "A fine film."},
      "annotations": [{"result": [{"type": "choices", "value": {"choices": ["Positive"]}}]}]}]

The label of a task is the choice on which all its annotations agree. One that was cancelled does not count. One
that was submitted without a choice differs from one with a choice. A task without a choice, or with annotations that
differ, has no label; how many there are is said.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sentiment.data.files.json_lines import rows_of_objects
from sentiment.data.files.rows import Notify, RawRows
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

LABEL = "label"
_DIFFERENT, _NONE = "with annotations that differ", "without a choice"


def is_label_studio(rows: Sequence[Any]) -> bool:
    """Whether an array is an export of Label Studio."""
    first = rows[0] if rows else None
    return (
        isinstance(first, dict)
        and isinstance(first.get("data"), dict)
        and isinstance(first.get("annotations", first.get("completions")), list)
    )


def open_tasks(tasks: Sequence[Any], source: Source, notify: Notify) -> RawRows:
    """A row for each task: its data, and the label, see the module.

    Raises:
        ReviewsError: a task has no data, an annotation names several choices, or the choices answer several questions.
    """
    rows, problems = [], Counter[str]()
    for number, task in enumerate(tasks, start=1):
        if not (isinstance(task, dict) and isinstance(task.get("data"), dict)):
            raise ReviewsError(
                f"expected a task with data as number {number} of {source}; found none; export it again as JSON"
            )
        choices = _choices(task, number, source)
        label = next(iter(choices)) if len(choices) == 1 else None
        if label is None:
            problems[_DIFFERENT if len(choices) > 1 else _NONE] += 1
        data = {f"input_{name}" if name == LABEL else name: value for name, value in task["data"].items()}
        rows.append({**data, LABEL: label})
    if notify and problems:
        counts = " and ".join(f"{count:,} {problem}" for problem, count in problems.items())
        notify(f"{source}: tasks of Label Studio; no label has {counts}")
    raw = rows_of_objects(lambda: rows, lambda: 1.0)
    return RawRows(
        raw.columns, raw.rows, raw.kinds, raw.fraction,
        label=raw.columns.index(LABEL), text=0 if len(raw.columns) == 2 and raw.columns[1] == LABEL else None,
    )  # fmt: skip


def _choices(task: Mapping[str, Any], number: int, source: Source) -> set[str | None]:
    """The choices of all annotations of a task; None: an annotation without one."""
    choices: set[str | None] = set()
    annotations = [a for a in task.get("annotations", task.get("completions")) or () if isinstance(a, dict)]
    for annotation in annotations:
        if annotation.get("was_cancelled"):
            continue
        results = [
            r for r in annotation.get("result") or () if isinstance(r, dict) and r.get("type", "choices") == "choices"
        ]
        values = [r["value"].get("choices") or [] for r in results if isinstance(r.get("value"), dict)]
        if len(values) > 1 or any(len(value) > 1 for value in values):
            raise ReviewsError(
                f"expected one choice in each annotation of {source}; found several in task {number}; export a project "
                "with one choice a text, or write the labels into a CSV file"
            )
        choices.add(str(values[0][0]) if values and values[0] else None)
    return choices
