"""Which columns have the text and the label: those that a person names, or the kind of file, or usual names."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from sentiment.data.files.options import ReadingOptions
from sentiment.data.files.recognition.contents import better_texts
from sentiment.data.files.rows import RawRows
from sentiment.errors import ReviewsError

# Usual names without their capitals, blanks and other signs. One of an earlier line wins over one of a later line; two
# of one line fit equally.
TEXT_NAMES = (
    ("review",),
    ("text",),
    (
        "comment", "content", "body", "message", "sentence", "tweet", "reviewtext", "reviewbody", "reviewcontent",
        "commenttext", "commentbody", "tweettext", "fulltext", "utterance", "post", "feedback", "phrase",
        "selftext", "opinion", "verbatim",
    ),
    ("reviews", "comments", "messages", "sentences", "tweets", "posts"),  # or how many there are
    ("title", "headline", "summary", "description"),
)  # fmt: skip
LABEL_NAMES = (
    ("sentiment",),
    ("label",),
    ("class", "target", "polarity", "sentimentlabel", "labeltext"),
    (
        "rating",
        "stars",
        "star",
        "score",
        "overall",
        "starrating",
        "reviewrating",
        "reviewscore",
        "reviewstars",
        "ratings",
        "overallrating",
    ),
    ("category",),  # mostly of the product or the topic
)
_FIRST_NAMES = {"text": ("review", "text"), "label": ("sentiment", "label")}  # as written, these come before all others
_USUAL = set(chain(*TEXT_NAMES, *LABEL_NAMES, ["split"]))
_TEXTS = set(chain(*TEXT_NAMES[:-1]))  # without those of titles
_RUNNING_TEXT = 3  # words on average
_SHOWN = 10  # columns in a message


@dataclass(frozen=True)
class Choice:
    """The columns that were chosen for one purpose."""

    positions: tuple[int, ...]
    why: str  # "named", "as ... learnt", "usual name", "kind of file" or "content"
    also: tuple[str, ...] = ()  # names of other columns that would fit, but worse

    @property
    def is_learnt(self) -> bool:
        """Whether they are those that a run learnt from."""
        return self.why.startswith("as ")


def plain(name: str) -> str:
    """A name without capitals, blanks and signs: "Review Text" and "review_text" are "reviewtext"."""
    return re.sub(r"[\W_]+", "", name.casefold())


def is_usual_name(name: str) -> bool:
    """Whether it is a usual name of the column of a text, a label or a split."""
    return plain(name) in _USUAL


def is_text_name(name: str) -> bool:
    """Whether it is a usual name of the column of a text, and none of a title or a description."""
    return plain(name) in _TEXTS


def names_of(options: ReadingOptions) -> list[str]:
    """The names of columns that a person named."""
    return [*options.text_columns, *([options.label_column] if options.label_column else [])]


def text_choice(raw: RawRows, options: ReadingOptions, source: object, option: str = "--text-column") -> Choice:
    """The columns of the text, to be joined.

    Args:
        raw: the rows; their columns may be looked at.
        options: the columns that a person names, if any.
        source: for the messages.
        option: with which a person names them.

    Raises:
        ReviewsError: no column fits, two fit equally, or one is named that is not there or there twice.
    """
    if options.text_columns:
        named = tuple(named_column(raw.columns, name, "text", source, option) for name in options.text_columns)
        return Choice(tuple(dict.fromkeys(named)), "named")
    if options.learnt and (positions := _learnt(raw, options.learnt.text)):
        return Choice(positions, f"as {options.learnt.run} learnt")
    if raw.text is not None:
        return Choice((raw.text,), "kind of file" if raw.header else "content")
    choice = usual_column(raw.columns, "text", source, option)
    _require_texts(raw, choice.positions[0], source, option)
    return choice


def label_choice(raw: RawRows, options: ReadingOptions, source: object) -> Choice:
    """The column of the label. Raises as `text_choice`."""
    if options.label_column is not None:
        return Choice((named_column(raw.columns, options.label_column, "label", source, "--label-column"),), "named")
    if options.learnt and options.learnt.label and (positions := _learnt(raw, (options.learnt.label,))):
        return Choice(positions, f"as {options.learnt.run} learnt")
    if raw.label is not None:
        return Choice((raw.label,), "kind of file" if raw.header else "content")
    return usual_column(raw.columns, "label", source, "--label-column")


def has_label(raw: RawRows, options: ReadingOptions) -> bool:
    """Whether a label column is named, or known by the kind of file, or a column has one of the usual names."""
    names = set(chain(*LABEL_NAMES))
    if options.learnt and options.learnt.label and _learnt(raw, (options.learnt.label,)):
        return True
    return options.label_column is not None or raw.label is not None or any(plain(c) in names for c in raw.columns)


def _require_texts(raw: RawRows, chosen: int, source: object, option: str) -> None:
    """Refuses a column whose name is usual while another one holds the texts."""
    is_title = plain(raw.columns[chosen]) in TEXT_NAMES[-1]
    if better := better_texts(chosen, raw.columns, raw.sample, is_title):
        names = [raw.columns[index] for index in sorted(better)]
        best, here = (shlex.quote(raw.columns[index]) for index in (better[0], chosen))
        raise ReviewsError(
            f"expected the texts of {source} in {raw.columns[chosen]!r}, by its name; found longer ones in "
            f"{' and '.join(map(repr, names[:_SHOWN]))}; say which column holds them with {option} {best} (several are "
            f"joined), or {option} {here}"
        )


def _learnt(raw: RawRows, names: Sequence[str]) -> tuple[int, ...]:
    """Positions of the columns that a run learnt from; none where the file lacks one of them or has it twice.

    Numbers are columns of a file without a header alone, where the columns are named so.
    """
    positions = [_positions(raw.columns, name) for name in names]
    return tuple(fitting[0] for fitting in positions) if all(len(fitting) == 1 for fitting in positions) else ()


def _positions(columns: Sequence[str], name: str) -> list[int]:
    """Of the columns of a name as written; else of those that differ in case or in blanks around it."""
    exact = [index for index, column in enumerate(columns) if column == name]
    return exact or [index for index, column in enumerate(columns) if column.strip().lower() == name.strip().lower()]


def named_column(columns: Sequence[str], name: str, content: str, source: object, option: str) -> int:
    """Position of the column with a name, else of that number, counted from 1.

    The name as written wins over one that differs in case or in blanks around it.

    Raises:
        ReviewsError: there is no such column, or there are two.
    """
    fitting = _positions(columns, name)
    if not fitting and name.isascii() and name.isdigit() and 1 <= int(name) <= len(columns):
        return int(name) - 1
    if len(fitting) != 1:
        advice = (
            f"rename one of them, or give its number, such as {option} {fitting[0] + 1}"
            if fitting
            else f"give a name{_or_number(columns)} with {option}"
        )
        raise ReviewsError(
            f"expected the {content} column, {name}, once in {source}; found the columns {_listed(columns)}; {advice}"
        )
    return fitting[0]


def usual_column(columns: Sequence[str], content: str, source: object, option: str) -> Choice:
    """The column with a usual name.

    Raises:
        ReviewsError: there is none, or two fit equally.
    """
    tiers = TEXT_NAMES if content == "text" else LABEL_NAMES
    exact = [[index for index, column in enumerate(columns) if column == name] for name in _FIRST_NAMES[content]]
    alike = [[index for index, column in enumerate(columns) if plain(column) in tier] for tier in tiers]
    fitting = [positions for positions in (*exact, *alike) if positions]
    if not fitting:
        raise ReviewsError(
            f"expected a {content} column, such as {' or '.join(_FIRST_NAMES[content])}, in {source}; found the "
            f"columns {_listed(columns)}; say which one with {option}, by name{_or_number(columns)}; if the first row "
            "has no names, add --no-header"
        )
    best = fitting[0]
    if len(best) > 1:
        names = [columns[index] for index in best]
        same = len(set(names)) == 1
        raise ReviewsError(
            f"expected one {content} column in {source}; found the columns {_listed(columns)}, of which "
            f"{' and '.join(map(repr, names))} fit equally; say which one with {option} "
            f"{best[0] + 1 if same else shlex.quote(names[0])}"
            + (", its number, or rename one of them" if same else "")
        )
    others = dict.fromkeys(columns[index] for index in chain(*fitting[1:]) if index != best[0])
    return Choice((best[0],), "usual name", tuple(others))


def said(content: str, choice: Choice, columns: Sequence[str], option: str) -> str:
    """ "text in 'review' ('title' would fit, too: choose with --text-column title)"."""
    names = " and ".join(repr(columns[index]) for index in choice.positions)
    also = f", {choice.why}" if choice.is_learnt else ""
    if choice.also:
        example = f"{option} {shlex.quote(choice.also[0])}"
        also = f" ({' and '.join(map(repr, choice.also))} would fit, too: choose with {example})"
    return f"{content} in {names}{also}"


def lacking(choice: Choice, options: ReadingOptions) -> str:
    """ ", though films/gru learnt from 'title' and 'body'": where a file lacks some of several columns of a run."""
    learnt = options.learnt
    if learnt is None or len(learnt.text) < 2 or choice.is_learnt or choice.why == "named":
        return ""
    return f", though {learnt.run} learnt from {' and '.join(map(repr, learnt.text))}"


def chosen_by_content(rows: Sequence[Sequence[str]]) -> tuple[int | None, int | None]:
    """Positions of the text and the label in rows without a header, each None where it is not certain.

    Those of Sentiment140 are known: label, number, date, query, user, text; it is sorted by label. Else the text
    is the only column with three words or more on average. The label is the only column whose values are short and come
    again and again: at most twenty, each five times on average.

    Source: Go, Bhayani and Huang (2009), Twitter sentiment classification using distant supervision.
    """
    if rows and all(len(row) == 6 and row[0] in ("0", "2", "4") and row[1].isdigit() for row in rows):
        return 5, 0
    columns = [[row[index] for row in rows if index < len(row)] for index in range(max(map(len, rows), default=0))]
    texts = [
        index
        for index, values in enumerate(columns)
        if sum(len(value.split()) for value in values) >= _RUNNING_TEXT * len(values) and len(set(values)) > 1
    ]
    if len(texts) > 1:  # a date of three words, again and again, is no text
        longest = max(texts, key=lambda index: sum(map(len, columns[index])))
        texts = [i for i in texts if i == longest or 3 * sum(map(len, columns[i])) > sum(map(len, columns[longest]))]
    labels = [
        index
        for index, values in enumerate(columns)
        if index not in texts
        and 1 < len(set(values)) <= min(20, max(2, len(values) // 5))
        and max(map(len, values)) <= 20
    ]
    return texts[0] if len(texts) == 1 else None, labels[0] if len(labels) == 1 else None


def _or_number(columns: Sequence[str]) -> str:
    """ " or by number from 1", unless numbers are names of columns."""
    return "" if any(column.strip().isdigit() for column in columns) else " or by number from 1"


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(column[:30] for column in columns[:_SHOWN]) + (", ..." if len(columns) > _SHOWN else "")
    return " ".join(shown.split())
