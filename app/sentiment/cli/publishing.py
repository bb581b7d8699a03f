"""Commands that make models for others: `export`, `ship`, and the recipes of the shipped ones."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import accuracy_in_words, err, long_work, out, print_shortcoming
from sentiment.cli.options import (
    MODELS,
    ModelsOption,
    ReviewsOptions,
    RunOption,
    notice,
    reads_reviews,
    require_known_dtype,
)
from sentiment.config import PRESETS
from sentiment.errors import ConfigError, ReviewsError, UserError
from sentiment.support.paths import cache_folder
from sentiment.support.quiet import without_native_output
from sentiment.support.storage import require_writable

if TYPE_CHECKING:
    from sentiment.runs.saved_run import SavedRun

_FORMATS = ("onnx", "savedmodel", "hub")


def export(
    run: RunOption = None,
    format_name: Annotated[
        str, typer.Option("--format", help="onnx, savedmodel for TensorFlow Serving, or hub for a model hub.")
    ] = "onnx",
    output: Annotated[
        Path | None,
        typer.Option(help="Folder that hub writes. Default: the run's name and -hub, here.", show_default=False),
    ] = None,
    license_name: Annotated[
        str | None, typer.Option("--license", help="Licence of the weights, for hub: mit.", show_default=False)
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Language of the texts, for hub: en.", show_default=False)
    ] = None,
    models: ModelsOption = MODELS,
) -> None:
    """Write the network of a saved run as ONNX or as a SavedModel, into its folder, or all that a model hub expects.

    ONNX comes with an int8 copy where that is nearly as accurate on the validation reviews. What hub writes answers
    without this project: python predict.py "A fine film."
    """
    from sentiment.runs.provenance import SplitsOfRuns
    from sentiment.runs.saved_run import find_run

    if format_name not in _FORMATS:
        raise ConfigError(f"expected a format, one of {', '.join(_FORMATS)}; found {format_name!r}")
    for option, value in {"--output": output, "--license": license_name, "--language": language}.items():
        if value is not None and format_name != "hub":
            raise ConfigError(f"expected {option} with --format hub alone; found --format {format_name}; leave it out")
    if format_name == "hub":
        _export_hub(run, output, license_name, language, models)
        return
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


def _export_hub(
    run: str | None, output: Path | None, license_name: str | None, language: str | None, models: Path
) -> None:
    from sentiment.publishing.hub import export_hub, is_shipped
    from sentiment.runs.saved_run import find_run

    saved = find_run(models, run)
    folder = export_hub(saved, output or Path(f"{saved.folder.name}-hub"), license_name, language)
    for option, value in {"--license": license_name, "--language": language}.items():
        if value is None and not is_shipped(saved):
            notice(f"the card names no {option.removeprefix('--')}; hubs ask for one: {option}")
    err.print(f"exported {folder}", soft_wrap=True)


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
    _print_shipped(write_small_copy(saved, name, SplitsOfRuns(cache_folder()).load(saved)))


def _maker(name: str) -> Callable[..., None]:
    @reads_reviews()
    def make(
        reviews_options: ReviewsOptions,
        models: ModelsOption = MODELS,
    ) -> None:
        require_known_dtype(PRESETS[name].model.dtype)
        reviews = reviews_options.read()
        require_writable(models / reviews.name)
        with without_native_output():
            from sentiment.data.splits import split
            from sentiment.experiments.shipped_models import make_shipped_model
            from sentiment.report import write_report

        with long_work() as report:
            shipped = make_shipped_model(name, split(reviews, **PRESETS[name].split), models, report)
            write_report(shipped.folder.parent, shipped.name)
        _print_shipped(shipped)

    make.__name__ = name
    return make


flagship, compact = _maker("flagship"), _maker("compact")
flagship.__doc__ = "Make the flagship again, in hours: pretrain, train, teach, ship. Stages that are done are skipped."
compact.__doc__ = "Make the small model that a large and a linear one teach. Stages that are done are skipped."


def everyday(
    folder: Annotated[str, typer.Option("--data", help="The folder of reviews.parquet.", show_default=False)] = "",
    archive: Annotated[
        str, typer.Option(help="The Large Movie Review Dataset: an archive or a folder.", show_default=False)
    ] = "",
    frames: Annotated[str, typer.Option(help="CSV file of short texts: review, label.", show_default=False)] = "",
    written: Annotated[
        str, typer.Option(help="Folder of more such files, such as data/short-texts/train.", show_default=False)
    ] = "",
    further: Annotated[
        bool,
        typer.Option(
            "--further",
            help="Start from mixed-reviews/everyday, which learns the short texts further: minutes, not hours.",
        ),
    ] = False,
    models: ModelsOption = MODELS,
) -> None:
    """Make the everyday model again: grades of texts of many domains. Stages that are done are skipped."""
    given = {"--data": folder, "--archive": archive, "--frames": frames, "--written": written}
    if lacking := [option for option, value in given.items() if not value]:
        raise UserError(
            f"expected {', '.join(given)}; found no {lacking[0]}; for example: make everyday DATA=folder "
            "ARCHIVE=aclImdb_v1.tar.gz"
        )
    require_writable(models)
    require_known_dtype("mixed_bfloat16")
    with without_native_output():
        from sentiment.everyday.corpus import read_corpus, read_labelled
        from sentiment.everyday.further import learn_further
        from sentiment.everyday.lessons import ShortTexts
        from sentiment.everyday.recipe import DATASET, NAME, make_everyday
        from sentiment.runs.saved_run import find_run

    with long_work() as report:
        start = find_run(models, f"{DATASET}/{NAME}") if further else None
        report.note(f"reading {folder} and {archive}")
        short = ShortTexts(read_labelled(Path(frames)), read_labelled(Path(written)))
        corpus = read_corpus(Path(folder), archive)
        if start:
            shipped = learn_further(start, corpus, short, models, report)
        else:
            shipped = make_everyday(corpus, short, models, report)
    _print_shipped(shipped)


def _print_shipped(written: "SavedRun") -> None:
    """Prints the size and accuracy of a shipped run."""
    size = sum(path.stat().st_size for path in written.folder.iterdir())
    out.print(f"{written.folder}: {size / 1e6:.1f} MB, {accuracy_in_words(written.record.test)}", soft_wrap=True)
    print_shortcoming(written.record, as_json=False)
