"""What several commands are asked in the same way, and the reviews that come of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import err
from app.errors import UserError

if TYPE_CHECKING:
    from app.reviews import Reviews

ROOT = Path(__file__).parent.parent.parent
MODELS = ROOT / "models"
DATA = ROOT / "data"
CACHE = DATA / "cache"
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
RejectsOption = Annotated[
    Path | None, typer.Option(help="Write empty reviews and unknown labels to this CSV instead of refusing the file.")
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
    rejects: Path | None,
    *,
    labels_wanted: bool = True,
) -> "Reviews":
    from app.reviews import find_reviews, load_reviews

    def notify(line: str) -> None:
        err.print(line, style="yellow", soft_wrap=True)

    if data:
        return load_reviews(
            data, text_column=text_column, label_column=label_column, rejects=rejects, cache=CACHE,
            labels_wanted=labels_wanted, notify=notify,
        )  # fmt: skip
    require_no_columns(text_column, label_column, rejects)
    return find_reviews(DATA, notify=notify)


def require_no_columns(text_column: str | None, label_column: str | None, rejects: Path | None) -> None:
    """What only a file has cannot be asked for without one.

    Raises:
        UserError: one of them is.
    """
    if text_column or label_column or rejects:
        raise UserError("expected --data with columns or --rejects; found them alone; name the file they are in")
