"""What lies where results of a comparison would go: refused is whatever would be mixed up, or lost without a word."""

import json
from dataclasses import asdict
from pathlib import Path

from sentiment.config import Config
from sentiment.data.dataset import DatasetInfo, place_of
from sentiment.errors import ConfigError, RunError
from sentiment.runs.archive import datasets_in
from sentiment.runs.saved_run import ENCODER, load_run

_READ_BY = ("text_column", "label_column", "labels", "positive", "negative")  # each an option, too


def require_one_source(folder: Path, reviews: DatasetInfo) -> None:
    """Checks that the results in a folder are of the same file, read in the same way.

    Raises:
        ConfigError: they would be mixed up with those of another file of that name, or replaced.
    """
    now = json.loads(json.dumps(asdict(reviews)))
    for dataset, place in datasets_in(folder):
        if dataset["content_hash"] == reviews.content_hash:
            continue
        if reviews.source not in (dataset["source"], place_of(dataset["source"])):  # older: as the user typed it
            raise ConfigError(
                f"expected results of {reviews.source} alone in {folder}; found {place.name} of {dataset['source']}; "
                "name another folder with --models, give the file another name, or add --again to replace what is there"
            )
        if other := [f"--{name.replace('_', '-')}" for name in _READ_BY if dataset.get(name) != now[name]]:
            raise ConfigError(
                f"expected results of {reviews.source} in {folder} to be read as before; found {place.name}, which was "
                f"trained with another {' and '.join(other)}; name another folder with --models, or add --again to "
                "replace what is there"
            )


def require_place(config: Config, folder: Path, reviews: DatasetInfo, *, renew: bool) -> list[str]:
    """Checks that a run replaces none with another start or other teachers, which may have taken hours more.

    The name of a run has neither. Where the reviews have changed, or with `renew`, it is enough that both have an
    encoder and teachers, or both have none.

    Returns:
        A note where the run is replaced because settings have changed.

    Raises:
        ConfigError: it would replace such a run, or an encoder.
    """
    place = folder / config.name
    if (place / ENCODER).is_file():
        raise ConfigError(f"expected no encoder at {place}, where a run would go; found one; move it to another name")
    try:
        run = load_run(place)
    except (RunError, ConfigError):
        return []  # none, or a damaged one
    saved = run.config
    if renew or run.record.dataset["content_hash"] != reviews.content_hash:
        other = (bool(saved.encoder), bool(saved.teachers)) != (bool(config.encoder), bool(config.teachers))
    else:
        other = (saved.encoder, saved.teachers) != (config.encoder, config.teachers)
    if other:
        raise ConfigError(
            f"expected no other kind of run at {place}; found one {_kind(saved)}, where one {_kind(config)} would go; "
            "add --again to replace it, or name another folder with --models"
        )
    before, now = asdict(saved), asdict(config)
    changed = [
        f"{name}={before[part][name]} instead of {value}"
        for part in ("tokenizer", "model", "training")
        for name, value in now[part].items()
        if before[part][name] != value
    ]
    if not changed:
        return []
    return [f"{config.name} is trained again: the run of that name has {', '.join(changed)}"]


def _kind(config: Config) -> str:
    start = f"from encoder {config.encoder[:8]}" if config.encoder else "from fresh weights"
    return f"{start} {f'with teachers ({config.teachers})' if config.teachers else 'without teachers'}"
