"""`train` where the reviews are in shards."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sentiment.cli.console import long_work, print_report, say, say_what_answers
from sentiment.cli.large.workers import launch_this_command
from sentiment.cli.options import notice
from sentiment.config import customised, default_preset
from sentiment.errors import UserError
from sentiment.support.quiet import without_native_output

if TYPE_CHECKING:
    from sentiment.shards import Shards


def train_from(
    shards: "Shards",
    preset: str | None,
    settings: Sequence[str],
    names: Sequence[str] | None,
    seeds: int,
    starts: Sequence[Path],
    models: Path,
    *,
    again: bool,
    teacher: Sequence[str] | None,
    workers: int,
    as_json: bool,
) -> None:
    """Trains on the reviews of a folder of shards; arguments as of `train`, its settings checked.

    Raises:
        UserError: teachers are named, which label texts.
    """
    if teacher:
        raise UserError(
            f"expected no teachers with shards, which have token ids and no texts; found {', '.join(teacher)}; leave "
            "them out, or learn from them in memory"
        )
    launch_this_command(workers)
    with without_native_output():
        from sentiment.config.idle_settings import require_effect
        from sentiment.distributed import join
        from sentiment.experiments.large import train_on_shards
        from sentiment.report import write_report
        from sentiment.training.encoders import load_start, preset_from
    chosen = [text.partition("=")[0] for text in settings]
    encoders = [load_start(models, place) for place in starts]
    default = preset_from(encoders, shards.info.train) if encoders else default_preset(shards.info.name)
    config = customised(preset or default, settings)
    require_effect(chosen, config, encoder=bool(encoders), teachers=False, splits=("validation", "test"))
    if not encoders and "vocabulary_size" not in chosen:
        if config.tokenizer.vocabulary_size != shards.words.vocabulary_size:
            notice(
                f"vocabulary_size={shards.words.vocabulary_size} is that of the shards, instead of "
                f"{config.tokenizer.vocabulary_size} of the preset {config.preset}"
            )
        config = config.replace(vocabulary_size=shards.words.vocabulary_size)
    if names is None and not encoders:
        notice("of shards, the custom LSTM alone is trained; choose others with --only")
    with long_work() as report:
        together = join()
        runs = train_on_shards(
            shards, config, names, range(1, seeds + 1), models, report,
            encoders=encoders, chosen=chosen, again=again, workers=together,
        )  # fmt: skip
        if not together.is_first:
            return
        written = write_report(models / shards.info.name, runs[0].name)
    print_report(written, as_json)
    say(f"read the report: {written.html.resolve().as_uri()}")
    say_what_answers(models, [f"{shards.info.name}/{run.name}" for run in runs])
