"""An examination as it is shown on a terminal."""

import textwrap
from collections.abc import Iterator

from sentiment.doctor.examination import Examination
from sentiment.doctor.hardware import Hardware
from sentiment.doctor.installation import Installation
from sentiment.doctor.lstm import Layer, Measured
from sentiment.doctor.places import Folder, Places, gigabytes

_NAME_WIDTH = 15
_MOST_MEASURED = 6  # shapes that are shown

Rows = Iterator[tuple[str, str]]


def lines(examination: Examination, width: int) -> Iterator[str]:
    """The facts in groups, with an empty line behind each, for a terminal of that width."""
    groups = [
        _installation(examination.installation),
        _hardware(examination.hardware, examination.onnx_threads),
        *([_layer(examination.lstm)] if examination.lstm else []),
        _places(examination.places),
    ]
    for rows in groups:
        for name, value in rows:
            yield from _wrapped(name, value, width)
        yield ""


def problem_lines(examination: Examination, width: int) -> Iterator[str]:
    """The problems, each under that name."""
    for problem in examination.problems:
        yield from _wrapped("problem", problem, width)


def _wrapped(name: str, value: str, width: int) -> list[str]:
    """A name and a value on as many lines as it takes; words such as paths stay whole, so that they can be copied.

    A line break in the value begins a line that is as wide as the terminal.
    """
    first, *others = value.split("\n")
    wrapped = textwrap.wrap(
        first, width, initial_indent=f"{name:<{_NAME_WIDTH}}", subsequent_indent=" " * _NAME_WIDTH,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [*wrapped, *others]


def _installation(installed: Installation) -> Rows:
    yield "sentiment", f"{installed.sentiment}, Python {installed.python}, {installed.system}"
    yield "packages", ", ".join(f"{name} {version}" for name, version in installed.packages.items())
    yield "extras", ", ".join(extra.name for extra in installed.extras if extra.installed) or "none"
    title = "not installed"
    for extra in installed.extras:
        if not extra.installed:
            yield title, f"{extra.name}: {extra.install}"
            title = ""


def _hardware(hardware: Hardware, onnx_threads: int) -> Rows:
    yield "processor", hardware.processor
    sets = hardware.instructions
    yield "", "unknown instructions" if sets is None else ", ".join(sets) or "no instructions for fast products"
    yield "cores", f"{hardware.cores} for this process; ONNX Runtime takes {onnx_threads} of them"
    available = "" if hardware.available_bytes is None else f", {gigabytes(hardware.available_bytes)} available"
    yield "memory", "unknown" if hardware.memory_bytes is None else gigabytes(hardware.memory_bytes) + available


def _layer(layer: Layer) -> Rows:
    yield "LSTM layer", f"on {layer.keras_backend}, Keras' back end" if layer.keras_backend else "cannot be used"
    if layer.variable is not None:
        yield "variable", f"SENTIMENT_LSTM={layer.variable}"
    yield from layer.paths.items()
    if layer.tiles:
        yield "AMX tiles", layer.tiles
    if layer.backends:
        yield "compiled code", _folder(layer.code) if layer.code else "not stored"
        yield "measured", _measured(layer.measured)


def _measured(measured: list[Measured]) -> str:
    """The choices that were measured, as a table below its title."""
    if not measured:
        return "nothing yet; a shape is measured at its first use"
    cells = [("rows", "features", "units", "products", "path", "speed")]
    cells += [
        (str(row.rows), str(row.features), str(row.units), row.dtype, row.path, _speed(row))
        for row in measured[:_MOST_MEASURED]
    ]
    table = [
        f"  {rows:>4} {features:>8} {units:>5}  {dtype:<8}  {path:<16}  {speed:>5}"
        for rows, features, units, dtype, path, speed in cells
    ]
    others = len(measured) - _MOST_MEASURED
    more = [f"  and {others} more; all of them: sentiment doctor --json"] if others > 0 else []
    return "\n".join(["each shape at its first use; speed against Keras' loop", *table, *more])


def _speed(row: Measured) -> str:
    return "" if row.times_as_fast is None else f"{row.times_as_fast:.1f}x"


def _places(places: Places) -> Rows:
    yield "models", f"{_folder(places.models)}; {places.runs} saved run{'' if places.runs == 1 else 's'}"
    yield "data", _folder(places.data)
    yield "cache", _folder(places.cache)
    yield "free disk", _free({"models": places.models, "data": places.data, "cache": places.cache})
    yield "answers", f"{places.default}: {places.why}" if places.default else "no run"


def _folder(folder: Folder) -> str:
    return f"{folder.path} ({'' if folder.writable else 'not '}writable)"


def _free(folders: dict[str, Folder]) -> str:
    """The free bytes, once if they are the same for all."""
    sizes = {
        name: "unknown" if folder.free_bytes is None else gigabytes(folder.free_bytes)
        for name, folder in folders.items()
    }
    same = len(set(sizes.values())) == 1
    return sizes["models"] if same else ", ".join(f"{size} for {name}" for name, size in sizes.items())
