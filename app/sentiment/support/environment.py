"""What a figure was measured with."""

import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = ("keras", "tensorflow", "numpy", "pandas", "scikit-learn", "tokenizers", "onnxruntime")
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # from the narrowest to the widest
_TITLES = {"avx512f": "avx512"}  # of flags that are called otherwise by people


def versions() -> dict[str, str]:
    """Versions of Python, of this project and of the packages that decide a figure, where installed."""
    from sentiment import __version__

    found = {"python": platform.python_version(), "sentiment": __version__}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str | int]:
    """Processor, the cores this process may use, the operating system, and the `instructions` where they are known."""
    about: dict[str, str | int] = {"processor": _processor(), "cores": cores(), "system": platform.system()}
    widest = instructions(cpu_flags())
    return about | ({"instructions": widest} if widest else {})


def instructions(flags: Mapping[str, bool] | None) -> str | None:
    """The widest instruction set among the flags of a processor: amx_bf16, avx512_bf16, avx512 or avx2.

    Args:
        flags: what `cpu_flags` gives.

    Returns:
        Its name; None where no flag is there, as on ARM, or nobody knows.
    """
    there = [name for name in _FLAGS if (flags or {}).get(name)]
    return _TITLES.get(there[-1], there[-1]) if there else None


def cpu_kind(about: Mapping[str, Any]) -> str:
    """The processor and its widest instruction set, for example "AMD EPYC, avx2": what decides who is faster.

    Processors of one name can have different instructions, and a library that has products for them gains by them.

    Args:
        about: what `machine` gives, also with `cpu_flags` beside it, as older benchmarks have it.
    """
    widest = about.get("instructions") or instructions(about.get("cpu_flags"))
    return ", ".join(filter(None, (about.get("processor") or "an unknown processor", widest)))


def machine_in_words(about: Mapping[str, Any]) -> str:
    """For example "AMD EPYC, avx2, 2 cores".

    Args:
        about: what `machine` gives; an older one does not say the instructions.
    """
    return f"{cpu_kind(about)}, {about.get('cores', '?')} cores"


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_flags() -> dict[str, bool] | None:
    """Whether the processor has the instructions that decide how fast matrices are multiplied; None outside Linux.

    Without the last two, bfloat16 is converted to float32 and back: it saves memory and costs time.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = next((line.split(":", 1)[1].split() for line in lines if line.startswith(("flags", "Features"))), None)
    return None if found is None else {flag: flag in found for flag in _FLAGS}


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
