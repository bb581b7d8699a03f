"""Explanations of runs that tell more than two classes apart, and explanations towards a class that is named."""

import json
from dataclasses import replace

import numpy as np
import pytest

from helpers.command_line import sentiment
from helpers.tiny_runs import GRADES, STARS, TOPICS, network, save_run
from sentiment.config import POLARITY, Classes
from sentiment.errors import ConfigError, RunError
from sentiment.explain import Explainer, Explanation, explain
from sentiment.explain.network import OpenedNetwork
from sentiment.explain.picture import draw, write_png
from sentiment.explain.planted_causes import check, planted_reviews
from sentiment.explain.terminal import lines
from sentiment.inference.predictor import Predictor
from sentiment.metrics.class_probabilities import log_probabilities_of
from sentiment.runs.saved_run import ONNX, load_run

LSTMS = ["custom-lstm", "lstm", "bilstm"]
ALL = [*LSTMS, "gru"]
TEXT = "It was not a bad film."

several = pytest.mark.parametrize("classes", [TOPICS, GRADES, STARS], ids=["topics", "grades", "stars"])


def keras_scores(model, classes: Classes, token_ids: np.ndarray, target: int) -> np.ndarray:
    """The log-odds of a class from the logits of Keras, float64[n], for int32[n, time]."""
    log_p = log_probabilities_of(np.asarray(model(token_ids), np.float64), classes)
    return log_p[:, target] - np.log1p(-np.exp(log_p[:, target]))


@several
@pytest.mark.parametrize("architecture", ALL)
def test_the_verdict_is_that_of_the_prediction_and_the_target_its_most_probable_class(make_run, architecture, classes):
    explainer, _ = make_run(architecture, classes)
    prediction = Predictor(explainer.run).predict(TEXT)
    result = explainer.explain(TEXT)
    assert result.label == result.target == result.leaning == prediction.label
    assert result.classes == classes.names
    assert result.ordered == classes.ordered
    assert result.probabilities == pytest.approx(prediction.probabilities, abs=1e-6)
    assert result.probability == result.probabilities[result.target]
    assert result.tokens[-1].probability_after == pytest.approx(result.probability, abs=1e-6)


@several
@pytest.mark.parametrize("architecture", ALL)
def test_the_verdict_as_read_is_that_of_each_beginning(make_run, architecture, classes):
    explainer, _ = make_run(architecture, classes)
    target = classes.names[1]
    result = explainer.explain(TEXT, target=target)
    beginnings = [result.text[: token.end] for token in result.tokens]
    expected = [prediction.probabilities[target] for prediction in Predictor(explainer.run).predict(beginnings)]
    np.testing.assert_allclose([token.probability_after for token in result.tokens], expected, atol=1e-6)


@several
@pytest.mark.parametrize("architecture", ALL)
def test_occlusion_is_what_keras_says_of_each_class_when_the_word_is_unknown(make_run, architecture, classes):
    explainer, model = make_run(architecture, classes)
    [review] = explainer.run.tokenizer().encode([TEXT])
    variants = np.repeat(review.token_ids[None], len(review.token_ids) + 1, axis=0)
    for at in range(len(review.token_ids)):
        variants[at + 1, at] = 1
    for target, name in enumerate(classes.names):
        scores = keras_scores(model, classes, variants, target)
        contributions = [token.contribution for token in explainer.explain(TEXT, target=name).tokens]
        np.testing.assert_allclose(contributions, scores[0] - scores[1:], atol=1e-4)


@several
@pytest.mark.parametrize("architecture", LSTMS)
def test_integrated_gradients_add_up_to_the_score_less_that_of_unknown_words(make_run, architecture, classes):
    explainer, model = make_run(architecture, classes)
    [review] = explainer.run.tokenizer().encode([TEXT])
    token_ids = np.stack([review.token_ids, np.ones_like(review.token_ids)])
    for target, name in enumerate(classes.names):
        result = explainer.explain(TEXT, "integrated-gradients", target=name)
        score, without_words = keras_scores(model, classes, token_ids, target)
        total = sum(token.contribution for token in result.tokens)
        assert score - without_words - total == pytest.approx(result.completeness_error, abs=1e-4)
        assert abs(result.completeness_error) < 0.05


@several
@pytest.mark.parametrize("architecture", LSTMS)
def test_recomputed_states_give_the_logits_of_onnx_runtime(make_run, architecture, classes):
    opened = OpenedNetwork.from_run(make_run(architecture, classes)[0].run)
    token_ids = np.array([2, 5, 3, 7], np.int32)
    states = opened.lstm.read(opened.lstm.embeddings[token_ids])
    [logits] = opened.logits([token_ids])
    assert logits.shape == (classes.outputs,)
    np.testing.assert_allclose(opened.lstm.logits(opened.lstm.pool(states)), logits, atol=1e-5)


@several
@pytest.mark.parametrize("architecture", LSTMS)
def test_a_unit_adds_what_its_features_move_the_score(make_run, architecture, classes):
    explainer, _ = make_run(architecture, classes)
    lstm = OpenedNetwork.from_run(explainer.run).lstm
    [review] = explainer.run.tokenizer().encode([TEXT])
    features = lstm.pool(lstm.read(lstm.embeddings[review.token_ids])).astype(np.float64)
    target, step = 1, 1e-4

    def log_odds(scaled: np.ndarray) -> float:
        log_p = log_probabilities_of(lstm.logits(scaled)[None], classes)[0, target]
        return log_p - np.log1p(-np.exp(log_p))

    result = explainer.explain(TEXT, gates=True, target=classes.names[target])
    for direction, gates in enumerate(result.gates):
        for unit, contribution in enumerate(gates.unit_contribution):
            scale = np.ones_like(features)
            scale[:, direction, unit] += step
            difference = log_odds(features * scale) - log_odds(features * (2 - scale))
            assert contribution == pytest.approx(difference / (2 * step), abs=1e-4)


@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients"])
def test_towards_the_first_of_two_classes_every_contribution_has_the_other_sign(make_run, method):
    explainer, _ = make_run("bilstm")
    positive = explainer.explain(TEXT, method)
    negative = explainer.explain(TEXT, method, target="negative")
    assert (positive.target, negative.target) == ("positive", "negative")
    assert [-token.contribution for token in negative.tokens] == [token.contribution for token in positive.tokens]
    assert [1 - token.probability_after for token in negative.tokens] == pytest.approx(
        [token.probability_after for token in positive.tokens]
    )
    # What belongs to the verdict stays.
    assert (negative.label, negative.probability) == (positive.label, positive.probability)
    assert [ranked.position for ranked in negative.ranked()] == [ranked.position for ranked in positive.ranked()]


def test_a_class_that_does_not_exist_is_refused_with_those_that_do(make_run):
    explainer, _ = make_run("gru", GRADES)
    with pytest.raises(ConfigError, match=r"one of 1, 2, 3, 4, 5; found '6'"):
        explainer.explain(TEXT, target="6")
    with pytest.raises(TypeError, match="expected target as a string; received a int"):
        explainer.explain(TEXT, target=4)


def test_explain_takes_the_class_too(make_run):
    explainer, _ = make_run("gru", GRADES)
    towards = explain(Predictor(explainer.run), TEXT, target="2")
    assert towards.to_json() == explainer.explain(TEXT, target="2").to_json()
    assert towards.target == "2"


def test_a_network_of_other_classes_than_its_run_is_refused(tmp_path, config):
    settings = config.replace(architecture="gru", classes=GRADES)
    folder = save_run(tmp_path / "run", network(settings), settings)
    for classes, found in (
        (POLARITY, "expected a head for two classes with 1 logits"),
        (Classes(("1", "2", "3", "4")), "expected a head for classes with 4 logits"),
        (Classes(("1", "2", "3", "4"), ordered=True), "expected a head for grades with 3 logits"),
    ):
        with pytest.raises(RunError, match=f"{found} .* found grades with 4 logits; export the run again"):
            OpenedNetwork(folder / ONNX, classes=classes)
    assert Explainer(load_run(folder)).classes == GRADES


def test_the_json_of_before_there_were_other_classes_is_read_and_shown(make_run):
    result = make_run("custom-lstm")[0].explain("bad, not good, bad")
    values = json.loads(result.to_json())
    for name in ("classes", "ordered", "target", "probabilities", "phrases", "shared"):
        del values[name]
    again = Explanation.from_json(json.dumps(values))
    assert (again.classes, again.target) == (("negative", "positive"), "positive")
    assert [phrase.text for phrase in again.parts] == [token.text for token in result.tokens]
    as_words = replace(result, phrases=())
    assert [line.plain for line in lines(again, 80, colours=False)] == [
        line.plain for line in lines(as_words, 80, colours=False)
    ]


@several
def test_json_has_the_classes_and_survives(make_run, classes):
    result = make_run("bilstm", classes)[0].explain(TEXT, gates=True, target=classes.names[0])
    values = json.loads(result.to_json())
    assert values["classes"] == list(classes.names)
    assert values["target"] == classes.names[0]
    assert sum(values["probabilities"].values()) == pytest.approx(1)
    again = Explanation.from_json(result.to_json())
    assert again.classes == classes.names
    assert again.to_json() == result.to_json()


def of_grades(**changes) -> Explanation:
    empty = Explanation("films/gru", "good", "4", 0.5, False, "occlusion", None, (), (), "")
    shares = {"1": 0.0, "2": 0.125, "3": 0.25, "4": 0.5, "5": 0.125}
    values = {"classes": tuple(shares), "ordered": True, "target": "4", "probabilities": shares, **changes}
    return replace(empty, **values)


def test_the_headline_of_grades_has_the_most_probable_one_its_probability_and_the_expected_one():
    assert of_grades().headline() == "4, 50%, expected grade 3.6 (films/gru)"


def test_the_headline_says_which_class_is_explained_if_it_is_another():
    result = of_grades(target="2", probability=0.125)
    assert result.headline() == "4, 50%, expected grade 3.6; explained: 2, 13% (films/gru)"


def test_the_json_has_the_probability_of_the_verdict_and_is_read_back():
    result = of_grades(target="2", probability=0.125)
    assert json.loads(result.to_json())["confidence"] == 0.5
    assert Explanation.from_json(result.to_json()).to_json() == result.to_json()


def test_grades_that_are_no_numbers_have_no_expected_grade():
    shares = {"low": 0.25, "medium": 0.5, "high": 0.25}
    result = of_grades(classes=tuple(shares), probabilities=shares, label="medium", target="medium")
    assert result.expected_grade is None
    assert result.headline() == "medium, 50% (films/gru)"


def test_the_headline_of_a_negative_verdict_says_how_probable_negative_is():
    empty = Explanation("films/gru", "bad", "negative", 0.125, False, "occlusion", None, (), (), "")
    assert empty.headline() == "negative, 88% (films/gru)"
    assert replace(empty, target="negative").headline() == "negative, 88% (films/gru)"


@several
@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients"])
def test_the_command_names_the_class_in_every_row_that_is_about_it(make_run, classes, method):
    folder = make_run("custom-lstm", classes)[0].run.folder
    name = classes.names[1]
    done = sentiment("explain", TEXT, "--run", folder, "--class", name, "--method", method)
    assert done.returncode == 0, done.stderr
    for part in (f"probability of {name} from 0 to 1", f"for {name} ", f"against {name} ", f"below against {name}"):
        assert part in done.stdout
    assert "positive" not in done.stdout
    [shares] = [line for line in done.stdout.splitlines() if line.startswith("classes")]
    assert all(f"{other} 0." in shares for other in classes.names)


def test_the_command_takes_the_first_of_two_classes(make_run):
    folder = make_run("custom-lstm")[0].run.folder
    done = sentiment("explain", TEXT, "--run", folder, "--class", "negative", "--details")
    assert "above 0 for negative, below for positive" in done.stdout
    assert "probability of negative from 0 to 1" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("good", "--class", "six"), "one of food, price, staff; found 'six'"),
        (("--check", "--class", "food"), "found --class, for one text"),
        (("--check",), "expected a run of negative and positive for this check"),
    ],
)
def test_the_command_refuses_in_one_line(make_run, arguments, part):
    done = sentiment("explain", *arguments, "--run", make_run("gru", TOPICS)[0].run.folder)
    assert done.returncode == 2
    assert done.stdout == ""
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_of_too_few_known_words_the_rows_say_what_speaks_for_and_against_the_most_probable_class(make_run):
    result = make_run("gru", TOPICS)[0].explain("quixotic zeppelin quagmire")
    assert result.label == "uncertain"
    shown = "\n".join(line.plain for line in lines(result, 80, colours=False))
    assert f"for {result.leaning} " in shown
    assert "ends at" not in shown


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("names", [("food", "price", "staff"), ("$5", "a" * 60, "_x^y$")])
def test_the_picture_names_the_class_in_its_legend_and_on_the_axis_of_the_curve(make_run, tmp_path, names):
    result = make_run("bilstm", Classes(names))[0].explain(TEXT, gates=True, target=names[1])
    write_png(result, tmp_path / "a.png")
    figure = draw(result)
    short = names[1] if len(names[1]) < 14 else names[1][:13] + "…"
    assert f"probability of {short}, as read" in [axes.get_ylabel().replace("\n", " ") for axes in figure.axes]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert f"purple, up: for {names[1]}; orange, down: against {names[1]} (occlusion)" in titles
    assert sum(f"at the top those that speak most for {names[1]}" in title for title in titles) == 2


def test_the_check_of_planted_causes_is_refused_for_other_classes(make_run):
    with pytest.raises(ConfigError, match="found gru with 1 < 2 < 3 < 4 < 5; name another run"):
        check(make_run("gru", GRADES)[0], planted_reviews(1))
