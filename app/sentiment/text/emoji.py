r"""Emoji and emoticons, each of which is one token: 👍 ❤️ 👨‍👩‍👧 :-) <3 ¯\_(ツ)_/¯.

An emoji is read without its skin tone and without the selectors that only choose its picture. An emoticon is read in
its usual spelling: ":-)" and ":)))" as ":)".
"""

import re
from collections.abc import Iterable, Iterator
from itertools import product

SELECTORS = "\ufe0e\ufe0f"  # ask for a plain and for a coloured picture
_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_JOINER = "\u200d"
_DRESS = dict.fromkeys(map(ord, SELECTORS + _TONES))

_MARKED = f"[{SELECTORS}{_TONES[0]}-{_TONES[-1]}\U000e0020-\U000e007f]*"  # the last range spells flags of regions
_PICTURE = f"\\p{{Extended_Pictographic}}{_MARKED}"
# Expressions of Oniguruma: two letters of a flag, a key of a telephone, and pictures with joiners between them.
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
KEY_PATTERN = f"[0-9#*][{SELECTORS}]?\u20e3"
EMOJI_PATTERN = rf"(?=[^\x00-\x7f])(?:{_FLAG}|{_PICTURE}(?:{_JOINER}{_PICTURE})*)"
# Python's expressions know no Extended_Pictographic. Arrows, © and ™ are not in here: they say nothing of an opinion.
_SYMBOL = re.compile("[\u203c\u2049\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff]")


def _faces() -> Iterator[tuple[str, str]]:
    """Faces on their side in lower case, each with its usual spelling."""
    mouths = {")": ")", "))": ")", ")))": ")", "))))": ")", "]": ")", "(": "(", "((": "(", "(((": "(", "((((": "("}
    mouths |= {"d": "d", "dd": "d", "p": "p", "/": "/", "\\": "/"}
    for eyes, nose, (mouth, usual) in product(":;=", ("", "-"), mouths.items()):
        yield f"{eyes}{nose}{mouth}", f"{':' if eyes == '=' else eyes}{usual}"
    for tear, nose, mouth in product(("'", ",", ">"), ("", "-"), (")", "(", "((", "/")):
        yield (f">:{nose}{mouth}", f">:{mouth[0]}") if tear == ">" else (f":{tear}{nose}{mouth}", f":'{mouth[0]}")
    for nose, mouth in product(("", "-"), "|*o3sx"):
        yield f":{nose}{mouth}", f":{mouth}"


def _spelled(usual: str, *others: str) -> dict[str, str]:
    return dict.fromkeys((usual, *others), usual)


_SHRUG = "\u00af\\_(\u30c4)_/\u00af"
EMOTICONS: dict[str, str] = {  # spelling -> usual spelling
    **dict(_faces()),
    **_spelled("<3", "<33", "<333") | _spelled("</3"),
    **_spelled("^^", "^_^", "^.^", "^-^", "^__^") | _spelled("-_-", "-__-") | _spelled(">_<", ">.<", ">__<"),
    **_spelled(_SHRUG, _SHRUG.replace("\\", "\\\\"), _SHRUG.replace("\\_", "\\"), _SHRUG.replace("_", "")),
    **_spelled("\\o/"),
}


def _one_of(faces: Iterable[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, sorted(faces, key=lambda face: (-len(face), face))))})"


_LETTERED = [face for face in EMOTICONS if face[-1].isalnum()]
_OPENING = [face for face in EMOTICONS if face[-1] == "("]
_OTHER = [face for face in EMOTICONS if face not in {*_LETTERED, *_OPENING}]
# The first lookahead makes the search fast. Nothing is found in "topic:price", "1:3", "a list:(one)" and "http://".
_WITH_NEIGHBOURS = rf"(?:(?<!\w){_one_of(_LETTERED)}(?!\w)|{_one_of(_OPENING)}(?![\w(])|{_one_of(_OTHER)}(?!/))"
EMOTICON_PATTERN = rf"(?=[:;=<>^\\\u00af-][^\s\w]?\S){_WITH_NEIGHBOURS}"


def is_emoji(piece: str) -> bool:
    """Whether a piece is an emoji, or a symbol that people use as one."""
    return _SYMBOL.match(piece) is not None or "\u20e3" in piece


_FACE = re.compile(f"[{SELECTORS}{_JOINER}\u20e3]|{_SYMBOL.pattern}|{EMOTICON_PATTERN}", re.IGNORECASE)


def has_faces(text: str) -> bool:
    """Whether there may be emoji or emoticons in a text."""
    return _FACE.search(text) is not None


def undressed(emoji: str) -> str:
    """An emoji without skin tones and selectors."""
    return emoji.translate(_DRESS) or emoji


def dressed(emoji: str) -> Iterator[str]:
    """The forms of an emoji that `undressed` has simplified: a tone for the first picture, a selector for any."""
    first, *others = emoji.split(_JOINER)
    if "\u20e3" in emoji:
        yield from (f"{emoji[0]}{selector}{emoji[1:]}" for selector in SELECTORS)
        return
    firsts = [first, *(first + mark for mark in SELECTORS + _TONES)]
    for pictures in product(firsts, *([picture, picture + SELECTORS[1]] for picture in others)):
        if (form := _JOINER.join(pictures)) != emoji:
            yield form
