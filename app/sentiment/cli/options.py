"""Options that several commands share, what all commands refuse, and the reviews that they name."""

import inspect
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand

from sentiment.cli.console import err
from sentiment.errors import UserError
from sentiment.support.paths import cache_folder, data_folder, models_folder
from sentiment.support.quiet import without_native_output

if TYPE_CHECKING:
    from sentiment.data.reviews import Reviews
    from sentiment.runs.saved_run import SavedRun

KINDS = "CSV, TSV, text, Excel, ODS, Parquet, JSON or JSONL file, also packed, or an address"  # in the help
TextColumnOption = Annotated[
    list[str] | None,
    typer.Option(help="Column of the text, by name or by number from 1. Repeatable: joined. Default: a usual name."),
]
EncodingOption = Annotated[
    str | None,
    typer.Option(help="Encoding of a text file, such as latin-1. Default: UTF-8, else a guess, which is said."),
]
DelimiterOption = Annotated[
    str | None,
    typer.Option(help="What stands between fields: a character, tab, or none. Default: recognised."),
]
HeaderOption = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header", help="Whether the first row has the names of the columns. Default: recognised."
    ),
]
LabelsOption = Annotated[
    str | None,
    typer.Option(
        help='What the labels mean: "1,2=negative; 3=neutral; 4,5=positive", or stars, grades, percent or classes; '
        "rows with another label are set aside. Default: recognised, or refused.",
    ),
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


@dataclass(frozen=True)
class ReviewsOptions:
    """The options of a command that reads labelled reviews; `reads_reviews` makes them options on the command line."""

    data: Annotated[
        str | None,
        typer.Option(
            help=f"Labelled reviews: the aclImdb archive or folder, a folder of texts, a {KINDS}. "
            "Default: the archive in data/, else its download, else the bundled sample.",
            envvar="SENTIMENT_DATA",
        ),
    ] = None
    train: Annotated[str | None, typer.Option("--train", help="The same as --data, beside --test.")] = None
    validation: Annotated[str | None, typer.Option(help="A file with the validation split.")] = None
    test: Annotated[str | None, typer.Option(help="A file with the test split.")] = None
    text_column: TextColumnOption = None
    label_column: Annotated[
        str | None, typer.Option(help="Column of the label, by name or by number from 1. Default: a usual name.")
    ] = None
    labels: LabelsOption = None
    positive: Annotated[
        str | None,
        typer.Option(help="Labels that mean positive, such as 4,5 for stars; with --negative, instead of --labels."),
    ] = None
    negative: Annotated[str | None, typer.Option(help="Labels that mean negative, such as 1,2; with --positive.")] = (
        None
    )
    rejects: Annotated[
        Path | None,
        typer.Option(help="Write rows without a text or a label to this CSV file instead of refusing the reviews."),
    ] = None
    encoding: EncodingOption = None
    delimiter: DelimiterOption = None
    header: HeaderOption = None

    @property
    def source(self) -> str | None:
        """The file that is named, if any.

        Raises:
            UserError: two are, or an option about a file without one.
        """
        if self.train and self.data and not _from_environment("SENTIMENT_DATA", self.data):
            raise UserError("expected --data or --train, which are the same; found both; leave one out")
        source = self.train or self.data
        others = [getattr(self, field.name) for field in fields(self) if field.name not in ("data", "train")]
        if not source and any(option not in (None, []) for option in others):
            raise UserError(
                "expected --data with columns, --labels, --positive and --negative, --rejects, or other options of a "
                "file; found them alone; name the file they are in"
            )
        return source

    def arguments(self) -> list[str]:
        """The options as a person would type them for another command that reads the same reviews."""
        typed: list[str] = []
        for option in fields(self):
            value = getattr(self, option.name)
            name = "--" + option.name.replace("_", "-")
            if isinstance(value, bool):
                typed.append(name if value else name.replace("--", "--no-", 1))
            elif value is not None:
                typed += [
                    part for each in (value if isinstance(value, list) else [value]) for part in (name, str(each))
                ]
        return typed

    def read(
        self,
        *,
        labels_wanted: bool = True,
        as_learnt: "SavedRun | None" = None,
        notify: Callable[[str], None] | None = None,
    ) -> "Reviews":
        """The reviews: those in the file, else the archive or the bundled sample.

        Of a file, columns and labels of which nothing is said are those that the run `as_learnt` learnt from.
        `notify` is told what is assumed of it; without it, that is printed.
        """
        from sentiment.data.files import ReadingOptions
        from sentiment.data.files.options import LearntColumns
        from sentiment.data.labels import LearntLabels
        from sentiment.data.reviews import find_reviews, load_reviews
        from sentiment.runs.saved_run import qualified_name
        from sentiment.shards.folder import is_shards

        source, notify = self.source, notify or notice
        if is_shards(source):
            raise UserError(
                f"expected reviews with their texts; found {source}, a folder of shards, which pretrain and train "
                "read; give the file that they were made of"
            )
        if not source:
            return find_reviews(data_folder(), notify=notify)
        reading = ReadingOptions.named(
            self.text_column, self.label_column, self.encoding, self.delimiter, self.header, self.validation, self.test
        )
        learnt_labels = None
        if as_learnt:
            run = qualified_name(as_learnt.folder), as_learnt.record.dataset
            reading, learnt_labels = (
                replace(reading, learnt=LearntColumns.of_dataset(*run)),
                LearntLabels.of_dataset(*run),
            )
        return load_reviews(
            source, reading=reading, labels=self.labels, positive=self.positive, negative=self.negative,
            rejects=self.rejects, cache=cache_folder(), labels_wanted=labels_wanted, notify=notify,
            learnt=learnt_labels,
        )  # fmt: skip


def _from_environment(name: str, value: str) -> bool:
    return os.environ.get(name) == value


def reads_reviews(*, data: str | None = None, without: Collection[str] = ()) -> Callable[[Callable[..., None]], Any]:
    """Gives a command the options of `ReviewsOptions` in place of its parameter `reviews_options`.

    Args:
        data: what the option --data is; it then has no environment variable.
        without: options that the command does not have.
    """
    annotations = {name: hint for name, hint in _ANNOTATIONS.items() if name not in without}
    if data:
        annotations["data"] = Annotated[str | None, typer.Option(help=data)]

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            if parameter.name == "reviews_options":
                replaced = (
                    parameter.replace(name=name, default=None, annotation=annotations[name]) for name in annotations
                )
                parameters.extend(replaced)
            else:
                parameters.append(parameter)

        @wraps(command)
        def with_options(**arguments: Any) -> None:
            options = ReviewsOptions(**{name: arguments.pop(name) for name in annotations})
            command(**arguments, reviews_options=options)

        with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_options

    return decorated


_ANNOTATIONS = get_type_hints(ReviewsOptions, include_extras=True)


def require_no_threads_for_keras(engine: str, threads: int | None) -> None:
    """Raises UserError where --threads would have no effect."""
    if engine == "keras" and threads is not None:
        raise UserError(
            f"expected --threads with the engines onnx and int8; found --threads {threads} with keras, whose threads "
            "TensorFlow chooses; leave it out, or use another engine"
        )


def notice(line: str) -> None:
    """Prints a note on standard error."""
    err.print(line, style="yellow", soft_wrap=True)


def noticed_once() -> Callable[[str], None]:
    """As `notice`, but a line that comes again is not printed again."""
    return cache(notice)


# Parameters that are paths, or strings that may be: addresses, too, and folders of runs.
PLACES = frozenset(
    [
        *("data", "train", "validation", "test", "source", "file", "dataset", "models", "target", "output", "png"),
        *("rejects", "beside", "from_pretrained", "vocabulary_of", "tokens_file"),
    ]
)


class Command(TyperCommand):
    """A command that takes no empty path.

    `Path("")` is the current folder, and an empty string often a variable of a shell that is not set.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parses the command line.

        Raises:
            UserError: a path is empty.
        """
        typed, _, _ = self.make_parser(ctx).parse_args(list(args))
        for parameter in self.params:
            value = typed.get(parameter.name or "")
            if parameter.name in PLACES and isinstance(value, str) and not value.strip():
                name = parameter.opts[0]
                raise UserError(
                    f"expected a path or a name for {name if name.startswith('-') else name.upper()}; found an empty "
                    "one; name it, or . for this folder"
                )
        return super().parse_args(ctx, args)


def require_known_dtype(dtype: str) -> None:
    """Checks the variable of the LSTM layer before the reviews are read; Keras is imported only where it is set."""
    if "SENTIMENT_LSTM" in os.environ:
        with without_native_output():
            from sentiment.layers.fast.selection import wanted_path
        wanted_path("bfloat16" if dtype == "mixed_bfloat16" else "float32")  # refuses an unknown one
