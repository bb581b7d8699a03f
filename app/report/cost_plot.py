"""Accuracy against the time it took, with every name at its point and none on top of another."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter
from matplotlib.transforms import Bbox

from app.report.appearance import look, title
from app.report.leaderboard import Model, Row
from app.report.style import GRID, INK, MUTED, clean

_SHORTEST = 0.1  # seconds, on a logarithmic axis that has no zero
_TICKS = {
    0.1: "0.1 s", 1: "1 s", 3: "3 s", 10: "10 s", 30: "30 s", 60: "1 min", 180: "3 min", 600: "10 min", 1_800: "30 min",
    3_600: "1 h", 10_800: "3 h", 36_000: "10 h",
}  # fmt: skip
_GAP = 3.0  # pixels between what must not touch
_FONT = 10


def accuracy_against_time(models: Sequence[Model], width: float) -> Figure:
    """Draws those of the models whose time is known, at least one.

    Args:
        models: whose accuracy and seconds are drawn.
        width: of the figure in inches.
    """
    rows = [model.row for model in models if model.row.total_seconds is not None]
    figure = Figure((width, 4.6 + 0.12 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        style = look(row.architecture)
        low, high = row.test_accuracy_ci95
        axes.plot((_x(row), _x(row)), (low, high), color=style.colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(_x(row), row.test_accuracy, style.marker, color=style.colour, markersize=8)
    axes.set_xscale("log")
    shortest, longest = min(map(_x, rows)), max(map(_x, rows))
    axes.set_xlim(shortest / 2, max(longest, 10 * shortest) * 2.5)
    lowest, highest = min(row.test_accuracy_ci95[0] for row in rows), max(row.test_accuracy_ci95[1] for row in rows)
    room = max(highest - lowest, 0.01)
    axes.set_ylim(lowest - 0.08 * room, highest + 0.08 * room)
    axes.xaxis.set_major_locator(FixedLocator(list(_TICKS)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _TICKS.get(round(seconds, 1), "")))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1 if room < 0.04 else 0))
    axes.set_xlabel("Training time, with that of all a model is built from (logarithmic)")
    axes.set_ylabel("Test accuracy, with 95% interval")
    clean(axes, grid="both")
    _best_so_far(axes, rows)
    _name(figure, axes, rows)
    return figure


def _x(row: Row) -> float:
    return max(row.total_seconds or 0.0, _SHORTEST)


def _best_so_far(axes: Axes, rows: Sequence[Row]) -> None:
    """A step line: the most accurate that no more time than this has given."""
    times: list[float] = []
    best: list[float] = []
    for row in sorted(rows, key=_x):
        if not best or row.test_accuracy > best[-1]:
            times.append(_x(row))
            best.append(row.test_accuracy)
    axes.step([*times, axes.get_xlim()[1]], [*best, best[-1]], where="post", color=GRID, linewidth=3, zorder=0)


def _name(figure: Figure, axes: Axes, rows: Sequence[Row]) -> None:
    """Writes each name at the first free place around its point, nearest first, with a thin line where it is far."""
    FigureCanvasAgg(figure).draw()  # settles the layout, so that places in pixels are those of the final figure
    inside, points = axes.get_window_extent(), 72 / figure.dpi
    taken = []
    for row in rows:
        x, middle = axes.transData.transform((_x(row), row.test_accuracy))
        low, high = (axes.transData.transform((_x(row), end))[1] for end in row.test_accuracy_ci95)
        taken += [Bbox.from_extents(x - 6, middle - 6, x + 6, middle + 6), Bbox.from_extents(x - 2, low, x + 2, high)]
    for row in rows:
        x, y = axes.transData.transform((_x(row), row.test_accuracy))
        measured = axes.text(0, 0, title(row), fontsize=_FONT, transform=None)
        size = measured.get_window_extent()
        measured.remove()
        place, is_far = _free_place((x, y), size.width, size.height, taken, inside)
        taken.append(place)
        axes.annotate(
            title(row),
            (_x(row), row.test_accuracy),
            ((place.x0 - x) * points, (place.y0 - y) * points),
            textcoords="offset points",
            va="bottom",
            fontsize=_FONT,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkB": 4} if is_far else None,
        )


def _free_place(
    point: tuple[float, float], width: float, height: float, taken: Sequence[Bbox], inside: Bbox
) -> tuple[Bbox, bool]:
    """Where a text of that size touches nothing, and whether that is far from its point; all in pixels."""
    last = Bbox.from_bounds(point[0], point[1], width, height)
    for place, is_far in _places(point, width, height):
        last = place
        fits = inside.x0 <= place.x0 and place.x1 <= inside.x1 and inside.y0 <= place.y0 and place.y1 <= inside.y1
        if fits and not any(place.padded(_GAP).overlaps(other) for other in taken):
            return place, is_far
    return last, True


def _places(point: tuple[float, float], width: float, height: float) -> Iterator[tuple[Bbox, bool]]:
    x, y = point
    for step in range(40):
        away = 10 + 12.0 * step
        right, left, centre = x + 10 + 4 * step, x - 10 - 4 * step - width, x - width / 2
        for x0, y0 in (
            (right, y - height / 2 + away - 10),
            (left, y - height / 2 + away - 10),
            (right, y - height / 2 - away + 10),
            (left, y - height / 2 - away + 10),
            (centre, y + away),
            (centre, y - away - height),
        ):
            yield Bbox.from_bounds(x0, y0, width, height), step > 1
