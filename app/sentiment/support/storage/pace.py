"""How often long work saves its state."""

import os

from sentiment.errors import ConfigError

VARIABLE = "SENTIMENT_CHECKPOINT_SECONDS"


def checkpoint_seconds(default: float) -> float:
    """Seconds between two saved states of long work: the default, or those of SENTIMENT_CHECKPOINT_SECONDS.

    Raises:
        ConfigError: it is set and is no number of seconds.
    """
    text = os.environ.get(VARIABLE, "")
    try:
        seconds = float(text or default)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise ConfigError(f"expected a number of seconds in {VARIABLE}, such as 60; found {text!r}; unset it")
    return seconds
