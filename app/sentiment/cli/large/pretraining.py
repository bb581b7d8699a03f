"""The command `pretrain`."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.cli.console import err, long_work, out
from sentiment.cli.large.sharding import shards_of
from sentiment.cli.large.workers import WorkersOption, launch_this_command
from sentiment.cli.options import MODELS, ModelsOption, ReviewsOptions, reads_reviews, require_known_dtype
from sentiment.config import Config, PretrainingConfig, parse_settings
from sentiment.support.quiet import without_native_output
from sentiment.support.storage import require_writable

if TYPE_CHECKING:
    from sentiment.training.corpora import Corpus


@reads_reviews()
def pretrain(
    reviews_options: ReviewsOptions,
    name: Annotated[str, typer.Option(help="Name of the encoder's folder.")] = "encoder",
    setting: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: units=256. Repeatable.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=1, help="Stop after so many, and continue the next time. Default: to the end.")
    ] = None,
    beside: Annotated[
        Path | None, typer.Option(help="For reads=bilstm: the encoder that reads forward; the backward half is learnt.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Train again what is already there.")] = False,
    workers: WorkersOption = 1,
    models: ModelsOption = MODELS,
) -> None:
    """Learn from the training reviews without their labels: a language model whose encoder classifiers start from."""
    from sentiment.runs.results import require_name

    with without_native_output():
        from sentiment.distributed import join
        from sentiment.support.threads import settle
        from sentiment.training.encoders import load_encoder
        from sentiment.training.pretraining import pretrain as pretrained
        from sentiment.training.pretraining import require_its_place

    require_name(name)
    launch_this_command(workers)
    chosen = parse_settings(setting or [], dataclasses.fields(PretrainingConfig))
    config = PretrainingConfig(**chosen)
    require_known_dtype(config.dtype)
    forward = load_encoder(beside) if beside else None
    corpus = _corpus(reviews_options)
    if "vocabulary_size" not in chosen:
        config = dataclasses.replace(config, vocabulary_size=corpus.vocabulary_size or config.vocabulary_size)
    require_writable(models / corpus.dataset)
    settle(loops=config.reads == "gru")
    with long_work() as report:
        report.note(corpus.account)
        target = models / corpus.dataset / name
        if not again:
            require_its_place(target, corpus, config, forward)
        together = join()
        encoder = pretrained(
            corpus, config, target, report, minutes, beside=forward, again=again, chosen=chosen, workers=together
        )
    if not together.is_first:
        return
    if encoder is None:
        err.print("the minutes are over and the state is saved; run the same command to continue")
        return
    perplexity = encoder.metrics["held_out_perplexity"]
    out.print(f"{encoder.folder}: perplexity {perplexity:.1f} on held-out reviews", soft_wrap=True)


def _corpus(options: ReviewsOptions) -> "Corpus":
    """Shards, or reviews in memory, split as classifiers will split them, so that no test review is read."""
    with without_native_output():
        from sentiment.data.splits import split
        from sentiment.training.corpora import Sharded, labelled_corpus, unlabelled_corpus

    if shards := shards_of(options):
        return Sharded(shards)
    reviews = options.read(labels_wanted=False)
    if reviews.table["label"].notna().any():
        return labelled_corpus(split(reviews, **Config().split))
    return unlabelled_corpus(reviews)
