"""Training on several workers: the same result as alone, and what happens when one of them is ended."""

import os
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from sentiment.distributed import ALONE, Workers, is_worker, join
from sentiment.distributed.launching import launch
from sentiment.errors import UserError

torch = pytest.importorskip("torch", reason="workers talk to each other with PyTorch, which is not installed")
TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where two workers have trained, of which one was killed."""
    folder = tmp_path_factory.mktemp("workers")
    variables = {
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent / "app")]),
        "SENTIMENT_LSTM": "fast",
        "SENTIMENT_CHECKPOINT_SECONDS": "0",
    }
    lines: list[str] = []
    with mock.patch.dict(os.environ, variables):
        code = launch([sys.executable, "-m", "helpers.worker_training", str(folder)], 2, lines.append, restarts=1)
    (folder / "said.txt").write_text("\n".join(lines))
    assert code == 0
    return folder


def arrays(path: Path) -> list[np.ndarray]:
    with np.load(path) as content:
        return [content[name] for name in content.files]


@pytest.mark.parametrize("network", ["language_model", "classifier"])
def test_two_workers_learn_what_one_does_with_the_whole_batch(folder, network):
    together, alone = arrays(folder / f"{network}-together.npz"), arrays(folder / f"{network}-alone.npz")
    assert len(together) == len(alone) > 5
    for first, second in zip(together, alone, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_after_a_worker_is_killed_inside_a_step_the_training_goes_on_and_ends_the_same(folder):
    said = "worker 2 of 2 was ended by SIGKILL; starting again from the last checkpoint (1 of 1)"
    assert (folder / "said.txt").read_text() == said
    segments = [(folder / f"{name}.txt").read_text().splitlines() for name in ("killed", "whole")]
    assert segments[0] == segments[1], "no segment is learnt twice"
    assert len(segments[0]) > 3
    for first, second in zip(arrays(folder / "killed.npz"), arrays(folder / "whole.npz"), strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_parts_of_a_batch_are_its_rows_and_their_weights_make_up_its_mean():
    random = np.random.default_rng(1)
    for rows in (1, 2, 7, 8):
        token_ids, targets = random.integers(0, 9, (rows, 5)).astype(np.int32), random.random((rows, 1), np.float32)
        losses, counts = random.random(rows), random.integers(1, 9, rows)
        parts = [Workers(rank, 3).part(token_ids, targets, counts) for rank in range(3)]
        assert all(len(ids) for ids, _, _ in parts)
        means = [
            weight[0] * np.average(losses[rank::3], weights=counts[rank::3]) if weight[0] else 0
            for rank, (_, _, weight) in enumerate(parts)
        ]
        assert np.mean(means) == pytest.approx(np.average(losses, weights=counts), rel=1e-6)
        read = np.concatenate([ids for ids, _, weight in parts if weight[0]])
        assert sorted(map(tuple, read.tolist())) == sorted(map(tuple, token_ids.tolist()))


def test_alone_a_batch_and_its_figures_stay_as_they_are():
    token_ids, targets = np.ones((2, 3), np.int32), np.ones((2, 1), np.float32)
    assert ALONE.part(token_ids, targets, np.ones(2)) == (token_ids, targets)
    assert ALONE.mean_of({"loss": 0.1}) == {"loss": 0.1}
    assert ALONE.from_first(targets) is targets


def test_workers_take_the_mean_of_arrays_however_they_lie_in_memory(tmp_path):
    script = (
        "import numpy as np, sys\n"
        "from sentiment.distributed import join\n"
        "workers = join()\n"
        "across = np.arange(6, dtype=np.float32).reshape(2, 3).T * workers.rank\n"
        "means = workers.means(across, np.array(workers.rank))\n"
        "if workers.is_first:\n"
        "    np.savez(sys.argv[1], *means)\n"
    )
    assert launch([sys.executable, "-c", script, str(tmp_path / "means.npz")], 2, print) == 0
    across, scalar = arrays(tmp_path / "means.npz")
    assert across.tolist() == [[0, 1.5], [0.5, 2], [1, 2.5]]
    assert scalar == 0.5


def test_gradients_of_torch_keep_their_shapes():
    from sentiment.distributed.gradients import _in_torch

    across, scalar = torch.arange(6.0).reshape(2, 3).T, torch.tensor(2.0)
    means = _in_torch([across, scalar], ALONE)
    assert [mean.tolist() for mean in means] == [[[0, 3], [1, 4], [2, 5]], 2]


def test_what_only_the_first_one_does_may_take_longer_than_a_step():
    variables = {"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    with (
        mock.patch.dict(os.environ, variables),
        mock.patch("torch.distributed") as torch,
        mock.patch("atexit.register"),
    ):
        torch.is_initialized.return_value = False
        workers = join()
        workers.from_first(None)
    assert (workers.rank, workers.size) == (1, 2)
    assert torch.broadcast_object_list.call_args.kwargs["group"] is torch.new_group.return_value
    assert torch.new_group.call_args.kwargs["timeout"] > 100 * torch.init_process_group.call_args.kwargs["timeout"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"WORLD_SIZE": "many"}, "expected WORLD_SIZE, a number of workers; found many; unset WORLD_SIZE"),
        ({"WORLD_SIZE": "-2"}, "expected WORLD_SIZE"),
        ({"WORLD_SIZE": "2", "RANK": ""}, "expected RANK, a number from 0 to 1 with WORLD_SIZE=2; found none"),
        ({"WORLD_SIZE": "2", "RANK": "2"}, "found 2"),
        ({"WORLD_SIZE": "2", "RANK": "1", "MASTER_ADDR": ""}, "expected MASTER_ADDR, where the first worker is"),
    ],
)
def test_half_an_environment_of_workers_is_refused(variables, message):
    with mock.patch.dict(os.environ, variables), pytest.raises(UserError, match=message):
        join()
    with mock.patch.dict(os.environ, {"WORLD_SIZE": "many"}), pytest.raises(UserError, match="WORLD_SIZE"):
        is_worker()


def test_a_worker_that_somebody_ended_with_sigterm_is_started_again(tmp_path):
    """It has cleaned up and exits with the code of the signal."""
    once = (
        "import os, pathlib, sys\n"
        f"place = pathlib.Path({str(tmp_path / 'ended')!r})\n"
        "if os.environ['RANK'] == '1' and not place.exists():\n"
        "    place.touch()\n"
        "    sys.exit(143)\n"
    )
    lines: list[str] = []
    assert launch([sys.executable, "-c", once], 2, lines.append) == 0
    assert lines == ["worker 2 of 2 was ended by SIGTERM; starting again from the last checkpoint (1 of 3)"]
