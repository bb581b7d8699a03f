"""The commands `look` and `doctor`: what is in a file of reviews, or in an installation, on one screen."""

import dataclasses
import json
import shlex
import warnings
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment.cli.console import err, out, print_json, say, stopped
from sentiment.cli.options import (
    KINDS,
    MODELS,
    DelimiterOption,
    EncodingOption,
    HeaderOption,
    JsonOption,
    LabelsOption,
    ModelsOption,
    TextColumnOption,
    notice,
)

if TYPE_CHECKING:
    from sentiment.data.files.recognition.survey import FileSurvey
    from sentiment.inference.first_look import FirstLook

_SHOWN = 8  # columns and labels
_LANGUAGES = 3  # the most frequent ones


def look(
    file: Annotated[str, typer.Argument(help=f"A {KINDS}, or a folder of texts.")],
    text_column: TextColumnOption = None,
    label_column: Annotated[
        str | None, typer.Option(help="Column of the label, by name or by number from 1. Default: a usual name.")
    ] = None,
    labels: LabelsOption = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    header: HeaderOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Show what is in a file of reviews and how it would be read; of a large one, its first rows."""
    from sentiment.data.files import ReadingOptions
    from sentiment.data.labels import LabelOptions
    from sentiment.inference.first_look import first_look

    reading = ReadingOptions.named(text_column, label_column, encoding, delimiter, header)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        seen = first_look(file, reading, LabelOptions.named(labels), models)
    surveyed = seen.file
    notes = [*surveyed.notes, *(str(warning.message) for warning in caught), *([seen.refusal] if seen.refusal else [])]
    if as_json:
        values = dataclasses.asdict(seen)
        values |= values.pop("file") | {"notes": notes}
        del values["sample"]
        print_json(json.dumps(values, indent=2, ensure_ascii=False))
        return
    for name, value in lines(seen):
        out.print(f"{name:<11} {value}", soft_wrap=True, highlight=False, markup=False)
    for note in notes:
        notice(note)
    if not surveyed.rows:
        notice("there are no rows below the header, so there is nothing to train on")
    elif surveyed.text and seen.classes and not seen.refusal:
        aside = bool(seen.unlabelled or surveyed.blank_texts)
        command = _training(file, text_column, label_column, labels)
        err.print(f"train on it: {command}{' --rejects rejects.csv' if aside else ''}", soft_wrap=True)
        if aside:
            notice("rows without a text or a label go to rejects.csv; without --rejects, training refuses them")
    elif surveyed.text and not surveyed.label:
        notice("no column has a usual name of a label; to train, say which one holds it with --label-column")


def doctor(
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Time the paths of the LSTM layer for the sizes of the presets, and keep that."),
    ] = False,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Show what is installed, what this processor has, which path the LSTM layer takes, where files lie, what is wrong.

    Nothing is measured without --measure.
    """
    from sentiment.doctor.examination import examine
    from sentiment.doctor.terminal import lines as facts
    from sentiment.doctor.terminal import problem_lines

    with stopped("what was measured is kept"):
        examination = examine(models, measure, say)
    if as_json:
        print_json(json.dumps(examination.to_values(), indent=2, ensure_ascii=False))
        return
    for line in facts(examination, out.width):
        out.print(line, soft_wrap=True)
    for line in problem_lines(examination, out.width):
        out.print(line, style="yellow", soft_wrap=True)
    if not examination.problems:
        out.print("no problems found")


def _training(file: str, text_column: list[str] | None, label_column: str | None, labels: str | None) -> str:
    """The command that trains on a file that is read in this way."""
    options = [("--text-column", name) for name in text_column or ()]
    options += [(name, value) for name, value in (("--label-column", label_column), ("--labels", labels)) if value]
    return shlex.join(["sentiment", "train", "--data", file, *(part for option in options for part in option)])


def lines(seen: "FirstLook") -> list[tuple[str, str]]:
    """What is shown of a file: a name and a value for each line."""
    surveyed = seen.file
    number = f"{surveyed.rows:,}" if surveyed.whole else f"about {_rounded(surveyed.estimated_rows):,}"
    looked_at = "" if surveyed.whole else f"; the figures below are of the first {surveyed.rows:,}"
    packed = f", packed with {surveyed.packing}" if surveyed.packing else ""
    shown = [
        ("file", f"{surveyed.name}: {surveyed.kind}{packed}{'' if surveyed.header else ', without a header'}"),
        ("rows", f"{number}{looked_at}"),
        ("columns", _listed(surveyed.columns)),
        ("text", _chosen(surveyed, surveyed.text)),
        ("label", _chosen(surveyed, surveyed.label)),
    ]
    if surveyed.labels:
        values = [f"{value if value.strip() else '(none)'} {count:,}" for value, count in surveyed.labels.items()]
        shown.append(("labels", _listed(values)))
        shown.append(("classes", seen.classes or "not certain, see below"))
    if surveyed.words:
        middle, low, high = surveyed.words[50], surveyed.words[5], surveyed.words[95]
        shown.append(("words", f"{middle:,.0f} in the middle text; 9 of 10 texts have {low:,.0f} to {high:,.0f}"))
    if surveyed.text:
        unlabelled = f"; {seen.unlabelled:,} rows without a label" if seen.unlabelled else ""
        shown.append(("blank", f"{surveyed.blank_texts:,} texts{unlabelled}"))
        repeats = f"{surveyed.duplicate_texts:,} rows repeat a text"
        shown.append(("repeated", f"{repeats}; {surveyed.contradictory_texts:,} texts have several labels"))
    if seen.languages:
        texts = sum(seen.languages.values())
        shares = [f"{name} {count / texts:.0%}" for name, count in seen.languages.items() if 50 * count >= texts]
        shown.append(("languages", f"{_listed(shares[:_LANGUAGES])}, of {texts:,} texts"))
    if seen.known:
        known = (
            f"{seen.known.run} knows {seen.known.share:.0%} of their words and judges {seen.known.judged:.0%} of them"
        )
        shown.append(("known", known))
    return shown


def _chosen(surveyed: "FileSurvey", choice: Any) -> str:
    if choice is None:
        return "no column is certain"
    also = f"; {_listed(choice.also)} would fit, too" if choice.also else ""
    return f"{' and '.join(map(repr, surveyed.names(choice)))} ({choice.why}{also})"


def _listed(values: Any) -> str:
    values = [" ".join(str(value).split())[:40] for value in values]
    return ", ".join(values[:_SHOWN]) + (f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else "")


def _rounded(number: int) -> int:
    """To two digits."""
    digits = max(0, len(str(number)) - 2)
    return round(number, -digits)
