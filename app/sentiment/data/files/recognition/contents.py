"""Whether a column that was chosen by its name holds the texts, judged by the first rows.

A name says little: "title" may be that of a job, "review" a number of stars, "text" a language, while the texts stand
in a column of another name. A column is in doubt if another one holds running text and the chosen one

    holds none    its values have hardly more than one word, or are all the same, or none are there; or
    is a title    its name is one of the last in `TEXT_NAMES`,

and the other one has more than twice its characters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_FEWEST = 3  # rows that say something
_RUNNING = 4  # words on average, of running text
_LABEL_LIKE = 1.5  # words on average, up to which values are no texts
_LONGER = 2  # times the characters
_WORDS = 0.7  # of what stands between blanks, that is made of letters: a date has fewer
_SMALL = 0.4  # of its words that begin with a small letter: names, titles and addresses have fewer
# Thai, Lao, Burmese, Khmer, Japanese, Chinese and emoji, two of which count as a word: blanks do not divide them.
_WITHOUT_BLANKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U0001f300-\U0001faff]")
# Columns that are about the writer or the thing, or say what others answered.
_OF_OTHERS = re.compile(r"response|reply|replies|resolution|answer|log|bio|address|product|author|category")
_TAG = re.compile(r"<[^<>]*>")  # stops at the next one, or a text of "<" alone would take for ever
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True)
class _Values:
    """What the values of a column look like."""

    rows: int  # with a value
    words: float  # on average, of rows with a value
    characters: int
    distinct: int
    letters: float  # share of the words that are made of letters
    small: float  # share of the words that begin with a small letter, or have none
    are_texts: bool  # all values are strings

    @classmethod
    def of(cls, column: int, rows: Sequence[Mapping[int, Any]]) -> "_Values":
        values = [value for row in rows if (value := row.get(column)) is not None and str(value).strip()]
        strings = [_TAG.sub(" ", value) for value in values if isinstance(value, str)]
        words = [word for value in strings for word in value.split()]
        others = sum(len(_WITHOUT_BLANKS.findall(value)) for value in strings) / 2
        return cls(
            len(values),
            max(len(words), others) / max(1, len(strings)),
            sum(map(len, strings)),
            len(set(strings)),
            sum(_WORD.fullmatch(word.strip(".,;:!?()\"'")) is not None for word in words) / max(1, len(words)),
            sum(not word[:1].isupper() for word in words) / max(1, len(words)),
            len(strings) == len(values),
        )

    @property
    def is_running_text(self) -> bool:
        return (
            self.are_texts
            and self.words >= _RUNNING
            and self.letters >= _WORDS
            and self.small >= _SMALL
            and 2 * self.distinct > max(2, self.rows)
        )

    def is_no_text(self) -> bool:
        return self.words <= _LABEL_LIKE or self.distinct <= 1


def better_texts(
    chosen: int, names: Sequence[str], rows: Sequence[Mapping[int, Any]], is_title: bool
) -> tuple[int, ...]:
    """The columns that hold the texts rather than the chosen one, the longest first; none where it is not in doubt.

    Args:
        chosen: position of the column with a usual name.
        names: of all columns.
        rows: the first ones.
        is_title: whether the name of the chosen column is that of a title or a description.
    """
    if len(rows) < _FEWEST:
        return ()
    here = _Values.of(chosen, rows)
    if not (is_title or here.is_no_text()):
        return ()
    are_words = here.letters > 1 - _WORDS  # no numbers, names of files or addresses
    others = [
        index
        for index, name in enumerate(names)
        if index != chosen and not (are_words and _OF_OTHERS.search(name.casefold()))
    ]
    there = {position: _Values.of(position, rows) for position in others}
    better = {
        position: values
        for position, values in there.items()
        if values.is_running_text and values.characters > _LONGER * here.characters
    }
    return tuple(sorted(better, key=lambda position: -better[position].characters))
