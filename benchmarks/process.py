"""A worker, seen from the process that started it."""

from dataclasses import asdict

from benchmarks.contenders import Contender
from benchmarks.talking import Talk, Talks


class Process(Talk):
    """A contender at one thread setting; what it can be asked is in `benchmarks.worker`."""

    def __init__(self, contender: Contender, threads: int) -> None:
        given = {"contender": asdict(contender), "threads": threads}
        title = f"{contender.title} with {threads} threads"
        super().__init__(title, "benchmarks.worker", given, contender.back_end)
        self.contender, self.threads = contender, threads


class Processes(Talks):
    """Workers that end together with a block, however it ends."""

    def start(self, contender: Contender, threads: int) -> Process:
        return self.add(Process(contender, threads))
