"""Where a text is cut into pieces, and which spellings of a piece are one word.

A piece is one of these:

    a word              letters and digits of any script, with inner apostrophes: "don't" carries the negation
    a rating            see `sentiment.text.ratings`
    an emoji            see `sentiment.text.emoji`, and so for emoticons
    a character         of a script that puts no blanks between words, with the vowel signs and accents on it: Chinese,
                        Japanese, Thai, Lao, Khmer, Burmese. Korean has blanks
    a mark              any other character that is no white space

Texts come in lower case. A file says with which reading it was fitted, because the expression begins with it. Files
without it are of reading 1, which knew only words and single marks.

Pieces are cut by an expression of Oniguruma, which `tokenizer.json` contains. A vocabulary counts the spellings of a
word together ("dont" and "don't", "9 out of 10" and "9/10"), and `tokenizer.json` has each with the same id. So
whatever reads that file understands them, and a token covers its characters of the text whatever it is called.
"""

import re
from collections.abc import Collection, Mapping

from sentiment.text.emoji import (
    EMOJI_PATTERN,
    EMOTICON_PATTERN,
    EMOTICONS,
    KEY_PATTERN,
    SELECTORS,
    dressed,
    is_emoji,
    undressed,
)
from sentiment.text.ratings import PATTERN as RATING_PATTERN
from sentiment.text.ratings import SPELLINGS as RATINGS
from sentiment.text.ratings import STEPS

# The prolonged sound mark of Japanese is in no script of its own.
_UNSEGMENTED = r"\p{Han}\p{Hiragana}\p{Katakana}\u30fc\uff70\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_CHARACTER = rf"[{_UNSEGMENTED}]\p{{M}}*"
_NUMERALS = "\u00b2\u00b3\u00b9\u00bc\u00bd\u00be"  # superscripts and fractions, as in "7\u00bd"
_LETTER = rf"[\w{_NUMERALS}&&[^_{SELECTORS}{_UNSEGMENTED}]]"
# Joiners are a part of Persian and Hindi words, and the two Hebrew marks of abbreviations.
_INNER = "['\u2019\u200c\u200d\u05f3\u05f4]"
_WORD = rf"{_LETTER}+(?:{_INNER}{_LETTER}+)*"

READING = 2  # of tokenizers that are fitted now
_MARKER = f"(?#reading {READING})"  # a comment within the expression
PATTERN = (
    f"{_MARKER}{RATING_PATTERN}|{KEY_PATTERN}|{_WORD}|{_CHARACTER}|{EMOJI_PATTERN}|"
    rf"{EMOTICON_PATTERN}|[^\w\s]"
)

# Only what is no other English word without its apostrophe, which "its", "were", "well", "ill" and "hell" are. "wont"
# and "cant" are words, too, but reviews mostly mean "won't" and "can't" by them.
_NEGATIONS = "ain aren can couldn didn doesn don hadn hasn haven isn mightn mustn needn shouldn wasn weren won wouldn"
_OTHERS = (
    "i'm i've you're you've you'll you'd we've they're they've they'll they'd he's she's that's that'll there's here's "
    "what's where's who's how's it'll it'd could've should've would've y'all"
)
CONTRACTIONS: Mapping[str, str] = {
    word.replace("'", ""): word for word in [*(f"{stem}'t" for stem in _NEGATIONS.split()), *_OTHERS.split()]
}
_TYPOGRAPHIC = {"'": "\u2019\u2018", '"': "\u201c\u201d\u201e\u00ab\u00bb"}
_FARTHEST = 2  # steps of a rating, each of 10%
_SIGMA, _LAST_SIGMA = "\u03c3", "\u03c2"  # of Greek words, which capitals do not tell apart


def reading_of(tokenizer_json: str) -> int:
    """With which rules a saved tokenizer reads.

    Raises:
        ValueError: with rules of a later release.
    """
    marker = re.search(r"\(\?#reading (\d+)\)", tokenizer_json)
    if marker and int(marker[1]) != READING:
        raise ValueError(f"reading {marker[1]}, which this release does not know")
    return READING if marker else 1


def usual_spellings(counts: Mapping[str, int]) -> dict[str, str]:
    """The usual spelling of each piece.

    Args:
        counts: how often each piece occurs in the training reviews. A word that lacks its apostrophe is the one with it
            only if that is more frequent there: "dont" is a word of French.
    """

    def usual(piece: str) -> str:
        contraction = CONTRACTIONS.get(piece, "")
        if counts.get(contraction, 0) > counts[piece]:
            return contraction
        if spelling := RATINGS.get(piece) or EMOTICONS.get(piece):
            return spelling
        return undressed(piece) if is_emoji(piece) else piece.replace(_LAST_SIGMA, _SIGMA)

    return {piece: usual(piece) for piece in counts}


def other_spellings(words: Collection[str]) -> dict[str, str]:
    """What else is read as a word of a vocabulary, with that word.

    A step of ratings that the vocabulary lacks is read as the nearest that it has, if there is one 20% away at most.

    Args:
        words: of the vocabulary, in their usual spelling.
    """
    others = {spelling: step for spelling, rating in RATINGS.items() if (step := _nearest(rating, words))}
    others |= {spelling: usual for spelling, usual in EMOTICONS.items() if usual in words}
    others |= {spelling: usual for spelling, usual in CONTRACTIONS.items() if usual in words}
    for word in words:
        if word in _TYPOGRAPHIC or ("'" in word and any(map(str.isalpha, word))):
            quotes = _TYPOGRAPHIC[word] if word in _TYPOGRAPHIC else _TYPOGRAPHIC["'"][0]
            others |= {word.replace(word if word in _TYPOGRAPHIC else "'", quote): word for quote in quotes}
        elif word.endswith(_SIGMA):
            others[word[: -len(_SIGMA)] + _LAST_SIGMA] = word
        elif is_emoji(word):
            others |= dict.fromkeys(dressed(word), word)
    return {spelling: word for spelling, word in others.items() if spelling not in words}


def _nearest(rating: str, words: Collection[str]) -> str | None:
    place = STEPS.index(rating)
    near = sorted((abs(i - place), step) for i, step in enumerate(STEPS) if step in words)
    return near[0][1] if near and near[0][0] <= _FARTHEST else None
