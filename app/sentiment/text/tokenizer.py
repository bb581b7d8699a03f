"""From reviews to token ids: fitted on the training split only, one `tokenizer.json`, no Keras.

A review becomes the ids of its lower-cased words and punctuation marks, in order:

    "Not bad, not bad at all."  ->  [not, bad, ",", not, bad, at, all, "."]  ->  [21, 76, 4, 21, 76, 31, 32, 5]

Texts are read as `sentiment.text.cleaning.as_read` has them. One that does not end, as of people who type a word or a
line, gets the full stop that they left out: a network that has read reviews waits for the rest of the sentence
otherwise. A word that is not in the vocabulary is `[UNK]`. A review longer than `max_length` keeps its beginning and
its end, because reviewers announce the verdict and come back to it. A review always has at least one token.
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
_CHUNK = 1_000  # texts encoded at once: an encoding is some 25 KB until it is reduced to its ids


@dataclass(frozen=True)
class TokenizedReview:
    """One review as the network sees it."""

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
        self._tokenizer.encode_special_tokens = True  # who writes "[PAD]" means three marks and no padding
        self._has_full_stop = tokenizer.token_to_id(_FULL_STOP) is not None
        self.config = config

    @classmethod
    def fit(cls, texts: Iterable[str], config: TokenizerConfig) -> "ReviewTokenizer":
        """Learns the vocabulary: the most frequent words, ties in alphabetical order.

        Args:
            texts: cleaned reviews of the training split, and of no other.
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
        """Number of distinct token ids, with padding and unknown."""
        return self._tokenizer.get_vocab_size()

    def vocabulary(self) -> dict[str, int]:
        """The id of every token, in the order of the ids: padding, unknown, then by falling frequency."""
        return dict(sorted(self._tokenizer.get_vocab().items(), key=lambda item: item[1]))

    def pieces(self, text: str) -> list[str]:
        """The words and marks of a cleaned text before they become ids, in order, with the full stop of `ended`."""
        normal = self._tokenizer.normalizer.normalize_str(as_read(self.ended(text)))
        return [piece for piece, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(normal)]

    @staticmethod
    def is_mark(piece: str) -> bool:
        """Whether a piece of a text is a punctuation mark, a symbol or a part of an emoji, and no word or number."""
        return not any(character.isalnum() for character in piece)

    def ended(self, text: str) -> str:
        """The text with a full stop at its end where it has no mark there, if the vocabulary knows full stops."""
        last = text.rstrip(_CLOSING)[-1:]
        return text + _FULL_STOP if self._has_full_stop and last and last not in _ENDS else text

    def encode(self, texts: Sequence[str]) -> list[TokenizedReview]:
        """Token ids of each text, in order, and their offsets in what `ended` makes of it."""
        return [
            self._shorten(encoding)
            for chunk in self._chunks(texts)
            for encoding in self._tokenizer.encode_batch(chunk, add_special_tokens=False)
        ]

    def token_ids(self, texts: Sequence[str], *, whole: bool = False) -> list[np.ndarray]:
        """The ids alone, int32[time] for each text, in order; `whole` leaves long reviews as long as they are.

        Twice as fast as `encode`, because nobody keeps track of the offsets.
        """
        found = [
            np.array(encoding.ids or [UNKNOWN_ID], np.int32)
            for chunk in self._chunks(texts)
            for encoding in self._tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
        ]
        return found if whole else [self.shorten(token_ids) for token_ids in found]

    def shorten(self, values: np.ndarray) -> np.ndarray:
        """The first and the last of [time, ...], so that `max_length` are left; as they are if there are no more."""
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
