"""Where a text is cut into words and marks, as an expression of Oniguruma, which `tokenizer.json` contains.

A piece is one of these:

    a word              letters and digits of any script, with inner apostrophes: "don't" carries the negation
    a rating            see `sentiment.text.ratings`
    an emoji            see `sentiment.text.emoji`, and so for emoticons
    a character         of a script that puts no blanks between words, with the vowel signs and accents on it: Chinese,
                        Japanese, Thai, Lao, Khmer, Burmese. Korean has blanks
    a mark              any other character that is no white space

Texts come in lower case. A file says with which reading it was fitted, because the expression begins with it. Files
without it are of reading 1, which knew only words and single marks.
"""

from sentiment.text.emoji import EMOJI_PATTERN, EMOTICON_PATTERN, KEY_PATTERN, SELECTORS
from sentiment.text.ratings import PATTERN as RATING_PATTERN

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


def reading_of(tokenizer_json: str) -> int:
    """With which rules a saved tokenizer reads, 1 or 2."""
    return READING if _MARKER in tokenizer_json else 1
