"""What an explanation says is what the network did."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from helpers.tiny_runs import WORDS, network, save_run
from sentiment.errors import ConfigError, RunError, UserError
from sentiment.explain import Explainer, Explanation, explain, occlusion
from sentiment.explain.network import OpenedNetwork
from sentiment.inference.predictor import Predictor
from sentiment.layers.reference import sigmoid
from sentiment.runs.saved_run import ONNX, load_run
from sentiment.text.tokenizer import ReviewTokenizer

ROOT = Path(__file__).parent.parent.parent
LSTMS = ["custom-lstm", "lstm", "bilstm"]
ALL = [*LSTMS, "gru"]
TEXT = "It was not a bad film."


@pytest.fixture(scope="module")
def one_word(tmp_path_factory, config):
    """A network whose logit is the mean of its states, which only "good" lifts and only "bad" lowers: by hand.

    One unit: the input gate is open, the forget gate is shut, so that a state is that of its own token alone.
    """
    settings = config.replace(units=1, embedding_size=1, pooling=("mean",))
    model = network(settings)
    tokenizer = ReviewTokenizer.fit([WORDS], settings.tokenizer)
    embeddings = np.zeros((tokenizer.vocabulary_size, 1), np.float32)
    for word, value in (("good", 2.0), ("bad", -2.0)):
        embeddings[tokenizer.token_ids([word])[0][0]] = value
    always = 50.0
    kernel = np.array([[0, 0, 1, 0]], np.float32)  # i, f, g, o
    bias = np.array([always, -always, 0, always], np.float32)
    weights = [embeddings, kernel, np.zeros((1, 4)), bias, np.array([[6.0]]), np.array([0.25])]
    model.set_weights(weights)
    return Explainer(load_run(save_run(tmp_path_factory.mktemp("models") / "films" / "by-hand", model, settings)))


def state(embedding: float) -> float:
    return np.tanh(np.tanh(embedding))


@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients"])
def test_a_network_that_reads_one_word_is_explained_by_that_word(one_word, method):
    result = one_word.explain("It was a good film.", method)
    expected = 6 * state(2.0) / 6  # the mean over six tokens
    contributions = {token.text: token.contribution for token in result.tokens}
    assert contributions.pop("good") == pytest.approx(expected, abs=1e-4)
    assert list(contributions.values()) == pytest.approx([0, 0, 0, 0, 0], abs=1e-5)
    assert result.label == "positive"
    assert result.probability == pytest.approx(sigmoid(np.array(expected + 0.25)), abs=1e-6)
    assert result.ranked()[0].token.text == "good"


def test_the_verdict_as_read_moves_where_the_word_stands_and_not_at_the_full_stop(one_word):
    after = [token.probability_after for token in one_word.explain("It was bad it was.").tokens]
    # The mean over the words so far and the full stop, with which each beginning is completed but the last.
    logits = [0.25, 0.25, *(0.25 - 6 * state(2.0) / n for n in (4, 5, 6, 6))]
    np.testing.assert_allclose(after, sigmoid(np.array(logits)), atol=1e-6)


def test_words_for_a_negative_verdict_are_ranked_first_in_a_negative_review(one_word):
    result = one_word.explain("bad, not good, bad")
    assert result.label == "negative"
    assert result.ranked()[0].token.text == "bad"
    assert result.ranked()[-1].token.text == "good"


@pytest.mark.parametrize("architecture", ALL)
def test_the_explained_verdict_equals_the_prediction(make_run, architecture):
    explainer, _ = make_run(architecture)
    [prediction] = Predictor(explainer.run).predict([TEXT])
    result = explainer.explain(TEXT)
    assert result.label == prediction.label
    assert result.probability == pytest.approx(prediction.probability, abs=1e-6)
    assert result.tokens[-1].probability_after == pytest.approx(prediction.probability, abs=1e-6)


@pytest.mark.parametrize("architecture", ALL)
@pytest.mark.parametrize("text", [TEXT, "Good! It was bad? film"])
def test_the_verdict_as_read_equals_the_prediction_of_each_beginning_as_a_text_of_its_own(make_run, architecture, text):
    explainer, _ = make_run(architecture)
    result = explainer.explain(text)
    beginnings = [result.text[: token.end] for token in result.tokens]
    probabilities = [prediction.probability for prediction in Predictor(explainer.run).predict(beginnings)]
    np.testing.assert_allclose([token.probability_after for token in result.tokens], probabilities, atol=1e-6)


@pytest.mark.parametrize("architecture", ALL)
def test_occlusion_equals_keras_with_the_word_replaced_by_the_unknown_token(make_run, architecture):
    explainer, model = make_run(architecture)
    [review] = explainer.run.tokenizer().encode([TEXT])
    variants = np.repeat(review.token_ids[None], len(review.token_ids) + 1, axis=0)
    for at in range(len(review.token_ids)):
        variants[at + 1, at] = 1
    logits = np.asarray(model(variants))[:, 0]
    contributions = [token.contribution for token in explainer.explain(TEXT).tokens]
    np.testing.assert_allclose(contributions, logits[0] - logits[1:], atol=1e-5)


@pytest.mark.parametrize("architecture", ALL)
def test_in_a_long_review_words_of_weaker_parts_are_replaced_together_and_share_the_change(
    make_run, monkeypatch, architecture
):
    explainer = Explainer(make_run(architecture)[0].run)
    network = OpenedNetwork.from_run(explainer.run)
    monkeypatch.setattr(occlusion, "_WORDS", 1)
    monkeypatch.setattr(occlusion, "_LEAST_PARTS", 2)
    result = explainer.explain("good bad film it was not", target="positive")
    [review] = explainer.run.tokenizer().encode([result.text])
    ids, contributions = review.token_ids, np.array([token.contribution for token in result.tokens])
    groups = [slice(0, 3), slice(3, 6), slice(6, 7)]
    changes = []
    for group in groups:
        without = ids.copy()
        without[group] = 1
        whole, less = network.logits([ids, without])[:, 0]
        changes.append(whole - less)
    cut = int(np.argmax(np.abs(changes)))  # of the strongest part each word is replaced alone
    together = [group for index, group in enumerate(groups) if index != cut]
    assert result.shared == sum(group.stop - group.start for group in together if group.stop - group.start > 1)
    for index, group in enumerate(groups):
        if index == cut:
            assert len(set(contributions[group])) == group.stop - group.start
        else:
            np.testing.assert_allclose(contributions[group].sum(), changes[index], atol=1e-5)
            assert len(set(contributions[group])) == 1


def test_progress_goes_up_and_ends_within_the_whole(make_run):
    shares = []
    make_run("gru")[0].explain("it was a good film and not bad", progress=shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] <= shares[-1] <= 1


def test_the_gates_of_a_text_whose_words_are_known_cost_no_second_attribution(make_run, monkeypatch):
    explainer, _ = make_run("custom-lstm")
    words = explainer.explain(TEXT)

    def attribute_again(*_):
        raise AssertionError("attributed again")

    monkeypatch.setattr("sentiment.explain.explainer.attribute", attribute_again)
    again = explainer.explain(TEXT, gates=True)
    assert again.tokens == words.tokens
    assert again.phrases == words.phrases
    assert again.gates
    assert not words.gates
    with pytest.raises(AssertionError, match="attributed again"):
        explainer.explain(TEXT, target="negative")


@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients"])
def test_phrases_are_the_whole_review_in_parts_which_end_at_marks(make_run, method):
    result = make_run("custom-lstm")[0].explain("It was not bad, good film!", method)
    assert "".join(phrase.text for phrase in result.phrases).replace(" ", "") == "Itwasnotbad,goodfilm!"
    assert {",", "!"} <= {phrase.text for phrase in result.phrases}
    for phrase in result.phrases:
        assert result.text[phrase.start : phrase.end] == phrase.text
    if method == "integrated-gradients":  # which promises a sum
        total = sum(token.contribution for token in result.tokens)
        assert sum(phrase.contribution for phrase in result.phrases) == pytest.approx(total)


@pytest.mark.parametrize("architecture", LSTMS)
def test_gates_and_states_equal_the_trace_of_the_layer(make_run, architecture):
    explainer, model = make_run(architecture)
    result = explainer.explain(TEXT, gates=True)
    assert result.gates_note == ""
    [review] = explainer.run.tokenizer().encode([TEXT])
    embedded = model.get_layer("embedding")(review.token_ids[None])
    layer = model.get_layer("recurrent")
    directions = [layer.forward_layer, layer.backward_layer] if architecture == "bilstm" else [layer]
    assert [gates.direction for gates in result.gates] == ["forward", "backward"][: len(directions)]
    for direction, gates in zip(directions, result.gates, strict=True):
        traced = traceable(direction, embedded.shape).trace(embedded)
        for name, expected in traced._asdict().items():
            np.testing.assert_allclose(getattr(gates, name), np.asarray(expected)[0], atol=1e-5, err_msg=name)
            assert getattr(gates, name).dtype == np.float32


def traceable(layer: keras.layers.Layer, shape: tuple[int, ...]):
    """Our layer with the weights of Keras', whose own shows no gates."""
    from sentiment.layers import LSTM

    ours = LSTM(layer.units, return_sequences=True, go_backwards=layer.go_backwards)
    ours.build(shape)
    ours.set_weights(layer.get_weights())
    return ours


@pytest.mark.parametrize("architecture", LSTMS)
def test_the_contributions_of_the_units_and_the_bias_add_up_to_the_logit(make_run, architecture):
    explainer, model = make_run(architecture)
    result = explainer.explain(TEXT, gates=True)
    added = sum(gates.unit_contribution.sum() for gates in result.gates)
    logit = np.log(result.probability / (1 - result.probability))
    assert added + model.get_layer("logit").get_weights()[1][0] == pytest.approx(logit, abs=1e-4)


@pytest.mark.parametrize("architecture", LSTMS)
def test_recomputed_states_give_the_same_logit_as_onnx_runtime(make_run, architecture):
    explainer, _ = make_run(architecture)
    opened = OpenedNetwork.from_run(explainer.run)
    [review] = explainer.run.tokenizer().encode([TEXT])
    lstm = opened.lstm
    steps = lstm.read(lstm.embeddings[review.token_ids])
    assert lstm.logits(lstm.pool(steps)) == pytest.approx(opened.logits([review.token_ids])[0], abs=1e-5)


@pytest.mark.parametrize("architecture", LSTMS)
def test_integrated_gradients_add_up_to_the_verdict_less_that_of_unknown_words(make_run, architecture):
    explainer, model = make_run(architecture)
    result = explainer.explain(TEXT, "integrated-gradients")
    [review] = explainer.run.tokenizer().encode([TEXT])
    logit, without_words = np.asarray(model(np.stack([review.token_ids, np.ones_like(review.token_ids)])))[:, 0]
    total = sum(token.contribution for token in result.tokens)
    assert logit - without_words - total == pytest.approx(result.completeness_error, abs=1e-5)
    assert abs(result.completeness_error) < 0.05


def test_a_gru_has_no_view_of_gates_and_the_error_says_so(make_run):
    explainer, _ = make_run("gru")
    result = explainer.explain(TEXT, gates=True)
    assert result.gates == ()
    assert "GRU" in result.gates_note
    with pytest.raises(ConfigError, match="found GRU; use the method occlusion"):
        explainer.explain(TEXT, "integrated-gradients")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It was <b>good</b><br />film &amp; I don't!", ["It", "was", "good", "film", "&", "I", "don't", "!"]),
        ("nai\u0308ve\u200b film\u00ad❤?", ["naïve", "film", "❤", "?"]),
        ("I don’t — 7½.", ["I", "don’t", "—", "7½", "."]),
        ("İSTANBUL was good", ["İSTANBUL", "was", "good", "."]),
        ("👍🏽 good…", ["👍🏽", "good", "…"]),
    ],
)
def test_offsets_are_those_of_the_words_in_the_cleaned_text(make_run, text, words):
    explainer, _ = make_run("custom-lstm")
    result = explainer.explain(text)
    assert [token.text for token in result.tokens] == words
    assert [result.text[token.start : token.end] for token in result.tokens] == words


def test_a_word_that_the_vocabulary_lacks_is_marked_and_adds_nothing(make_run):
    explainer, _ = make_run("custom-lstm")
    it, quixotic = explainer.explain("it quixotic!").tokens[:2]
    assert it.known
    assert not quixotic.known
    assert quixotic.contribution == pytest.approx(0, abs=1e-6)


def test_a_review_that_is_too_long_is_explained_without_its_middle(make_run):
    explainer, _ = make_run("bilstm")
    result = explainer.explain("it was a good film . " * 5 + "bad .", gates=True)
    assert result.truncated
    assert len(result.tokens) == 8
    assert [token.text for token in result.tokens] == ["it", "was", "a", "good", "film", ".", "bad", "."]
    assert result.text[result.tokens[-2].start :] == "bad ."
    assert result.gates[0].cell.shape == (8, 5)


def test_a_review_of_one_word_is_explained_with_the_full_stop_that_it_is_read_with(make_run):
    for architecture in ALL:
        result = make_run(architecture)[0].explain("good")
        assert result.text == "good."
        assert [token.text for token in result.tokens] == ["good", "."]
        assert np.isfinite([token.contribution for token in result.tokens]).all()


def test_a_review_of_one_mark_is_explained(make_run):
    for architecture in ALL:
        [token] = make_run(architecture)[0].explain("!").tokens
        assert token.text == "!"
        assert np.isfinite(token.contribution)


@pytest.mark.parametrize("text", ["", "  ", "<br />", "\u200b"])
def test_a_text_with_nothing_to_read_is_refused(make_run, text):
    with pytest.raises(UserError, match="expected a text; found an empty one"):
        make_run("custom-lstm")[0].explain(text)


def test_a_method_that_does_not_exist_is_refused_with_those_that_do(make_run):
    with pytest.raises(ConfigError, match="occlusion, integrated-gradients; found 'magic'"):
        make_run("custom-lstm")[0].explain(TEXT, "magic")


def test_a_run_without_its_exported_network_is_refused(config, tmp_path):
    run = load_run(save_run(tmp_path / "run", network(config), config))
    (run.folder / ONNX).unlink()
    with pytest.raises(RunError, match="sentiment export"):
        Explainer(run)
    (run.folder / ONNX).write_bytes(b"no network")
    with pytest.raises(RunError, match="export the run again"):
        Explainer(run)


@pytest.mark.parametrize("architecture", ["bilstm", "gru"])
def test_an_explanation_survives_json(make_run, architecture):
    explainer, _ = make_run(architecture)
    result = explainer.explain(TEXT, gates=True)
    again = Explanation.from_json(result.to_json())
    for name in (
        "run", "text", "label", "probability", "truncated", "method", "completeness_error", "tokens", "classes",
        "ordered", "target", "probabilities", "phrases", "shared",
    ):  # fmt: skip
        assert getattr(again, name) == getattr(result, name)
    assert again.gates_note == result.gates_note
    for mine, other in zip(again.gates, result.gates, strict=True):
        for (name, values), (_, expected) in zip(mine.arrays(), other.arrays(), strict=True):
            np.testing.assert_allclose(values, expected, atol=1e-6, err_msg=name)
    assert again.to_json() == result.to_json()
    assert set(json.loads(result.to_json())["tokens"][0]) == {
        "text", "start", "end", "known", "contribution", "probability_after",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tokens": [{"word": 1}], "gates": []}'])
def test_json_that_is_no_explanation_is_refused(text):
    with pytest.raises(UserError, match="expected the JSON of an explanation"):
        Explanation.from_json(text)


def test_a_predictor_is_explained_and_checked_without_the_packages_of_training(make_run):
    explainer, _ = make_run("custom-lstm")
    code = (
        "import sys; from sentiment.explain import explain; from sentiment.inference.predictor import Predictor\n"
        f"result = explain(Predictor.load({str(explainer.run.folder)!r}), {TEXT!r}, gates=True)\n"
        "import sentiment.explain.picture, sentiment.explain.planted_causes, sentiment.explain.terminal\n"
        "heavy = ('keras', 'tensorflow', 'torch', 'matplotlib', 'pandas', 'pyarrow', 'sklearn', 'scipy')\n"
        "print(len(result.tokens), [module for module in heavy if module in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "7 []"


def test_the_function_explain_equals_the_explainer_for_one_text(make_run):
    explainer, _ = make_run("custom-lstm")
    assert explain(Predictor(explainer.run), TEXT).to_json() == explainer.explain(TEXT).to_json()
