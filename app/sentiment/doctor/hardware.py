"""The processor and the memory."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from sentiment.support.environment import cores, cpu_flags, instructions, machine

_MEMORY = Path("/proc/meminfo")
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))  # of a container


@dataclass(frozen=True)
class Hardware:
    """What this process may use."""

    processor: str
    instructions: list[str] | None  # sets that decide how fast matrices are multiplied; None: unknown
    cores: int  # that this process may use
    memory_bytes: int | None  # of the machine, or less where a container has a limit; None: unknown
    available_bytes: int | None  # of it, without what other programs hold


def hardware() -> Hardware:
    """The processor and the memory of this machine."""
    flags = cpu_flags()
    names = None if flags is None else [instructions({flag: True}) or flag for flag in flags if flags[flag]]
    return Hardware(str(machine()["processor"]), names, cores(), *_memory())


def _memory() -> tuple[int | None, int | None]:
    try:
        lines = (line.split() for line in _MEMORY.read_text(encoding="ascii").splitlines())
        kilobytes = {words[0].removesuffix(":"): int(words[1]) for words in lines}
        total, available = 1024 * kilobytes["MemTotal"], 1024 * kilobytes["MemAvailable"]
    except (OSError, ValueError, KeyError, IndexError):  # another system than Linux
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), None
        except (ValueError, OSError, AttributeError):
            return None, None
    for path in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no such file, or the word "max" in it
            total = min(total, int(path.read_text(encoding="ascii")))
    return total, min(total, available)
