"""An explanation as a picture: the words, the verdict as it is read, and below them what the gates do.

Purple stands for the target class and orange against it, the ends of ColorBrewer's PuOr, which colour-blind readers can
tell apart. Gates, from 0 to 1, are in cividis. Matplotlib is imported when a picture is drawn.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sentiment.explain.explanation import OMISSION, Explanation, Gates
from sentiment.support.storage import new_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 12.0  # inches
_DPI = 150
_INK, _MUTED, _GRID = "#222222", "#666666", "#E2E2E2"
_DIVERGING, _SEQUENTIAL = "PuOr", "cividis"
_FOR, _AGAINST = "#5E3C99", "#E66101"
_LABELLED = 48  # with more tokens, only the strongest are written below a panel
_STRONGEST = 14  # of them
_UNITS = 24  # shown of those that push towards each side
_LETTERS = 14  # of a word below a panel
_WORDS = 1.05  # inches, for the words below a panel, written upwards
_LINE = 0.27  # inches, a line of the review
_PADDING = 0.03  # inches, on either side of a word
_FONT: dict[str, Any] = {"family": "DejaVu Sans", "size": 11}
_SMALL: dict[str, Any] = {"fontsize": 8.5, "color": _MUTED, "parse_math": False}  # two dollars are no formula


class _Word(NamedTuple):
    """A word of the review as it is written; sizes in inches."""

    x: float
    width: float
    text: str
    contribution: float | None  # None: the mark of an omission


def write_png(explanation: Explanation, target: Path) -> None:
    """Draws an explanation, with its gates if it has any, into a PNG file, 1,800 pixels wide.

    Raises:
        StorageError: no space left, or no permission.
    """
    with new_file(target) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # an emoji becomes a box
        # Without the date and the version of Matplotlib, the same explanation gives the same bytes.
        metadata = {"Software": None}
        draw(explanation).savefig(temporary, format="png", dpi=_DPI, facecolor="white", metadata=metadata)


def draw(explanation: Explanation) -> "Figure":
    """The figure of one explanation."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((_WIDTH, 1.0))
    FigureCanvasAgg(figure)
    rows = _layout(explanation, figure)
    text_height = 0.75 + _LINE * len(rows)
    # Panels with their heights and the gaps above them. The words stand above the gates and at the end.
    panels: list[tuple[str, Gates | None, float, float]] = [
        ("contributions", None, 1.6, 0.25),
        ("as read", None, 1.3, 0.2),
    ]
    for gates in explanation.gates:
        panels.append(("input_gate", gates, 1.15, _WORDS + 0.3))
        panels += [(name, gates, 1.15, 0.2) for name in ("forget_gate", "output_gate", "candidate", "cell")]
    note = "" if explanation.gates else explanation.gates_note
    height = text_height + sum(size + gap for *_, size, gap in panels) + _WORDS + (0.3 if note else 0.1)
    figure.set_size_inches(_WIDTH, height)
    title: dict[str, Any] = {
        "fontsize": 13, "weight": "bold", "color": _INK, "va": "center", "parse_math": False,
    }  # fmt: skip
    figure.text(0.25 / _WIDTH, 1 - 0.3 / height, explanation.headline(), **title)
    figure.text(0.25 / _WIDTH, 0.1 / height, note, **_SMALL)
    _draw_review(figure, explanation, rows, height)

    top = height - text_height
    for index, (name, source, size, gap) in enumerate(panels):
        top -= gap + size
        axes = figure.add_axes((0.115, top / height, 0.80, size / height))
        if source is not None:
            _draw_gate(figure, axes, explanation, source, name)
        elif name == "contributions":
            _draw_contributions(axes, explanation)
        else:
            _draw_as_read(axes, explanation)
        axes.set_xlim(-0.5, len(explanation.tokens) - 0.5)
        axes.tick_params(axis="both", labelsize=8.5, colors=_MUTED, length=2)
        axes.set_xticks([])
        if index + 1 == len(panels) or panels[index + 1][0] == "input_gate":
            _write_words(axes, explanation)
    return figure


def _layout(explanation: Explanation, figure: "Figure") -> list[list[_Word]]:
    """The lines of the review."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.font_manager import FontProperties

    renderer, font = FigureCanvasAgg(figure).get_renderer(), FontProperties(**_FONT)

    def width_of(text: str) -> float:
        return renderer.get_text_width_height_descent(text, font, ismath=False)[0] / figure.dpi

    rows: list[list[_Word]] = [[]]
    blank, x = width_of("n n") - width_of("nn"), 0.0
    for between, token, phrase in explanation.with_spaces():
        parts: list[tuple[str, float | None]] = [(OMISSION, None)] if between.strip() else []
        for text, contribution in [*parts, (token.text, phrase.contribution)]:
            if between and x:
                x += blank
            width = width_of(text)
            if x + width > _WIDTH - 0.5 and x:
                rows.append([])
                x = 0.0
            rows[-1].append(_Word(x, width, text, contribution))
            x += width + 2 * _PADDING
    return rows


def _draw_review(figure: "Figure", explanation: Explanation, rows: list[list[_Word]], height: float) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    colours, tall = colormaps[_DIVERGING], 0.82 * _LINE / height
    for number, row in enumerate(rows):
        y = 1 - (0.72 + _LINE * number) / height
        for word in row:
            x, ink = (0.25 + word.x) / _WIDTH, _MUTED
            if word.contribution is not None:
                share = word.contribution / explanation.strongest
                red, green, blue, _ = colour = colours(0.5 + 0.5 * share)
                ink = "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else _INK
                if abs(share) > 0.05:
                    corner, width = (x - _PADDING / _WIDTH, y - tall / 2), (word.width + 2 * _PADDING) / _WIDTH
                    box = Rectangle(corner, width, tall, facecolor=colour, linewidth=0, transform=figure.transFigure)
                    figure.add_artist(box)
            figure.text(x, y, word.text, **_FONT, color=ink, va="center_baseline", parse_math=False)


def _draw_contributions(axes: "Axes", explanation: Explanation) -> None:
    phrases = [phrase for *_, phrase in explanation.with_spaces()]
    first = [i for i, phrase in enumerate(phrases) if i == 0 or phrase is not phrases[i - 1]]
    lengths = np.diff([*first, len(phrases)])
    values = np.array([phrases[i].contribution for i in first])
    left = np.array(first) - 0.425  # in the middle of a token
    axes.bar(left, values, width=lengths - 0.15, align="edge", color=np.where(values > 0, _FOR, _AGAINST))
    axes.axhline(0, color=_MUTED, linewidth=0.8)
    _label(axes, "contribution\n(logits)")
    error = explanation.completeness_error
    note = explanation.method + ("" if error is None else f", adds up but for {error:+.3f}")
    title = f"purple, up: for {explanation.target}; orange, down: {explanation.below_zero} ({note})"
    axes.set_title(title, loc="left", pad=3, **_SMALL)
    _frame(axes)


def _draw_as_read(axes: "Axes", explanation: Explanation) -> None:
    probabilities = np.array([token.probability_after for token in explanation.tokens])
    x = np.arange(len(probabilities))
    # One half divides two classes. Of more, the most probable one may have less.
    base = 0.5 if explanation.is_binary else 0.0
    axes.axhline(base, color=_MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    for side, colour in ((probabilities >= base, _FOR), (probabilities < base, _AGAINST)):
        axes.fill_between(x, base, probabilities, where=side, interpolate=True, color=colour, alpha=0.22)
    axes.plot(x, probabilities, color=_INK, linewidth=1.4, marker="." if len(x) <= _LABELLED else None)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.5, 1])
    _label(axes, f"probability\nof {_short(explanation.target)},\nas read")
    _frame(axes)


def _draw_gate(figure: "Figure", axes: "Axes", explanation: Explanation, gates: Gates, name: str) -> None:
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
    if name == "input_gate":  # the first of its direction
        shown, units = len(order), gates.cell.shape[1]
        title = (
            f"{gates.direction}: {f'all {units}' if shown == units else f'{shown} of {units}'} units, at the top those "
            f"that speak most for {explanation.target}, at the bottom {explanation.below_zero}; purple is above zero"
        )
        axes.set_title(title, loc="left", pad=3, **_SMALL)
    box = axes.get_position()
    bar = figure.colorbar(image, cax=figure.add_axes((box.x1 + 0.008, box.y0, 0.008, box.height)))
    bar.ax.tick_params(labelsize=7.5, colors=_MUTED, length=2)
    bar.outline.set_visible(False)


def _write_words(axes: "Axes", explanation: Explanation) -> None:
    tokens = explanation.tokens
    shown = list(range(len(tokens))) if len(tokens) <= _LABELLED else _strongest_apart(explanation)
    texts = [_short(tokens[i].text) for i in shown]
    slanted: dict[str, Any] = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"}
    style = slanted if len(shown) <= 12 else {"rotation": 90}
    axes.set_xticks(shown, texts, fontsize=9, color=_INK, parse_math=False, **style)  # two dollars are no formula


def _strongest_apart(explanation: Explanation) -> list[int]:
    """The tokens of the strongest phrases, without those whose words would overlap a stronger one's."""
    strengths = [abs(phrase.contribution) for *_, phrase in explanation.with_spaces()]
    distance = max(len(explanation.tokens) // _LABELLED, 1)
    chosen: list[int] = []
    for index in sorted(range(len(explanation.tokens)), key=lambda i: -strengths[i]):
        if len(chosen) < _STRONGEST and all(abs(index - other) > distance for other in chosen):
            chosen.append(index)
    return sorted(chosen)


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _label(axes: "Axes", text: str) -> None:
    axes.set_ylabel(text, parse_math=False, rotation=0, ha="right", va="center", fontsize=9, color=_INK, labelpad=8)


def _frame(axes: "Axes") -> None:
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(_GRID)
    axes.grid(axis="y", color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
