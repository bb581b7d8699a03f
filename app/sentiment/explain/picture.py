"""An explanation as a picture: the words, the verdict as it is read, and under them what the gates do.

Orange speaks for negative and purple for positive, the ends of ColorBrewer's PuOr, which colour-blind eyes tell apart
and which stay apart in grey by their place in the picture. Gates, from 0 to 1, are drawn in cividis.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from sentiment.explain.explanation import Explanation, Gates
from sentiment.explain.terminal import headline, with_what_is_between
from sentiment.support.storage import new_file

_WIDTH = 12.0  # inches
_DPI = 150
_INK, _MUTED, _GRID = "#222222", "#666666", "#E2E2E2"
_DIVERGING, _SEQUENTIAL = "PuOr", "cividis"
_POSITIVE, _NEGATIVE = "#5E3C99", "#E66101"
_LABELLED = 48  # with more tokens than that, only the strongest have their word under the picture
_STRONGEST = 14  # of them
_UNITS = 24  # shown of those that push towards each side
_LETTERS = 14  # of a word under a panel
_WORDS = 1.05  # inches: room for the words under a panel, written upwards
_LINE = 0.27  # inches: a line of the review
_TEXT = FontProperties(family="DejaVu Sans", size=11)
_PADDING = 0.03  # inches, on either side of a word


def write_png(explanation: Explanation, target: Path) -> None:
    """Draws an explanation into a PNG file, 1,800 pixels wide.

    Args:
        explanation: gates are drawn if it has them.
        target: replaced if it is there.

    Raises:
        StorageError: no room left, or no permission.
    """
    with new_file(target) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # an emoji becomes a box
        figure = draw(explanation)
        # Without the date and the version of Matplotlib, the same explanation gives the same bytes.
        figure.savefig(temporary, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})


def draw(explanation: Explanation) -> Figure:
    """The figure of one explanation."""
    figure = Figure((_WIDTH, 1.0))
    FigureCanvasAgg(figure)
    rows = _laid_out(explanation, figure)
    text_height = 0.75 + _LINE * len(rows)
    panels: list[tuple[str, str | Gates, float]] = [("contributions", "", 1.6), ("as read", "", 1.3)]
    for gates in explanation.gates:
        panels += [(name, gates, 1.15) for name in ("input_gate", "forget_gate", "output_gate", "candidate", "cell")]
    # The words stand under the verdict as it is read, above the gates, and once more at the end.
    gaps = [0.25 if name == "contributions" else 0.2 for name, *_ in panels]
    gaps = [_WORDS + 0.3 if name == "input_gate" else gap for (name, *_), gap in zip(panels, gaps, strict=True)]
    height = text_height + sum(panel for *_, panel in panels) + sum(gaps) + _WORDS + 0.1
    note = "" if explanation.gates else explanation.gates_note
    height += 0.2 if note else 0
    figure.set_size_inches(_WIDTH, height)
    figure.text(
        0.25 / _WIDTH, 1 - 0.3 / height, headline(explanation), fontsize=13, weight="bold", color=_INK, va="center"
    )
    _review(figure, explanation, rows, height)

    top = height - text_height
    axes: list[Axes] = []
    for (name, source, size), gap in zip(panels, gaps, strict=True):
        top -= gap
        axes.append(figure.add_axes((0.115, (top - size) / height, 0.80, size / height)))
        top -= size
        if name == "contributions":
            _contributions(axes[-1], explanation)
        elif name == "as read":
            _as_read(axes[-1], explanation)
        elif isinstance(source, Gates):
            _heat_map(figure, axes[-1], source, name, named=name == "input_gate")
    for one in axes:
        one.set_xlim(-0.5, len(explanation.tokens) - 0.5)
        one.tick_params(axis="both", labelsize=8.5, colors=_MUTED, length=2)
        one.set_xticks([])
    for one, following in zip(axes, [*panels[1:], ("input_gate",)], strict=True):
        if following[0] == "input_gate":  # or nothing follows
            _words_under(one, explanation)
    figure.text(0.25 / _WIDTH, 0.1 / height, note, fontsize=8.5, color=_MUTED)
    return figure


def _laid_out(explanation: Explanation, figure: Figure) -> list[list[tuple[float, float, str, float | None]]]:
    """Lines of words with place and width, in inches, and contribution; None for the mark of what was left out."""
    renderer = FigureCanvasAgg(figure).get_renderer()

    def width(text: str) -> float:
        measured, _, _ = renderer.get_text_width_height_descent(text, _TEXT, ismath=False)
        return measured / figure.dpi

    rows: list[list[tuple[float, float, str, float | None]]] = [[]]
    blank, at = width("n n") - width("nn"), 0.0
    for between, token in with_what_is_between(explanation):
        parts: list[tuple[str, float | None]] = [("[…]", None)] if between.strip() else []
        for text, contribution in [*parts, (token.text, token.contribution)]:
            if between and at:
                at += blank
            size = width(text)
            if at + size > _WIDTH - 0.5 and at:
                rows.append([])
                at = 0.0
            rows[-1].append((at, size, text, contribution))
            at += size + 2 * _PADDING
    return rows


def _review(figure: Figure, explanation: Explanation, rows: Sequence, height: float) -> None:
    colours, strongest = colormaps[_DIVERGING], _strongest(explanation)
    for number, row in enumerate(rows):
        y = 1 - (0.72 + _LINE * number) / height
        for at, size, text, contribution in row:
            colour = None if contribution is None else colours(0.5 + 0.5 * contribution / strongest)
            x = (0.25 + at) / _WIDTH
            if colour is not None and abs(contribution) > 0.05 * strongest:
                figure.add_artist(
                    _box(figure, x - _PADDING / _WIDTH, y, (size + 2 * _PADDING) / _WIDTH, height, colour)
                )
            dark = colour is not None and 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 0.5
            ink = _MUTED if contribution is None else "white" if dark else _INK
            figure.text(x, y, text, fontproperties=_TEXT, color=ink, va="center_baseline", parse_math=False)


def _box(figure: Figure, x: float, y: float, width: float, height: float, colour: tuple) -> Rectangle:
    tall = 0.82 * _LINE / height
    return Rectangle((x, y - tall / 2), width, tall, facecolor=colour, linewidth=0, transform=figure.transFigure)


def _contributions(axes: Axes, explanation: Explanation) -> None:
    values = np.array([token.contribution for token in explanation.tokens])
    axes.bar(range(len(values)), values, width=0.85, color=np.where(values > 0, _POSITIVE, _NEGATIVE))
    axes.axhline(0, color=_MUTED, linewidth=0.8)
    _label(axes, "contribution\n(logits)")
    error = explanation.completeness_error
    note = explanation.method + ("" if error is None else f", adds up but for {error:+.3f}")
    axes.set_title(f"up: for positive, down: for negative ({note})", loc="left", fontsize=8.5, color=_MUTED, pad=3)
    _frame(axes)


def _as_read(axes: Axes, explanation: Explanation) -> None:
    probabilities = np.array([token.probability_after for token in explanation.tokens])
    x = np.arange(len(probabilities))
    axes.axhline(0.5, color=_MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    axes.fill_between(x, 0.5, probabilities, where=probabilities >= 0.5, interpolate=True, color=_POSITIVE, alpha=0.22)
    axes.fill_between(x, 0.5, probabilities, where=probabilities < 0.5, interpolate=True, color=_NEGATIVE, alpha=0.22)
    axes.plot(x, probabilities, color=_INK, linewidth=1.4, marker="." if len(x) <= _LABELLED else None)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.5, 1])
    _label(axes, "probability\nof positive,\nas read")
    _frame(axes)


def _heat_map(figure: Figure, axes: Axes, gates: Gates, name: str, *, named: bool) -> None:
    order = np.argsort(-gates.unit_contribution, kind="stable")
    if len(order) > 2 * _UNITS:
        order = np.concatenate([order[:_UNITS], order[-_UNITS:]])
    values = getattr(gates, name)[:, order].T
    if name.endswith("gate"):
        colours, low, high = _SEQUENTIAL, 0.0, 1.0
    else:
        high = 1.0 if name == "candidate" else float(max(np.quantile(np.abs(values), 0.99), 1e-6))
        colours, low = _DIVERGING, -high
    image = axes.imshow(values, aspect="auto", cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    _label(axes, name.replace("_", " "))
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if named:
        shown = len(order)
        which = f"all {shown} units" if shown == gates.cell.shape[1] else f"{shown} of {gates.cell.shape[1]} units"
        axes.set_title(
            f"{gates.direction}: {which}, at the top those that add most to positive, at the bottom to negative; "
            "purple is above zero",
            loc="left", fontsize=8.5, color=_MUTED, pad=3,
        )  # fmt: skip
    box = axes.get_position()
    bar = figure.colorbar(image, cax=figure.add_axes((box.x1 + 0.008, box.y0, 0.008, box.height)))
    bar.ax.tick_params(labelsize=7.5, colors=_MUTED, length=2)
    bar.outline.set_visible(False)


def _words_under(axes: Axes, explanation: Explanation) -> None:
    tokens = explanation.tokens
    shown = list(range(len(tokens)))
    if len(tokens) > _LABELLED:
        shown = _apart(explanation)
    axes.set_xticks(shown, [_short(tokens[i].text) for i in shown], rotation=90 if len(shown) > 12 else 60)
    for label in axes.get_xticklabels():
        label.set_fontsize(9)
        label.set_parse_math(False)  # two dollars are no formula
        label.set_color(_INK)
        if len(shown) <= 12:
            label.set(ha="right", rotation_mode="anchor")


def _apart(explanation: Explanation) -> list[int]:
    """The strongest tokens, none so near to a stronger one that their words would overlap."""
    least = max(len(explanation.tokens) // _LABELLED, 1)
    chosen: list[int] = []
    for index in sorted(range(len(explanation.tokens)), key=lambda i: -abs(explanation.tokens[i].contribution)):
        if len(chosen) < _STRONGEST and all(abs(index - other) > least for other in chosen):
            chosen.append(index)
    return sorted(chosen)


def _strongest(explanation: Explanation) -> float:
    return max(1e-9, *(abs(token.contribution) for token in explanation.tokens))


def _label(axes: Axes, text: str) -> None:
    axes.set_ylabel(text, rotation=0, ha="right", va="center", fontsize=9, color=_INK, labelpad=8)


def _frame(axes: Axes) -> None:
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(_GRID)
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def _short(word: str) -> str:
    return word if len(word) <= _LETTERS else word[: _LETTERS - 1] + "…"
