"""The LSTM layer: which path it takes on this machine, and why."""

import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sentiment.config import PRESETS
from sentiment.doctor.places import Folder, look_at
from sentiment.errors import ConfigError
from sentiment.support.environment import cpu_flags
from sentiment.support.extras import install_command
from sentiment.support.quiet import without_native_output

if TYPE_CHECKING:
    from sentiment.layers.fast.selection import Choice, Shape

POLICIES = {"float32": "float32", "mixed_bfloat16": "bfloat16"}  # of Keras, and what is multiplied under them
_VARIABLE = "SENTIMENT_LSTM"
_AUTOMATIC = ("", "auto")
_LOOP = "Keras' own loop"


@dataclass(frozen=True)
class Measured:
    """A shape, the path that was chosen for it, and by which times."""

    rows: int  # of a batch
    features: int
    units: int
    dtype: str  # that is multiplied
    path: str  # keras, or the name of a back end
    seconds: dict[str, float]  # of a training step by path
    times_as_fast: float | None  # as Keras' loop; None: not timed


@dataclass(frozen=True)
class Layer:
    """The LSTM layer here."""

    keras_backend: str | None  # None: Keras cannot be imported
    variable: str | None  # the value of SENTIMENT_LSTM; None: not set
    paths: dict[str, str] = field(default_factory=dict)  # by policy, in words
    backends: dict[str, list[str]] = field(default_factory=dict)  # of products, by policy, the usually fastest first
    tiles: str | None = None  # of AMX, in words
    code: Folder | None = None  # where compiled code is cached
    measured: list[Measured] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def layer(measure: bool = False, say: Callable[[str], None] = lambda _line: None) -> Layer | None:
    """What path the layer takes; None without Keras, which is imported where it is installed.

    Args:
        measure: whether to measure the shapes of the presets, which are then remembered.
        say: is called with a line before each shape is measured, or with why none is.
    """
    if importlib.util.find_spec("keras") is None:
        if measure:
            say(f"nothing is measured, because Keras is not installed; get it with: {install_command('train')}")
        return None
    looked_at = _layer(measure, say)
    if measure and not looked_at.backends:
        say("nothing is measured, because the LSTM layer cannot take another path than Keras' own loop")
    return looked_at


def _layer(measure: bool, say: Callable[[str], None]) -> Layer:
    variable = os.environ.get(_VARIABLE)
    try:
        with without_native_output():
            import keras

            from sentiment.layers.fast import path

            name = keras.backend.backend()
            on_cpu = name != "torch" or keras.ops.zeros(1).device.type == "cpu"  # its tensors know where they lie
            available = on_cpu and path.is_available()
    except Exception as error:  # of any kind: a package that is missing or broken, or a setting that does not exist
        problem = f"Keras cannot be imported, so nothing can be trained ({_first_line(error)})"
        advice = "install the extra train anew, or set KERAS_BACKEND to a back end that is installed"
        return Layer(None, variable, problems=[f"{problem}: {advice}"])
    reason = f"{name} computes on a GPU" if importlib.util.find_spec("numba") else "Numba is not installed"
    if not available:
        return Layer(name, variable, dict.fromkeys(POLICIES, f"{_LOOP}, because {reason}"))
    try:
        from sentiment.layers.fast import selection
    except Exception as error:
        problem = f"the LSTM layer cannot be compiled, so it cannot be trained ({_first_line(error)})"
        return Layer(name, variable, problems=[f"{problem}: install the extra train anew, or remove Numba"])
    return _compiled(selection, name, variable, measure, say)


def _compiled(selection: Any, name: str, variable: str | None, measure: bool, say: Callable[[str], None]) -> Layer:
    """What path the layer takes where it can be compiled."""
    problems = []
    backends = {
        policy: [backend.name.lower() for backend in selection.backends(dtype)] for policy, dtype in POLICIES.items()
    }
    paths = {}
    for policy, dtype in POLICIES.items():
        try:
            paths[policy] = _path(selection, dtype, backends[policy], variable)
        except ConfigError as error:
            paths[policy] = f"none: {_VARIABLE}={variable} is refused"
            problems.append(f"under {policy}, {error}; set it to one of these, or unset it")
    choices = selection.remembered()
    if measure:
        for shape in usual_shapes():
            say(f"measures {shape.features} features, {shape.units} units, {shape.dtype} ...")
            try:
                choices[shape] = selection.measure_again(shape)
            except Exception as error:
                problems.append(f"{shape.units} units in {shape.dtype} could not be measured ({_first_line(error)})")
    code = selection.code_folder()
    if code is None:
        problems.append(
            "no folder for compiled code can be written, so each process compiles the LSTM layer anew: make "
            "~/.cache writable, or set XDG_CACHE_HOME to another folder"
        )
    tiles, problem = _tiles(backends)
    return Layer(
        name, variable, paths, backends, tiles, None if code is None else look_at(code),
        [_measured(shape, choice) for shape, choice in sorted(choices.items())], problems + problem,
    )  # fmt: skip


def usual_shapes() -> list["Shape"]:
    """The shapes of the presets, under each policy."""
    from sentiment.layers.fast.selection import shape_of

    sizes = {(config.model.embedding_size, config.model.units) for config in PRESETS.values()}
    # The networks leave the size of a batch open.
    return [shape_of(None, *pair, dtype) for pair in sorted(sizes) for dtype in POLICIES.values()]


def _path(selection: Any, dtype: str, backends: list[str], variable: str | None) -> str:
    """The path under a policy, in words.

    Raises:
        ConfigError: the environment variable names no path.
    """
    if (variable or "").lower() not in _AUTOMATIC:
        backend = selection.choose(selection.shape_of(None, 1, 1, dtype)).backend  # nothing is measured for it
        return f"{_LOOP if backend is None else backend.name.lower()}, as {_VARIABLE} says"
    narrow = any("bfloat16" in name for name in backends)
    note = " (the processor has no instructions for bfloat16)" if dtype == "bfloat16" and not narrow else ""
    return f"the fastest of {', '.join(backends)} and {_LOOP}{note}"


def _tiles(backends: dict[str, list[str]]) -> tuple[str, list[str]]:
    """Whether AMX's tiles can be used, in words; and a problem."""
    if any("bfloat16_tiles" in names for names in backends.values()):
        return "granted to this process", []
    if not (cpu_flags() or {}).get("amx_bf16"):
        return "not in this processor", []
    problem = "Linux does not lend AMX's tiles to this process, so bfloat16 is slower than it could be: "
    return "in this processor, but refused by Linux", [problem + "use Linux 5.16 or newer, outside a sandbox"]


def _measured(shape: "Shape", choice: "Choice") -> Measured:
    path = choice.backend.name.lower() if choice.backend is not None else "keras"
    seconds = {name.lower(): fewest for name, fewest in choice.seconds.items()}
    times_as_fast = seconds["keras"] / seconds[path] if {"keras", path} <= seconds.keys() else None
    return Measured(*shape, path, seconds, times_as_fast)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
