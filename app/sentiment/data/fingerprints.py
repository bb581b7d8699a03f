"""Fingerprints of the texts that a run or an encoder has learnt from: 32 bits of the SHA-256 of each clean text.

A run or encoder keeps those of all texts that it was trained or chosen by, and those of its encoder and teachers. The
reviews of a known dataset come in many files, so the path of a file does not tell whether test reviews were learnt. Of
25,000 new texts, less than one is taken by chance for one of 75,000 known ones, but 350 for one of 60 million. Counts
are without those.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from sentiment.errors import ConfigError, RunError

LEARNT = "learnt.npy"  # in the folder of a run or an encoder
_TOLERATED = 0.01  # share of the test reviews: many people write the same few words
_FINGERPRINTS = 2**32
_DEVIATIONS = 4  # of the number of texts that are known by chance


def save_learnt(folder: Path, texts: Iterable[str], origins: Iterable[Path] = ()) -> None:
    """Writes the fingerprints of a run or an encoder to its folder.

    Args:
        folder: of the run or the encoder.
        texts: clean, that it has learnt from.
        origins: folders of its encoder and its teachers, whose fingerprints it gets, too.
    """
    save_fingerprints(folder, fingerprints(texts), origins)


def save_fingerprints(folder: Path, learnt: np.ndarray, origins: Iterable[Path] = ()) -> None:
    """As `save_learnt`, of texts whose fingerprints are known: uint32[n]."""
    origins = list(origins)
    require_origins(origins)
    inherited = [_saved(origin) for origin in origins]
    ordered = np.sort(np.concatenate([learnt, *inherited]))
    # NumPy's `unique` hashes whole numbers: of 20 million it takes 49 seconds, the sort half of one.
    np.save(folder / LEARNT, ordered[np.append(ordered[:-1] != ordered[1:], True)[: len(ordered)]])


def require_origins(origins: Iterable[Path]) -> None:
    """Checks that the folders are there from which a run takes over fingerprints.

    Raises:
        RunError: one is not there, maybe on this machine of a cluster alone.
    """
    for folder in origins:
        if not folder.is_dir():
            raise RunError(
                f"expected the run or encoder that another one has learnt from at {folder}; found no folder; put it "
                "there again, on every machine that trains"
            )


def known(folder: Path, texts: Sequence[str]) -> np.ndarray:
    """bool[n]: which of the clean texts a run or an encoder has learnt from; all False without saved fingerprints.

    Of m saved fingerprints, a share of m / 2**32 of new texts has one by chance.

    Raises:
        RunError: the saved fingerprints cannot be read.
    """
    # NumPy's `isin` would look for doubles first, which takes a second for what a shipped model has learnt from.
    learnt, sought = np.sort(_saved(folder)), fingerprints(texts)
    return np.searchsorted(learnt, sought, "right") > np.searchsorted(learnt, sought)


def count_known(folder: Path, texts: Sequence[str]) -> int:
    """How many of the clean texts a run or an encoder has learnt from: those that `known` finds, less those by chance.

    Returns:
        0 where no more are known than chance may make so.

    Raises:
        RunError: as for `known`.
    """
    chance = len(_saved(folder)) / _FINGERPRINTS
    surplus = int(known(folder, texts).sum()) - chance * len(texts)
    if surplus <= _DEVIATIONS * math.sqrt(chance * (1 - chance) * len(texts)):
        return 0
    return round(surplus / (1 - chance))  # those that were learnt are not found by chance


def require_unfamiliar(held_out: Sequence[str], folders: Iterable[Path], part: str = "test") -> None:
    """Refuses runs and encoders that have learnt from held-out reviews: figures on these would flatter.

    Args:
        held_out: clean texts of the test or the validation split.
        folders: of runs and encoders.
        part: which of the two splits.

    Raises:
        ConfigError: one has learnt from more than 1% of them, see `count_known`.
    """
    for folder in folders:
        familiar = count_known(folder, held_out)
        if familiar > _TOLERATED * len(held_out):
            remedy = ", or name others for the test in a column split" if part == "test" else " and with this split"
            raise ConfigError(
                f"expected {folder} to know none of the {len(held_out):,} {part} reviews; found that it has learnt "
                f"from {familiar:,} of them; make it again from these reviews{remedy}"
            )


def _saved(folder: Path) -> np.ndarray:
    path = folder / LEARNT
    if not path.is_file():
        return np.zeros(0, "<u4")
    try:  # as a map, so that a header that announces more than the file has is refused instead of reserved
        saved = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(saved, np.ndarray) or saved.dtype != np.uint32 or saved.ndim != 1:
            raise ValueError("something else")
        return np.array(saved)
    except Exception as error:  # of the header, which is a Python literal, of a zip file, or of the map
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise RunError(
            f"expected fingerprints of texts, uint32[n], in {path}; found: {reason}; get or train the run again"
        ) from None


def fingerprints(texts: Iterable[str]) -> np.ndarray:
    """uint32[n], of clean texts."""
    first_bytes = b"".join(hashlib.sha256(text.encode()).digest()[:4] for text in texts)
    return np.frombuffer(first_bytes, "<u4")
