"""What a process and all that it started took: processor time, and memory at its peak. Reads /proc of Linux."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_EVERY = 0.2  # seconds between two looks; what a process takes after the last one is not counted


@dataclass
class Taken:
    """Of a process and its descendants, without itself.

    Attributes:
        by_process: processor seconds of each at the last look.
        peak_bytes: the most resident memory of all together; memory that they share counts for each.
    """

    by_process: dict[int, float] = field(default_factory=dict)
    peak_bytes: int = 0

    @property
    def processor_seconds(self) -> float:
        """Of all together."""
        return sum(self.by_process.values())


@contextmanager
def watched(root: int) -> Iterator[Taken]:
    """Looks at the descendants of a process while the block runs; nothing is seen where there is no /proc."""
    taken, ended = Taken(), threading.Event()
    before = {pid: seconds for pid, (seconds, _) in descendants(root).items()}

    def look() -> None:
        seen = descendants(root)
        taken.by_process.update({pid: seconds - before.get(pid, 0.0) for pid, (seconds, _) in seen.items()})
        taken.peak_bytes = max(taken.peak_bytes, sum(size for _, size in seen.values()))

    def keep_looking() -> None:
        while not ended.wait(_EVERY):
            look()

    thread = threading.Thread(target=keep_looking)
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()


def descendants(root: int) -> dict[int, tuple[float, int]]:
    """Processor seconds and resident bytes of each descendant."""
    parents: dict[int, int] = {}
    figures: dict[int, tuple[float, int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in brackets, may have blanks; the state is the first field behind it.
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        pid = int(folder.name)
        parents[pid] = int(fields[1])
        seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        figures[pid] = seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return {pid: figures[pid] for pid in figures if _is_below(pid, root, parents)}


def _is_below(pid: int, root: int, parents: dict[int, int]) -> bool:
    above = parents.get(pid)
    while above and above != root:
        above = parents.get(above)
    return above == root
