"""The page of the API: what it says is so, and it loads nothing from elsewhere."""

import html
import json
import re
import shlex

import httpx
import pytest

from helpers.serving import calling
from sentiment.server import ServerSettings
from sentiment.server.routes.documentation import sections

pytestmark = pytest.mark.anyio


async def send(client: httpx.AsyncClient, command: str) -> httpx.Response:
    """Sends what a curl line of the page sends."""
    program, address, *options = shlex.split(command)
    assert program == "curl"
    values = dict(zip(options[::2], options[1::2], strict=True))
    if form := values.get("-F"):
        name, file = form.split("=@")
        return await client.post(address, files={name: (file, "text\na good film\n")})
    if body := values.get("-d"):
        return await client.post(address, content=body, headers=[values["-H"].split(": ")])
    return await client.get(address)


def commands(page: str) -> list[str]:
    return [html.unescape(line) for line in re.findall(r"<code>(curl [^<]+)</code>", page)]


async def test_every_endpoint_and_every_field_of_a_request_is_on_the_page(client):
    document = (await client.get("/openapi.json")).json()
    page = (await client.get("/docs")).text
    for path, methods in document["paths"].items():
        for method in methods:
            assert f'<span class="method">{method.upper()}</span> <code>{path}</code>' in page
    for name in ("PredictText", "PredictTexts", "ExplainRequest", "Body_score_score_post", "TextPrediction"):
        for field in document["components"]["schemas"][name]["properties"]:
            assert re.search(rf"<code>[a-z_.\[\]]*\b{field}</code>", page), field


async def test_every_command_line_on_the_page_gets_an_answer(several):
    async with calling(several) as client:
        lines = commands((await client.get("/docs")).text)
        answers = {line: await send(client, line) for line in lines}
    missing = "/reports/"  # no report was written here
    refused = {line: answer.text for line, answer in answers.items() if answer.status_code != 200}
    assert all(missing in line for line in refused), refused
    assert len(lines) >= 9


async def test_an_example_of_an_answer_has_the_fields_of_a_real_one(client):
    document = (await client.get("/openapi.json")).json()
    [predict] = [
        endpoint
        for section in sections(document, "http://127.0.0.1")
        for endpoint in section.endpoints
        if endpoint.path == "/v1/predict"
    ]
    example = json.loads(predict.answers[0].example)
    answer = (await send(client, predict.bodies[0].command)).json()
    assert set(example) == set(answer)
    assert set(example["predictions"][0]) == set(answer["predictions"][0])


async def test_the_page_needs_no_script_and_loads_its_own_style_sheets_alone(client):
    answer = await client.get("/docs")
    assert "script" not in answer.text
    assert "style=" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    sources = re.findall(r'<(?:link|img)[^>]+(?:href|src)="([^"]+)"', answer.text)
    assert all(source.startswith("/static/") for source in sources)
    assert [(await client.get(source)).status_code for source in sources] == [200] * len(sources)


async def test_every_link_within_the_page_leads_to_one_endpoint(client):
    page = (await client.get("/docs")).text
    anchors = re.findall(r'href="#([^"]+)"', page)
    assert len(anchors) == len(set(anchors)) >= 8
    for anchor in anchors:
        assert page.count(f'id="{anchor}"') == 1


async def test_the_host_name_of_the_request_is_quoted_for_the_shell_and_for_html(trained):
    async with calling(trained, ServerSettings(host="0.0.0.0")) as client:
        page = (await client.get("/docs", headers={"Host": "<b>;$(ls)'"})).text
    assert "<b>" not in page
    for line in commands(page):
        assert shlex.split(line)[1].startswith("http://")


def test_types_are_told_in_words_with_their_limits_and_required_fields_come_first():
    text = {"type": "string", "minLength": 1, "maxLength": 20_000}
    request = {
        "type": "object",
        "required": ["texts"],
        "properties": {
            "share": {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1.0}, {"type": "null"}], "default": 0.5},
            "kind": {"enum": ["a", "b"], "deprecated": True},
            "unit": {"const": "BYTES", "type": "string"},
            "by_name": {"type": "object", "additionalProperties": {"type": "integer"}},
            "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
            "texts": {"type": "array", "items": text, "minItems": 1, "examples": [["<b>", "it's"]]},
        },
    }
    row = {"type": "object", "properties": {"id": {"type": "string", "maxLength": 9}}}
    operation = {
        "tags": ["reviews"],
        "summary": "Send",
        "requestBody": {"content": {"application/json": {"schema": request}}},
        "responses": {"413": {"description": "Too much."}},
    }
    document = {"paths": {"/send": {"post": operation}}, "components": {"schemas": {"Row": row}}}
    [section] = sections(document, "http://localhost/")
    [endpoint] = section.endpoints
    [body] = endpoint.bodies
    assert [(field.name, field.type, field.default) for field in body.fields] == [
        ("texts", "list of string, 1 to 20,000 characters, at least 1 item", None),
        ("share", "number, 0 to 1 or null", "0.5"),
        ("kind", "one of a, b, deprecated", None),
        ("unit", "always BYTES", None),
        ("by_name", "object with integer by name", None),
        ("rows", "list of object", None),
        ("rows[].id", "string, at most 9 characters", None),
    ]
    *_, sent = shlex.split(body.command)
    assert json.loads(sent) == {"texts": ["<b>", "it's"]}
    assert [(answer.status, answer.description) for answer in endpoint.answers] == [("413", "Too much.")]
