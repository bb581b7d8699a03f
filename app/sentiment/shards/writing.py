"""The second reading: every text becomes token ids once, in the shard that its hash decides.

rows -> clean -> hash -> test or validation      texts, at most as many as are judged
                      -> train or unlabelled     token ids, collected and appended to the file of a shard
     -> each shard at the end: sorted by hash, without duplicates and without what is in the test or validation split

Memory: what is collected (`_COLLECTED` tokens), one shard (`SHARD_TOKENS` tokens), and the held-out texts.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sentiment.data.files.recognition.splits import SPLITS, UNLABELLED, VALIDATION
from sentiment.data.fingerprints import fingerprints
from sentiment.data.labels import NO_LABEL, normal_value
from sentiment.shards.rows import Row
from sentiment.shards.survey import digest_of, key_of
from sentiment.text.cleaning import clean
from sentiment.text.tokenizer import ReviewTokenizer

SHARD_TOKENS = 1 << 24  # of a shard, about: 32 MB
_COLLECTED = 1 << 22  # tokens that wait in memory until they are appended to their files
_AT_ONCE = 1_000  # texts that are tokenised together
LONGEST_COUNTED = 1 << 16  # longer texts are counted as of this length
ARRAYS = {"ids": None, "lengths": np.int32, "keys": np.uint64, "labels": np.int8, "fingerprints": np.uint32}
NOT_LABELLED = -1
EMPTY = "empty review"  # the reason of a row that is left out


@dataclass(frozen=True)
class Division:
    """Which split a text belongs to: by its hash, so that copies of it share one."""

    test_share: float  # 0 where the source names its test split, or where nothing has labels
    validation_share: float

    def split_of(self, key: int) -> str:
        """test, validation or train."""
        position = key / 2**64
        if position < self.test_share:
            return "test"
        return VALIDATION if position < self.test_share + self.validation_share else "train"


class HeldOut:
    """The texts of the validation or the test split: at most `limit`, those with the lowest hashes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._texts: dict[int, tuple[str, int]] = {}
        self.contradictory: set[int] = set()
        self.copies = 0  # rows whose text was there
        self.beyond = 0  # texts for which there was no room
        self.elsewhere = 0  # texts that another split has

    def add(self, key: int, text: str, label: int) -> None:
        """Adds a text once; one with several labels is in no split."""
        if key in self._texts:
            self.copies += 1
            if self._texts[key][1] != label:  # which is right?
                self.contradictory.add(key)
            return
        self._texts[key] = text, label
        if len(self._texts) > 2 * self.limit:
            self._keep(sorted(self._texts)[: self.limit])

    def chosen(self, without: Set[int] = frozenset()) -> list[tuple[int, str, int]]:
        """Hash, text and label of each.

        Args:
            without: hashes of texts that another split has.
        """
        for key in (self._texts.keys() & without) - self.contradictory:
            del self._texts[key]
            self.elsewhere += 1
        self._keep(sorted(self._texts.keys() - self.contradictory)[: self.limit])
        return [(key, *self._texts[key]) for key in self._texts]

    def _keep(self, keys: list[int]) -> None:
        self.beyond += len(self._texts.keys() - keys - self.contradictory)
        self._texts = {key: self._texts[key] for key in keys}


@dataclass
class Counts:
    """What became of the rows."""

    left_out: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)  # by part
    overlap: Counter[str] = field(default_factory=Counter)  # texts that are in the test or validation split, by part
    contradictions: int = 0
    words: dict[str, np.ndarray] = field(default_factory=dict)  # int64[vocabulary_size] by part
    lengths: dict[str, np.ndarray] = field(default_factory=dict)  # int64[LONGEST_COUNTED + 1] by part
    labels: Counter[int] = field(default_factory=Counter)  # training reviews by class
    rows: dict[str, list[int]] = field(default_factory=dict)  # of each shard, by part


class Writer:
    """Writes the token ids of training and unlabelled reviews into shards.

    Args:
        folder: that becomes the folder of shards.
        tokenizer: that reads the texts.
        shard_count: of each part.
        counts: to add to.
    """

    def __init__(self, folder: Path, tokenizer: ReviewTokenizer, shard_count: int, counts: Counts) -> None:
        self._folder = folder
        self._tokenizer = tokenizer
        self._shard_count = shard_count
        self._counts = counts
        self._dtype = np.dtype(np.uint16 if tokenizer.vocabulary_size <= 1 << 16 else np.int32)
        self._waiting: dict[str, list[tuple[int, str, int]]] = {}
        self._collected: dict[tuple[str, int], list[tuple[np.ndarray, int, int, int]]] = {}
        self._tokens = 0

    def add(self, part: str, key: int, text: str, label: int) -> None:
        """Adds a clean text to a part."""
        waiting = self._waiting.setdefault(part, [])
        waiting.append((key, text, label))
        if len(waiting) == _AT_ONCE:
            self._tokenise(part)

    def finish(self, held_out: np.ndarray) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
        """Completes the shards, and gives the arrays of each.

        Args:
            held_out: uint64[n], hashes of the texts that no shard may have.
        """
        for part in list(self._waiting):
            self._tokenise(part)
        self._append()
        for part in self._waiting:
            for shard in range(self._shard_count):
                arrays = self._complete(part, shard, held_out)
                if len(arrays["labels"]):
                    number = len(self._counts.rows.setdefault(part, []))
                    self._counts.rows[part].append(len(arrays["labels"]))
                    for name in ("ids", "ends", "labels", "fingerprints"):
                        np.save(self._folder / f"{part}-{number:05}.{name}.npy", arrays[name])
                    yield part, arrays

    def _tokenise(self, part: str) -> None:
        waiting, self._waiting[part] = self._waiting[part], []
        texts = [text for _, text, _ in waiting]
        token_ids, prints = self._tokenizer.token_ids(texts, whole=True), fingerprints(texts)
        for (key, _, label), ids, fingerprint in zip(waiting, token_ids, prints, strict=True):
            row = ids.astype(self._dtype), key, label, int(fingerprint)
            self._collected.setdefault((part, key % self._shard_count), []).append(row)
            self._tokens += len(ids)
        if self._tokens >= _COLLECTED:
            self._append()

    def _append(self) -> None:
        for (part, shard), rows in self._collected.items():
            ids, keys, labels, prints = zip(*rows, strict=True)
            columns = {"ids": np.concatenate(ids), "lengths": [len(row) for row in ids], "keys": keys}
            columns |= {"labels": labels, "fingerprints": prints}
            for name, values in columns.items():
                with self._raw(part, shard, name).open("ab") as file:
                    file.write(np.asarray(values, ARRAYS[name] or self._dtype).tobytes())
        self._collected, self._tokens = {}, 0

    def _raw(self, part: str, shard: int, name: str) -> Path:
        return self._folder / f"{part}-{shard}.{name}.raw"

    def _complete(self, part: str, shard: int, held_out: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays of a shard, sorted by hash, each text once."""
        raw: dict[str, np.ndarray] = {}
        for name, dtype in ARRAYS.items():
            path = self._raw(part, shard, name)
            raw[name] = np.fromfile(path, dtype or self._dtype) if path.exists() else np.zeros(0, dtype or self._dtype)
            path.unlink(missing_ok=True)
        keys, labels = raw["keys"], raw["labels"]
        starts = np.cumsum(raw["lengths"], dtype=np.int64) - raw["lengths"]
        distinct, first, copies = np.unique(keys, return_index=True, return_counts=True)
        apart = ~np.isin(distinct, held_out)
        self._counts.overlap[part] += int(copies[~apart].sum())
        groups = np.sort(np.rec.fromarrays([keys, labels]), order=["f0", "f1"])["f1"]
        ends = np.cumsum(copies)
        contradictory = apart & (groups[ends - copies] != groups[ends - 1])
        self._counts.contradictions += int(copies[contradictory].sum())
        kept = apart & ~contradictory
        self._counts.duplicates[part] += int((copies[kept] - 1).sum())
        rows = first[kept]
        lengths = raw["lengths"][rows]
        stretches = [raw["ids"][starts[row] : starts[row] + raw["lengths"][row]] for row in rows]
        ids = np.concatenate([np.zeros(0, self._dtype), *stretches])
        self._count(part, ids, lengths, labels[rows])
        return {
            "ids": ids,
            "ends": np.cumsum(lengths, dtype=np.int64),
            "labels": labels[rows],
            "fingerprints": raw["fingerprints"][rows],
            "keys": distinct[kept],
        }

    def _count(self, part: str, ids: np.ndarray, lengths: np.ndarray, labels: np.ndarray) -> None:
        counted = np.bincount(np.minimum(lengths, LONGEST_COUNTED), minlength=LONGEST_COUNTED + 1)
        words = np.bincount(ids, minlength=self._tokenizer.vocabulary_size)
        self._counts.lengths[part] = self._counts.lengths.get(part, 0) + counted
        self._counts.words[part] = self._counts.words.get(part, 0) + words
        self._counts.labels.update(labels[labels >= 0].tolist())


def distribute(
    rows: Iterable[Row],
    division: Division,
    held_out: dict[str, HeldOut],
    index_of: dict[str, int] | None,
    counts: Counts,
    add: Callable[[str, int, str, int], Any],
) -> None:
    """Gives every row its place.

    Args:
        rows: of the source.
        division: by which texts without a named split are divided.
        held_out: the texts of "validation" and "test".
        index_of: the class of each normal value; None: nothing has labels.
        counts: receives the rows that are left out.
        add: takes part, hash, clean text and class of a row for the shards.
    """
    for row in rows:
        text, split = clean(row.text), SPLITS.get(row.split)
        if not text:
            counts.left_out[EMPTY] += 1
            continue
        if split is None and row.split:
            counts.left_out["unknown split"] += 1
            continue
        if index_of is None and split == "test":
            counts.left_out["kept to test with"] += 1
            continue
        value = NO_LABEL if split == UNLABELLED or index_of is None else normal_value(row.label)
        label = NOT_LABELLED if value == NO_LABEL or index_of is None else index_of.get(value, NOT_LABELLED)
        if index_of is not None and label == NOT_LABELLED and split != UNLABELLED:
            counts.left_out["no label" if value == NO_LABEL else "set aside on purpose"] += 1
            continue
        key = key_of(digest_of(text))
        place = split if split in held_out else division.split_of(key)
        if place in held_out and (label != NOT_LABELLED or index_of is None):
            held_out[place].add(key, text, label)
        else:  # `Writer.finish` leaves out the texts of reviews that are judged
            add("train" if label != NOT_LABELLED else "unlabelled", key, text, label)


def shard_count(characters: int, shard_tokens: int) -> int:
    """How many shards texts of so many characters are divided into: a token has four or more."""
    return max(1, math.ceil(characters / 4 / shard_tokens))
