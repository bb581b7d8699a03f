"""Workers that are threads of this process. Each has a predictor of its own, so that all compute as one alone does."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from queue import SimpleQueue
from threading import Event

from sentiment.runs.saved_run import SavedRun
from sentiment.scoring.job import Job, Receipt, Scorer
from sentiment.scoring.parts import Part


def score_with_threads(job: Job, run: SavedRun, parts: Sequence[Part], workers: int) -> Iterator[Receipt]:
    """The receipts of parts as they are finished. When the caller stops, workers give up what they have begun.

    Args:
        job: what to do.
        run: what predicts.
        parts: in the order in which they are begun.
        workers: how many threads.
    """
    stopping = Event()
    scorers: SimpleQueue[Scorer] = SimpleQueue()
    for _ in range(min(workers, len(parts))):
        scorers.put(Scorer(job, run, stopping.is_set))

    def score(part: Part) -> Receipt:
        scorer = scorers.get()
        try:
            return scorer.score(part)
        finally:
            scorers.put(scorer)

    rest = iter(parts)
    with ThreadPoolExecutor(workers, thread_name_prefix="score") as pool:
        try:
            running = {pool.submit(score, part) for part in islice(rest, workers)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                running |= {pool.submit(score, part) for part in islice(rest, len(done))}
                for future in done:
                    yield future.result()
        finally:
            stopping.set()
