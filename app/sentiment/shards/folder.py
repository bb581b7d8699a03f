"""A folder of shards as it is read: small files whole, token ids as maps of their files.

manifest.json               SHA-256 of every other file
shards.json                 where the rows of the source went, rows of each shard, training reviews of each class
tokenizer.json              the vocabulary; config.json has its size
statistics.npz              how often each token occurs, and how many reviews have each length, by part
validation.jsonl, test.jsonl        clean texts and their classes
train-00000.ids.npy         uint16 or int32[tokens], the reviews of a shard one behind the other; unlabelled-... too
train-00000.ends.npy        int64[reviews], where each ends
train-00000.labels.npy      int8[reviews], the class; -1 without a label
train-00000.fingerprints.npy        uint32[reviews], see `sentiment.data.fingerprints`
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sentiment.config import TokenizerConfig
from sentiment.data.dataset import DatasetInfo, Examples
from sentiment.errors import ConfigError, ReviewsError, RunError
from sentiment.runs.saved_run import CONFIG, MANIFEST, TOKENIZER, sha256
from sentiment.text.batches import bucket_lengths_of
from sentiment.text.tokenizer import ReviewTokenizer

SHARDS = "shards.json"
STATISTICS = "statistics.npz"


@dataclass(frozen=True)
class Shard:
    """Some reviews of a part."""

    start: str  # of the names of its files, with the folder
    rows: int

    def array(self, name: str) -> np.ndarray:
        """A map of one of its files: ids, ends, labels or fingerprints."""
        return np.load(f"{self.start}.{name}.npy", mmap_mode="r", allow_pickle=False)


@dataclass(frozen=True)
class Reading:
    """The shards that a training reads, and what is known of all their reviews together."""

    shards: list[Shard]
    words: np.ndarray  # int64[vocabulary_size], how often each token occurs
    lengths: np.ndarray  # int64[longest + 1], how many reviews have each length

    def __len__(self) -> int:
        return sum(shard.rows for shard in self.shards)

    @property
    def longest(self) -> int:
        """Tokens of the longest review."""
        return int(np.flatnonzero(self.lengths)[-1])

    def tokens(self, crop: int) -> int:
        """Tokens that an epoch reads, of at most `crop` for each review."""
        return int(np.minimum(np.arange(len(self.lengths)), crop) @ self.lengths)

    def buckets(self, crop: int) -> np.ndarray:
        """Lengths to pad to, see `sentiment.text.batches.bucket_lengths`."""
        cropped = np.bincount(np.minimum(np.arange(len(self.lengths)), crop), weights=self.lengths)
        return bucket_lengths_of(cropped.astype(np.int64))


@dataclass(frozen=True)
class Shards:
    """A verified folder of shards."""

    folder: Path
    info: DatasetInfo
    rows: dict[str, list[int]]  # of each shard, by part: train, unlabelled
    per_class: list[int]  # training reviews of each class
    words: TokenizerConfig  # with the size of the vocabulary that was fitted

    @classmethod
    def load(cls, folder: Path) -> "Shards":
        """The shards in a folder. Every file is compared with the manifest.

        Raises:
            ReviewsError: a file is missing, was changed, or cannot be read by this release.
        """
        try:
            files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
            changed = [name for name, digest in files.items() if sha256(folder / name) != digest]
            if changed:
                raise ValueError(f"{changed[0]} is not the file that was written")
            content = json.loads((folder / SHARDS).read_text(encoding="utf-8"))
            words = TokenizerConfig.from_values(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
            info = DatasetInfo(**content["dataset"])
            shards = cls(folder, info, content["rows"], content["classes"], words)
            if lacking := [
                shard.start for part in shards.rows for shard in shards._of(part) if not _whole(shard, files)
            ]:
                raise ValueError(f"no list of {Path(lacking[0]).name} in {MANIFEST}")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
            reason = error.strerror or "no access" if isinstance(error, OSError) else error
            raise ReviewsError(
                f"expected a whole folder of shards at {folder}; found: {reason}; make it again with: sentiment shard"
            ) from None
        return shards

    def tokenizer(self, config: TokenizerConfig) -> ReviewTokenizer:
        """The tokenizer, with the lengths of a classifier's settings."""
        return ReviewTokenizer.load(self.folder / TOKENIZER, config)

    def reading(self, *parts: str) -> Reading:
        """The shards of some parts: train, unlabelled. Parts without reviews are left out."""
        parts = tuple(part for part in parts if self.rows.get(part))
        lengths = sum(self._statistics[f"{part}_lengths"] for part in parts)
        words = sum(self._statistics[f"{part}_words"] for part in parts)
        return Reading([shard for part in parts for shard in self._of(part)], np.asarray(words), np.asarray(lengths))

    def held_out(self, part: str) -> Examples:
        """The texts of the validation or the test split; -1 is the label of those without one."""
        lines = (self.folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = list(map(json.loads, lines))
        return Examples([row["text"] for row in rows], np.array([row["label"] for row in rows], np.int8))

    def fingerprints(self, *parts: str) -> np.ndarray:
        """uint32[n], of the reviews of some parts."""
        return np.concatenate([np.asarray(shard.array("fingerprints")) for shard in self.reading(*parts).shards])

    @cached_property
    def _statistics(self) -> dict[str, np.ndarray]:
        with np.load(self.folder / STATISTICS, allow_pickle=False) as arrays:
            return dict(arrays)

    def _of(self, part: str) -> list[Shard]:
        rows = self.rows.get(part, ())
        return [Shard(str(self.folder / f"{part}-{number:05}"), count) for number, count in enumerate(rows)]


def _whole(shard: Shard, files: dict[str, str]) -> bool:
    return all(f"{Path(shard.start).name}.{name}.npy" in files for name in ("ids", "ends", "labels", "fingerprints"))


def is_shards(place: str | Path | None) -> bool:
    """Whether a path is that of a folder of shards."""
    try:
        return place is not None and (Path(place) / SHARDS).is_file()
    except (OSError, ValueError):  # no path, but an address or a long text
        return False


def source_of(folder: Path) -> str:
    """The source of the shards in a folder, without a look at their files; "" without readable ones."""
    try:
        return str(json.loads((folder / SHARDS).read_text(encoding="utf-8"))["dataset"]["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def require_vocabulary(shards: Shards, size: int, encoder: Path | None) -> None:
    """Refuses shards that were tokenised with another vocabulary than a training has.

    Args:
        shards: of token ids.
        size: of the vocabulary, from the settings.
        encoder: the folder of an encoder that training starts from, whose vocabulary counts; None: the size does.

    Raises:
        ConfigError: another size.
        RunError: another vocabulary than the encoder's.
    """
    if encoder and sha256(encoder / TOKENIZER) != sha256(shards.folder / TOKENIZER):
        raise RunError(
            f"expected shards with the vocabulary of {encoder}; found another one in {shards.folder}; make them again "
            f"with: sentiment shard --vocabulary-of {encoder}"
        )
    if not encoder and size != shards.words.vocabulary_size:
        raise ConfigError(
            f"expected the vocabulary_size that {shards.folder} was tokenised with, {shards.words.vocabulary_size}; "
            f"found {size}; leave it out, or make the shards again with --vocabulary-size {size}"
        )
