"""From reviews to token ids: a vocabulary fitted on the training split, in one `tokenizer.json`.

A review becomes the ids of its lower-cased words and punctuation marks, in order:

    "Not bad, not bad at all."  ->  [not, bad, ",", not, bad, at, all, "."]  ->  [21, 76, 4, 21, 76, 31, 32, 5]

Texts are read as by `sentiment.text.cleaning.as_read`. A text without a mark at its end gets a full stop, because a
network trained on reviews waits for the rest of the sentence otherwise. A word that is not in the vocabulary is
`[UNK]`. A review longer than `max_length` keeps its beginning and its end, where reviewers state their verdict. A
review always has at least one token.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from sentiment.config import TokenizerConfig
from sentiment.errors import RunError
from sentiment.text.cleaning import as_read

PADDING = "[PAD]"
UNKNOWN = "[UNK]"
PADDING_ID = 0
UNKNOWN_ID = 1

# A word with its inner apostrophes ("don't" is one token: contractions carry the negation), or one mark.
_WORD_OR_MARK = Regex(r"\w+(?:'\w+)*|[^\w\s]")
_FULL_STOP = "."
# Marks that end sentences, in many scripts.
_ENDS = frozenset(".!?\u2026\u3002\uff0e\uff01\uff1f\uff61\u0964\u061f\u06d4")
_CLOSING = " \"'\u2019\u201d\u00bb*)]}"  # what may follow them
_CHUNK = 1_000  # texts encoded at once: an encoding takes some 25 KB until it is reduced to its ids


@dataclass(frozen=True)
class TokenizedReview:
    """A review as a network reads it."""

    token_ids: np.ndarray  # int32[time], time >= 1
    offsets: np.ndarray  # int32[time, 2]: the characters of the text that each token covers, end exclusive
    truncated: bool  # whether tokens were left out of the middle


class ReviewTokenizer:
    """A fitted vocabulary and the rule that shortens long reviews.

    Example:
        >>> tokenizer = ReviewTokenizer.fit(["good film", "bad film"], TokenizerConfig(vocabulary_size=10))
        >>> [review.token_ids.tolist() for review in tokenizer.encode(["Film: good!", ""])]
        [[2, 1, 4, 1], [1]]
    """

    def __init__(self, tokenizer: Tokenizer, config: TokenizerConfig) -> None:
        self._tokenizer = tokenizer
        self._tokenizer.encode_special_tokens = True  # "[PAD]" in a text is three tokens, and no padding
        self._has_full_stop = tokenizer.token_to_id(_FULL_STOP) is not None
        self.config = config

    @classmethod
    def fit(cls, texts: Iterable[str], config: TokenizerConfig) -> "ReviewTokenizer":
        """Fits the vocabulary: the most frequent words, ties in alphabetical order.

        Args:
            texts: clean reviews of the training split, and of no other.
            config: vocabulary size and maximum length.
        """
        tokenizer = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
        tokenizer.normalizer = normalizers.Lowercase()
        tokenizer.pre_tokenizer = pre_tokenizers.Split(_WORD_OR_MARK, behavior="removed", invert=True)
        trainer = trainers.WordLevelTrainer(
            vocab_size=config.vocabulary_size, special_tokens=[PADDING, UNKNOWN], show_progress=False
        )
        tokenizer.train_from_iterator(map(as_read, texts), trainer)
        return cls(tokenizer, config)

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids, with padding and unknown."""
        return self._tokenizer.get_vocab_size()

    def vocabulary(self) -> dict[str, int]:
        """The id of every token, in their order: padding, unknown, then by falling frequency."""
        return dict(sorted(self._tokenizer.get_vocab().items(), key=lambda item: item[1]))

    def pieces(self, text: str) -> list[str]:
        """The words and marks of a clean text before they become ids, with the full stop of `ended`."""
        normal = self._tokenizer.normalizer.normalize_str(as_read(self.ended(text)))
        return [piece for piece, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(normal)]

    @staticmethod
    def is_mark(piece: str) -> bool:
        """Whether a piece is a punctuation mark, a symbol or a part of an emoji, and no word or number."""
        return not any(character.isalnum() for character in piece)

    def ended(self, text: str) -> str:
        """The text, with a full stop if it has no mark at its end and the vocabulary has full stops."""
        last = text.rstrip(_CLOSING)[-1:]
        return text + _FULL_STOP if self._has_full_stop and last and last not in _ENDS else text

    def encode(self, texts: Sequence[str]) -> list[TokenizedReview]:
        """Token ids of each text, and their offsets in the text that `ended` returns."""
        return [
            self._shorten(encoding)
            for chunk in self._chunks(texts)
            for encoding in self._tokenizer.encode_batch(chunk, add_special_tokens=False)
        ]

    def token_ids(self, texts: Sequence[str], *, whole: bool = False) -> list[np.ndarray]:
        """int32[time] for each text; `whole`: long reviews are not shortened. Twice as fast as `encode`."""
        ids = [
            np.array(encoding.ids or [UNKNOWN_ID], np.int32)
            for chunk in self._chunks(texts)
            for encoding in self._tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
        ]
        return ids if whole else list(map(self.shorten, ids))

    def shorten(self, values: np.ndarray) -> np.ndarray:
        """[max_length or fewer, ...]: the first and the last of [time, ...]."""
        if len(values) <= (length := self.config.max_length):
            return values
        head = round(length * self.config.head_fraction)
        return np.concatenate([values[:head], values[len(values) - (length - head) :]])

    def decode(self, token_ids: Iterable[int]) -> list[str]:
        """The words behind token ids."""
        return [self._tokenizer.id_to_token(int(i)) or UNKNOWN for i in token_ids]

    def save(self, path: Path) -> None:
        self._tokenizer.save(str(path))

    @classmethod
    def load(cls, path: Path, config: TokenizerConfig) -> "ReviewTokenizer":
        """The tokenizer that `save` wrote.

        Raises:
            RunError: the file is missing or is not a tokenizer.
        """
        try:
            return cls(Tokenizer.from_file(str(path)), config)
        except Exception as error:  # the library raises plain Exception
            raise RunError(f"expected a tokenizer at {path}; found: {error}; train the run again") from None

    def _shorten(self, encoding: Encoding) -> TokenizedReview:
        if not encoding.ids:
            return TokenizedReview(np.array([UNKNOWN_ID], np.int32), np.zeros((1, 2), np.int32), truncated=False)
        token_ids = np.array(encoding.ids, np.int32)
        offsets = np.array(encoding.offsets, np.int32)
        truncated = len(token_ids) > self.config.max_length
        return TokenizedReview(self.shorten(token_ids), self.shorten(offsets), truncated)

    def _chunks(self, texts: Sequence[str]) -> Iterator[list[str]]:
        for start in range(0, len(texts), _CHUNK):
            yield [as_read(self.ended(text)) for text in texts[start : start + _CHUNK]]
