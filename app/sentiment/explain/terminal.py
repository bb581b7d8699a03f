"""An explanation for a terminal: the words in colour, or with signs where there are no colours.

Purple and "+" speak for the target class, orange and "-" against it.

positive, probability 0.982 (custom-lstm-standard-seed1)

It was never[++] dull[-] ; it was rather moving[+++] .

as read   ▄▄▅▃▂▄▄▅▆▇  probability of positive from 0 to 1, ends at 0.982
for       moving +3.21, never +1.84
against   dull -0.52
"""

from collections.abc import Iterator, Sequence

import numpy as np
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sentiment.explain.explanation import Explanation, Gates, Ranked

TOP = 5  # words for the verdict, and as many against it
_BLOCKS = "▁▂▃▄▅▆▇█"
_STRONG, _MIDDLING, _WEAK = 0.6, 0.3, 0.12  # of the strongest token: +++, ++, +
# The ends of ColorBrewer's PuOr, which colour-blind readers can tell apart.
_FOR, _AGAINST, _PAPER = (94, 60, 153), (230, 97, 1), (247, 247, 247)


def words(explanation: Explanation, *, colours: bool) -> Text:
    """The review with every word marked by its contribution: with colours, or with signs: `[+++]`, `[-]`."""
    shown = Text()
    for between, token in explanation.with_spaces():
        shown.append(between)
        share = token.contribution / explanation.strongest
        if colours:
            shown.append(token.text, _style(share))
        else:
            shown.append(token.text + (f"[{signs}]" if (signs := _signs(share)) else ""))
    return shown


def as_read(explanation: Explanation, width: int) -> str:
    """The probability after each token as a line of blocks, at most `width` of them.

    With more tokens than that, a block shows the last token of its stretch, so that the line ends at the verdict.
    """
    probabilities = np.array([token.probability_after for token in explanation.tokens])
    blocks = min(width, len(probabilities))
    ends = (np.arange(1, blocks + 1) * len(probabilities)) // blocks - 1
    return "".join(_BLOCKS[min(int(p * len(_BLOCKS)), len(_BLOCKS) - 1)] for p in probabilities[ends])


def for_and_against(explanation: Explanation) -> tuple[list[Ranked], list[Ranked]]:
    """The words that most support the verdict, and those that most oppose it; at most `TOP` of each."""
    worth_naming = _WEAK * explanation.strongest
    named = [r for r in explanation.ranked() if abs(r.token.contribution) >= worth_naming]
    supporting = [r for r in named if explanation.sign * r.token.contribution > 0]
    opposing = [r for r in reversed(named) if explanation.sign * r.token.contribution < 0]
    return supporting[:TOP], opposing[:TOP]


def lines(explanation: Explanation, width: int, *, colours: bool) -> Iterator[Text]:
    """The whole view but the gates.

    Args:
        explanation: of one review.
        width: of the terminal, in characters.
        colours: as in `words`.
    """
    yield Text(explanation.headline(), Style(bold=True))
    yield Text()
    yield words(explanation, colours=colours)
    yield Text()
    rows = _rows(explanation, width)
    indent = max(10, *(len(name) + 2 for name in rows))
    yield from (Text(f"{name:<{indent}}{row}") for name, row in rows.items())


def _rows(explanation: Explanation, width: int) -> dict[str, str]:
    """What stands below the words, by the name of its row."""
    target, tokens = explanation.target, explanation.tokens
    scale = f"probability of {target} from 0 to 1"
    if not explanation.reason:  # else the probability would mean nothing
        scale += f", ends at {tokens[-1].probability_after:.3f}"
    rows = {"as read": f"{as_read(explanation, max(width - len(scale) - 14, 10))}  {scale}"}
    if not explanation.is_binary:
        rows["classes"] = ", ".join(f"{name} {p:.3f}" for name, p in _most_probable(explanation).items())
    supporting, opposing = map(_named, for_and_against(explanation))
    if not explanation.is_binary:
        rows |= {f"for {target}": supporting, f"against {target}": opposing}
    elif explanation.reason:  # there is no verdict to support
        first, second = explanation.classes
        for_second = (explanation.sign > 0) == (target == second)
        rows |= {second: supporting, first: opposing} if for_second else {second: opposing, first: supporting}
    else:
        rows |= {"for": supporting, "against": opposing}
    unknown = [token.text for token in tokens if not token.known]
    if unknown:
        first = ", ".join(dict.fromkeys(unknown[:TOP])) + (", ..." if len(unknown) > TOP else "")
        share = f" ({explanation.unknown_share:.0%} of the words)" if explanation.unknown_share else ""
        rows["unknown"] = f"{first}: not in the vocabulary{share}"
    error = explanation.completeness_error
    sums = "" if error is None else f"; adds up but for {error:+.4f}"
    rows["method"] = f"{explanation.method}, in logits: above 0 for {target}, below {explanation.below_zero}{sums}"
    return rows


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


def _named(tokens: Sequence[Ranked]) -> str:
    return ", ".join(f"{ranked.token.text} {ranked.token.contribution:+.2f}" for ranked in tokens) or "nothing"
