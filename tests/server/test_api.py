"""The HTTP API: its answers, and its errors."""

import asyncio
import json
import re

import pytest

from helpers.serving import calling
from helpers.trained import THREE, TOPICS
from sentiment.config import POLARITY
from sentiment.explain import Explainer
from sentiment.inference.predictor import Predictor
from sentiment.inference.sentences import predict_sentences
from sentiment.runs.saved_run import METRICS, find_run, write_manifest
from sentiment.server import ServerSettings
from sentiment.server.middleware import BodyLimit

pytestmark = pytest.mark.anyio
GOOD = "a good film"


async def test_one_text_gets_one_prediction_with_run_and_version(client, trained):
    answer = (await client.post("/v1/predict", json={"texts": GOOD})).json()
    default = find_run(trained)
    assert answer["run"] == f"films/{default.name}"
    assert len(answer["version"]) == 12
    [expected] = Predictor(default).predict([GOOD])
    [prediction] = answer["predictions"]
    assert prediction == {
        "label": expected.label,
        "confidence": pytest.approx(expected.confidence, abs=1e-6),
        "sure": expected.sure,
        "probabilities": pytest.approx(expected.probabilities, abs=1e-6),
        "probability": pytest.approx(expected.probability, abs=1e-6),
        "truncated": False,
        "unknown_share": 0.0,
        "reason": None,
        "stars": None,
    }


async def test_a_text_and_a_list_of_one_text_get_the_same_answer(client):
    answers = [await client.post("/v1/predict", json=body) for body in ({"text": GOOD}, {"texts": [GOOD]})]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


async def test_many_texts_get_their_predictions_in_order(client):
    texts = [GOOD, "a bad film", "good film " * 400]
    answer = (await client.post("/v1/predict", json={"texts": texts})).json()
    assert [prediction["label"] for prediction in answer["predictions"]] == ["positive", "negative", "positive"]
    assert [prediction["truncated"] for prediction in answer["predictions"]] == [False, False, True]


async def test_a_text_of_unknown_words_is_uncertain_and_the_reason_is_given(client):
    answer = (await client.post("/v1/predict", json={"texts": ["Der Film war wunderbar", "!!!", GOOD]})).json()
    verdicts = [
        (prediction["label"], prediction["unknown_share"], prediction["reason"]) for prediction in answer["predictions"]
    ]
    assert verdicts == [("uncertain", 0.75, "unknown words"), ("uncertain", 0.0, "no words"), ("positive", 0.0, None)]
    explained = (await client.post("/v1/explain", json={"text": "Der Film war wunderbar"})).json()
    assert (explained["label"], explained["unknown_share"], explained["reason"]) == verdicts[0]


@pytest.mark.parametrize("name", ["gru-tiny-seed1", "films/gru-tiny-seed1"])
async def test_a_named_run_answers(client, name):
    answer = (await client.post("/v1/predict", json={"texts": GOOD, "run": name})).json()
    assert answer["run"] == "films/gru-tiny-seed1"


async def test_texts_of_many_requests_get_the_answers_they_get_alone(client):
    texts = [f"a {'good' if i % 2 else 'bad'} film {'plot ' * i}" for i in range(30)]
    together = await asyncio.gather(*(client.post("/v1/predict", json={"texts": text}) for text in texts))
    alone = [(await client.post("/v1/predict", json={"texts": text})).json() for text in texts]
    for answer, answer_alone in zip(together, alone, strict=True):
        expected = answer_alone["predictions"][0]["probability"]
        assert answer.json()["predictions"][0]["probability"] == pytest.approx(expected, abs=1e-6)


async def test_each_sentence_of_a_text_is_judged_and_has_its_part_in_the_whole(client, trained):
    text = "It is a good film; the plot is bad."
    answer = (await client.post("/v1/sentences", json={"text": text, "run": "custom-lstm-tiny-seed1"})).json()
    expected = predict_sentences(Predictor.load("custom-lstm-tiny-seed1", trained), text)
    assert answer["whole"]["label"] == expected.whole.label
    assert [text[each["start"] : each["end"]] for each in answer["sentences"]] == [
        "It is a good film;",
        "the plot is bad.",
    ]
    for sentence, one_expected in zip(answer["sentences"], expected.sentences, strict=True):
        assert sentence["prediction"]["label"] == one_expected.prediction.label
        assert sentence["part"] == pytest.approx(one_expected.part, abs=1e-4)


async def test_sentences_have_the_threshold_and_what_is_uncertain_of_their_request(client):
    body = {"text": "It is a good film; the plot is bad."}
    labels = []
    for wishes in ({"threshold": 1.0}, {"uncertain": 1.0}):
        answer = (await client.post("/v1/sentences", json=body | wishes)).json()
        labels.append({answer["whole"]["label"], *(each["prediction"]["label"] for each in answer["sentences"])})
    assert labels == [{"negative"}, {"uncertain"}]


async def test_too_many_sentences_are_refused_with_the_reason(client):
    answer = await client.post("/v1/sentences", json={"text": "Good. " * 101})
    assert answer.status_code == 422
    assert "at most 100 sentences; found 101" in answer.json()["error"]["message"]


async def test_runs_of_an_old_version_are_listed_without_the_figures_that_it_did_not_record(models):
    folder = models / "films" / "gru-tiny-seed1"
    record = json.loads((folder / METRICS).read_text())
    (folder / METRICS).write_text(json.dumps(record | {"test": {"accuracy": 0.5}}))
    write_manifest(folder)
    async with calling(models, ServerSettings(runs=("gru-tiny-seed1",))) as client:
        [model] = (await client.get("/v1/models")).json()["models"]
        page = await client.get("/")
    assert (model["test_accuracy"], model["test_accuracy_ci95"], model["test_reviews"]) == (0.5, None, None)
    assert page.status_code == 200
    assert "50.0%" in page.text
    assert "50.00% of its test reviews right" in repr(Predictor.load(folder))


async def test_the_models_are_listed_the_default_first_and_then_by_name(client, trained):
    models = (await client.get("/v1/models")).json()["models"]
    assert [(model["architecture"], model["default"]) for model in models] == [("custom-lstm", True), ("gru", False)]
    assert models[0]["name"] == f"films/{find_run(trained).name}"
    test = find_run(trained).record.test
    assert models[0]["test_recall"] == test["recall"]
    assert {name: models[0][f"test_recall_{name}"] for name in POLARITY.names} == test["recall"]
    assert models[0]["test_macro_f1"] == test["macro_f1"]
    assert (models[0]["test_accuracy_ci95"], models[0]["test_reviews"]) == (test["accuracy_ci95"], test["reviews"])
    assert (models[0]["classes"], models[0]["ordered"]) == (["negative", "positive"], False)
    assert models[0]["sure_from"] == find_run(trained).record.sure_from
    async with calling(trained, ServerSettings(runs=("gru-tiny-seed1", "custom-lstm-tiny-seed1"))) as client:
        models = (await client.get("/v1/models")).json()["models"]
        answer = (await client.post("/v1/predict", json={"texts": GOOD})).json()
    assert [(model["architecture"], model["default"]) for model in models] == [("gru", True), ("custom-lstm", False)]
    assert answer["run"] == "films/gru-tiny-seed1"


async def test_the_models_say_their_classes_and_what_they_are_worth_for_each(several):
    async with calling(several) as client:
        models = {model["dataset"]: model for model in (await client.get("/v1/models")).json()["models"]}
    grades, topics = models["grades"], models["topics"]
    assert (grades["classes"], grades["ordered"]) == (list(THREE.names), True)
    assert (topics["classes"], topics["ordered"]) == (list(TOPICS.names), False)
    assert set(topics["test_recall"]) == set(TOPICS.names)
    assert grades["test_recall"]["positive"] is not None
    assert grades["test_recall_positive"] is grades["test_recall_negative"] is None
    assert (
        grades["test_mean_absolute_error"]
        == find_run(several, "grades/gru-tiny-seed1").record.test["mean_absolute_error"]
    )
    assert grades["test_mean_absolute_error"] is not None
    assert topics["test_mean_absolute_error"] is None


async def test_a_prediction_of_several_classes_has_a_probability_for_each(several):
    async with calling(several) as client:
        answer = await client.post("/v1/predict", json={"texts": "a film with songs", "run": "topics/gru-tiny-seed1"})
    [prediction] = answer.json()["predictions"]
    expected = Predictor.load("topics/gru-tiny-seed1", several).predict("a film with songs")
    assert (prediction["label"], prediction["probability"]) == ("music", None)
    assert prediction["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
    assert prediction["confidence"] == prediction["probabilities"]["music"]


async def test_a_threshold_decides_between_two_classes_and_not_about_an_uncertain_text(client):
    async def label(text: str, threshold: float) -> str:
        answer = await client.post("/v1/predict", json={"texts": text, "threshold": threshold})
        return answer.json()["predictions"][0]["label"]

    assert [await label(GOOD, threshold) for threshold in (0, 0.5, 1)] == ["positive", "positive", "negative"]
    assert await label("Der Film war wunderbar", 0) == "uncertain"


@pytest.mark.parametrize("threshold", [None, 0.3])
async def test_a_close_verdict_is_held_back_as_in_python(client, trained, threshold):
    wishes = {} if threshold is None else {"threshold": threshold}
    texts = [GOOD, "a bad film", "a film", "!!!", "a film with a plot"]
    predictor = Predictor(find_run(trained))
    distances = [abs(each.probability - (threshold or 0.5)) for each in predictor.predict(texts)]
    band = sorted(distances)[1] + 1e-4  # two of the texts with words are closer
    answer = await client.post("/v1/predict", json={"texts": texts, "uncertain": band, **wishes})
    expected = predictor.predict(texts, **wishes, uncertain=band)
    verdicts = [(each["label"], each["reason"], each["sure"]) for each in answer.json()["predictions"]]
    assert verdicts == [(each.label, each.reason, each.sure) for each in expected]
    assert ("uncertain", "near threshold", False) in verdicts


async def test_of_several_classes_half_the_distance_of_the_two_highest_counts(several):
    texts = ["a film with songs", "a plot with a plot", "a film"]
    predictor = Predictor.load("topics/gru-tiny-seed1", several)
    two_highest = [sorted(each.probabilities.values())[-2:] for each in predictor.predict(texts)]
    band = sorted((high - low) / 2 for low, high in two_highest)[0] + 1e-4
    async with calling(several) as client:
        body = {"texts": texts, "run": "topics/gru-tiny-seed1", "uncertain": band}
        answer = await client.post("/v1/predict", json=body)
    labels = [each["label"] for each in answer.json()["predictions"]]
    assert labels == [each.label for each in predictor.predict(texts, uncertain=band)]
    assert labels.count("uncertain") == 1


async def test_a_large_request_is_computed_in_batches_and_another_is_answered_in_between(trained, monkeypatch):
    batches: list[list[str]] = []
    real = Predictor.predict

    def predict(self, texts):
        batches.append(list(texts))
        return real(self, texts)

    texts = [f"a {'good' if i % 2 else 'bad'} film {i}" for i in range(40)]
    async with calling(trained, ServerSettings(queue=4, batch=4)) as client:
        monkeypatch.setattr(Predictor, "predict", predict)
        large = asyncio.create_task(client.post("/v1/predict", json={"texts": texts}))
        while not batches:
            await asyncio.sleep(0.001)
        small = await client.post("/v1/predict", json={"text": GOOD})
        while small.status_code == 503:  # the queue of four is full
            await asyncio.sleep(0.001)
            small = await client.post("/v1/predict", json={"text": GOOD})
        assert not large.done()
        answer = (await large).json()
    assert max(map(len, batches)) <= 4
    labels = [prediction["label"] for prediction in answer["predictions"]]
    assert labels == ["negative", "positive"] * 20


async def test_a_threshold_for_several_classes_is_refused_with_the_reason(several):
    async with calling(several) as client:
        body = {"texts": "a film with songs", "run": "topics/gru-tiny-seed1", "threshold": 0.7}
        answer = await client.post("/v1/predict", json=body)
    assert answer.status_code == 422
    assert "because it has 3 classes, of which the most probable one is the label" in answer.json()["error"]["message"]


async def test_no_model_is_called_the_best(client):
    described = (await client.get("/openapi.json")).text
    page = (await client.get("/")).text
    assert "best" not in described + page
    assert page.count("films/custom-lstm-tiny-seed1 (default)") == 2  # in the form for a text and in the one for a file
    assert '<option value="films/custom-lstm-tiny-seed1" selected ' in page


async def test_an_explanation_has_every_word_with_its_contribution(client):
    body = {"text": "a good film", "run": "custom-lstm-tiny-seed1"}
    answer = (await client.post("/v1/explain", json=body)).json()
    assert [token["text"] for token in answer["tokens"]] == ["a", "good", "film"]
    assert answer["tokens"][-1]["probability_after"] == pytest.approx(answer["probability"], abs=1e-5)
    strongest = max(answer["tokens"], key=lambda token: token["contribution"])
    assert strongest["text"] == "good"
    assert (answer["target"], answer["classes"]) == ("positive", ["negative", "positive"])
    assert answer["probabilities"]["positive"] == answer["probability"]
    assert answer["confidence"] == max(answer["probabilities"].values())
    assert not answer["gates"]


async def test_an_explanation_has_the_text_as_it_was_sent_and_as_it_was_read(client):
    body = {"text": "  a <b>good</b>\nfilm", "run": "custom-lstm-tiny-seed1"}
    answer = (await client.post("/v1/explain", json=body)).json()
    assert answer["text"] == body["text"]
    assert answer["text_read"] != body["text"]
    for token in answer["tokens"]:
        assert answer["text_read"][token["start"] : token["end"]] == token["text"]


async def test_a_named_class_is_explained_and_else_the_most_probable_one(several):
    async with calling(several) as client:

        async def explain(**fields: str) -> dict:
            body = {"text": "a film with songs", "run": "topics/gru-tiny-seed1", **fields}
            return (await client.post("/v1/explain", json=body)).json()

        music, plot = await explain(), await explain(target="plot")
        wrong = await explain(target="never to be repeated")
    assert (music["label"], music["target"], plot["label"], plot["target"]) == ("music", "music", "music", "plot")
    for answer in (music, plot):
        assert answer["classes"] == list(TOPICS.names)
        assert answer["probabilities"][answer["target"]] == answer["probability"]
        assert answer["confidence"] == answer["probabilities"]["music"]
        assert answer["tokens"][-1]["probability_after"] == pytest.approx(answer["probability"], abs=1e-5)
    [of_music], [of_plot] = (
        [token["contribution"] for token in answer["tokens"] if token["text"] == "songs"] for answer in (music, plot)
    )
    assert of_music > 0 > of_plot
    assert "one of acting, music, plot; found another" in wrong["error"]["message"]
    assert "repeated" not in wrong["error"]["message"]


async def test_gates_are_returned_on_request(client):
    body = {"text": GOOD, "run": "custom-lstm-tiny-seed1", "gates": True}
    [gates] = (await client.post("/v1/explain", json=body)).json()["gates"]
    assert len(gates["forget_gate"]) == 3
    assert len(gates["forget_gate"][0]) == 8


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"texts": []}, "expected 1 to 1000 texts in a request; found 0"),
        ({"texts": ["x"] * 1_001}, "found 1001"),
        ({"text": "x", "texts": ["y"]}, 'expected "text" with one text or "texts" with a list, and not both'),
        ({"text": ["x"]}, "body.text: Input should be a valid string"),
        ({"texts": ["fine", " \n"]}, "text 2 of 2 is empty"),
        ({"texts": "<br />"}, "the text is empty"),
        (
            {"texts": [0] * 400_000},
            "found: body.texts: Value error, expected texts; element 1 of the list is none;",
        ),
        ({"texts": "x" * 20_001}, "at most 20,000 characters in a text; found 20,001"),
        ({"texts": 3}, "texts"),
        ({"texts": "x", "threshold": 2}, "threshold"),
        ({"texts": "x", "threshold": "0.5"}, "body.threshold: Input should be a valid number"),
        ({"texts": "x", "uncertain": -0.1}, "body.uncertain: Input should be greater than or equal to 0"),
        ({}, 'expected "text" with one text or "texts" with a list'),
    ],
)
async def test_what_cannot_be_predicted_is_refused_with_the_reason(client, body, message):
    answer = await client.post("/v1/predict", json=body)
    assert answer.status_code == 422
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(("text", "method"), [(" ", "occlusion"), ("<br />", "occlusion"), ("fine", "divination")])
async def test_what_cannot_be_explained_is_refused_with_the_reason(client, text, method):
    answer = await client.post("/v1/explain", json={"text": text, "method": method})
    assert answer.status_code == 422
    assert "expected" in answer.json()["error"]["message"]


@pytest.mark.parametrize("address", ["/v1/predict", "/v1/explain"])
async def test_half_a_character_is_refused_with_the_reason(client, address):
    body = b'{"text": "a good film \\ud83d"}'
    answer = await client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "a lone surrogate, in the text" in answer.json()["error"]["message"]


async def test_a_run_that_is_not_served_is_a_404_that_names_the_served_ones(client):
    answer = await client.post("/v1/predict", json={"texts": GOOD, "run": "xyz"})
    assert answer.status_code == 404
    assert "films/gru-tiny-seed1" in answer.json()["error"]["message"]


async def test_a_body_that_is_too_large_is_refused_with_or_without_a_content_length(client):
    async def pieces():
        for _ in range(45):
            yield b"x" * 50_000

    declared = await client.post("/v1/predict", content=b"x" * 2_100_000)
    undeclared = await client.post("/v1/predict", content=pieces())
    for answer in (declared, undeclared):
        assert answer.status_code == 413
        assert "at most 2,097,152 bytes" in answer.json()["error"]["message"]


async def test_a_body_that_is_declared_too_large_is_refused_before_any_of_it_is_read():
    """Two megabytes of it would be held meanwhile, for every client that sends them slowly."""

    async def receive():
        raise AssertionError("it was read")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": [(b"content-length", b"2097153")]}
    await BodyLimit(receive, ServerSettings())(scope, receive, send)
    assert sent[0]["status"] == 413


async def test_a_request_that_trickles_in_times_out(trained):
    async def pieces():
        yield b'{"texts":'
        await asyncio.sleep(5)
        yield b'"x"}'

    async with calling(trained, ServerSettings(body_timeout_seconds=0.1)) as client:
        answer = await client.post("/v1/predict", content=pieces())
    assert answer.status_code == 408


async def test_an_invalid_request_is_not_repeated_in_the_answer(client):
    answer = await client.post("/v1/predict", json={"texts": {"secret": "never show this"}})
    assert answer.status_code == 422
    assert "never show this" not in answer.text
    broken = await client.post("/v1/predict", content=b'{"texts": never show this')
    assert broken.status_code == 422
    assert "never show this" not in broken.text


async def test_liveness_and_readiness_are_separate(client):
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_the_figures_count_requests_latencies_queues_and_batches(client):
    await client.post("/v1/predict", json={"texts": [GOOD] * 3})
    text = (await client.get("/metrics")).text
    assert 'sentiment_requests_total{method="POST",route="/v1/predict",status="200"} 1.0' in text
    assert 'sentiment_request_seconds_count{route="/v1/predict"} 1.0' in text
    for name in ("sentiment_queue_items", "sentiment_batch_items_sum", "sentiment_run_served"):
        assert name in text
    run = (await client.get("/v1/models")).json()["models"][0]["name"]
    assert f'sentiment_batch_items_sum{{run="{run}",work="predict"}} 3.0' in text


async def test_unknown_paths_do_not_become_metrics(client):
    await client.get("/a-review-in-the-path-never-to-be-kept")
    await client.request("BREW", "/v1/models")
    text = (await client.get("/metrics")).text
    assert "never-to-be-kept" not in text
    assert "BREW" not in text
    assert 'route="unknown"' in text


async def test_the_documentation_has_examples_and_every_route(client):
    described = (await client.get("/openapi.json")).json()
    assert {"/v1/predict", "/v1/explain", "/v1/models", "/score", "/healthz", "/readyz", "/metrics"} <= set(
        described["paths"]
    )
    schemas = described["components"]["schemas"]
    assert schemas["ExplainRequest"]["properties"]["text"]["examples"]
    for request, field in (("PredictText", "text"), ("PredictTexts", "texts")):
        [example] = schemas[request]["properties"][field]["examples"]
        assert (await client.post("/v1/predict", json={field: example})).status_code == 200
    assert {"probabilities", "confidence", "probability"} <= set(schemas["TextPrediction"]["properties"])
    assert {"probabilities", "confidence", "target", "classes", "ordered"} <= set(
        schemas["ExplainResponse"]["properties"]
    )
    assert schemas["TextPrediction"]["properties"]["label"]["type"] == "string"
    assert "503" in described["paths"]["/v1/predict"]["post"]["responses"]
    assert set(schemas["Body_score_score_post"]["properties"]) == {"file", "column", "run"}
    assert "/" not in described["paths"]  # for people


async def test_every_documented_error_is_of_the_form_that_errors_have(client):
    document = (await client.get("/openapi.json")).json()
    assert "HTTPValidationError" not in document["components"]["schemas"]  # FastAPI's own form, which is never sent
    for path, methods in document["paths"].items():
        form = "ProtocolError" if path.startswith("/v2") else "ErrorResponse"
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if not status.startswith("2"):
                    schema = {"schema": {"$ref": f"#/components/schemas/{form}"}}
                    assert response["content"] == {"application/json": schema}, (path, status)


async def test_the_documented_limits_are_those_that_hold(client):
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    many, single = schemas["PredictTexts"]["properties"]["texts"]["anyOf"]
    assert (many["minItems"], many["maxItems"]) == (1, ServerSettings().max_texts)
    assert single["minLength"] == 1
    assert single["maxLength"] == ServerSettings().max_characters
    statuses = [
        (await client.post("/v1/predict", json={"text": text})).status_code
        for text in ("a" * single["maxLength"], "a" * (single["maxLength"] + 1), "")
    ]
    assert statuses == [200, 422, 422]
    methods = schemas["ExplainRequest"]["properties"]["method"]["enum"]
    answers = [await client.post("/v1/explain", json={"text": GOOD, "method": method}) for method in methods]
    assert [answer.status_code for answer in answers] == [200] * len(methods)
    assert len(methods) >= 2


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/models", "/static/page.js", "/nowhere", "/openapi.json"])
async def test_every_answer_carries_the_protective_headers(client, path):
    headers = (await client.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


async def test_a_request_with_another_host_name_is_refused(client):
    answer = await client.get("/v1/models", headers={"Host": "evil.example"})
    assert answer.status_code == 400


async def test_there_is_no_page_that_loads_scripts_from_elsewhere(client):
    assert "://" not in re.sub("http://127.0.0.1", "", (await client.get("/docs")).text)
    assert (await client.get("/redoc")).status_code == 404


async def test_an_unexpected_error_is_logged_without_its_message(trained, caplog, monkeypatch):
    def fail(_, texts, *__):
        raise ValueError(f"cannot read {texts}")

    async with calling(trained) as client:
        monkeypatch.setattr(Predictor, "predict", fail)
        answer = await client.post("/v1/predict", json={"texts": "a secret review"})
    assert answer.status_code == 500
    assert "secret" not in answer.text + caplog.text
    assert "unexpected ValueError" in caplog.text


async def test_a_full_queue_answers_with_retry_after(trained, monkeypatch):
    from sentiment.errors import OverloadedError

    async def full(*_):
        raise OverloadedError("expected room; found none; try again")

    async with calling(trained) as client:
        monkeypatch.setattr("sentiment.server.serving.batching.Batcher.submit", full)
        answer = await client.post("/v1/predict", json={"texts": GOOD})
        figures = (await client.get("/metrics")).text
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "overloaded"
    assert "sentiment_overloads_total 1.0" in figures


async def test_a_prediction_that_takes_too_long_times_out(trained, monkeypatch):
    async def never(*_):
        await asyncio.sleep(60)

    async with calling(trained, ServerSettings(timeout_seconds=0.1)) as client:
        monkeypatch.setattr("sentiment.server.serving.batching.Batcher.submit", never)
        answer = await client.post("/v1/predict", json={"texts": GOOD})
    assert answer.status_code == 504
    assert "within 0.1 seconds" in answer.json()["error"]["message"]


async def test_an_explanation_is_standard_json_and_has_the_figures_of_the_explainer_to_the_last_digit(client, trained):
    answer = await client.post("/v1/explain", json={"text": GOOD, "gates": True})
    figures = json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is not standard JSON"))
    run = find_run(trained)
    expected = json.loads(Explainer(run).explain(GOOD, gates=True).to_json())
    assert (figures.pop("run"), len(figures.pop("version"))) == (expected.pop("run"), 12)
    assert {name: figures[name] for name in expected} == expected
    assert set(figures) - set(expected) == {"text_read"}
    assert figures["text_read"] == expected["text"]
    assert len(figures["tokens"]) == len(figures["gates"][0]["hidden"]) > 2
