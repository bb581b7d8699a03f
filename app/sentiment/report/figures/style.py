"""How every figure looks: nothing that is not needed to read a value, on white."""

import io
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image  # Matplotlib cannot do without it

INK, MUTED, GRID = "#222222", "#666666", "#E2E2E2"
_DPI = 150


def clean(axes: Axes, grid: Literal["x", "y", "both"] | None) -> None:
    """Nothing that is not needed to read a value."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=9.5)
    axes.xaxis.label.set(color=INK, fontsize=10)
    axes.yaxis.label.set(color=INK, fontsize=10)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=GRID, linewidth=0.8)


def png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    # Without metadata the same results give the same bytes; 256 colours are plenty and a third of the size.
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(256).save(small, "png", optimize=True)
    return small.getvalue()
