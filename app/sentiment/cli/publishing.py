"""Commands that write a saved run for others: `export`, `ship`."""

from typing import Annotated

import typer

from sentiment.cli.console import err, print_shipped
from sentiment.cli.options import ModelsOption, RunOption
from sentiment.errors import ReviewsError
from sentiment.support.paths import CACHE, MODELS
from sentiment.support.quiet import without_native_output


def export(
    run: RunOption = None,
    format_name: Annotated[str, typer.Option("--format", help="onnx, or savedmodel for TensorFlow Serving.")] = "onnx",
    models: ModelsOption = MODELS,
) -> None:
    """Write the network of a saved run in a format that others run, into the run's folder."""
    from sentiment.runs.saved_run import find_run

    saved = find_run(models, run, with_keras=True)
    with without_native_output():
        from sentiment.publishing.export import export_run, judge
    from sentiment.runs.provenance import OwnSplits

    judged = None
    if format_name == "onnx":
        try:
            validation = OwnSplits(CACHE).of(saved).validation
            judged = judge(saved, validation.texts, validation.labels)
        except ReviewsError as error:
            err.print(f"no int8, whose accuracy cannot be measured: {error}", style="yellow", soft_wrap=True)
    exported = export_run(saved, format_name, judged)
    err.print(f"exported {exported.folder}", soft_wrap=True)


def ship(
    run: Annotated[str, typer.Argument(help="A saved run: its folder, dataset/name, or name.")],
    name: Annotated[str, typer.Option(help="Name of the folder that is written beside it.")],
    models: ModelsOption = MODELS,
) -> None:
    """Write a small copy of a saved run, made to be given away: ONNX with smaller weights, and a model card."""
    from sentiment.runs.provenance import OwnSplits
    from sentiment.runs.saved_run import find_run

    saved = find_run(models, run)
    with without_native_output():
        from sentiment.publishing.shipping import ship as shipped
    print_shipped(shipped(saved, name, OwnSplits(CACHE).of(saved)))
