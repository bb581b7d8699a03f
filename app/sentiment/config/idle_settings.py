"""Settings that a user has chosen and that change nothing, or not what they say: refused, or told in a line."""

from collections.abc import Collection

from sentiment.config import Config
from sentiment.config.settings import longest_averaging
from sentiment.errors import ConfigError


def require_effect(
    chosen: Collection[str],
    config: Config,
    *,
    encoder: bool,
    teachers: bool,
    splits: Collection[str] = (),
) -> None:
    """Refuses chosen settings that would change nothing.

    Args:
        chosen: names of the settings that the user has set.
        config: all settings.
        encoder: whether training starts from a pretrained encoder.
        teachers: whether teachers' probabilities are learnt.
        splits: those that the reviews come with, of "validation" and "test".

    Raises:
        ConfigError: a setting changes nothing.
    """
    taught = teachers or config.training.rounds
    for name, idle, expected, remedy in (
        ("encoder_rate", not encoder, "a pretrained encoder", "name one with --from-pretrained"),
        ("teacher_share", not taught, "teachers or rounds", "name one with --teacher, or set rounds=1"),
    ):
        if idle and name in chosen:
            raise ConfigError(f"expected {expected} with {name}; found none; leave the setting out, or {remedy}")
    for name in ("test_fraction", "validation_fraction", "validation_limit"):
        part = name.partition("_")[0]
        if part in splits and name in chosen:
            raise ConfigError(
                f"expected reviews without a {part} split with {name}; found the {part} split of the reviews, which is "
                "taken as it is; leave the setting out, or give the reviews without that split"
            )


def idle_settings(
    config: Config,
    chosen: Collection[str],
    *,
    texts: int,
    longest: int,
    longest_judged: int,
    words: int,
    reviews: int,
    epochs: int,
    steps: int,
) -> list[str]:
    """A line for each chosen setting that another setting, or the reviews, override.

    Args:
        config: all settings.
        chosen: names of the settings that the user has set.
        texts: that an epoch reads.
        longest: tokens of one of them.
        longest_judged: tokens of the longest validation or test review, shortened.
        words: in the vocabulary.
        reviews: that excerpts are taken from.
        epochs: of the training.
        steps: of an epoch.
    """
    settings, tokens, total = config.training, config.tokenizer, epochs * steps
    averaging = longest_averaging(total)
    whole = (
        tokens.max_length > longest_judged,
        f"changes nothing: the longest review that is judged has {longest_judged:,} tokens",
    )
    lines = {
        "minimum_steps": (
            settings.minimum_steps <= total and settings.epochs >= epochs,
            f"changes nothing: {epochs:,} epochs have {total:,} steps",
        ),
        "epochs": (settings.epochs < epochs, f"is raised to {epochs:,}: minimum_steps={settings.minimum_steps}"),
        "patience": (
            settings.patience >= epochs,
            f"changes nothing: the training has {epochs:,} epoch{'' if epochs == 1 else 's'} in all",
        ),
        "averaging": (settings.averaging > averaging, f"is lowered to {averaging:.4g}: there are {total:,} steps only"),
        "warmup_fraction": (
            0 < settings.warmup_fraction * total < 1, f"changes nothing: it is less than one of {total:,} steps"
        ),
        "batch_size": (
            settings.batch_size > texts, f"is more than there are: every step reads all {texts:,} texts"
        ),
        "crop_length": (
            settings.crop_length > longest, f"changes nothing: the longest text has {longest:,} tokens"
        ),
        "head_fraction": whole,
        "max_length": whole if whole[0] else (
            tokens.max_length > settings.crop_length and "crop_length" not in chosen,
            f"is what is read of a review that is judged; training reads {settings.crop_length} tokens at a time: see "
            "crop_length",
        ),
        "vocabulary_size": (tokens.vocabulary_size > words, f"is more than there are: {words:,} words"),
        "excerpts": (
            settings.excerpts > reviews, f"is more than there are: one of each of the {reviews:,} training reviews"
        ),
    }  # fmt: skip
    return [
        f"{name}={getattr(tokens if hasattr(tokens, name) else settings, name)} {line}"
        for name, (is_idle, line) in lines.items()
        if is_idle and name in chosen
    ]
