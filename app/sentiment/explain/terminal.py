"""An explanation for a terminal: the phrases in colour, or with signs where there are no colours.

Purple and "+" speak for the target class, orange and "-" against it.

positive, 98% (imdb/custom-lstm-standard-seed1)

It was [never dull +++]; it was rather [moving ++].

as read            ▄▄▅▃▂▄▄▅▆▇  probability of positive from 0 to 1, ends at 0.982
strongly positive  never dull
positive           moving
negative           nothing

Figures are among the details:

in logits          never dull +3.21, moving +1.84
"""

from collections.abc import Iterator

import numpy as np
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sentiment.config import NEGATIVE, POSITIVE
from sentiment.explain.explanation import Explanation, Gates, Phrase

TOP = 5  # phrases for the verdict, and as many against it
_ADVERBS = ((2.0, "strongly "), (0.7, ""), (0.0, "weakly "))  # from so many logits on: odds times 7.4, or times 2
_BLOCKS = "▁▂▃▄▅▆▇█"
_STRONG, _MIDDLING, _WEAK = 0.6, 0.3, 0.12  # of the strongest phrase: +++, ++, +
# The ends of ColorBrewer's PuOr, which colour-blind readers can tell apart.
_FOR, _AGAINST, _PAPER = (94, 60, 153), (230, 97, 1), (247, 247, 247)


def words(explanation: Explanation, *, colours: bool) -> Text:
    """The review with every phrase marked by its contribution: with colours, or in brackets: `[never dull +++]`."""
    shown = Text()
    for between, part, text in _parts(explanation):
        shown.append(between)
        share = part.contribution / explanation.strongest
        signs = _signs(share)
        if colours:
            shown.append(text, _style(share))
        else:
            shown.append(f"[{text} {signs}]" if signs else text)
    return shown


def _parts(explanation: Explanation) -> Iterator[tuple[str, Phrase, str]]:
    """Each phrase, after what stands before it, with its text; `OMISSION` is only between phrases."""
    before, shown, last = "", "", None
    for between, token, part in explanation.with_spaces():
        if part is last:
            shown += between + token.text
            continue
        if last is not None:
            yield before, last, shown
        before, shown, last = between, token.text, part
    if last is not None:
        yield before, last, shown


def in_words(explanation: Explanation, contribution: float) -> str:
    """What a contribution says in plain words: "strongly positive", "weakly against 4"."""
    adverb = next(adverb for least, adverb in _ADVERBS if abs(contribution) >= least)
    target, adjectives = explanation.target, (NEGATIVE, POSITIVE)
    if contribution >= 0:
        return f"{adverb}{target}" if target in adjectives else f"{adverb}for {target}"
    if set(explanation.classes) == set(adjectives):
        return f"{adverb}{explanation.below_zero.removeprefix('for ')}"
    return f"{adverb}{explanation.below_zero}"


def as_read(explanation: Explanation, width: int) -> str:
    """The probability after each token as a line of blocks, at most `width` of them.

    With more tokens than that, a block shows the last token of its stretch, so that the line ends at the verdict.
    """
    probabilities = np.array([token.probability_after for token in explanation.tokens])
    blocks = min(width, len(probabilities))
    ends = (np.arange(1, blocks + 1) * len(probabilities)) // blocks - 1
    return "".join(_BLOCKS[min(int(p * len(_BLOCKS)), len(_BLOCKS) - 1)] for p in probabilities[ends])


def for_and_against(explanation: Explanation) -> tuple[list[Phrase], list[Phrase]]:
    """The phrases that most support the verdict, and those that most oppose it; at most `TOP` of each."""
    worth_naming = _WEAK * explanation.strongest
    named = [part for part in explanation.ranked_phrases() if abs(part.contribution) >= worth_naming]
    supporting = [part for part in named if explanation.sign * part.contribution > 0]
    opposing = [part for part in reversed(named) if explanation.sign * part.contribution < 0]
    return supporting[:TOP], opposing[:TOP]


def lines(explanation: Explanation, width: int, *, colours: bool, details: bool = False) -> Iterator[Text]:
    """The whole view but the gates.

    Args:
        explanation: of one review.
        width: of the terminal, in characters.
        colours: as in `words`.
        details: whether to show contributions in logits, too.
    """
    yield Text(explanation.headline(), Style(bold=True))
    yield Text()
    yield words(explanation, colours=colours)
    yield Text()
    rows = _rows(explanation, width) | (_details(explanation) if details else {})
    indent = max(10, *(len(name) + 2 for name in rows))
    yield from (Text(f"{name:<{indent}}{row}") for name, row in rows.items())


def _rows(explanation: Explanation, width: int) -> dict[str, str]:
    """What stands below the words, by the name of its row."""
    target, tokens = explanation.target, explanation.tokens
    scale = f"probability of {target} from 0 to 1"
    if not explanation.reason:  # else the probability would mean nothing
        scale += f", ends at {tokens[-1].probability_after:.3f}"
    rows = {"as read": f"{as_read(explanation, max(width - len(scale) - 24, 10))}  {scale}"}
    if not explanation.is_binary:
        rows["classes"] = ", ".join(f"{name} {p:.3f}" for name, p in _most_probable(explanation).items())
    for phrases, sign in zip(for_and_against(explanation), (explanation.sign, -explanation.sign), strict=True):
        by_strength: dict[str, list[str]] = {} if phrases else {in_words(explanation, sign): ["nothing"]}
        for phrase in phrases:
            by_strength.setdefault(in_words(explanation, phrase.contribution), []).append(phrase.text)
        rows |= {words: ", ".join(texts) for words, texts in by_strength.items()}
    unknown = [token.text for token in tokens if not token.known]
    if unknown:
        first = ", ".join(dict.fromkeys(unknown[:TOP])) + (", ..." if len(unknown) > TOP else "")
        share = f" ({explanation.unknown_share:.0%} of the words)" if explanation.unknown_share else ""
        rows["unknown"] = f"{first}: not in the vocabulary{share}"
    if explanation.shared:
        rows["long review"] = (
            f"{explanation.shared} of {len(tokens)} words, of weaker parts, were judged in groups to save time"
        )
    return rows


def _details(explanation: Explanation) -> dict[str, str]:
    """The figures behind the plain words."""
    supporting, opposing = for_and_against(explanation)
    named = [f"{phrase.text} {phrase.contribution:+.2f}" for phrase in [*supporting, *opposing]]
    error = explanation.completeness_error
    sums = "" if error is None else f"; adds up but for {error:+.4f}"
    return {
        "in logits": ", ".join(named) or "nothing",
        "method": f"{explanation.method}: above 0 for {explanation.target}, below {explanation.below_zero}{sums}",
    }


def _most_probable(explanation: Explanation) -> dict[str, float]:
    """The probabilities of grades in their order; else of the most probable classes, the highest first."""
    probabilities = explanation.probabilities
    if explanation.ordered:
        return probabilities
    return {name: probabilities[name] for name in sorted(probabilities, key=lambda name: -probabilities[name])[:TOP]}


def gates_table(explanation: Explanation, gates: Gates) -> Table:
    """The gates of one direction at each token, as means over the units."""
    table = Table(title=f"{gates.direction}: means over {gates.cell.shape[1]} units", title_justify="left", box=None)
    table.add_column("word", overflow="fold")
    columns = {
        "input gate": gates.input_gate,
        "forget gate": gates.forget_gate,
        "output gate": gates.output_gate,
        "|candidate|": np.abs(gates.candidate),
        "|cell|": np.abs(gates.cell),
        "|hidden|": np.abs(gates.hidden),
    }
    for name in columns:
        table.add_column(name, justify="right")
    means = (values.mean(axis=1) for values in columns.values())
    for token, *figures in zip(explanation.tokens, *means, strict=True):
        table.add_row(Text(token.text), *(f"{figure:.3f}" for figure in figures))
    return table


def _signs(share: float) -> str:
    for least, count in ((_STRONG, 3), (_MIDDLING, 2), (_WEAK, 1)):
        if abs(share) >= least:
            return ("+" if share > 0 else "-") * count
    return ""


def _style(share: float) -> Style:
    if abs(share) < _WEAK:
        return Style()
    end = _FOR if share > 0 else _AGAINST
    red, green, blue = (round(p + (e - p) * abs(share)) for p, e in zip(_PAPER, end, strict=True))
    ink = "#ffffff" if abs(share) > 0.55 and share > 0 else "#000000"
    return Style(color=ink, bgcolor=f"#{red:02x}{green:02x}{blue:02x}", bold=abs(share) >= _STRONG)
