"""Batches hold every review once, right-padded to similar lengths; the seed and the epoch decide the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment.text.batches import BUCKETS, Batches, bucket_lengths, dropout_of_words
from sentiment.text.padding import pad
from sentiment.text.tokenizer import UNKNOWN_ID


def reviews(n: int, seed: int = 0) -> tuple[list[np.ndarray], np.ndarray]:
    random = np.random.default_rng(seed)
    token_ids = [random.integers(1, 100, random.integers(1, 300)).astype(np.int32) for _ in range(n)]
    return token_ids, random.integers(0, 2, n)


def rows_of(batches: Batches) -> list[bytes]:
    return [row[row != 0].tobytes() for i in range(len(batches)) for row in batches[i][0]]


def test_padding_is_zero_and_on_the_right():
    padded = pad([np.array([5, 6], np.int32), np.array([7], np.int32)], 4)
    assert padded.tolist() == [[5, 6, 0, 0], [7, 0, 0, 0]]
    assert padded.dtype == np.int32


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=300))
def test_there_are_at_most_eight_bucket_lengths_and_every_review_fits(lengths):
    buckets = bucket_lengths(np.array(lengths))
    assert len(buckets) <= BUCKETS
    assert buckets[-1] >= max(lengths)


@pytest.mark.parametrize("seed", [None, 3])
def test_every_review_appears_exactly_once_in_an_epoch(seed):
    token_ids, labels = reviews(101)
    batches = Batches(token_ids, labels, 16, seed=seed)
    assert sorted(rows_of(batches)) == sorted(ids.tobytes() for ids in token_ids)


def test_labels_stay_with_their_reviews():
    token_ids, _ = reviews(50)
    labels = np.array([ids[0] % 2 for ids in token_ids])
    batches = Batches(token_ids, labels, 8, seed=1)
    for i in range(len(batches)):
        x, y = batches[i]
        np.testing.assert_array_equal(x[:, 0] % 2, y[:, 0])


def test_one_seed_gives_one_order_and_another_epoch_another():
    token_ids, labels = reviews(64)
    first, second = Batches(token_ids, labels, 8, seed=1), Batches(token_ids, labels, 8, seed=1)
    assert rows_of(first) == rows_of(second)
    second.start_epoch(1)
    assert rows_of(first) != rows_of(second)


def test_order_maps_rows_to_reviews():
    token_ids, labels = reviews(40)
    batches = Batches(token_ids, labels, 8)
    assert rows_of(batches) == [token_ids[row].tobytes() for row in batches.order]


@pytest.mark.parametrize("lengths", [[5] * 40, [5] * 30 + [90] * 10, list(range(1, 41))], ids=["one", "two", "many"])
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_first_two_batches_differ_in_width_as_keras_needs_to_see_that_widths_vary(lengths, seed):
    batches = Batches([np.full(length, 7, np.int32) for length in lengths], np.zeros(40), 8, seed=seed)
    for epoch in range(5):
        batches.start_epoch(epoch)
        assert batches[0][0].shape[1] != batches[1][0].shape[1]
        assert len({batches[i][0].shape[1] for i in range(len(batches))}) <= BUCKETS


def test_batches_of_similar_length_waste_little_on_padding():
    token_ids, labels = reviews(2000)
    batches = Batches(token_ids, labels, 32, seed=1)
    padded = sum(batches[i][0].size for i in range(len(batches)))
    assert padded / batches.tokens < 1.3  # without grouping it is 2


def test_a_crop_takes_another_part_of_a_long_review_in_every_epoch_and_all_of_a_short_one():
    long, short = np.arange(1, 101, dtype=np.int32), np.arange(1, 6, dtype=np.int32)
    batches = Batches([long, short], np.zeros(2), 2, seed=1, crop=10)
    starts = set()
    for epoch in range(300):
        batches.start_epoch(epoch)
        first, second = sorted(row[row != 0].tolist() for row in batches[0][0])
        stretch = max(first, second, key=len)
        assert min(first, second, key=len) == short.tolist()
        assert stretch == list(range(stretch[0], stretch[0] + 10))
        starts.add(stretch[0])
    assert {1, 91} <= starts
    assert len(starts) > 80
    assert batches.tokens == 15


def test_common_words_are_dropped_by_their_share_and_rare_ones_more_often():
    token_ids = [np.repeat([2, 3], [980, 20])]
    dropped = dropout_of_words(token_ids, vocabulary_size=5, share=0.1, rare=20)
    np.testing.assert_allclose(dropped, [0, 0, 1 - 0.9 * 0.98, 1 - 0.9 * 0.5, 1])
    np.testing.assert_allclose(dropout_of_words(token_ids, 4, share=0.1, rare=0), [0, 0, 0.1, 0.1])


def test_dropped_words_become_unknown_anew_in_every_epoch_and_padding_stays():
    token_ids = [np.full(length, 2 + length % 2, np.int32) for length in range(1, 400)]
    batches = Batches(token_ids, np.zeros(399), 50, seed=1, dropped=np.array([0, 0, 0.25, 0]))

    def read(epoch):
        batches.start_epoch(epoch)
        return [batches[index][0] for index in range(len(batches))]

    first = np.concatenate([batch.ravel() for batch in read(0)])
    counts = np.bincount(first)
    assert counts[UNKNOWN_ID] / (counts[UNKNOWN_ID] + counts[2]) == pytest.approx(0.25, abs=0.01)
    assert counts[3] == sum(range(1, 400, 2))
    for ours, again, other in zip(read(3), read(3), read(4), strict=True):
        np.testing.assert_array_equal(ours, again)
        assert ours.shape != other.shape or (ours != other).any()
