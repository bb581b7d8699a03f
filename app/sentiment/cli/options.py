"""What several commands are asked in the same way, and the reviews that come of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import err
from sentiment.errors import UserError
from sentiment.support.paths import CACHE, DATA

if TYPE_CHECKING:
    from sentiment.data.reviews import Reviews

DataOption = Annotated[
    Path | None,
    typer.Option(
        help="Reviews: the aclImdb archive or folder, or a CSV, TSV, Parquet or JSONL file. "
        "Default: the archive in data/, else its download, else the bundled sample.",
        envvar="SENTIMENT_DATA",
    ),
]
TextColumnOption = Annotated[str | None, typer.Option(help="Column that holds the text. Default: review or text.")]
LabelColumnOption = Annotated[str | None, typer.Option(help="Column of the label. Default: sentiment or label.")]
PositiveOption = Annotated[
    str | None,
    typer.Option(
        help="Labels that mean positive, such as 4,5 of stars. Rows whose label is in neither class are set aside. "
        "Default: positive or pos, 1, true."
    ),
]
NegativeOption = Annotated[
    str | None, typer.Option(help="Labels that mean negative, such as 1,2. Default: negative or neg, 0, false.")
]
RejectsOption = Annotated[
    Path | None,
    typer.Option(help="Write rows without a text or a label to this CSV instead of refusing the file."),
]
ModelsOption = Annotated[Path, typer.Option(help="Folder of the saved runs.", show_default="models/")]
_A_RUN = "A saved run: its folder, dataset/name, or name. Default:"
RunOption = Annotated[str | None, typer.Option("--run", help=f"{_A_RUN} the one that `sentiment use` shows.")]
RunsOption = Annotated[str | None, typer.Option("--run", help=f"{_A_RUN} all.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def read_reviews(
    data: Path | None,
    text_column: str | None,
    label_column: str | None,
    positive: str | None,
    negative: str | None,
    rejects: Path | None,
    *,
    labels_wanted: bool = True,
) -> "Reviews":
    """The reviews of a command: those of the file, else the official ones or the bundled sample.

    Raises:
        UserError: what only a file has is asked for without one; or as `sentiment.data.reviews.load_reviews`.
    """
    from sentiment.data.reviews import find_reviews, load_reviews

    if data:
        return load_reviews(
            data, text_column=text_column, label_column=label_column, positive=positive, negative=negative,
            rejects=rejects, cache=CACHE, labels_wanted=labels_wanted, notify=notice,
        )  # fmt: skip
    require_no_columns(text_column, label_column, positive, negative, rejects)
    return find_reviews(DATA, notify=notice)


def notice(line: str) -> None:
    """Prints what a person should know on standard error."""
    err.print(line, style="yellow", soft_wrap=True)


def require_no_columns(*options: object) -> None:
    """What only a file has cannot be asked for without one.

    Raises:
        UserError: one of the options was given.
    """
    if any(option is not None for option in options):
        raise UserError(
            "expected --data with columns, --positive and --negative, or --rejects; found them alone; name the file "
            "they are in"
        )
