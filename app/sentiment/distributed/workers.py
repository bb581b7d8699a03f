"""The processes of one training, and what they tell each other."""

import atexit
import contextlib
import importlib.util
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np

from sentiment.errors import MissingExtraError, UserError, WorkerLostError
from sentiment.support.extras import pip

T = TypeVar("T")
_REASON = re.compile(r"Connection [a-z ]+|Timed out [a-z ]+|timed out")  # in the message of gloo
_PATIENCE = timedelta(minutes=10)  # until a silent worker is taken for lost; one that ends is noticed at once
_WORK_OF_FIRST = timedelta(days=7)  # it measures, saves, or waits for another training, and the others for it


class Workers:
    """The workers of a training, as one of them sees them. This one is alone; `join` makes others.

    Args:
        rank: number of this worker, from 0. The first one writes all files.
        size: how many there are.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size
        self._loss: WorkerLostError | None = None
        self._waiting: Any = None  # a group for messages that may take `_WORK_OF_FIRST`

    @property
    def is_first(self) -> bool:
        """Whether this worker writes the files."""
        return self.rank == 0

    def part(self, token_ids: np.ndarray, targets: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, ...]:
        """The rows of a batch that are this worker's, and how much they count.

        The mean over the workers of `weight * (mean loss of the part)` is the mean loss of the batch.

        Args:
            token_ids: int32[batch, time].
            targets: float32[batch, k].
            counts: int[batch], over how many terms of the loss each row is a mean.

        Returns:
            int32[rows, time] and float32[rows, k]; of several workers also the weight, float32[rows].
        """
        if self.size == 1:
            return token_ids, targets
        rows = np.arange(self.rank, len(token_ids), self.size)
        weight = self.size * counts[rows].sum() / max(counts.sum(), 1)
        if not len(rows):  # fewer rows than workers: one row that counts nothing
            rows = np.zeros(1, int)
        return token_ids[rows], targets[rows], np.full(len(rows), weight, np.float32)

    def means(self, *arrays: np.ndarray) -> list[np.ndarray]:
        """The mean of each array over all workers, float32 of the same shapes. All are handed over at once.

        Raises:
            WorkerLostError: another worker is gone.
        """
        results = [np.array(array, np.float32, order="C") for array in arrays]  # of which a flat view is no copy
        if self.size > 1:
            import torch
            from torch import distributed

            with self._noticing():
                messages = [torch.from_numpy(result.reshape(-1)) for result in results]
                for sent in [distributed.all_reduce(message, async_op=True) for message in messages]:
                    sent.wait()
            for result in results:
                result /= self.size
        return results

    def mean_of(self, logs: Mapping[str, float]) -> dict[str, float]:
        """The mean of each figure over all workers. Raises as `means`."""
        if self.size == 1:
            return dict(logs)
        [means] = self.means(np.array(list(logs.values())))
        return dict(zip(logs, means.tolist(), strict=True))

    def from_first(self, value: T) -> T:
        """What the first worker gives here. Raises as `means`."""
        if self.size == 1:
            return value
        from torch import distributed

        values = [value]
        with self._noticing():
            distributed.broadcast_object_list(values, group=self._waiting)
        return values[0]

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """A block of training. A lost worker is told as such, whatever the library made of it in between.

        Raises:
            WorkerLostError: another worker is gone.
        """
        try:
            yield
        except Exception:
            if self._loss is None:
                raise
            raise self._loss from None

    @contextlib.contextmanager
    def _noticing(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            reason = _REASON.search(str(error)) or ["it does not answer"]
            self._loss = WorkerLostError(
                f"expected an answer of all {self.size} workers; found that one is gone ({reason[0].lower()}); the "
                "state is saved each minute: run the same command to continue"
            )
            raise self._loss from None


ALONE = Workers()


def require_torch() -> None:
    """Raises MissingExtraError where PyTorch, which carries what workers say, is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError(
            f"expected PyTorch, with which workers talk to each other; found none; get it with: {pip()} install torch"
        )


def size_in_environment() -> int:
    """How many workers the environment names; 1 where it names none.

    Raises:
        UserError: it names something else than a number.
    """
    size = os.environ.get("WORLD_SIZE") or "1"
    if not size.isdecimal() or int(size) < 1:
        raise UserError(f"expected WORLD_SIZE, a number of workers; {_found(size)}")
    return int(size)


def _found(value: str) -> str:
    return (
        f"found {value or 'none'}; unset WORLD_SIZE for a training by one process, or start the command with torchrun, "
        "which sets all of them"
    )


def join() -> Workers:
    """The workers that the environment names, as `torchrun` and `launch` set it; `ALONE` where it names none.

    Raises:
        MissingExtraError: PyTorch is missing.
        UserError: the environment names them in part only.
        WorkerLostError: the others did not come.
    """
    size = size_in_environment()
    if size == 1:
        return ALONE
    rank = os.environ.get("RANK", "")
    if not rank.isdecimal() or int(rank) >= size:
        raise UserError(f"expected RANK, a number from 0 to {size - 1} with WORLD_SIZE={size}; {_found(rank)}")
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        if not os.environ.get(name):
            raise UserError(f"expected {name}, where the first worker is, with WORLD_SIZE={size}; {_found('')}")
    require_torch()
    from torch import distributed

    workers = Workers(int(rank), size)
    with workers._noticing():
        if not distributed.is_initialized():
            distributed.init_process_group("gloo", timeout=_PATIENCE)
            atexit.register(distributed.destroy_process_group)  # its threads would abort a process that ends
        workers._waiting = distributed.new_group(timeout=_WORK_OF_FIRST)
    return workers
