"""The command `search`."""

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from sentiment.cli.console import err, long_work, out, print_columns, print_json
from sentiment.cli.experiments.engines import AddressOption, TasksOption, WorkersOption, engine_of
from sentiment.cli.options import MODELS, JsonOption, ModelsOption, ReviewsOptions, reads_reviews, require_known_dtype
from sentiment.config import ARCHITECTURE_NAMES, OURS, PRESETS, SIZES_OF_ENCODER, Config, customised, default_preset
from sentiment.errors import UserError
from sentiment.search.space import DEFAULT, parse_space
from sentiment.support.quiet import without_native_output
from sentiment.support.storage import require_writable

_SHOWN = 10  # trials in the table, the best ones


@reads_reviews()
def search(
    reviews_options: ReviewsOptions,
    preset: Annotated[
        str | None,
        typer.Option(help=f"Named settings that are varied: {', '.join(PRESETS)}. Default: what fits the reviews."),
    ] = None,
    only: Annotated[str, typer.Option(help=f"The architecture, of {', '.join(ARCHITECTURE_NAMES)}.")] = OURS,
    trials: Annotated[int, typer.Option(min=1, help="So many in all, with those of earlier searches.")] = 20,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Begin no trial after so many; the same command goes on.")
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What to vary: units=32,64 or word_dropout=0..0.3. Repeatable. Default: {' '.join(DEFAULT)}."
        ),
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting for all trials: epochs=2. Repeatable.")
    ] = None,
    from_pretrained: Annotated[Path | None, typer.Option(help="Start from this encoder or run, as of train.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the file with the trials. Default: architecture and preset.")
    ] = None,
    engine: TasksOption = "serial",
    workers: WorkersOption = None,
    address: AddressOption = None,
    models: ModelsOption = MODELS,
    as_json: JsonOption = False,
) -> None:
    """Search settings that suit the reviews, on the validation split, and say how to train with the best ones.

    Every trial is written down. The test split is not used.
    """
    from sentiment.config.idle_settings import require_effect
    from sentiment.runs.results import require_name

    tuner, settings = engine_of(engine, workers, address), setting or []
    ranges = vary or [text for text in DEFAULT if _name(text) not in map(_name, settings)]
    if not ranges:
        raise UserError(
            f"expected a setting to vary; found --set with all of {', '.join(map(_name, DEFAULT))}; add --vary"
        )
    parse_space(ranges, preset or "standard", settings)  # a mistake is reported before the reviews are read
    chosen = list(map(_name, [*settings, *ranges]))
    if from_pretrained and (sizes := [known for known in chosen if known in SIZES_OF_ENCODER]):
        raise UserError(f"expected no sizes beside an encoder, which has its own; found {', '.join(sizes)}")
    journal_name = require_name(name) if name else None
    reviews = reviews_options.read()
    folder = models / reviews.name
    require_writable(folder)
    with without_native_output():
        from sentiment.data.splits import split
        from sentiment.runs.default_run import command_in
        from sentiment.search.searching import Search, best_of, by_loss
        from sentiment.search.searching import search as searched
        from sentiment.training.encoders import load_start, preset_from
    encoder = load_start(models, from_pretrained) if from_pretrained else None
    default = default_preset(reviews.name)
    if encoder:
        default = preset_from([encoder], reviews.label_count(Config().training.test_fraction))
    preset = preset or default
    space, config = parse_space(ranges, preset, settings), customised(preset, settings)
    require_known_dtype(config.model.dtype)
    require_effect(chosen, config, encoder=bool(encoder), teachers=False, splits=set(reviews.table["split"]))
    plan = Search(only, preset, tuple(settings), space, encoder, journal_name or f"{only}-{preset}")
    with long_work() as report:
        splits = split(reviews, **config.split)
        finished = searched(plan, splits, folder, report, tuner, count=trials, minutes=minutes)
    best = best_of(finished)
    options = [option for text in [*settings, *best.settings] for option in ("--set", text)]
    start = ["--from-pretrained", str(from_pretrained)] if from_pretrained else []
    words = ["train", *reviews_options.arguments(), "--preset", preset, "--only", only, *start, *options]
    command = command_in(models, shlex.join(words))
    path = plan.journal(folder)
    if as_json:
        rows = [dataclasses.asdict(trial) for trial in finished]
        content = {"journal": str(path), "best": dataclasses.asdict(best), "command": command, "trials": rows}
        print_json(json.dumps(content, indent=2))
    else:
        measured = [(trial, trial.outcome) for trial in by_loss(finished)[:_SHOWN] if trial.outcome]
        columns = [("Settings", [" ".join(trial.settings) for trial, _ in measured])]
        columns += [
            ("Trial", [str(trial.number) for trial, _ in measured]),
            ("Validation log loss", [f"{outcome.log_loss:.4f}" for _, outcome in measured]),
            ("accuracy", [f"{outcome.accuracy:.2%}" for _, outcome in measured]),
            ("Best epoch", [str(outcome.best_epoch) for _, outcome in measured]),
            ("Seconds", [f"{outcome.seconds:.0f}" for _, outcome in measured]),
        ]
        print_columns(columns, ("Best epoch", "Seconds"))
    err.print(
        f"trial {best.number} is the best of {len(finished)} by log loss on {len(splits.validation):,} validation "
        "reviews. The best of many is partly luck, so its figures there are too good to expect again; the test split, "
        "which the search has not used, says what to expect.",
        soft_wrap=True,
    )
    err.print(f"wrote {path}", soft_wrap=True)
    (err if as_json else out).print(f"train with its settings: {command}", soft_wrap=True)
    err.print("with --seeds 3 you see how much is chance", soft_wrap=True)


def _name(setting: str) -> str:
    return setting.partition("=")[0]
