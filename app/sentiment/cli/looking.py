"""The command `look`: what is in a file of reviews, on one screen."""

import dataclasses
import json
import warnings
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment.cli.console import err, out, print_json
from sentiment.cli.options import (
    KINDS,
    DelimiterOption,
    EncodingOption,
    HeaderOption,
    JsonOption,
    TextColumnOption,
    notice,
)

if TYPE_CHECKING:
    from sentiment.data.files.recognition.survey import FileSurvey

_SHOWN = 8  # columns and labels


def look(
    file: Annotated[str, typer.Argument(help=f"A {KINDS}, or a folder of texts.")],
    text_column: TextColumnOption = None,
    label_column: Annotated[
        str | None, typer.Option(help="Column of the label, by name or by number from 1. Default: a usual name.")
    ] = None,
    encoding: EncodingOption = None,
    delimiter: DelimiterOption = None,
    header: HeaderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is in a file of reviews and how it would be read; of a large one, its first rows."""
    from sentiment.data.files import ReadingOptions
    from sentiment.data.files.recognition.survey import survey

    options = ReadingOptions.named(text_column, label_column, encoding, delimiter, header)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        surveyed = survey(file, options)
    surveyed = dataclasses.replace(surveyed, notes=(*surveyed.notes, *(str(warning.message) for warning in caught)))
    if as_json:
        print_json(json.dumps(dataclasses.asdict(surveyed), indent=2))
        return
    for name, value in lines(surveyed):
        out.print(f"{name:<11} {value}", soft_wrap=True, highlight=False, markup=False)
    for note in surveyed.notes:
        notice(note)
    if surveyed.text and surveyed.label:
        err.print(f"train on it: sentiment train --data {surveyed.name}", soft_wrap=True)


def lines(surveyed: "FileSurvey") -> list[tuple[str, str]]:
    """What is shown of a file: a name and a value for each line."""
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
    if surveyed.words:
        middle, low, high = surveyed.words[50], surveyed.words[5], surveyed.words[95]
        shown.append(("words", f"{middle:,.0f} in the middle text; 9 of 10 texts have {low:,.0f} to {high:,.0f}"))
    if surveyed.text:
        shown.append(("blank", f"{surveyed.blank_texts:,} texts"))
        repeats = f"{surveyed.duplicate_texts:,} rows repeat a text"
        shown.append(("repeated", f"{repeats}; {surveyed.contradictory_texts:,} texts have several labels"))
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
