"""Fine-tuning a saved run: from its exact weights and the better of two last layers; validation reviews choose."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from helpers.trained import THREE, good_and_bad, train_tiny
from sentiment.config import POLARITY, Classes
from sentiment.experiments.adaptation import Features
from sentiment.metrics.class_probabilities import probabilities_of
from sentiment.networks.scoring import logits, probabilities
from sentiment.support.progress import Silence
from sentiment.teaching import fine_tuning
from sentiment.teaching.fine_tuning import Labelled, fine_tune, settings_for, start_of
from sentiment.teaching.linear_head import as_network, fit_head
from sentiment.training.encoders import Head, encoder_of, same_logits

GRADED = Classes(("negative", "neutral", "positive"), ordered=True, grades=(2, 1, 2))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return train_tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def without_graphs():
    """A few steps are over before a graph of them would be built."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def labelled(run, examples) -> Labelled:
    ids = run.tokenizer().token_ids(examples.texts)
    return Labelled(ids, ids, Features(run)(ids), examples.labels.astype(int))


def tuned(run, examples, validation, classes=POLARITY, **settings):
    learnt, encoder = labelled(run, examples), encoder_of(run)
    head = fit_head(learnt.features, learnt.labels, classes)
    config = settings_for(run, encoder, classes).replace(minimum_steps=1, epochs=2, **settings)
    return fine_tune(encoder, learnt, validation, head, config, Silence()), learnt


def test_few_validation_reviews_leave_the_weights_between_the_start_and_the_end(source, monkeypatch):
    opposite = good_and_bad(40)
    opposite = dataclasses.replace(opposite, labels=1 - opposite.labels)  # the run's own last layer is of no use
    halfway, learnt = tuned(source, opposite, 8)
    before = source.model().get_layer("embedding").get_weights()[0]
    assert np.abs(halfway.model.get_layer("embedding").get_weights()[0] - before).max() > 1e-5
    assert halfway.validation_logits is None  # eight reviews judge nothing
    assert halfway.temperature == 1.0
    assert halfway.epochs == 2
    monkeypatch.setattr(fine_tuning, "_SHARE", 0.0)
    start, _ = tuned(source, opposite, 8)
    head = fit_head(learnt.features, learnt.labels, source.config.classes)
    expected = probabilities_of(as_network(head.logits(learnt.features), start.classes), start.classes)
    np.testing.assert_allclose(probabilities(start.model, learnt.token_ids), expected, atol=1e-5)
    assert not start.keeps_head


def test_enough_validation_reviews_choose_the_epoch_and_the_temperature(source, monkeypatch):
    monkeypatch.setattr(fine_tuning, "ENOUGH", 10)
    result, _ = tuned(source, good_and_bad(60, THREE), 20, THREE, learning_rate=0.02)
    assert result.validation_logits.shape == (20, THREE.outputs)
    assert result.temperature != 1.0
    assert result.epochs in (1, 2)


def test_the_start_is_kept_where_validation_reviews_say_so(source, monkeypatch):
    monkeypatch.setattr(fine_tuning, "ENOUGH", 10)
    examples = good_and_bad(60)
    labels = np.where(np.arange(60) < 40, 1 - examples.labels, examples.labels)  # what is learnt is wrong afterwards
    result, _ = tuned(source, dataclasses.replace(examples, labels=labels), 20, learning_rate=0.1)
    assert result.epochs == 0
    before = source.model().get_layer("recurrent").get_weights()[0]
    np.testing.assert_array_equal(result.model.get_layer("recurrent").get_weights()[0], before)
    assert len(result.validation_logits) == 20


def test_the_own_last_layer_of_the_same_classes_is_the_start_where_it_is_better(source):
    examples = good_and_bad(24)
    learnt, encoder = labelled(source, examples), encoder_of(source)
    head = fit_head(learnt.features, learnt.labels, source.config.classes)
    poor = dataclasses.replace(head, out_of_fold=np.zeros_like(head.out_of_fold))
    start = start_of(encoder, learnt, poor, source.config.classes)
    assert start.is_old
    scores = logits(source.model(), learnt.token_ids)
    ratio = (learnt.features @ start.head.kernel + start.head.bias)[:, 0] / scores
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-3)  # the same but for a temperature
    sure = dataclasses.replace(head, out_of_fold=np.where(learnt.labels == 1, 9.0, -9.0)[:, None])
    assert not start_of(encoder, learnt, sure, source.config.classes).is_old


@pytest.mark.parametrize("is_old", [True, False])
def test_whether_the_own_last_layer_is_kept_is_decided_once_for_both_trainings(source, monkeypatch, is_old):
    """By the reviews without those of validation, for whose choice of the epoch and the temperature it counts."""
    monkeypatch.setattr(fine_tuning, "ENOUGH", 10)
    trained, decided = fine_tuning._trained, []

    def other_on_all(encoder, learnt, head, classes, keep=None):
        better = is_old if len(learnt) == 40 else not is_old
        decided.append(better if keep is None else keep)
        return start_of(encoder, learnt, head, classes, decided[-1])

    monkeypatch.setattr(fine_tuning, "start_of", other_on_all)
    starts = []
    monkeypatch.setattr(
        fine_tuning, "_trained", lambda start, *rest, **how: (starts.append(start), trained(start, *rest, **how))[1]
    )
    result, _ = tuned(source, good_and_bad(60), 20)
    assert [start.is_old for start in starts] == [is_old, is_old]
    assert result.keeps_head is is_old


def test_finer_grades_are_kept_and_a_label_is_divided_among_those_of_its_class(source):
    learnt, encoder = labelled(source, good_and_bad(30, THREE)), encoder_of(source)
    random = np.random.default_rng(0)
    kernel = random.normal(0, 1, (learnt.features.shape[1], GRADED.outputs)).astype(np.float32)
    graded = dataclasses.replace(
        encoder, head=Head(kernel, np.zeros(4, np.float32), GRADED, source.config.model.pooling)
    )
    head = fit_head(learnt.features, learnt.labels, THREE)
    hopeless = dataclasses.replace(head, out_of_fold=np.stack([np.where(learnt.labels == 0, 9.0, -9.0)] * 2, axis=1))
    start = start_of(graded, learnt, hopeless, THREE)
    assert start.is_old
    assert start.head.classes == GRADED
    assert start.targets.shape == (30, 5)
    np.testing.assert_allclose(np.add.reduceat(start.targets, [0, 2, 3], axis=1), np.eye(3)[learnt.labels], atol=1e-5)
    assert np.ptp(start.targets[learnt.labels == 0, 0]) > 0  # as the network divides it, review by review


def test_logits_of_five_stars_are_those_of_a_network_with_five_grades():
    stars = Classes(("1", "2", "3", "4", "5"), ordered=True)
    assert same_logits(GRADED, stars)
    assert not same_logits(GRADED, THREE)
    assert not same_logits(GRADED, Classes(stars.names))
    assert not same_logits(THREE, GRADED)
