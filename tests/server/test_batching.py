"""The queue: waiting requests are computed together, and their number is limited."""

import asyncio
import threading

import pytest

from sentiment.errors import OverloadedError
from sentiment.server.serving.batching import Batcher
from sentiment.server.serving.pace import Pace

pytestmark = pytest.mark.anyio


class Doubling:
    """Doubles numbers once it is allowed to, and remembers its batches."""

    def __init__(self, open_from_the_start: bool = True) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        if open_from_the_start:
            self.gate.set()

    def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        self.gate.wait(10)
        if -1 in items:
            raise ValueError("cannot double that")
        return [2 * item for item in items]


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_lone_request_is_computed_at_once():
    double = Doubling()
    assert await Batcher(double, capacity=4, batch=4).submit([1, 2]) == [2, 4]
    assert double.batches == [[1, 2]]


async def test_waiting_requests_are_computed_together_and_each_gets_its_result():
    double = Doubling(open_from_the_start=False)
    batcher = Batcher(double, capacity=10, batch=10)
    first = asyncio.create_task(batcher.submit([0]))
    await until(lambda: double.batches)
    others = [asyncio.create_task(batcher.submit([i, 10 * i])) for i in (1, 2, 3)]
    await until(lambda: batcher.waiting == 6)
    double.gate.set()
    assert await first == [0]
    assert [await other for other in others] == [[2, 20], [4, 40], [6, 60]]
    assert double.batches == [[0], [1, 10, 2, 20, 3, 30]]


async def test_a_batch_has_its_limit():
    double = Doubling(open_from_the_start=False)
    batcher = Batcher(double, capacity=10, batch=3)
    tasks = [asyncio.create_task(batcher.submit([i])) for i in range(6)]
    await until(lambda: double.batches)
    double.gate.set()
    await asyncio.gather(*tasks)
    assert max(map(len, double.batches)) == 3


async def test_a_full_queue_refuses_at_once():
    double = Doubling(open_from_the_start=False)
    batcher = Batcher(double, capacity=2, batch=2)
    tasks = [asyncio.create_task(batcher.submit([0]))]
    await until(lambda: double.batches)
    tasks.append(asyncio.create_task(batcher.submit([1, 2])))
    await until(lambda: batcher.waiting == 2)
    with pytest.raises(OverloadedError, match=r"expected room for 1 in a queue of 2; found 2 waiting"):
        await batcher.submit([3])
    double.gate.set()
    assert await asyncio.gather(*tasks) == [[0], [2, 4]]


async def test_a_cancelled_request_frees_its_place():
    double = Doubling(open_from_the_start=False)
    batcher = Batcher(double, capacity=2, batch=2)
    first = asyncio.create_task(batcher.submit([0]))
    await until(lambda: double.batches)
    gone = asyncio.create_task(batcher.submit([1, 2]))
    await until(lambda: batcher.waiting == 2)
    gone.cancel()
    await until(lambda: batcher.waiting == 0)
    double.gate.set()
    await first
    assert double.batches == [[0]]


async def test_an_error_in_one_request_does_not_fail_the_others_of_its_batch():
    double = Doubling(open_from_the_start=False)
    batcher = Batcher(double, capacity=9, batch=9)
    tasks = [asyncio.create_task(batcher.submit([item])) for item in (0, 1, -1, 3)]
    await until(lambda: double.batches)
    double.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert answers[:2] + answers[3:] == [[0], [2], [6]]
    assert isinstance(answers[2], ValueError)


async def test_the_queue_counts_waiting_items_and_batches():
    waiting, computed = [], []
    batcher = Batcher(Doubling(), 9, 9, waiting.append, lambda items, _: computed.append(items))
    await asyncio.gather(batcher.submit([1]), batcher.submit([2, 3]))
    assert waiting == [1, 3, 0]
    assert computed == [3]


async def slow_down(batcher: Batcher, double: Doubling, seconds: float) -> None:
    """Lets the batcher learn that an item takes so long."""
    double.gate.clear()
    learning = asyncio.create_task(batcher.submit([0]))
    await until(lambda: double.batches)
    await asyncio.sleep(seconds)
    double.gate.set()
    await learning
    double.gate.clear()
    double.batches.clear()


async def test_what_would_wait_too_long_is_refused_at_once_but_one_batch_may_always_wait():
    double = Doubling()
    batcher = Batcher(double, capacity=100, batch=3, seconds=0.1)
    await slow_down(batcher, double, 0.2)
    tasks = [asyncio.create_task(batcher.submit([0]))]
    await until(lambda: double.batches)
    tasks += [asyncio.create_task(batcher.submit([item])) for item in (1, 2, 3)]
    await until(lambda: batcher.waiting == 3)
    assert batcher.is_full
    with pytest.raises(OverloadedError, match=r"expected to wait at most 0.1 seconds; found 0\.\d+ seconds of work"):
        await batcher.submit([4])
    double.gate.set()
    assert await asyncio.gather(*tasks) == [[0], [2], [4], [6]]
    assert not batcher.is_full


async def test_a_request_whose_client_leaves_before_its_turn_is_refused_at_once():
    double = Doubling()
    batcher = Batcher(double, capacity=100, batch=1)
    await slow_down(batcher, double, 0.2)
    tasks = [asyncio.create_task(batcher.submit([item])) for item in range(3)]
    await until(lambda: batcher.waiting == 2)
    with pytest.raises(OverloadedError, match=r"expected to wait at most 0.3 seconds; found 0\.\d+ seconds of work"):
        await asyncio.wait_for(batcher.submit([3], seconds_left=0.3), 10)
    patient = asyncio.create_task(batcher.submit([3], seconds_left=60))
    double.gate.set()
    assert await asyncio.gather(*tasks, patient) == [[0], [2], [4], [6]]


async def test_the_expected_wait_counts_the_work_in_the_items_not_their_number():
    double = Doubling()
    batcher = Batcher(double, capacity=100, batch=1, work_of=lambda item: item + 1)
    await slow_down(batcher, double, 0.1)
    tasks = [asyncio.create_task(batcher.submit([item])) for item in (0, 99)]
    await until(lambda: batcher.waiting == 1)
    assert batcher.wait_seconds > 5
    double.gate.set()
    await asyncio.gather(*tasks)
    assert batcher.wait_seconds == 0


def test_a_large_batch_tells_more_of_the_pace_than_many_small_ones():
    pace = Pace()
    assert pace.seconds(100) == 0
    for _ in range(5):
        pace.learn(1, 0.1)
    pace.learn(64, 0.64)
    assert 1.0 < pace.seconds(100) < 2.0
