"""From seconds to ratios, targets, tables and a picture; no contender is started here."""

import io
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image

from benchmarks.layers.contenders import CONTENDERS, KERAS, OURS, TORCH, Settings, Task
from benchmarks.layers.contest import Contest
from benchmarks.layers.report import draw, markdown, part_columns, target_columns, time_columns
from benchmarks.layers.targets import TARGETS, judge, keras_best, our_best, torch_best
from benchmarks.rounds import affordable
from benchmarks.summary import largest_difference, ratio, summary
from helpers.layer_results import BY_NAME, SHAPE, measured, results, rows_of_all


def test_a_ratio_above_one_means_that_ours_is_faster():
    times = ratio([3.0] * 5, [1.5] * 5)
    assert times == (2.0, 2.0, 2.0)


def test_rounds_in_which_everything_was_slow_widen_no_interval():
    slow = np.array([1, 1, 5, 1, 9, 1, 1, 7, 1, 1.0])
    together, apart = ratio(2 * slow, slow), ratio(2 * slow[::-1], slow)
    assert (together.low, together.high) == (2, 2)
    assert apart.low < apart.high


def test_contenders_with_different_numbers_of_rounds_can_be_compared():
    times = ratio([2.0, 2.2, 2.1], [1.0] * 12)
    assert times.low <= times.figure <= times.high
    assert times.figure == pytest.approx(2.1)


def test_a_summary_keeps_every_measurement():
    figures = summary([1.0, 2.0, 4.0], tokens=10)
    assert (figures["rounds"], figures["median_seconds"], figures["tokens_per_second"]) == (3, 2.0, 5.0)
    assert figures["quartiles_seconds"] == [1.5, 3.0]
    assert figures["seconds"] == [1.0, 2.0, 4.0]


def test_the_largest_difference_is_a_share_of_the_largest_value():
    assert largest_difference({"a": [1.0, -10.0], "b": [1.0]}, {"a": [1.5, -10.0], "b": [1.0]}) == 0.05


def test_a_slow_contender_does_fewer_rounds_and_a_very_slow_one_a_single_one():
    assert [affordable(seconds, rounds=12, budget=20) for seconds in (0.1, 4, 15, 100)] == [12, 5, 3, 1]


def test_the_operations_of_a_training_step_are_three_times_those_of_two_products():
    assert SHAPE.training_flop == 3 * 2 * (16 + 32) * 4 * 32


def test_the_best_is_chosen_by_the_preliminary_round_and_ours_is_never_the_portable_one():
    rows = [measured(contender, 1.0, preliminary=n) for n, contender in enumerate(reversed(CONTENDERS), start=1)]
    assert keras_best(rows) == BY_NAME["keras-mixed_bfloat16-xla"]
    assert our_best(rows) == BY_NAME["ours-mixed_bfloat16"]


def remaining(seconds, **task):
    """Names of those that go on after a preliminary round with these seconds."""
    contest = Contest(ExitStack(), Settings(), lambda _: None)
    contest.measured = [
        measured(BY_NAME[name], 1.0, task["training"], preliminary=best) for name, best in seconds.items()
    ]
    return {row.contender.name for row in contest.remaining(Task(SHAPE, **task))}


def test_a_contender_three_times_as_slow_as_its_family_is_dropped_unless_a_target_names_it():
    seconds = {
        "ours-float32": 5.0, "ours-mixed_bfloat16": 1.0, "ours-portable-float32": 2.9,
        "keras-float32": 10.0, "keras-float32-xla": 9.0, "keras-mixed_bfloat16": 1.0,
        "torch-bfloat16": 50.0, "torch-float32": 4.0,
    }  # fmt: skip
    assert remaining(seconds, training=True) == seconds.keys() - {"keras-float32", "torch-bfloat16"}
    assert remaining(seconds, training=False) == seconds.keys() - {"keras-float32", "ours-float32", "torch-bfloat16"}


def test_only_contenders_near_the_best_in_one_direction_are_measured_in_both():
    seconds = {"ours-float32": 1.0, "ours-portable-float32": 1.6, "keras-float32": 1.4, "keras-float32-xla": 1.0}
    assert remaining(seconds, training=True, bidirectional=True) == seconds.keys() - {"ours-portable-float32"}


def test_every_target_is_judged_and_a_miss_is_reported():
    lines = judge(rows_of_all(ours=1.0, theirs=1.9), "amx_bf16")
    met = {line["name"]: line["met"] for line in lines}
    assert len(lines) == len(met) == len(TARGETS)
    assert met["training step, Keras in float32"] is False
    assert met["training step, torch's best"] is True
    assert met["training step in float32, Keras in float32"] is True
    assert all(line["ratio"] == pytest.approx(1.9) for line in lines)


def test_targets_are_those_of_the_kind_of_processor():
    rows = rows_of_all(ours=1.0, theirs=1.3)
    name = "training step in float32, Keras in float32"
    met = {
        kind: next(line["met"] for line in judge(rows, kind) if line["name"] == name)
        for kind in ("avx2", "avx512", "amx_bf16", None)
    }
    assert met == {"avx2": True, "avx512": False, "amx_bf16": False, None: None}
    never_slower = [line["at_least"] for line in judge(rows, None) if line["name"] == "forward pass, Keras' best"]
    assert never_slower == [0.95]


def test_without_torch_its_target_is_neither_met_nor_missed():
    rows = [row for row in rows_of_all() if row.contender.family != "torch"]
    assert torch_best(rows) is None
    [line] = [line for line in judge(rows, "avx2") if "torch" in line["name"]]
    assert (line["ratio"], line["met"]) == (None, None)
    written = markdown(results(rows, absent=[TORCH.title]))
    assert "not installed" in written
    assert TORCH.title in written


def test_missed_targets_are_in_the_table_like_those_that_were_met():
    columns = dict(target_columns(results(rows_of_all(ours=1.0, theirs=1.9))))
    assert sorted(set(columns["Met"])) == ["no", "yes"]
    assert columns["Ratio"][0] == "1.90"
    assert columns["Target"][-1] == "at most 1.5"
    assert len({len(cells) for cells in columns.values()}) == 1


def test_a_contender_that_was_dropped_keeps_its_preliminary_figure():
    slow = BY_NAME["torch-float32"]
    rows = [measured(OURS, 0.1), measured(KERAS, 0.2), measured(slow, 4.0)]
    rows[-1].seconds = []
    [(_, names), (_, cells)] = time_columns(results(rows))
    assert dict(zip(names, cells, strict=True))[slow.title] == "(4,000)"


def test_the_parts_of_a_step_add_up_and_older_measurements_have_none():
    columns = dict(part_columns(results(rows_of_all())))
    assert [columns[name] for name in ("Products", "Gates", "Rest", "Whole", "Limit")] == [
        ["300"], ["100"], ["100"], ["500"], ["200"]
    ]  # fmt: skip
    older = {key: value for key, value in results(rows_of_all()).items() if key != "parts"}
    assert "on one core" in markdown(results(rows_of_all()))
    assert "on one core" not in markdown(older)
    assert draw(older)


def test_a_smoke_run_is_marked_as_meaningless():
    assert "say nothing" in markdown(results(rows_of_all(), smoke=True))
    assert "say nothing" not in markdown(results(rows_of_all()))


def test_the_tables_are_markdown():
    for line in markdown(results(rows_of_all())).splitlines():
        assert not line.startswith("|") or line.endswith(" |") or line.endswith(":|")


def test_the_picture_is_drawn_and_the_same_figures_give_the_same_bytes():
    png = draw(results(rows_of_all()))
    assert png == draw(results(rows_of_all()))
    assert Image.open(io.BytesIO(png)).size[0] == 1500
