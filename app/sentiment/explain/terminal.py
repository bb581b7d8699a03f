"""An explanation for a terminal: the words in colour, or with signs where there are no colours.

positive, probability 0.982 (custom-lstm-standard-seed1)

It was never[++] dull[-] ; it was rather moving[+++] .

as read   ▄▄▅▃▂▄▄▅▆▇  from 0 to 1, ends at 0.982
for       moving +3.21, never +1.84
against   dull -0.52
"""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sentiment.explain.explanation import Explanation, Gates, Ranked, Token
from sentiment.text.familiarity import SENTENCES

TOP = 5  # words for the verdict, and as many against it
_BLOCKS = "▁▂▃▄▅▆▇█"
_STRONG, _MIDDLING, _WEAK = 0.6, 0.3, 0.12  # of the strongest token of the review: +++, ++, +
# The ends of ColorBrewer's PuOr, which colour-blind eyes tell apart: purple for "positive", orange for "negative".
_POSITIVE, _NEGATIVE, _PAPER = (94, 60, 153), (230, 97, 1), (247, 247, 247)
_LEFT_OUT = " […]"


def headline(explanation: Explanation) -> str:
    """The verdict in one line."""
    truncated = "; the review is long, its middle was not read" if explanation.truncated else ""
    if explanation.reason:
        why = SENTENCES.get(explanation.reason, explanation.reason)
        return f"{explanation.label} ({explanation.run}){truncated}. {why}"
    return f"{explanation.label}, probability {explanation.probability:.3f} ({explanation.run}){truncated}"


def words(explanation: Explanation, *, colours: bool) -> Text:
    """The review with every word marked by its contribution.

    Args:
        explanation: of the review.
        colours: whether the reader sees them; else words get signs: `[+++]`, `[-]`.
    """
    strongest = _strongest(explanation)
    shown = Text()
    for between, token in with_what_is_between(explanation):
        shown.append(between)
        share = token.contribution / strongest
        if colours:
            shown.append(token.text, _style(share))
        else:
            shown.append(token.text + (f"[{signs}]" if (signs := _signs(share)) else ""))
    return shown


def with_what_is_between(explanation: Explanation) -> Iterator[tuple[str, Token]]:
    """Each token with the white space before it; what was left out of the middle of the review becomes `[…]`."""
    end = 0
    for token in explanation.tokens:
        between = explanation.text[end : token.start]
        yield _LEFT_OUT + " " if between.strip() else between, token
        end = token.end


def as_read(explanation: Explanation, width: int) -> str:
    """The probability after each token as a line of blocks, at most `width` of them.

    Where there are more tokens than blocks, a block shows the last token of its stretch, so that the line ends at
    the verdict.
    """
    probabilities = np.array([token.probability_after for token in explanation.tokens])
    blocks = min(width, len(probabilities))
    ends = (np.arange(1, blocks + 1) * len(probabilities)) // blocks - 1
    return "".join(_BLOCKS[min(int(p * len(_BLOCKS)), len(_BLOCKS) - 1)] for p in probabilities[ends])


def for_and_against(explanation: Explanation) -> tuple[list[Ranked], list[Ranked]]:
    """The words that speak most for the verdict, and those that speak most against it; `TOP` of each at most."""
    worth_naming = _WEAK * _strongest(explanation)
    named = [r for r in explanation.ranked() if abs(r.token.contribution) >= worth_naming]
    supporting = [r for r in named if explanation.sign * r.token.contribution > 0]
    opposing = [r for r in reversed(named) if explanation.sign * r.token.contribution < 0]
    return supporting[:TOP], opposing[:TOP]


def lines(explanation: Explanation, width: int, *, colours: bool) -> Iterator[Text]:
    """All of the view but the gates.

    Args:
        explanation: of one review.
        width: of the terminal, in characters.
        colours: as in `words`.
    """
    yield Text(headline(explanation), Style(bold=True))
    yield Text()
    yield words(explanation, colours=colours)
    yield Text()
    curve = as_read(explanation, max(width - 45, 10))
    supporting, opposing = for_and_against(explanation)
    if explanation.reason:  # there is no verdict to speak for, and a probability would say what nobody knows
        positive, negative = (supporting, opposing) if explanation.sign > 0 else (opposing, supporting)
        yield Text(f"as read   {curve}  from 0 to 1")
        yield Text(f"positive  {_named(positive)}")
        yield Text(f"negative  {_named(negative)}")
    else:
        yield Text(f"as read   {curve}  from 0 to 1, ends at {explanation.tokens[-1].probability_after:.3f}")
        yield Text(f"for       {_named(supporting)}")
        yield Text(f"against   {_named(opposing)}")
    unknown = [token.text for token in explanation.tokens if not token.known]
    if unknown:
        some = ", ".join(dict.fromkeys(unknown[:TOP])) + (", ..." if len(unknown) > TOP else "")
        share = f" ({explanation.unknown_share:.0%} of the words)" if explanation.unknown_share else ""
        yield Text(f"unknown   {some}: not in the vocabulary{share}")
    error = explanation.completeness_error
    yield Text(
        f"method    {explanation.method}, in logits: above 0 for positive, below for negative"
        + ("" if error is None else f"; adds up but for {error:+.4f}")
    )


def gates_table(explanation: Explanation, gates: Gates) -> Table:
    """What the gates of one direction did at each token, as means over the units."""
    table = Table(title=f"{gates.direction}: means over {gates.cell.shape[1]} units", title_justify="left", box=None)
    table.add_column("word", overflow="fold")
    columns = {
        "input gate": gates.input_gate.mean(axis=1),
        "forget gate": gates.forget_gate.mean(axis=1),
        "output gate": gates.output_gate.mean(axis=1),
        "|candidate|": np.abs(gates.candidate).mean(axis=1),
        "|cell|": np.abs(gates.cell).mean(axis=1),
        "|hidden|": np.abs(gates.hidden).mean(axis=1),
    }
    for name in columns:
        table.add_column(name, justify="right")
    for token, *figures in zip(explanation.tokens, *columns.values(), strict=True):
        table.add_row(Text(token.text), *(f"{figure:.3f}" for figure in figures))
    return table


def _strongest(explanation: Explanation) -> float:
    # Of a review of unknown words nothing contributes anything; then nothing is marked.
    return max(1e-9, *(abs(token.contribution) for token in explanation.tokens))


def _signs(share: float) -> str:
    for least, count in ((_STRONG, 3), (_MIDDLING, 2), (_WEAK, 1)):
        if abs(share) >= least:
            return ("+" if share > 0 else "-") * count
    return ""


def _style(share: float) -> Style:
    if abs(share) < _WEAK:
        return Style()
    end = _POSITIVE if share > 0 else _NEGATIVE
    red, green, blue = (round(p + (e - p) * abs(share)) for p, e in zip(_PAPER, end, strict=True))
    ink = "#ffffff" if abs(share) > 0.55 and share > 0 else "#000000"
    return Style(color=ink, bgcolor=f"#{red:02x}{green:02x}{blue:02x}", bold=abs(share) >= _STRONG)


def _named(some: Sequence[Ranked]) -> str:
    return ", ".join(f"{ranked.token.text} {ranked.token.contribution:+.2f}" for ranked in some) or "nothing"
