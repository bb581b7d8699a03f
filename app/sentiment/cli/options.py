"""Options that several commands share, and the reviews that they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import err
from sentiment.errors import UserError
from sentiment.support.paths import cache_folder, data_folder, models_folder

if TYPE_CHECKING:
    from sentiment.data.reviews import Reviews

DataOption = Annotated[
    Path | None,
    typer.Option(
        help="Labelled reviews: the aclImdb archive or folder, or a CSV, TSV, Parquet or JSONL file. "
        "Default: the archive in data/, else its download, else the bundled sample.",
        envvar="SENTIMENT_DATA",
    ),
]
TextColumnOption = Annotated[str | None, typer.Option(help="Column of the text. Default: review or text.")]
LabelColumnOption = Annotated[str | None, typer.Option(help="Column of the label. Default: sentiment or label.")]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        help='What the labels mean: "1,2=negative; 3=neutral; 4,5=positive", or stars, grades, percent or classes; '
        "rows with another label are set aside. Default: recognised, or refused.",
    ),
]
PositiveOption = Annotated[
    str | None,
    typer.Option(help="Labels that mean positive, such as 4,5 for stars; with --negative, instead of --labels."),
]
NegativeOption = Annotated[str | None, typer.Option(help="Labels that mean negative, such as 1,2; with --positive.")]
RejectsOption = Annotated[
    Path | None,
    typer.Option(help="Write rows without a text or a label to this CSV file instead of refusing the reviews."),
]
MODELS = models_folder()  # the default of the next option
ModelsOption = Annotated[
    Path, typer.Option(help="Folder of the saved runs. Default: $SENTIMENT_MODELS, else models/.", show_default=False)
]
_RUN = "A saved run: its folder, dataset/name, or name. Default:"
RunOption = Annotated[str | None, typer.Option("--run", help=f"{_RUN} the one that `sentiment use` shows.")]
RunsOption = Annotated[str | None, typer.Option("--run", help=f"{_RUN} all.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EngineOption = Annotated[
    str, typer.Option(help="onnx, int8 (quantised weights, if the run has them) or keras (slow, as a reference).")
]
ThreadsOption = Annotated[
    int | None, typer.Option(min=1, help="Threads of ONNX Runtime. Default: one for each core.", show_default=False)
]


def read_reviews(
    data: Path | None,
    text_column: str | None,
    label_column: str | None,
    labels: str | None,
    positive: str | None,
    negative: str | None,
    rejects: Path | None,
    *,
    labels_wanted: bool = True,
) -> "Reviews":
    """The reviews of a command: those in the file, else the archive or the bundled sample."""
    from sentiment.data.reviews import find_reviews, load_reviews

    if data:
        return load_reviews(
            data, text_column=text_column, label_column=label_column, labels=labels, positive=positive,
            negative=negative, rejects=rejects, cache=cache_folder(), labels_wanted=labels_wanted, notify=notice,
        )  # fmt: skip
    require_no_columns(text_column, label_column, labels, positive, negative, rejects)
    return find_reviews(data_folder(), notify=notice)


def notice(line: str) -> None:
    """Prints a note on standard error."""
    err.print(line, style="yellow", soft_wrap=True)


def require_no_columns(*options: object) -> None:
    """Raises UserError if one of these options is set: they are about a file, and none is named."""
    if any(option is not None for option in options):
        raise UserError(
            "expected --data with columns, --labels, --positive and --negative, or --rejects; found them alone; name "
            "the file they are in"
        )
