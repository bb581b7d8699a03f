"""From reviews to token ids: a vocabulary fitted on the training split, in one `tokenizer.json`.

A review becomes the ids of its pieces (`sentiment.text.pieces`), above all lower-cased words and punctuation marks:

    "Not bad, not bad at all."  ->  [not, bad, ",", not, bad, at, all, "."]  ->  [21, 76, 4, 21, 76, 31, 32, 5]

Texts are read as by `sentiment.text.cleaning.as_read`, and the spellings of a word have one id. A text without a mark
at its end gets a full stop, because a network trained on reviews waits for the rest of the sentence otherwise. A word
that is not in the vocabulary is `[UNK]`. A review longer than `max_length` keeps its beginning and its end, where
reviewers state their verdict. A review always has at least one token.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Encoding, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

from sentiment.config import TokenizerConfig
from sentiment.errors import RunError
from sentiment.text.cleaning import as_read
from sentiment.text.emoji import EMOTICONS, has_faces, is_emoji
from sentiment.text.pieces import PATTERN, READING, other_spellings, reading_of, usual_spellings
from sentiment.text.ratings import STEPS, may_have_ratings

PADDING = "[PAD]"
UNKNOWN = "[UNK]"
PADDING_ID = 0
UNKNOWN_ID = 1

_FULL_STOPS = ".\u3002\u0964\u06d4\u17d4\u104b\u0589\u1362"  # of many scripts; a text gets the most frequent one
# Marks that end sentences, in many scripts.
ENDS = frozenset(_FULL_STOPS + "!?\u2026\uff0e\uff01\uff1f\uff61\u061f")
CLOSING = " \"'\u2019\u201d\u00bb*)]}"  # what may follow them
_ALL = 1 << 30  # more pieces than there are
_CHARACTERS = 1 << 19  # of texts encoded at once, after which a chunk ends: each takes up to 300 bytes for that time
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

    def __init__(self, tokenizer_json: str, config: TokenizerConfig) -> None:
        """The tokenizer of a file's content; `load` and `fit` make one.

        Raises:
            Exception: the library cannot read it, or its vocabulary does not begin with padding and unknown.
        """
        self._json = tokenizer_json
        self._tokenizer = Tokenizer.from_str(tokenizer_json)
        self._tokenizer.encode_special_tokens = True  # "[PAD]" in a text is three tokens, and no padding
        self._tokens: dict[int, str] = {}  # the first spelling is the usual one
        for token, token_id in json.loads(tokenizer_json)["model"]["vocab"].items():
            self._tokens.setdefault(token_id, token)
        if [self._tokens.get(token_id) for token_id in (PADDING_ID, UNKNOWN_ID)] != [PADDING, UNKNOWN]:
            raise ValueError(f"a vocabulary that does not begin with {PADDING} and {UNKNOWN}")
        self.reading = reading_of(tokenizer_json)
        self._full_stop = self._most_frequent_full_stop()
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
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PATTERN), behavior="removed", invert=True)
        counts = _counts_of_pieces(tokenizer, [as_read(text, READING) for text in texts])
        usual = usual_spellings(counts)
        totals: Counter[str] = Counter()
        for piece, count in counts.items():
            totals[usual[piece]] += count
        frequent = sorted(totals, key=lambda word: (-totals[word], word))[: config.vocabulary_size - 2]
        ids = {word: i for i, word in enumerate([PADDING, UNKNOWN, *frequent])}
        others = other_spellings(ids) | {
            piece: word for piece, word in usual.items() if word in ids and piece not in ids
        }
        tokenizer.model = models.WordLevel(ids, UNKNOWN)
        tokenizer.add_special_tokens([PADDING, UNKNOWN])
        content = json.loads(tokenizer.to_str())
        # Written here and not by the library, which saves one spelling of an id.
        content["model"]["vocab"] = ids | {spelling: ids[others[spelling]] for spelling in sorted(others)}
        return cls(json.dumps(content, ensure_ascii=False), config)

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids, with padding and unknown."""
        return len(self._tokens)

    def vocabulary(self) -> dict[str, int]:
        """The id of every token in its usual spelling, in their order: padding, unknown, then by falling frequency."""
        return {self._tokens[token_id]: token_id for token_id in sorted(self._tokens)}

    def pieces(self, text: str) -> list[str]:
        """The words and marks of a clean text before they become ids, with the full stop of `ended`.

        Those that the vocabulary has are in its spelling.
        """
        normal = self._tokenizer.normalizer.normalize_str(self._as_read(text))
        pieces = [piece for piece, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        ids = map(self._tokenizer.token_to_id, pieces)
        return [piece if i is None else self._tokens[i] for piece, i in zip(pieces, ids, strict=True)]

    @staticmethod
    def is_mark(piece: str) -> bool:
        """Whether a piece is a punctuation mark, a symbol, an emoji or an emoticon, and no word, number or rating."""
        return piece in EMOTICONS or not any(character.isalnum() for character in piece)

    def is_word(self, token: str) -> bool:
        """Whether a token of the vocabulary can say something by itself: no punctuation mark, and not padding.

        Emoji and emoticons are words to a tokenizer that was fitted to have them, from reading 2 on.
        """
        if token in (PADDING, UNKNOWN):
            return False
        return not self.is_mark(token) or (self.reading > 1 and (is_emoji(token) or token in EMOTICONS))

    def is_verdict(self, token: str) -> bool:
        """Whether a token of the vocabulary says enough without any letter: an emoji, an emoticon or a rating."""
        return self.is_word(token) and (self.is_mark(token) or token in STEPS)

    def may_join_marks(self, text: str) -> bool:
        """Whether marks of a text may be part of longer tokens, as of emoticons. If not, each is a token by itself."""
        return self.reading > 1 and (has_faces(text) or may_have_ratings(text))

    def ended(self, text: str) -> str:
        """The text, with a full stop if it has no mark at its end and the vocabulary has full stops."""
        last = text.rstrip(CLOSING)[-1:]
        return text + self._full_stop if last and last not in ENDS else text

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
        return [self._tokens.get(int(i), UNKNOWN) for i in token_ids]

    def save(self, path: Path) -> None:
        """Writes the file, from which the library `tokenizers` reads the same ids of texts that are read as here."""
        path.write_text(self._json, encoding="utf-8")

    @classmethod
    def load(cls, path: Path, config: TokenizerConfig) -> "ReviewTokenizer":
        """The tokenizer that `save` wrote.

        Raises:
            RunError: the file is missing or is not a tokenizer.
        """
        try:
            return cls(path.read_text(encoding="utf-8"), config)
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
        chunk: list[str] = []
        characters = 0
        for text in texts:
            chunk.append(self._as_read(text))
            characters += len(text)
            if len(chunk) == _CHUNK or characters >= _CHARACTERS:
                yield chunk
                chunk, characters = [], 0
        if chunk:
            yield chunk

    def _as_read(self, text: str) -> str:
        return as_read(self.ended(text), self.reading)

    def _most_frequent_full_stop(self) -> str:
        if self.reading == 1:
            return "." if self._tokenizer.token_to_id(".") is not None else ""
        known = {token_id: token for token_id, token in self._tokens.items() if token in _FULL_STOPS}
        return known[min(known)] if known else ""


def _counts_of_pieces(tokenizer: Tokenizer, texts: list[str]) -> dict[str, int]:
    """How often each piece occurs."""
    tokenizer.train_from_iterator(texts, trainers.WordLevelTrainer(vocab_size=_ALL, show_progress=False))
    counts = np.zeros(tokenizer.get_vocab_size(), int)
    for start in range(0, len(texts), _CHUNK):
        encodings = tokenizer.encode_batch_fast(texts[start : start + _CHUNK], add_special_tokens=False)
        ids = np.concatenate([np.array(encoding.ids, int) for encoding in encodings])
        counts += np.bincount(ids, minlength=len(counts))
    return {piece: int(counts[token_id]) for piece, token_id in tokenizer.get_vocab().items()}
