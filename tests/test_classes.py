"""Classes, and the finer grades that a network may tell apart."""

import numpy as np
import pytest

from sentiment.config import Classes
from sentiment.errors import ConfigError
from sentiment.metrics.class_probabilities import log_probabilities_of, logits_of, probabilities_of

NAMES = ("negative", "neutral", "positive")
STARS = Classes(NAMES, ordered=True, grades=(2, 1, 2))
FIVE = Classes(("1", "2", "3", "4", "5"), ordered=True)


def test_a_network_has_an_output_for_each_grade_but_one():
    assert STARS.outputs == FIVE.outputs == 4
    assert STARS.plain == Classes(NAMES, ordered=True)
    assert STARS.plain.outputs == 2
    assert STARS.first_grades == [0, 2, 3]


def test_a_class_has_the_sum_of_the_probabilities_of_its_grades():
    logits = np.random.default_rng(2).normal(0, 3, (9, 4))
    by_grade = probabilities_of(logits, FIVE)
    expected = np.stack([by_grade[:, :2].sum(axis=1), by_grade[:, 2], by_grade[:, 3:].sum(axis=1)], axis=1)
    np.testing.assert_allclose(probabilities_of(logits, STARS), expected, atol=1e-12)
    np.testing.assert_allclose(np.exp(log_probabilities_of(logits, STARS)), expected, atol=1e-12)


def test_probabilities_have_the_logits_of_the_same_classes_without_finer_grades():
    p = probabilities_of(np.random.default_rng(2).normal(0, 3, (9, 4)), STARS)
    np.testing.assert_allclose(probabilities_of(logits_of(p, STARS), STARS.plain), p, atol=1e-9)


def test_classes_are_written_as_before_where_they_have_no_finer_grades():
    assert FIVE.to_values() == {"names": FIVE.names, "ordered": True}
    assert Classes.from_values(STARS.to_values()) == STARS
    assert Classes.from_values({"names": list(NAMES), "ordered": True}) == STARS.plain


@pytest.mark.parametrize(
    "values",
    [
        {"names": NAMES, "grades": (2, 1, 2)},  # in no order
        {"names": NAMES, "ordered": True, "grades": (2, 2)},
        {"names": NAMES, "ordered": True, "grades": (2, 0, 2)},
        {"names": NAMES, "ordered": True, "grades": (2, 1.0, 2)},
        {"names": NAMES, "ordered": True, "grades": (20, 1, 2)},
        {"names": NAMES[::2], "ordered": True, "grades": (2, 2)},
    ],
)
def test_finer_grades_of_other_classes_are_refused(values):
    with pytest.raises(ConfigError, match="expected one number of grades for each of three or more ordered classes"):
        Classes(**values)
