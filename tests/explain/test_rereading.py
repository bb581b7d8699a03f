"""Variants of a review, read from the first difference on, are what ONNX Runtime makes of the whole of each."""

import numpy as np
import pytest

from sentiment.explain.network import OpenedNetwork
from sentiment.explain.rereading import Reading, reading

ARCHITECTURES = ["custom-lstm", "lstm", "bilstm", "gru"]
IDS = np.random.default_rng(5).integers(2, 12, 23).astype(np.int32)
GROUPS = [*([i] for i in range(len(IDS))), [3, 4, 9], [22, 0], list(range(23))]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("threads", [1, 3])
def test_without_any_group_of_words_the_logits_are_those_of_the_whole_variant(
    make_run, monkeypatch, architecture, threads
):
    monkeypatch.setattr(reading, "_WORTH_A_THREAD", 1)
    network = OpenedNetwork.from_run(make_run(architecture)[0].run)
    variants = [IDS]
    for group in GROUPS:
        variant = IDS.copy()
        variant[group] = 1
        variants.append(variant)
    expected = network.logits(variants)
    result = Reading(network.recurrent, IDS, threads)
    np.testing.assert_allclose(result.logits, expected[0], atol=1e-5)
    np.testing.assert_allclose(result.logits_without(GROUPS), expected[1:], atol=1e-5)
    assert np.ptp(expected) > 0.1
    assert result.logits_without([]).shape == (0, 1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("stop", [5, None])
def test_as_read_the_logits_are_those_of_each_beginning_with_a_full_stop_where_none_stands(
    make_run, architecture, stop
):
    network = OpenedNetwork.from_run(make_run(architecture)[0].run)
    complete = np.arange(len(IDS)) % 3 == 0
    beginnings = [
        np.append(IDS[: i + 1], [] if stop is None or complete[i] else [stop]).astype(np.int32)
        for i in range(len(IDS))
    ]  # fmt: skip
    result = Reading(network.recurrent, IDS).logits_as_read(complete, stop)
    np.testing.assert_allclose(result, network.logits(beginnings), atol=1e-5)


@pytest.mark.parametrize("architecture", ["custom-lstm", "bilstm", "gru"])
def test_the_work_is_what_was_announced(make_run, architecture):
    done = []
    result = Reading(OpenedNetwork.from_run(make_run(architecture)[0].run).recurrent, IDS)
    result.done = done.append
    result.logits_without(GROUPS)
    assert sum(done) == result.multiplications(GROUPS) > 0
