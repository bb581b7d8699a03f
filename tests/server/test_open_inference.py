"""The Open Inference Protocol: its addresses, tensors and errors, with requests as its clients send them."""

import json

import pytest

from helpers.serving import calling
from sentiment.inference.predictor import Predictor
from sentiment.runs.saved_run import find_run
from sentiment.server import ServerSettings
from sentiment.support.version import __version__

pytestmark = pytest.mark.anyio
TEXTS = ["a good film", "a bad film", "Der Film war wunderbar"]
INFER = "/v2/models/films/custom-lstm-tiny-seed1/infer"


def request(**fields: object) -> dict:
    tensor = {"name": "text", "shape": [len(TEXTS)], "datatype": "BYTES", "data": TEXTS}
    return {"inputs": [tensor | fields]}


async def test_that_an_answer_may_be_late_is_documented(client):
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert all("504" in operations["post"]["responses"] for path, operations in paths.items() if "infer" in path)


async def test_the_server_is_alive_ready_and_described(client):
    assert (await client.get("/v2")).json() == {"name": "sentiment", "version": __version__, "extensions": []}
    assert (await client.get("/v2/health/live")).json() == {"live": True}
    assert (await client.get("/v2/health/ready")).json() == {"ready": True}


@pytest.mark.parametrize("name", ["films/gru-tiny-seed1", "films%2Fgru-tiny-seed1", "gru-tiny-seed1"])
async def test_a_run_is_described_by_its_name_with_a_slash_with_an_escaped_one_or_without_its_dataset(client, name):
    described = (await client.get(f"/v2/models/{name}")).json()
    listed = {model["name"]: model for model in (await client.get("/v1/models")).json()["models"]}
    assert described == {
        "name": "films/gru-tiny-seed1",
        "versions": [listed["films/gru-tiny-seed1"]["version"]],
        "platform": "onnxruntime_onnx",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1]}],
        "outputs": [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "confidence", "datatype": "FP64", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, 2]},
        ],
        "properties": {"classes": "negative,positive"},
    }
    assert (await client.get(f"/v2/models/{name}/ready")).json() == {"name": "films/gru-tiny-seed1", "ready": True}


async def test_a_request_as_tritonclient_sends_it_gets_the_predictions_as_tensors(client, trained):
    # Without a Content-Type; `binary_data_output` is what it asks for where no outputs are named.
    body = request() | {"id": "42", "parameters": {"binary_data_output": True}}
    answer = await client.post(INFER, content=json.dumps(body))
    expected = Predictor(find_run(trained)).predict(TEXTS)
    assert answer.status_code == 200
    tensors = {tensor.pop("name"): tensor for tensor in answer.json().pop("outputs")}
    assert tensors == {
        "label": {"datatype": "BYTES", "shape": [3], "data": ["positive", "negative", "uncertain"]},
        "confidence": {
            "datatype": "FP64",
            "shape": [3],
            "data": pytest.approx([each.confidence for each in expected], abs=1e-6),
        },
        "probabilities": {
            "datatype": "FP64",
            "shape": [3, 2],
            "data": pytest.approx([p for each in expected for p in each.probabilities.values()], abs=1e-6),
        },
    }
    assert answer.json()["model_name"] == "films/custom-lstm-tiny-seed1"
    assert answer.json()["id"] == "42"


async def test_several_classes_make_as_many_columns_in_the_order_of_the_classes(several):
    async with calling(several) as client:
        metadata = (await client.get("/v2/models/topics/gru-tiny-seed1")).json()
        answer = await client.post(
            "/v2/models/topics/gru-tiny-seed1/infer", json=request(data=["a film with songs"] * 3)
        )
    [label, _, probabilities] = answer.json()["outputs"]
    assert probabilities["shape"] == [3, 3]
    row = dict(zip(metadata["properties"]["classes"].split(","), probabilities["data"][3:6], strict=True))
    assert max(row, key=row.get) == label["data"][1] == "music"


async def test_texts_may_be_rows_of_one_as_a_column_of_a_table(client):
    rows = request(shape=[3, 1], data=[[text] for text in TEXTS], parameters={"content_type": "str"})
    flat = request(shape=[3, 1])
    answers = [(await client.post(INFER, json=body)).json() for body in (request(), rows, flat)]
    assert answers[0]["outputs"]
    assert answers[0] == answers[1] == answers[2]


async def test_named_outputs_come_alone_and_in_their_order(client):
    outputs = [{"name": "probabilities"}, {"name": "label", "parameters": {"binary_data": False}}]
    answer = (await client.post(INFER, json=request() | {"outputs": outputs})).json()
    assert [output["name"] for output in answer["outputs"]] == ["probabilities", "label"]
    assert "id" not in answer


async def test_threshold_and_uncertain_are_parameters_of_the_request(client):
    async def labels(**parameters: float) -> list[str]:
        answer = await client.post(INFER, json=request() | {"parameters": parameters})
        return answer.json()["outputs"][0]["data"]

    assert await labels(threshold=0) == ["positive", "positive", "uncertain"]
    assert await labels(uncertain=1) == ["uncertain"] * 3


async def test_the_version_in_service_answers_by_its_name_and_another_does_not(client):
    metadata = (await client.get("/v2/models/gru-tiny-seed1")).json()
    [version] = metadata["versions"]
    address = f"/v2/models/gru-tiny-seed1/versions/{version}"
    assert (await client.get(address)).json() == metadata
    assert (await client.get(f"{address}/ready")).json()["ready"] is True
    assert (await client.post(f"{address}/infer", json=request())).json()["model_version"] == version
    for other in ("/v2/models/gru-tiny-seed1/versions/1", "/v2/models/gru-tiny-seed1/versions/1/ready"):
        answer = await client.get(other)
        assert answer.status_code == 404
        assert f"in service, {version}; found another" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (request(name="texts"), "body.inputs.0.name: Input should be 'text'"),
        (request(datatype="FP32"), "body.inputs.0.datatype: Input should be 'BYTES'"),
        (request(shape=[2]), "expected the shape [3] or [3, 1]"),
        (request(shape=[1, 3]), "expected the shape [3] or [3, 1]"),
        (request(data=[1, 2, 3]), "element 1 of the list is none"),
        (request(data=["x", " ", "y"]), "text 2 of 3 is empty"),
        (request(shape=[1_001], data=["x"] * 1_001), "expected 1 to 1000 texts in a request; found 1001"),
        (request(parameters={"binary_data_size": 9}), "binary_data_size: Extra inputs are not permitted"),
        (request() | {"outputs": [{"name": "logits"}]}, "expected outputs of label, confidence, probabilities"),
        (request() | {"parameters": {"top_k": 1}}, "top_k: Extra inputs"),
        (request() | {"id": "\ud800"}, "body.id: Value error, expected whole characters"),
        ({"inputs": []}, "at least 1 item"),
        ({}, "body.inputs: Field required"),
    ],
)
async def test_what_cannot_be_inferred_is_a_400_with_the_reason_as_the_protocol_has_it(client, body, message):
    answer = await client.post(INFER, content=json.dumps(body))
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert message in answer.json()["error"]


async def test_binary_tensors_are_refused_with_the_way_out(client):
    head = json.dumps(request(parameters={"binary_data_size": 4})).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    answer = await client.post(INFER, content=head + b"\x00\x00\x00\x00", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith("found binary data; with tritonclient: binary_data=False")


async def test_other_errors_have_the_form_of_the_protocol_too(trained):
    async with calling(trained, ServerSettings(tokens=("0123456789abcdef",))) as client:
        no_token = await client.get("/v2/models/gru-tiny-seed1")
        client.headers["Authorization"] = "Bearer 0123456789abcdef"
        no_run, no_address = await client.get("/v2/models/x"), await client.get("/v2/nothing")
        no_method = await client.get(INFER)
        large = await client.post(INFER, content=b"x" * 2_100_000)
    answers = (no_token, no_run, no_address, no_method, large)
    assert [answer.status_code for answer in answers] == [401, 404, 404, 405, 413]
    assert all(isinstance(answer.json()["error"], str) for answer in answers)
    assert "films/gru-tiny-seed1" in no_run.json()["error"]
