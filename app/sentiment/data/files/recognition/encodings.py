"""The encoding of a text file.

A byte order mark decides; else a file that is UTF-8 throughout is UTF-8: other encodings hardly ever look like it. Any
other file is read as cp1252, which Windows writes in Western Europe and America; that is a guess, and said with a word
of the file. charset-normalizer names cp1250 or cp775 for most
made-up files of English, French and Spanish sentences in cp1252, and so reads other letters.

Refused, because the guess would be wrong: a file that is UTF-8 in most places, UTF-16 without its mark, and one that
is in no Western language, or not in cp1252: with many other letters, in all or in the words that have one; with
capitals or signs within words, as "itÕs" (Mac) and "¿ó³w" (cp1250) have; or with bytes that cp1252 lacks.
"""

import codecs
import re

from sentiment.data.files.rows import Notify
from sentiment.data.files.sources import Source
from sentiment.errors import ReviewsError

# UTF-32 first: its byte order mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BLOCK_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 25  # that stand for a file of which only the beginning is of interest
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_WORD_START = re.compile(rb"[\x80-\xffA-Za-z']*\Z")
_WORD_END = re.compile(rb"[\x80-\xffA-Za-z']*")
_MOST_OTHER = 0.3  # of the letters, in a Western language
_MOST_ZEROS = 0.2  # of the bytes, in a text of one byte a letter
_ONE_SIDED = 0.2  # of the zeros at even bytes to those at odd ones, at most, or the other way round, in UTF-16
_MOST_STRANGE = 0.05  # of the words with other letters, in a text in cp1252
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
# No word of cp1252: four or more other letters alone; a capital with an accent, or one of the Mac or of DOS, behind a
# small letter; a sign between small letters. Not one character again and again, as in a price range.
_STRANGE = re.compile(
    rb"(?!(.)\1*\Z)(?:[\x81-\x90\xc0-\xff]{4,}\Z|.*(?:[a-z][\x8a\x8c\x8e\x9f\xc0-\xd6\xd8-\xde](?![A-Z\xc0-\xde])"
    rb"|[a-z][\x82\x84\x94][a-z]|[a-z\xc0-\xff][\xa1-\xaa\xac\xae-\xb3\xb5\xb6\xb8-\xba\xbc-\xbf][a-z\xc0-\xff]))"
)
_FEWEST_STRANGE, _FEWEST_KINDS = 5, 2  # of such words: names of products are written in any way
_WORDS_BYTES = 1 << 24  # of a file, in which words are looked at
_WORD_SHOWN = 30  # bytes on each side of the first that is not UTF-8


def mark_of(source: Source) -> str | None:
    """The encoding that a byte order mark at the beginning says; None without one."""
    content, raw = source.open()
    with raw, content:
        first = content.read(4)
    return next((name for mark, name in _MARKS.items() if first.startswith(mark)), None)


def encoding_of(source: Source, named: str | None, notify: Notify) -> str:
    """The encoding of a text file, see the module.

    Args:
        source: the file, which is read to its end unless it is UTF-8 by its mark, or named.
        named: the encoding that a person names.
        notify: is told of a guess.

    Raises:
        ReviewsError: the encoding cannot be guessed.
    """
    if known := named or mark_of(source):
        return known
    census = _Census()
    content, raw = source.open()
    with raw, content:
        while block := content.read(_BLOCK_BYTES):
            census.add(block)
            if source.sample and census.size > _SAMPLE_BYTES:
                census.cut = True
                break
    advice = "say which encoding it has with --encoding"
    if sum(census.zeros) > _MOST_ZEROS * census.size:
        even, odd = census.zeros
        if min(even, odd) > _ONE_SIDED * max(even, odd):
            raise ReviewsError(f"expected text in {source}; found many zeros, as no text has; give a file of texts")
        wide = "utf-16-be" if even > odd else "utf-16-le"
        raise ReviewsError(f"expected text in {source}; found zeros at every second byte, as UTF-16; {advice} {wide}")
    if census.is_utf8():
        return "utf-8"
    if census.utf8_letters >= census.other_bytes:
        raise ReviewsError(
            f"expected UTF-8 throughout {source}; found byte 0x{census.first_bad:02x}{_line_of(source)}; save the "
            f"whole file as UTF-8, or {advice}"
        )
    if not census.is_western():
        raise ReviewsError(
            f"expected UTF-8 in {source}; found byte 0x{census.first_bad:02x}{_line_of(source)}, and bytes or words "
            f"that no Western text in cp1252 has; {advice}, such as cp1251 for Cyrillic, cp1250 for Central Europe, "
            "cp1254 for Turkish, gb18030, shift_jis, cp850, mac-roman or latin-1"
        )
    if notify:
        notify(
            f"{source} is not UTF-8; its encoding is guessed as cp1252 ({census.word.decode('cp1252', 'replace')!r}"
            f"{_line_of(source)}); name another with --encoding"
        )
    return "cp1252"


class _Census:
    """Counts the bytes of a file."""

    def __init__(self) -> None:
        self.size = self.ascii_letters = self.high_bytes = self.utf8_letters = self.other_bytes = 0
        self.zeros = (0, 0)  # at even and at odd bytes
        self.words = 0  # with other letters
        self.strange: list[bytes] = []  # of these, as no text in cp1252 has them
        self.first_bad = 0
        self.beyond_cp1252 = False
        self.cut = False  # there are more bytes, so the last ones may be half a letter
        self.word = b""  # one with a byte that is not UTF-8
        self._decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()

    def add(self, block: bytes) -> None:
        """Takes the next bytes."""
        if self._decoder is not None:
            try:
                self._decoder.decode(block)
            except UnicodeDecodeError as error:
                self.first_bad = error.object[error.start]
                self._decoder = None
        if b"\0" in block:
            even, odd = (block[(self.size + side) % 2 :: 2].count(0) for side in (0, 1))
            self.zeros = self.zeros[0] + even, self.zeros[1] + odd
        self.size += len(block)
        if block.isascii():
            return
        rest = _UTF8_LETTER.sub(b" ", block)
        others = rest.translate(None, bytes(range(128)))
        self.other_bytes += len(others)
        high = block.translate(None, bytes(range(128)))
        self.high_bytes += len(high)
        self.utf8_letters += (len(block) - len(rest)) and len(_UTF8_LETTER.findall(block))
        letters = bytes(set(range(256)) - set(range(65, 91)) - set(range(97, 123)))
        self.ascii_letters += len(block.translate(None, letters))
        self.beyond_cp1252 |= bool(_NOT_IN_CP1252.search(block))
        if self._decoder is None and self.size <= _WORDS_BYTES:
            words = [word for word in _WORD.findall(block) if not word.isascii()]
            self.words += len(words)
            self.strange += filter(_STRANGE.match, words)
        if not self.word and others:
            self.word = _first_word(rest)

    def is_western(self) -> bool:
        """Whether it may be cp1252."""
        return not (
            self.beyond_cp1252
            or self.high_bytes > _MOST_OTHER * (self.high_bytes + self.ascii_letters)
            or (
                len(self.strange) >= max(_FEWEST_STRANGE, _MOST_STRANGE * self.words)
                and len(set(self.strange)) >= _FEWEST_KINDS
            )
        )

    def is_utf8(self) -> bool:
        """Whether the whole file is UTF-8."""
        if self._decoder is None:
            return False
        try:
            self._decoder.decode(b"", final=not self.cut)
        except UnicodeDecodeError as error:
            self.first_bad = error.object[error.start]
            return False
        return True


def _first_word(content: bytes) -> bytes:
    """The word around the first high byte, at most `_WORD_SHOWN` bytes of it on each side.

    The high byte comes first: one pattern for the whole word is tried from every letter of a long run without a blank.
    """
    at = _HIGH_BYTE.search(content).start()  # type: ignore[union-attr]  # only called where there is one
    before, after = content[max(0, at - _WORD_SHOWN) : at], content[at : at + _WORD_SHOWN]
    start = _WORD_START.search(before)[0]  # type: ignore[index]  # it may be empty
    return start + _WORD_END.match(after)[0]  # type: ignore[index]


def _line_of(source: Source) -> str:
    """ " in line 7": the first one that is not UTF-8."""
    content, raw = source.open()
    with raw, content:
        for number, line in enumerate(content, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return f" in line {number}"
    return ""
