"""Accuracy against training time. Each name stands near its point, and none covers another.

`docs/experiments.md` says why no library places the names.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sentiment.report.figures.appearance import look, title
from sentiment.report.figures.style import GRID, INK, MUTED, clean
from sentiment.report.leaderboard import Model, Row

_SHORTEST = 0.1  # seconds, on a logarithmic axis that has no zero
_TICKS = {
    0.1: "0.1 s", 1: "1 s", 3: "3 s", 10: "10 s", 30: "30 s", 60: "1 min", 180: "3 min", 600: "10 min", 1_800: "30 min",
    3_600: "1 h", 10_800: "3 h", 36_000: "10 h",
}  # fmt: skip
_GAP = 2.0  # pixels between what must not touch
_NEAR = 14.0  # pixels between a point and its name up to which there is no line
_CROSSED = 30.0  # pixels of distance that crossing another mark with this line is worth
_STRUCK = 200.0  # the same for crossing another name
_FONT = 10

Boxes = Sequence[np.ndarray] | np.ndarray  # float64[n, 4]: left, bottom, right, top in pixels


def accuracy_against_time(models: Sequence[Model], width: float, numbers: Sequence[int] | None = None) -> Figure:
    """The figure; the training time of each model is known.

    Args:
        models: what is drawn.
        width: in inches.
        numbers: stand in place of the names, where there is no room for these.
    """
    rows = [model.row for model in models]
    names = [title(row) for row in rows] if numbers is None else [str(number) for number in numbers]
    figure = Figure((width, (4.6 if numbers is None else 2.8) + 0.12 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for row in rows:
        style = look(row.architecture)
        low, high = row.test_accuracy_ci95
        axes.plot((_x(row), _x(row)), (low, high), color=style.colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot(_x(row), row.test_accuracy, style.marker, color=style.colour, markersize=8)
    axes.set_xscale("log")
    shortest, longest = min(map(_x, rows)), max(map(_x, rows))
    room = 45 if numbers is None else 3  # for names, to the right of what took longest
    axes.set_xlim(shortest / 2, max(longest, 10 * shortest) * room)
    lowest, highest = min(row.test_accuracy_ci95[0] for row in rows), max(row.test_accuracy_ci95[1] for row in rows)
    height = max(highest - lowest, 0.01)
    axes.set_ylim(lowest - 0.08 * height, highest + 0.08 * height)
    axes.xaxis.set_major_locator(FixedLocator(list(_TICKS) if numbers is None else list(_TICKS)[1::2]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _TICKS.get(round(seconds, 1), "")))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.6g}%"))  # not rounded: 52.5%
    axes.set_xlabel("Training time (logarithmic)")
    axes.set_ylabel("Test accuracy, with 95% interval")
    clean(axes, grid="both")
    _best_so_far(axes, rows)
    _name(figure, axes, rows, names)
    return figure


def _x(row: Row) -> float:
    return max(row.total_seconds or 0.0, _SHORTEST)


def _best_so_far(axes: Axes, rows: Sequence[Row]) -> None:
    """A step line: the highest accuracy that was reached in this time or less."""
    times, best = list[float](), list[float]()
    for row in sorted(rows, key=_x):
        if not best or row.test_accuracy > best[-1]:
            times.append(_x(row))
            best.append(row.test_accuracy)
    axes.step([*times, axes.get_xlim()[1]], [*best, best[-1]], where="post", color=GRID, linewidth=3, zorder=0)


def _name(figure: Figure, axes: Axes, rows: Sequence[Row], texts: Sequence[str]) -> None:
    """Writes each name at the free place nearest to its point, with a thin line where that is far."""
    FigureCanvasAgg(figure).draw()  # lays the figure out, so that its pixels are final
    inside, points = np.array(axes.get_window_extent().extents), 72 / figure.dpi
    spots = [axes.transData.transform((_x(row), row.test_accuracy)) for row in rows]
    markers = [np.array([x - 7, y - 7, x + 7, y + 7]) for x, y in spots]
    intervals = []
    for (x, _), row in zip(spots, rows, strict=True):
        low, high = (axes.transData.transform((_x(row), end))[1] for end in row.test_accuracy_ci95)
        intervals.append(np.array([x - 2, low, x + 2, high]))
    names, lines = list[np.ndarray](), list[np.ndarray]()
    for row, text, spot in zip(rows, texts, spots, strict=True):
        measured = axes.text(0, 0, text, fontsize=_FONT, transform=None)
        size = measured.get_window_extent()
        measured.remove()
        places = _places(spot, (size.width, size.height), inside)
        free = places[~_touching(places, [*markers, *intervals, *names, *lines])]
        marks = [box for box in (*markers, *intervals, *lines) if _away(spot, box) > _NEAR]
        place = _cheapest(spot, free if len(free) else places, marks, names)  # in a full figure, near rather than free
        is_far = _away(spot, place) > _NEAR
        names.append(place)
        lines += list(_line(spot, place)) if is_far else []
        axes.annotate(
            text,
            (_x(row), row.test_accuracy),
            ((place[0] - spot[0]) * points, (place[1] - spot[1]) * points),
            textcoords="offset points",
            va="bottom",
            fontsize=_FONT,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkB": 4} if is_far else None,
        )


def _places(spot: np.ndarray, size: tuple[float, float], inside: np.ndarray) -> np.ndarray:
    """Boxes of that size within the axes, float64[n, 4], the nearest first; of equals, right of the spot first."""
    width, height = size
    x, y = spot
    lefts = np.concatenate([[x + 11, x - 11 - width, x - width / 2], np.arange(inside[0] + 4, inside[2] - width, 12.0)])
    lows = np.concatenate([[y - height / 2], np.arange(inside[1] + 4, inside[3] - height, 6.0)])
    x0, y0 = (grid.ravel() for grid in np.meshgrid(lefts, lows))
    places = np.stack([x0, y0, x0 + width, y0 + height], axis=1)
    places = places[(x0 >= inside[0]) & (x0 + width <= inside[2]) & (y0 >= inside[1]) & (y0 + height <= inside[3])]
    away = np.array([_away(spot, place) for place in places])
    return places[np.argsort(np.maximum(away, _NEAR), kind="stable")]  # near is near enough


def _cheapest(spot: np.ndarray, places: np.ndarray, marks: Boxes, names: Boxes) -> np.ndarray:
    """The place, of those sorted by distance, with the least distance plus what its line would cross."""
    cheapest, least = places[0], np.inf
    for place in places:
        cost = _away(spot, place)
        if cost >= least:
            break
        if cost > _NEAR:
            line = _line(spot, place)
            cost += _CROSSED * _touching(marks, line).sum() + _STRUCK * _touching(names, line).sum()
        if cost < least:
            cheapest, least = place, cost
    return cheapest


def _away(spot: np.ndarray, box: np.ndarray) -> float:
    """Pixels from a spot to the nearest edge of a box."""
    x, y = np.clip(spot, box[:2], box[2:]) - spot
    return float(np.hypot(x, y))


def _line(spot: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The visible line from a spot to the middle of a name, as small squares, float64[n, 4]."""
    along = np.linspace(0, 1, 60)[:, None]
    middle = (place[:2] + place[2:]) / 2
    squares = np.tile(spot + along * (middle - spot), 2) + np.array([-1, -1, 1, 1])
    return squares[~_touching(squares, [place])]


def _touching(boxes: Boxes, others: Boxes) -> np.ndarray:
    """Which of the boxes, float64[n, 4], come near one of the others, bool[n]."""
    if not len(others) or not len(boxes):
        return np.zeros(len(boxes), bool)
    a, b = np.asarray(boxes)[:, None, :], np.asarray(others)[None, :, :]
    overlap = (a[..., :2] <= b[..., 2:] + _GAP) & (a[..., 2:] >= b[..., :2] - _GAP)  # in x and in y
    return np.any(overlap.all(axis=-1), axis=1)
