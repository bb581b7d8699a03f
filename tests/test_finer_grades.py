"""Classes made of finer grades give the same answers wherever a network computes them."""

import json

import keras
import numpy as np
import pytest

from helpers.tiny_runs import GRADES, STARS, network, save_run
from sentiment.config import Config
from sentiment.explain import Explainer
from sentiment.inference.engines import KerasEngine, OnnxEngine
from sentiment.inference.predictor import Predictor
from sentiment.metrics.calibration import calibrated
from sentiment.metrics.class_probabilities import mean_grade_of, probabilities_of
from sentiment.networks.heads import (
    ClassLoss,
    agrees,
    balanced_weights,
    by_class,
    class_counts,
    class_probabilities,
    targets,
)
from sentiment.networks.onnx_graph import to_onnx
from sentiment.publishing.export import _export_savedmodel
from sentiment.runs.ensembles import _mean
from sentiment.runs.saved_run import load_run
from sentiment.training.baselines import unless_polarity

CONFIG = Config().replace(classes=STARS, units=5, embedding_size=4)
TOKEN_IDS = [np.array(ids, np.int32) for ids in ([3, 4, 5], [6], [2, 7, 3, 9, 4])]
LOGITS = np.random.default_rng(3).normal(0, 2, (9, 4)).astype("float32")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return network(CONFIG)


def test_onnx_and_keras_agree_on_classes_and_stars(model):
    onnx = OnnxEngine(to_onnx(model, {}, STARS).SerializeToString()).start(TOKEN_IDS).result()
    ours = KerasEngine(model, STARS).start(TOKEN_IDS).result()
    np.testing.assert_allclose(onnx.probabilities, ours.probabilities, atol=1e-5)
    np.testing.assert_allclose(onnx.stars, ours.stars, atol=1e-4)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's")
def test_a_savedmodel_has_the_outputs_of_the_onnx_file(model, tmp_path):
    import tensorflow as tf

    _export_savedmodel(model, tmp_path / "savedmodel", STARS)
    serve = tf.saved_model.load(str(tmp_path / "savedmodel")).signatures["serve"]
    onnx = OnnxEngine(to_onnx(model, {}, STARS).SerializeToString()).start(TOKEN_IDS[:1]).result()
    outputs = serve(token_ids=TOKEN_IDS[0][None])
    np.testing.assert_allclose(outputs["probabilities"], onnx.probabilities, atol=1e-5)
    np.testing.assert_allclose(outputs["stars"], onnx.stars, atol=1e-4)


def test_a_prediction_and_its_explanation_agree(model, tmp_path):
    run = load_run(save_run(tmp_path / "films" / "stars", model, CONFIG))
    prediction = Predictor(run).predict("It was a good film.")
    explanation = Explainer(run).explain("It was a good film.")
    assert list(prediction.probabilities) == list(STARS.names)
    assert explanation.stars == pytest.approx(prediction.stars, abs=1e-4)
    assert explanation.probabilities == pytest.approx(prediction.probabilities, abs=1e-5)
    assert f"{prediction.stars:.1f} stars" in explanation.headline()
    assert json.loads(explanation.to_json())["stars"] == explanation.stars


def test_calibration_and_ensembles_take_the_probabilities_of_the_classes():
    p = probabilities_of(LOGITS, STARS)
    np.testing.assert_allclose(calibrated(p, 1.0, STARS), p, atol=1e-6)
    np.testing.assert_allclose(_mean(np.array([p, p]), np.array([0.5, 0.5]), STARS), p, atol=1e-6)


def test_the_mean_grade_is_between_the_lowest_and_the_highest():
    stars = mean_grade_of(LOGITS, STARS)
    np.testing.assert_allclose(stars, probabilities_of(LOGITS, GRADES) @ np.arange(1, 6), atol=1e-6)
    assert mean_grade_of(LOGITS, GRADES) is None


def test_a_network_learns_probabilities_of_grades_and_is_judged_by_classes():
    target = np.eye(5, dtype="float32")[[0, 1, 2, 3, 4, 0, 1, 3, 4]]
    loss = float(ClassLoss(STARS)(target, LOGITS))
    assert loss == pytest.approx(float(ClassLoss(GRADES)(target, LOGITS)))
    assert float(ClassLoss(STARS, smoothing=0.2)(target, LOGITS)) == pytest.approx(
        float(ClassLoss(GRADES, smoothing=0.2)(target, LOGITS))
    )
    merged = keras.ops.convert_to_numpy(by_class(class_probabilities(LOGITS, STARS), STARS))
    np.testing.assert_allclose(merged, probabilities_of(LOGITS, STARS), atol=1e-5)
    right = keras.ops.convert_to_numpy(agrees(STARS)(target, LOGITS))[:, 0]
    classes = np.array([0, 0, 1, 2, 2, 0, 0, 2, 2])
    assert right.tolist() == (merged.argmax(axis=1) == classes).astype(float).tolist()
    assert balanced_weights(class_counts(target, STARS)).shape == (5,)


def test_labels_of_classes_do_not_say_which_grade_is_meant():
    with pytest.raises(ValueError, match="expected probabilities of 5 grades; received labels of their classes"):
        targets(np.array([0, 1, 2]), STARS)


def test_baselines_of_grades_are_identified_as_before_there_were_finer_ones():
    assert unless_polarity(GRADES) == {"classes": {"names": GRADES.names, "ordered": True}}
