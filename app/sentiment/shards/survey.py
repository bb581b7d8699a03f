"""The first reading of reviews that are larger than memory: what the second one has to know beforehand."""

import hashlib
import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sentiment.data.files.recognition.splits import SPLITS, UNLABELLED, VALIDATION
from sentiment.data.labels import NO_LABEL, normal_value
from sentiment.data.labels.values import spellings
from sentiment.errors import ReviewsError
from sentiment.shards.rows import Row
from sentiment.text.cleaning import as_read, clean

SAMPLE_CHARACTERS = 1 << 25  # of the texts that a vocabulary is fitted on, at most: as many as the IMDb reviews have
_JUDGED = (VALIDATION, "test")
_MOST_VALUES = 10_000  # of a label column; one with more is none


@dataclass
class Survey:
    """What a source has in it. Everything here is bounded, however many rows there are."""

    rows: int = 0
    characters: int = 0  # of clean texts
    labels: Counter[str] = field(default_factory=Counter)  # rows of every normal value of the label column
    shown: dict[str, str] = field(default_factory=dict)  # how the source writes each value
    drawn_from: Counter[str] = field(default_factory=Counter)  # of `labels`, those of rows whose split a hash decides
    named: dict[str, set[str]] = field(default_factory=dict)  # values of labels in each split that the source names
    sample: list[tuple[int, int, str]] = field(default_factory=list)  # a heap of (-draw, hash, clean text)
    _sampled: int = 0  # characters

    def add(self, text: str, digest: bytes) -> None:
        """Counts a clean text, and keeps it if it is among those whose hash is drawn first."""
        self.rows += 1
        self.characters += len(text)
        heapq.heappush(self.sample, (-int.from_bytes(digest[8:16], "big"), key_of(digest), text))
        self._sampled += len(text)
        while self._sampled > SAMPLE_CHARACTERS and len(self.sample) > 1:
            self._sampled -= len(heapq.heappop(self.sample)[2])


def digest_of(text: str) -> bytes:
    """SHA-256 of a clean text as the models see it: texts that they cannot tell apart have the same."""
    return hashlib.sha256(as_read(text).lower().encode()).digest()


def key_of(digest: bytes) -> int:
    """The 64 bits that decide split, shard and place."""
    return int.from_bytes(digest[:8], "big")


def survey(rows: Iterable[Row], source: str) -> Survey:
    """Reads all rows once.

    Args:
        rows: from `rows_of`.
        source: for messages.

    Raises:
        ReviewsError: the label column has too many values to be one.
    """
    result = Survey()
    for row in rows:
        text = clean(row.text)
        if not text:
            continue
        part = SPLITS.get(row.split)
        value = NO_LABEL if part == UNLABELLED else normal_value(row.label)
        if value != NO_LABEL:
            if value not in result.labels:
                result.shown |= spellings([value], [row.label])
            result.labels[value] += 1
            if part:
                result.named.setdefault(part, set()).add(value)
            if part not in _JUDGED and (part or not row.split):
                result.drawn_from[value] += 1
        if len(result.labels) > _MOST_VALUES:
            raise ReviewsError(
                f"expected a label column with at most {_MOST_VALUES:,} different values in {source}; found more in "
                f"the first {result.rows + 1:,} rows; name another with --label-column"
            )
        result.add(text, digest_of(text))
    return result
