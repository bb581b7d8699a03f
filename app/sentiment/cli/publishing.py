"""Commands that write a saved run for others: `export`, `ship`."""

from typing import Annotated

import typer

from sentiment.cli.console import err, print_shipped
from sentiment.cli.options import MODELS, ModelsOption, RunOption, notice
from sentiment.errors import ReviewsError
from sentiment.support.paths import cache_folder
from sentiment.support.quiet import without_native_output


def export(
    run: RunOption = None,
    format_name: Annotated[str, typer.Option("--format", help="onnx, or savedmodel for TensorFlow Serving.")] = "onnx",
    models: ModelsOption = MODELS,
) -> None:
    """Write the network of a saved run as ONNX or as a SavedModel, into the folder of the run.

    ONNX comes with an int8 copy where that is nearly as accurate on the validation reviews.
    """
    from sentiment.runs.provenance import SplitsOfRuns
    from sentiment.runs.saved_run import find_run

    saved = find_run(models, run, with_keras=True)
    with without_native_output():
        from sentiment.publishing.export import export_run, reference_predictions
    reference = None
    if format_name == "onnx":
        try:
            validation = SplitsOfRuns(cache_folder()).load(saved).validation
            reference = reference_predictions(saved, validation.texts, validation.labels)
        except ReviewsError as error:
            notice(f"no int8, because its accuracy cannot be measured: {error}")
    exported = export_run(saved, format_name, reference)
    err.print(f"exported {exported.folder}", soft_wrap=True)


def ship(
    run: Annotated[str, typer.Argument(help="A saved run: its folder, dataset/name, or name.")],
    name: Annotated[str, typer.Option(help="Name of the folder that is written beside it.")],
    models: ModelsOption = MODELS,
) -> None:
    """Write a small copy of a saved run, for publishing: ONNX with smaller weights, and a model card."""
    from sentiment.runs.provenance import SplitsOfRuns
    from sentiment.runs.saved_run import find_run

    saved = find_run(models, run)
    with without_native_output():
        from sentiment.publishing.shipping import ship as write_small_copy
    print_shipped(write_small_copy(saved, name, SplitsOfRuns(cache_folder()).load(saved)))
