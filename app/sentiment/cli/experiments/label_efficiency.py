"""The command `label-efficiency`."""

from pathlib import Path
from typing import Annotated

import typer

from sentiment.cli.console import err, long_work, out, print_columns, print_json, print_warnings
from sentiment.cli.experiments.engines import AddressOption, TasksOption, WorkersOption, engine_of
from sentiment.cli.options import MODELS, JsonOption, ModelsOption, ReviewsOptions, reads_reviews, require_known_dtype
from sentiment.cli.training import names_in
from sentiment.config import ARCHITECTURE_NAMES, Config
from sentiment.errors import UserError
from sentiment.support.quiet import without_native_output
from sentiment.support.storage import require_writable

_NAMES = ", ".join(ARCHITECTURE_NAMES)


@reads_reviews()
def label_efficiency(
    reviews_options: ReviewsOptions,
    from_pretrained: Annotated[
        Path | None,
        typer.Option(help="The pretrained encoder. Default: encoder, else encoder-compact, of these reviews."),
    ] = None,
    sizes: Annotated[
        str | None,
        typer.Option(help="Labels in a draw, separated by commas. Default: 100,300,1000,3000,10000,25000."),
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Random draws of each size.")] = 3,
    only: Annotated[
        str | None,
        typer.Option(help=f"Of {_NAMES}, separated by commas. Default: the first that fits the encoder."),
    ] = None,
    test_reviews: Annotated[
        int | None, typer.Option(min=1, help="Measure on so many of the test reviews, for speed. Default: all.")
    ] = None,
    engine: TasksOption = "serial",
    workers: WorkersOption = None,
    address: AddressOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Measure what labels buy: networks from an encoder, from scratch, and linear models, on the same few reviews.

    Earlier rows of other sizes or another encoder stay in the table, if they were measured on the same test reviews.
    """
    from sentiment.report.label_efficiency import beside_earlier, table_columns
    from sentiment.report.label_efficiency_files import write_label_efficiency

    fitter = engine_of(engine, workers, address)
    counts = counted(sizes, "--sizes") if sizes is not None else None
    with without_native_output():
        from sentiment.data.splits import split
        from sentiment.experiments.label_efficiency import SIZES, measure_label_efficiency
        from sentiment.experiments.shipped_models import RECIPES
        from sentiment.training.encoders import load_encoder
    require_known_dtype("float32")
    encoder = load_encoder(from_pretrained) if from_pretrained else None
    reviews = reviews_options.read()
    folder = models / reviews.name
    require_writable(folder)
    if encoder is None:
        folders = [folder / recipe.encoder for recipe in RECIPES.values()]
        encoder = load_encoder(next((path for path in folders if path.exists()), folders[0]))
    with long_work() as report:
        results = measure_label_efficiency(
            split(reviews, **Config().split), encoder, folder, report,
            sizes=counts or SIZES, draws=draws, test_reviews=test_reviews, names=names_in(only), engine=fitter,
        )  # fmt: skip
    written = write_label_efficiency(folder, beside_earlier(folder, results))
    if as_json:
        print_json(written.json.read_text(encoding="utf-8"))
    else:
        dropped = print_columns(table_columns(written.content), ("Seconds to train", "its 95% interval"))
        if dropped:
            err.print(f"no room here for: {', '.join(dropped)}; the files have them", soft_wrap=True)
        out.print(f"{written.content.caption} {written.content.balance}".rstrip(), soft_wrap=True)
    print_warnings(written.content.warnings, as_json=as_json)
    for path in (written.json, written.markdown, written.png):
        err.print(f"wrote {path}", soft_wrap=True)


def counted(typed: str, option: str) -> list[int]:
    """The numbers of labels in an option.

    Raises:
        UserError: it has something else.
    """
    try:
        return [int(count) for count in typed.split(",")]
    except ValueError:
        raise UserError(f"expected numbers of labels, such as 100,1000; found {typed!r}; see {option}") from None
