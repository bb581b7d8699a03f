"""The command `shard`, and reviews that are larger than memory where other commands read them."""

import glob
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import ended_by_the_system, err, out, stopped
from sentiment.cli.options import ReviewsOptions, notice, reads_reviews
from sentiment.config import PretrainingConfig, TokenizerConfig
from sentiment.errors import UserError
from sentiment.support.environment import free_memory
from sentiment.support.quiet import without_native_output
from sentiment.support.storage import require_writable

if TYPE_CHECKING:
    from sentiment.shards import Shards

_COPIES = 5  # of all texts in memory, while they are read, cleaned and split
_HELP = (
    "Reviews of any number: a file, a folder of tables, or a pattern in quotes, such as 'reviews/*.parquet', with or "
    "without labels."
)


@reads_reviews(data=_HELP, without=("train", "validation", "test", "rejects"))
def shard(
    output: Annotated[Path, typer.Option(help="Becomes the folder of shards.")],
    reviews_options: ReviewsOptions,
    vocabulary_size: Annotated[
        int | None,
        typer.Option(
            min=3,
            help="Words of the vocabulary, which is fitted on a draw of the training reviews. Default: "
            f"{PretrainingConfig.vocabulary_size}.",
        ),
    ] = None,
    vocabulary_of: Annotated[
        Path | None, typer.Option(help="Take the vocabulary of this encoder, from which training will start.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Replace shards of another source.")] = False,
) -> None:
    """Tokenise reviews that are larger than memory, once, into a folder that pretrain and train read with --data."""
    if not reviews_options.data:
        raise UserError("expected reviews; found none; name their file, folder or pattern with --data")
    with without_native_output():
        from sentiment.data.dataset import account
        from sentiment.data.files import ReadingOptions
        from sentiment.data.labels import LabelOptions
        from sentiment.runs.saved_run import TOKENIZER
        from sentiment.shards import write_shards
        from sentiment.text.tokenizer import ReviewTokenizer
    words, vocabulary = TokenizerConfig(vocabulary_size=vocabulary_size or PretrainingConfig.vocabulary_size), None
    if vocabulary_of:
        if vocabulary_size:
            raise UserError(
                f"expected --vocabulary-size or --vocabulary-of, which has a size; found {vocabulary_size} and "
                f"{vocabulary_of}; leave one out"
            )
        if not (vocabulary_of / TOKENIZER).is_file():
            raise UserError(f"expected an encoder or a run at {vocabulary_of}; found no {TOKENIZER} there")
        vocabulary = ReviewTokenizer.load(vocabulary_of / TOKENIZER, words)
        words = TokenizerConfig(vocabulary_size=vocabulary.vocabulary_size)
        vocabulary = ReviewTokenizer.load(vocabulary_of / TOKENIZER, words)
    _require_place(output, reviews_options.data, again=again)
    require_writable(output.resolve().parent)
    with ended_by_the_system(), stopped("nothing was written"):
        written = write_shards(
            reviews_options.data,
            output,
            reading=ReadingOptions.named(
                reviews_options.text_column, reviews_options.label_column, reviews_options.encoding,
                reviews_options.delimiter, reviews_options.header,
            ),
            labels=LabelOptions.named(reviews_options.labels, reviews_options.positive, reviews_options.negative),
            words=words,
            vocabulary=vocabulary,
            notify=notice,
        )  # fmt: skip
    out.print(account(vars(written.info)), soft_wrap=True)
    count = sum(map(len, written.rows.values()))
    out.print(f"{output}: {count} shard{'s' if count > 1 else ''}; read them with --data {output}", soft_wrap=True)
    if written.info.train:
        err.print("texts are judged on the test split that their hash draws, or that the source names", soft_wrap=True)


def _require_place(output: Path, source: str, *, again: bool) -> None:
    """Refuses to replace what is no folder of shards and, without `again`, shards of another source."""
    from sentiment.data.dataset import IN_SHARDS, place_of
    from sentiment.shards.folder import is_shards, source_of

    is_empty_folder = output.is_dir() and not any(output.iterdir())
    if output.exists() and not is_empty_folder and not is_shards(output):
        raise UserError(f"expected a folder of shards at {output}, or nothing; found something else; name another")
    before, now = source_of(output), place_of(source) + IN_SHARDS
    if before not in ("", now) and not again:
        raise UserError(
            f"expected shards of {source} at {output}, or nothing; found those of {before.removesuffix(IN_SHARDS)}; "
            "name another folder with --output, or add --again to replace them"
        )


def shards_of(options: ReviewsOptions) -> "Shards | None":
    """The shards in the folder that --data names; None where it names something else, which is read into memory.

    Raises:
        ReviewsError: the folder of shards is not whole.
        UserError: other options of reviews stand beside it; or a pattern is named, which only `shard` reads.
    """
    from sentiment.shards.folder import Shards, is_shards

    source = options.source
    if not is_shards(source):
        if source:
            _require_one_file_that_fits(source)
        return None
    named = [argument for argument in options.arguments() if argument.startswith("--")]
    if surplus := [option for option in named if option not in ("--data", "--train")]:
        raise UserError(
            f"expected no other options beside a folder of shards, which has them in it; found {', '.join(surplus)}; "
            "leave them out, or give them to sentiment shard"
        )
    shards = Shards.load(Path(str(source)))
    notice(f"{shards.folder}: shards are read in windows, so that memory does not grow with the reviews")
    return shards


def _require_one_file_that_fits(source: str) -> None:
    """Refuses a pattern, and says where a file may be too large for the memory that is free."""
    path, command = Path(source), f"sentiment shard --data {shlex.quote(source)} --output shards/NAME"
    if glob.has_magic(source) and "://" not in source and not path.exists():
        raise UserError(
            f"expected one source of reviews, which is read into memory; found the pattern {source}; make shards of "
            f"its files with: {command}, and give their folder"
        )
    free = free_memory()
    size = path.stat().st_size if path.is_file() else 0
    if free and size * _COPIES > free:
        notice(
            f"{source} is read into memory, which may not be enough: the file has {size / 1e9:.1f} GB, and "
            f"{free / 1e9:.1f} GB are free; if it is not, make shards of it with: {command}"
        )
