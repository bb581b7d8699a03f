"""The machine and the packages that a figure was measured with."""

import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from sentiment.errors import ConfigError
from sentiment.support.version import __version__

THREADS = "SENTIMENT_THREADS"  # a variable: so many threads, where other processes compute beside this one
_PACKAGES = ("keras", "tensorflow", "numpy", "pandas", "scikit-learn", "tokenizers", "onnxruntime")
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # of /proc/cpuinfo, from the narrowest to the widest
_TITLES = {"avx512f": "avx512"}  # usual names of flags


def versions() -> dict[str, str]:
    """Versions of Python, of this project and of the installed packages that affect a figure."""
    installed = {"python": platform.python_version(), "sentiment": __version__}
    for package in _PACKAGES:
        try:
            installed[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return installed


def machine() -> dict[str, str | int]:
    """`processor`, `cores` that this process may use, `system`, and `instructions` where they are known."""
    processor = _cpuinfo("model name") or platform.processor() or platform.machine()
    about: dict[str, str | int] = {"processor": processor, "cores": cores(), "system": platform.system()}
    widest = instructions(cpu_flags())
    return about | ({"instructions": widest} if widest else {})


def instructions(flags: Mapping[str, bool] | None) -> str | None:
    """The widest instruction set of a processor: amx_bf16, avx512_bf16, avx512 or avx2.

    Args:
        flags: from `cpu_flags`.

    Returns:
        Its name; None if it has none of these, as on ARM, or the flags are unknown.
    """
    present = [name for name in _FLAGS if (flags or {}).get(name)]
    return _TITLES.get(present[-1], present[-1]) if present else None


def cpu_kind(about: Mapping[str, Any]) -> str:
    """The processor and its widest instruction set, for example "AMD EPYC, avx2".

    Processors of one name can have different instructions, which decide how fast libraries compute.

    Args:
        about: from `machine`, or of an older benchmark, with `cpu_flags` in place of `instructions`.
    """
    widest = about.get("instructions") or instructions(about.get("cpu_flags"))
    return ", ".join(filter(None, (about.get("processor") or "an unknown processor", widest)))


def machine_in_words(about: Mapping[str, Any]) -> str:
    """For example "AMD EPYC, avx2, 2 cores". Argument as of `cpu_kind`."""
    return f"{cpu_kind(about)}, {about.get('cores', '?')} cores"


def available_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores() -> int:
    """Number of cores that this process computes with: those that it may use, or fewer if SENTIMENT_THREADS says so.

    Raises:
        ConfigError: the variable is set and is no number of threads.
    """
    text = os.environ.get(THREADS) or str(available_cores())
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ConfigError(f"expected a number of threads in {THREADS}, such as 1; found {text!r}; unset it")
    return min(available_cores(), int(text))


def free_memory() -> int | None:
    """Bytes that programs can still get without swapping; None outside Linux."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def cpu_flags() -> dict[str, bool] | None:
    """Whether the processor has the instructions that decide how fast matrices are multiplied; None outside Linux.

    Without the last two, bfloat16 is converted to float32 and back: it saves memory and costs time.
    """
    flags = _cpuinfo("flags", "Features")
    return None if flags is None else {flag: flag in flags.split() for flag in _FLAGS}


def _cpuinfo(*names: str) -> str | None:
    """The first value of one of these names in /proc/cpuinfo."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(names)), None)
