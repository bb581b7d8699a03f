"""The verdict: one rule for label, reason and certainty, wherever the probabilities come from."""

import pytest

from sentiment.inference.prediction import CLOSE, EMPTY, UNCERTAIN, Prediction, decided, verdict

TWO = {"negative": 0.25, "positive": 0.75}
THREE = {"1": 0.125, "2": 0.625, "3": 0.25}


@pytest.mark.parametrize(
    ("shares", "wishes", "expected"),
    [
        (TWO, {}, ("positive", None, True)),
        (TWO, {"threshold": 0.75}, ("positive", None, True)),
        (TWO, {"threshold": 0.8}, ("negative", None, False)),
        (TWO, {"uncertain": 0.25}, ("positive", None, True)),
        (TWO, {"uncertain": 0.26}, (UNCERTAIN, CLOSE, False)),
        (TWO, {"threshold": 0.9, "uncertain": 0.2}, (UNCERTAIN, CLOSE, False)),
        ({"negative": 0.5, "positive": 0.5}, {}, ("positive", None, False)),
        (THREE, {}, ("2", None, True)),
        (THREE, {"uncertain": 0.1875}, ("2", None, True)),
        (THREE, {"uncertain": 0.2}, (UNCERTAIN, CLOSE, False)),
        ({"1": 0.4, "2": 0.4, "3": 0.2}, {}, ("1", None, False)),
    ],
)
def test_label_reason_and_certainty(shares, wishes, expected):
    assert verdict(shares, None, 0.6, **wishes) == expected
    first = Prediction("", None, truncated=False, probabilities=shares)
    again = decided(first, 0.6, wishes.get("threshold", 0.5), wishes.get("uncertain", 0.0))
    assert (again.label, again.reason, again.sure) == expected


def test_what_cannot_be_judged_stays_so_whatever_the_threshold():
    assert verdict(TWO, "language", 0.6, threshold=0.1) == (UNCERTAIN, "language", False)
    assert decided(EMPTY, 0.6, 0.1, 0.5) is EMPTY
