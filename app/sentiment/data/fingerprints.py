"""Which texts somebody has learnt from, without the texts.

A fingerprint is 32 bits of the SHA-256 of a clean text. A saved run and an encoder keep those of all texts that they
have learnt from or were chosen by, and those that their encoder and their teachers keep. The reviews of a known dataset
go from hand to hand in many files: what a network remembers must not be taken for what it can do. Of 25,000 new texts
less than one is taken for one of 75,000 by chance.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sentiment.errors import ConfigError

LEARNT = "learnt.npy"  # in the folder of a run or an encoder
_MAY_KNOW = 0.01  # share of the test reviews: many people write the same few words


def save_learnt(folder: Path, texts: Iterable[str], origins: Iterable[Path] = ()) -> None:
    """Writes the fingerprints of what a run or an encoder has learnt.

    Args:
        folder: of the run or the encoder.
        texts: it has learnt from: clean ones.
        origins: folders of what it was made from, an encoder or teachers. What they know came to it, too.

    Raises:
        OSError: no room left, or no permission.
    """
    inherited = [_saved(origin) for origin in origins]
    np.save(folder / LEARNT, np.unique(np.concatenate([_fingerprints(texts), *inherited])))


def known(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """Which of the texts a run or an encoder has learnt from.

    Args:
        folder: of the run or the encoder.
        texts: clean ones.

    Returns:
        bool[n]; all False where it was saved without its fingerprints.
    """
    return np.isin(_fingerprints(texts), _saved(folder))


def require_unfamiliar(held_out: Sequence[str], folders: Iterable[Path], part: str = "test") -> None:
    """Refuses who has learnt from held-out reviews: they would flatter what starts from it, or is taught by it.

    Args:
        held_out: clean texts of the test or the validation split.
        folders: of runs and encoders.
        part: which of the two.

    Raises:
        ConfigError: one has learnt from more than 1% of them.
    """
    for folder in folders:
        familiar = int(known(folder, held_out).sum())
        if familiar > _MAY_KNOW * len(held_out):
            remedy = ", or name others for the test in a column split" if part == "test" else " and with this split"
            raise ConfigError(
                f"expected {folder} to know none of the {len(held_out):,} {part} reviews; found that it has learnt "
                f"from {familiar:,} of them; make it again from these reviews{remedy}"
            )


def _saved(folder: Path) -> np.ndarray:
    path = folder / LEARNT
    return np.load(path, allow_pickle=False) if path.is_file() else np.zeros(0, "<u4")


def _fingerprints(texts: Iterable[str]) -> np.ndarray:
    first_bytes = b"".join(hashlib.sha256(text.encode()).digest()[:4] for text in texts)
    return np.frombuffer(first_bytes, "<u4")
