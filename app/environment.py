"""What a figure was measured with."""

import os
import platform
from importlib import metadata
from pathlib import Path

_PACKAGES = ("keras", "tensorflow", "numpy", "pandas", "scikit-learn", "tokenizers", "onnxruntime")
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def versions() -> dict[str, str]:
    """Versions of Python, of this project and of the packages that decide a figure, where installed."""
    from app import __version__

    found = {"python": platform.python_version(), "sentiment": __version__}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str | int]:
    """Processor, the cores this process may use, and the operating system."""
    return {"processor": _processor(), "cores": cores(), "system": platform.system()}


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
