"""How every figure looks, and its picture on white, which is the same on a light page, on a dark one and in print."""

import io
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image  # comes with Matplotlib

INK, MUTED, GRID = "#222222", "#666666", "#E2E2E2"
WIDTH, NARROW = 10.0, 4.6  # inches; a page shows a figure about 1,000 pixels wide, that of a telephone 370
_DPI = 150


def clean(axes: Axes, grid: Literal["x", "y", "both"] | None) -> None:
    """Removes what is not needed to read a value."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=9.5)
    axes.xaxis.label.set(color=INK, fontsize=10)
    axes.yaxis.label.set(color=INK, fontsize=10)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.8)


def png(figure: Figure) -> bytes:
    """The figure as PNG. The same figure gives the same bytes, so there is no metadata."""
    buffer, small = io.BytesIO(), io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    Image.open(buffer).convert("RGB").quantize(256).save(small, "png", optimize=True)  # a third of the size
    return small.getvalue()
