"""Word dropout: words become unknown while training, and padding stays padding."""

import keras
import numpy as np
import pytest

from app.layers.word_dropout import WordDropout

TOKEN_IDS = np.tile(np.array([[5, 6, 7, 8, 9, 0, 0]], np.int32), (2000, 1))


def test_nothing_changes_at_prediction_time():
    np.testing.assert_array_equal(WordDropout(0.5, 1)(TOKEN_IDS), TOKEN_IDS)


def test_the_share_of_unknown_words_is_the_rate_and_padding_stays():
    dropped = keras.ops.convert_to_numpy(WordDropout(0.3, 1, seed=0)(TOKEN_IDS, training=True))
    assert abs((dropped[:, :5] == 1).mean() - 0.3) < 0.02
    assert (dropped[:, 5:] == 0).all()
    kept = dropped[:, :5] != 1
    np.testing.assert_array_equal(dropped[:, :5][kept], TOKEN_IDS[:, :5][kept])


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(ValueError, match="expected a rate"):
        WordDropout(rate, 1)
