"""How much of a text a vocabulary knows, and whether that is enough for a verdict.

A word that the vocabulary does not have tells a network nothing, and a network answers all the same: of a text in
another language it reads the few words that English reviews happen to quote. So a verdict carries the share of unknown
words, and the label is "uncertain" where

- the text has no words at all (emoji, punctuation marks), or
- most of its words are unknown, or
- `SOME` or more are unknown and outnumber the everyday ones, which are the `EVERYDAY` most frequent words of the
  vocabulary. Sentences of the language that the network has learnt are full of these; in other languages even the
  known words are rare ones.
"""

from dataclasses import dataclass

import numpy as np

from sentiment.text.cleaning import as_read
from sentiment.text.tokenizer import UNKNOWN_ID, ReviewTokenizer

EVERYDAY = 1_000  # most frequent words and marks of a vocabulary
SOME = 3  # unknown words; of fewer, as in "Tiny portions, overpriced sushi", the others may say enough
NO_TEXT, NO_WORDS, UNKNOWN_WORDS = "no text", "no words", "unknown words"
SENTENCES = {
    NO_WORDS: "There are no words to judge, only marks or emoji.",
    UNKNOWN_WORDS: "The model knows too few of these words to judge them.",
}

# A character is a letter, a digit or a mark that the vocabulary has; a mark that is always a token of its own; or one
# that may be a part of a word, as vowel signs are, and the variation selector behind an emoji.
_KNOWN, _ALONE, _JOINED = "known", "alone", "joined"


@dataclass(frozen=True)
class Familiarity:
    """What a vocabulary knows of one text."""

    words: int  # with numbers, without punctuation marks and emoji
    unknown: int  # words that the vocabulary does not have
    everyday: int  # words that are among its most frequent

    @property
    def unknown_share(self) -> float:
        """Share of the words that the vocabulary does not have, from 0 to 1; 0 where there are no words."""
        return self.unknown / self.words if self.words else 0.0

    @property
    def reason(self) -> str | None:
        """Why there can be no verdict: `NO_WORDS` or `UNKNOWN_WORDS`; None where there can."""
        if not self.words:
            return NO_WORDS
        foreign = self.unknown >= SOME and self.unknown > self.everyday
        return UNKNOWN_WORDS if foreign or 2 * self.unknown > self.words else None


class Vocabulary:
    """Counts the words of texts that a tokenizer knows.

    Args:
        tokenizer: a fitted one; the ids of its words go by their frequency.
    """

    def __init__(self, tokenizer: ReviewTokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids = tokenizer.vocabulary()
        self._is_word = np.array([not tokenizer.is_mark(token) for token in self._ids], bool)
        self._is_word[: UNKNOWN_ID + 1] = False
        self._marks: dict[str, str] = {}  # by character, of those that were met: what kind of mark it is

    def familiarity(self, text: str, token_ids: np.ndarray) -> Familiarity:
        """What the vocabulary knows of a text.

        Args:
            text: cleaned.
            token_ids: int32[time], of the whole text, see `ReviewTokenizer.token_ids`.
        """
        words = token_ids[self._is_word[token_ids]]
        unknown = int((token_ids == UNKNOWN_ID).sum())  # words and marks
        if unknown:
            unknown -= self._unknown_marks(as_read(text))
        everyday = int((words <= UNKNOWN_ID + EVERYDAY).sum())
        return Familiarity(len(words) + unknown, unknown, everyday)

    def _unknown_marks(self, text: str) -> int:
        kinds = {character: self._kind(character) for character in set(text) - {" "}}
        if _JOINED in kinds.values():  # it may belong to a word or stand alone: the pieces tell
            return sum(
                piece not in self._ids and self._tokenizer.is_mark(piece) for piece in self._tokenizer.pieces(text)
            )
        return sum(text.count(character) for character, kind in kinds.items() if kind == _ALONE)

    def _kind(self, character: str) -> str:
        if (kind := self._marks.get(character)) is None:
            kind = _KNOWN
            if character not in self._ids and self._tokenizer.is_mark(character):
                kind = _JOINED if f"a{character}a" in self._tokenizer.pieces(f"a{character}a") else _ALONE
            self._marks[character] = kind
        return kind
