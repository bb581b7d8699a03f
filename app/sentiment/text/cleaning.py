"""The text of a review without the traces of web pages and programs."""

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

# Escapes of JSON, SQL and Python strings, which some exports leave in a text. People also use a backslash as a slash
# ("horror\thriller", "drama\romance"). So \t and \r between two letters stay if a word may begin with that t or r, as
# none does before most consonants and capitals ("good\tbad", "good\tOr"), and if nothing else in the text is escaped.
_LETTER = r"[^\W\d_]"
# Of several backslashes, only the first begins a match: a match at each would take quadratic time.
_LINE_BREAK = re.compile(r"(?<!\\)(?:\\+r)?\\+n")
_BLANK = re.compile(rf"(?<!{_LETTER}|\\)\\+[rt]|(?<!\\)\\+(?:t(?![aehioruwy])|r(?![aehiouy]))")
_BLANK_OF_EXPORT = re.compile(r"(?<!\\)\\+[rt]")
_MARK = re.compile(r"""(?<!\\)\\+(["'/])""")
_CODE_POINT = re.compile(r"(?<!\\)\\+u([0-9a-fA-F]{4})")


def _invisible() -> dict[int, str | None]:
    """A table of `str.translate` for characters that nobody sees."""
    table: dict[int, str | None] = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)])
    # Bytes of Windows-1252 that were read as Latin-1: U+0096 was a dash. HTML reads them as Windows-1252, too.
    for code in range(0x80, 0xA0):
        table[code] = bytes([code]).decode("cp1252", errors="ignore") or None
    table.update(dict.fromkeys(map(ord, "\t\n\v\f\r\x1c\x1d\x1e\x1f"), " "))
    # Soft hyphen, zero-width space, word joiner, byte order mark, and lone surrogates, which no encoding can write.
    # Zero-width joiners stay: emoji, Persian and Hindi need them.
    table.update(dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF, *range(0xD800, 0xE000)]))
    return table


_INVISIBLE = _invisible()

# UTF-8 that was read as Windows-1252 or Latin-1: the first byte of a character, then another one of its bytes; or three
# Cyrillic letters whose bytes were read as Windows-1251. Only such texts are worth the time that ftfy takes.
_OTHER_BYTES = "\u0080-\u00bf" + "".join(bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0))
_FIRST_BYTE = re.compile("[\u00c2-\u00f4\u0420\u0421]")  # in few texts, and found in a tenth of the time
_MOJIBAKE = re.compile(rf"[\u00c2-\u00f4][{_OTHER_BYTES}]|\u00c3 |(?:[\u0420\u0421][{_OTHER_BYTES}\u0402-\u045f]){{3}}")
# The last byte of a closing quotation mark is no character in Windows-1252, so many programs have dropped it.
_CLOSING_QUOTE = re.compile("\u00e2\u20ac(?=[\\s.,;:!?)]|$)")
_PASSES = 8
_OPENING = "<&\\"  # whatever a pass replaces begins with one of these

_PLAIN_QUOTES = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc\u2032\uff07"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\uff02\u00ab\u00bb"), '"'),
}
_ACCENT_FOR_APOSTROPHE = re.compile(r"(?<=\w)[`\u00b4](?=\w)")
_NOT = re.compile(r"(?<= )n't\b", re.IGNORECASE)
# What stands where some programs lost an apostrophe: "don?t", "it\ufffds", and "don t", but not "Don T. Smith".
# Each mark begins its pattern, which makes the search many times faster. "?s=" is a part of an address.
_LOST = [(mark, re.compile(rf"{re.escape(mark)}(?<=\w.)(?=(?i:t|s|m|d|re|ve|ll)\b(?!=))")) for mark in ("?", "\ufffd")]
_NEGATED = "ai|are|ca|could|did|do|does|had|has|have|is|might|must|need|should|was|were|wo|would"
_SEPARATE_T = re.compile(r"n t\b")
_LOST_IN_NEGATION = re.compile(rf"\b(?:(?i:{_NEGATED})n(?= t\b)|(?:{_NEGATED.upper()})N(?= T\b)) ")


def clean(text: str) -> str:
    """The text in one line, without HTML, escapes, invisible characters and superfluous white space.

    Characters that were read in a wrong encoding are repaired ("donâ€™t", by ftfy: Speer 2019,
    doi:10.5281/zenodo.2591652). Line breaks and other block tags become a space; inline tags vanish. Entities become
    their characters, and so do the escapes of exported strings: a backslash before n, r, t, a quotation mark or a
    slash, or before u and four digits. Unicode is normalised to NFC, so that an accent is the same however it was
    typed; not to NFKC, which would make 31/2 stars of "3½ stars".

    Cleaning a clean text changes nothing. A pass can uncover something to replace (`&amp;lt;br&amp;gt;`), so passes
    repeat until nothing changes. Text that is nested deeper than by accident loses its angle brackets, ampersands and
    backslashes instead, which keeps the time linear.

    Args:
        text: any string.

    Returns:
        Empty if there is nothing to read.
    """
    for _ in range(_PASSES):
        cleaned = _pass(text)
        if cleaned == text or not (_is_mojibake(cleaned) or any(mark in cleaned for mark in _OPENING)):
            return cleaned
        text = cleaned
    return _pass(_MOJIBAKE.sub(" ", text.translate(dict.fromkeys(map(ord, _OPENING), " "))))


def as_read(text: str, reading: int = 1) -> str:
    """The text as tokenizers read it: rare spellings become those that training reviews have.

    A negation in an unknown spelling is not understood, and "don\u2019t", "don`t", "don?t" and "does n't" all occur. So
    typographic apostrophes and quotation marks become those of a keyboard; an accent within a word, or the question or
    replacement mark before the end of a contraction, an apostrophe; and a "n't" that stands alone a "not".

    In reading 1 an underscore, as in a stressed _word_, becomes a blank; later ones know it as a part of emoticons.
    From reading 2 on, "don t" becomes "don't"; networks of reading 1 judge such texts better as they are.

    Args:
        text: any string.
        reading: of the tokenizer, see `sentiment.text.pieces`.

    Returns:
        A text of the same length, so that offsets are the same in both.
    """
    read = text if text.isascii() else text.translate(_PLAIN_QUOTES)
    if reading == 1:
        read = read.replace("_", " ")
    if "`" in read or "\u00b4" in read:
        read = _ACCENT_FOR_APOSTROPHE.sub("'", read)
    if " n't" in read or " N'T" in read:
        read = _NOT.sub("not", read)
    for mark, lost in _LOST:
        if mark in read:
            read = lost.sub("'", read)
    if reading > 1 and (_SEPARATE_T.search(read) or "N T" in read):
        read = _LOST_IN_NEGATION.sub(lambda word: f"{word[0][:-1]}'", read)
    return read


def is_blank(text: str) -> bool:
    """Whether there is nothing to read: white space, tags and invisible characters at most."""
    # None of these begins with a letter or digit, so most texts need no cleaning here.
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
    if _is_mojibake(text):
        text = _repaired(text)
    if not text.isprintable():  # white space other than the blank is not printable either
        text = text.translate(_INVISIBLE)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def _is_mojibake(text: str) -> bool:
    return not text.isascii() and _FIRST_BYTE.search(text) is not None and _MOJIBAKE.search(text) is not None


def _repaired(text: str) -> str:
    from ftfy import fix_encoding  # 60 ms that few texts need

    return fix_encoding(_CLOSING_QUOTE.sub("\u201d", text))


def _unescaped(text: str) -> str:
    is_exported = any(escape.search(text) for escape in (_LINE_BREAK, _BLANK, _MARK, _CODE_POINT))
    blank = _BLANK_OF_EXPORT if is_exported else _BLANK
    text = _MARK.sub(r"\1", blank.sub(" ", _LINE_BREAK.sub(" ", text)))
    if not _CODE_POINT.search(text):
        return text
    text = _CODE_POINT.sub(lambda escape: chr(int(escape[1], 16)), text)
    # JSON writes an emoji as a surrogate pair; a lone surrogate is no character.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


def _character(entity: re.Match[str]) -> str:
    name = entity[0][1:]
    return html.unescape(entity[0]) if name.startswith("#") or name in html5 else entity[0]
