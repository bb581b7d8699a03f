"""One review as people wrote it, without the traces of the pages and programs it went through."""

import html
import re
import unicodedata
from html.entities import html5

# Only what ends in a semicolon: HTML also allows `&copy` and reads `&notable` as `¬able`, but people write "rock&roll".
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# Only tags by name, with well-formed attributes: "a < b", "<3" and "x <b and c> y" are no tags.
_ATTRIBUTES = r"""(?:\s+[a-zA-Z-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+))*\s*/?>"""
_BLOCK = re.compile(
    r"(?:<\s?/?br|</?(?:p|hr|div|li|ul|ol|dl|dt|dd|h[1-6]|blockquote|pre|center|table|tbody|thead|tr|td|th|img))"
    + _ATTRIBUTES,
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"</?(?:i|b|u|s|em|strong|a|span|font|small|big|sub|sup|strike|del|ins|cite|q|code|tt|abbr|mark)" + _ATTRIBUTES,
    re.IGNORECASE,
)

# What JSON, SQL and Python write for characters within strings, and some exports leave in a text. People also use a
# backslash as a slash ("horror\thriller", "drama\romance"), so \t and \r between two letters stay.
_LETTER = r"[^\W\d_]"
# Each is tried at the first backslash of several only: at every one, it would take the square of their number.
_LINE_BREAK = re.compile(r"(?<!\\)(?:\\+r)?\\+n")
_BLANK = re.compile(rf"(?<!{_LETTER}|\\)\\+[rt]|(?<!\\)\\+[rt](?!{_LETTER})")
_MARK = re.compile(r"""(?<!\\)\\+(["'/])""")
_CODE_POINT = re.compile(r"(?<!\\)\\+u([0-9a-fA-F]{4})")


def _invisible() -> dict[int, str | None]:
    """What `str.translate` does to characters that nobody sees."""
    table: dict[int, str | None] = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])
    # Bytes of Windows-1252 taken for Latin-1: U+0096 was typed as a dash. Browsers and HTML read them so, too.
    for code in range(0x80, 0xA0):
        table[code] = bytes([code]).decode("cp1252", errors="ignore") or None
    table.update(dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f"), " "))
    # Soft hyphen, zero-width space, word joiner, byte order mark, and halves of surrogate pairs, which no file can
    # hold. Zero-width joiners stay: they make one emoji of several, and letters of Persian and Hindi.
    table.update(dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF, *range(0xD800, 0xE000)]))
    return table


_INVISIBLE = _invisible()
_PASSES = 8
_OPENING = "<&\\"  # each begins something that a pass replaces

_PLAIN_QUOTES = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc\u2032\uff07"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\uff02\u00ab\u00bb"), '"'),
}
_ACCENT_FOR_APOSTROPHE = re.compile(r"(?<=\w)[`\u00b4](?=\w)")
_NOT = re.compile(r"(?<= )n't\b", re.IGNORECASE)


def clean(text: str) -> str:
    """The text without HTML, escapes, invisible characters and superfluous white space, in one normal form.

    Line breaks and other block tags become a space, and inline tags vanish. Entities become the characters they stand
    for, and so do the escapes of exported strings: a backslash before n, r, t or a quotation mark, or before u and four
    digits. Unicode is brought to NFC, so that an accent is the same however it was typed. Not to NFKC, which changes
    what was said: of "3½ stars" it makes a 31, a fraction slash and a 2.

    Cleaning a clean text changes nothing. One pass can uncover another's work (`&amp;lt;br&amp;gt;`), so passes
    repeat until nothing changes; what is nested deeper than anybody nests by accident loses its angle brackets,
    ampersands and backslashes instead, so that the time stays proportional to the length.

    Args:
        text: any string.

    Returns:
        One line; empty if there is nothing to read.
    """
    for _ in range(_PASSES):
        cleaned = _pass(text)
        # Without these there is nothing that a further pass could find.
        if cleaned == text or not any(mark in cleaned for mark in _OPENING):
            return cleaned
        text = cleaned
    return _pass(text.translate(dict.fromkeys(map(ord, _OPENING), " ")))


def as_read(text: str) -> str:
    """The text as tokenizers read it, with the words that most reviews to learn from have; `clean` leaves it as it is.

    What was never seen denies nothing, and people set "don\u2019t" on telephones, type "don`t", and cut "does n't" in
    two to prepare texts for programs. So typographic apostrophes and quotation marks are those of a keyboard here, an
    accent within a word is an apostrophe, and a "n't" that stands alone is a "not". An underscore, by which some people
    stress a _word_, is a blank.

    Args:
        text: any string.

    Returns:
        As many characters, so that a place in the one text is the same place in the other.
    """
    read = (text if text.isascii() else text.translate(_PLAIN_QUOTES)).replace("_", " ")
    if "`" in read or "\u00b4" in read:
        read = _ACCENT_FOR_APOSTROPHE.sub("'", read)
    if " n't" in read or " N'T" in read:
        read = _NOT.sub("not", read)
    return read


def is_blank(text: str) -> bool:
    """Whether there is nothing to read: white space, tags and invisible characters at most."""
    # None of these begins with a letter, so most texts need not be cleaned to know it.
    return not text[:1].isalnum() and not clean(text)


def _pass(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "<" in text:
        text = text.replace("<br />", " ")  # nearly all there is
        if "<" in text:
            text = _INLINE.sub("", _BLOCK.sub(" ", text))
    if "\\" in text:
        text = _unescaped(text)
    if not text.isprintable():  # white space other than the blank is not printable either
        text = text.translate(_INVISIBLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def _unescaped(text: str) -> str:
    text = _MARK.sub(r"\1", _BLANK.sub(" ", _LINE_BREAK.sub(" ", text)))
    if not _CODE_POINT.search(text):
        return text
    text = _CODE_POINT.sub(lambda escape: chr(int(escape[1], 16)), text)
    # JSON writes an emoji as two halves; a half that is alone is no character.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _character(entity: re.Match[str]) -> str:
    name = entity[0][1:]
    return html.unescape(entity[0]) if name.startswith("#") or name in html5 else entity[0]
