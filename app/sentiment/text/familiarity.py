"""How many words of a text a vocabulary knows, and whether they suffice for a verdict.

A network answers in any case: in a text of another language it reads the few words that English reviews quote. So a
prediction has the share of unknown words, and its label is "uncertain" if

- the text has no words (emoji, punctuation marks, links, mentions, hashtags, numbers other than "10/10"), or
- it is in another language than the texts that the model learnt from, or
- most of its words are unknown, or
- at least `SOME` are unknown and outnumber the everyday words, which are the `EVERYDAY` most frequent words of the
  vocabulary. They are common in the language of the vocabulary; in others, even the known words are rare ones.

So the words also tell which texts need no look at their language: most. Everyday words that other languages share with
English ("film", "war") tell nothing here. A text of several languages is judged if a quarter of its words are other
everyday ones, or more than four fifths are known; otherwise it counts for the language that it resembles most.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np

from sentiment.text.cleaning import as_read
from sentiment.text.languages import ModelLanguages, is_shared, prose, without_names
from sentiment.text.tokenizer import UNKNOWN_ID, ReviewTokenizer

EVERYDAY = 1_000  # most frequent words and marks of a vocabulary
SOME = 3  # unknown words; with fewer, as in "Tiny portions, overpriced sushi", the others may suffice
NO_TEXT, NO_WORDS, LANGUAGE, UNKNOWN_WORDS = "no text", "no words", "language", "unknown words"
SENTENCES = {
    NO_WORDS: "There are no words to judge, only marks, numbers, links or emoji.",
    LANGUAGE: "This looks like another language than the one that the model learnt.",
    UNKNOWN_WORDS: "The model knows too few of these words to judge them.",
}

# Odds of another language from which a text counts for it. They are higher if no word is unknown, or fewer than `SOME`
# beside an everyday word that the other language lacks: these are names of dishes, films and places, or loan words.
FOREIGN, FOREIGN_ALTHOUGH_KNOWN = 6.0, 55.0
FEW = 4  # words of a text whose language is looked at even if half of them tell the language of the vocabulary

_LETTER = re.compile(r"[^\W\d_]")
_RATING = re.compile(r"\d\s?/\s?\d")  # "10/10" is a verdict, without a word

# Kinds of tokens: none of these; a word; an everyday one; one that other languages lack; and unknown.
_WORD, _EVERYDAY, _TELLING, _UNKNOWN, _KINDS = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class Familiarity:
    """Counts of the words of a text."""

    words: int  # with numbers, without punctuation marks and emoji
    unknown: int  # words that the vocabulary does not have
    everyday: int  # words that are among its `EVERYDAY` most frequent
    foreign: bool = False  # whether the text is in another language than the vocabulary

    @property
    def unknown_share(self) -> float:
        """Share of unknown words, from 0 to 1; 0 without words."""
        return self.unknown / self.words if self.words else 0.0

    @property
    def reason(self) -> str | None:
        """Why there is no verdict: `NO_WORDS`, `LANGUAGE` or `UNKNOWN_WORDS`; None if there is one."""
        if not self.words:
            return NO_WORDS
        if self.foreign:
            return LANGUAGE
        outnumbered = self.unknown >= SOME and self.unknown > self.everyday
        return UNKNOWN_WORDS if outnumbered or 2 * self.unknown > self.words else None


class Vocabulary:
    """Counts the known and the unknown words of texts; safe to use from many threads.

    Args:
        tokenizer: fitted; the ids of its words go by falling frequency.
    """

    def __init__(self, tokenizer: ReviewTokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids = tokenizer.vocabulary()
        self._is_word = np.array([tokenizer.is_word(token) for token in self._ids], bool)
        self._is_verdict = np.array([tokenizer.is_verdict(token) for token in self._ids], bool)
        self._tokens = list(self._ids)
        places = np.arange(len(self._tokens))
        self._is_everyday = self._is_word & (places > UNKNOWN_ID) & (places <= UNKNOWN_ID + EVERYDAY)
        tells = self._is_everyday & [not is_shared(token) for token in self._tokens]  # the vocabulary's language
        # One kind for each token, so that all counts of a text take one pass: of those below, the last that it is.
        self._kind_of_token = np.zeros(len(self._tokens), np.intp)
        for kind, tokens in ((_WORD, self._is_word), (_EVERYDAY, self._is_everyday), (_TELLING, tells)):
            self._kind_of_token[tokens] = kind
        self._kind_of_token[UNKNOWN_ID] = _UNKNOWN
        # Characters so far, and of those that are unknown marks: always a token by itself, or maybe part of a word.
        self._seen, self._alone, self._joined = {" "}, set[str](), set[str]()

    def familiarity(self, text: str, token_ids: np.ndarray) -> Familiarity:
        """Counts the words of a text. Links, e-mail addresses, mentions, hashtags and numbers alone are no words.

        Args:
            text: clean.
            token_ids: int32[time] of the whole text, from `ReviewTokenizer.token_ids`.
        """
        if (written := prose(text)) != text:
            text = written
            [token_ids] = self._tokenizer.token_ids([text], whole=True)
        if not (_LETTER.search(text) or _RATING.search(text) or self._is_verdict[token_ids].any()):
            return Familiarity(0, 0, 0)
        _, words, everyday, telling, unknown = np.bincount(self._kind_of_token[token_ids], minlength=_KINDS).tolist()
        everyday += telling
        if unknown:  # words and marks
            unknown -= self._unknown_marks(text)
        number = words + everyday + unknown
        return Familiarity(number, unknown, everyday, self._is_foreign(text, number, unknown, telling, token_ids))

    def _is_foreign(self, text: str, words: int, unknown: int, telling: int, token_ids: np.ndarray) -> bool:
        """Whether a text is in another language, also without its names; only few texts are looked at so closely."""
        if 5 * unknown < words and not 1 < words <= FEW:
            return False
        some_telling = 4 * telling >= words and (words > FEW or 2 * telling > words)
        if some_telling or (telling and not unknown):
            return False
        code, odds = self._languages.other(text)
        if odds < FOREIGN:
            return False
        known = not unknown or (unknown < SOME and self._lacks(code, token_ids))
        if known and odds < FOREIGN_ALTHOUGH_KNOWN:
            return False
        return (rest := without_names(text)) == text or self._languages.other(rest)[1] >= FOREIGN

    def _lacks(self, code: str, token_ids: np.ndarray) -> bool:
        """Whether a language lacks one of the everyday words of a text."""
        everyday = token_ids[self._is_everyday[token_ids]]
        return any(not is_shared(self._tokens[token_id], code) for token_id in everyday)

    @cached_property
    def _languages(self) -> ModelLanguages:
        return ModelLanguages.from_words(islice(self._ids, UNKNOWN_ID + 1, UNKNOWN_ID + 1 + EVERYDAY))

    def _unknown_marks(self, text: str) -> int:
        read = as_read(text)
        characters = set(read)
        for character in characters - self._seen:
            self._look_at(character)
        if not self._joined.isdisjoint(characters) or self._tokenizer.may_join_marks(text):
            return sum(
                piece not in self._ids and self._tokenizer.is_mark(piece) for piece in self._tokenizer.pieces(text)
            )
        return sum(read.count(character) for character in self._alone & characters)

    def _look_at(self, character: str) -> None:
        if character not in self._ids and self._tokenizer.is_mark(character):
            is_joined = f"a{character}a" in self._tokenizer.pieces(f"a{character}a")
            (self._joined if is_joined else self._alone).add(character)
        self._seen.add(character)  # last, for other threads
