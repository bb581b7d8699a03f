"""Tokens and origins: who is let in, who is not, and that no token is written anywhere."""

import base64
import hmac
import logging

import httpx
import pytest
from typer.testing import CliRunner

from helpers.serving import calling
from sentiment.errors import ConfigError
from sentiment.server import ServerSettings, create_app
from sentiment.server.access import OPEN_PATHS, read_tokens

TOKENS = ("first-token-0123456789", "second/token+0123456789==")
GOOD = {"text": "a good film"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(credentials: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


@pytest.fixture(scope="module")
def guarded_application(trained):
    return create_app(trained, ServerSettings(tokens=TOKENS))


@pytest.fixture
async def guarded(guarded_application):
    transport = httpx.ASGITransport(guarded_application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [
        *map(bearer, TOKENS),
        {"Authorization": f"bearer   {TOKENS[0]}"},
        basic(f"anyone:{TOKENS[0]}"),
        basic(f":{TOKENS[1]}"),
    ],
)
async def test_each_token_lets_in_also_as_the_password_that_a_browser_sends(guarded, headers):
    assert (await guarded.post("/v1/predict", json=GOOD, headers=headers)).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Digest {TOKENS[0]}"},
        {"Authorization": TOKENS[0]},
        {"Authorization": "Basic ???"},
        {"Authorization": b"Bearer \xff\xfe"},
        bearer(TOKENS[0][:-1]),
        bearer(f"{TOKENS[0]} {TOKENS[1]}"),
        basic("anyone"),
        basic(f"{TOKENS[0]}:"),
    ],
)
async def test_nothing_else_does_and_the_answer_says_how(guarded, headers):
    answer = await guarded.post("/v1/predict", json=GOOD, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "no_token"
    assert "send it as the header Authorization: Bearer TOKEN" in answer.json()["error"]["message"]
    assert answer.headers["www-authenticate"].startswith('Bearer realm="sentiment"')
    assert "Basic" not in answer.headers["www-authenticate"]  # a page's script must not make the browser ask


@pytest.mark.anyio
async def test_every_address_needs_a_token_but_those_of_health(guarded):
    document = (await guarded.get("/openapi.json", headers=bearer(TOKENS[0]))).json()
    paths = [*document["paths"], "/", "/docs", "/openapi.json", "/static/page.js", "/nowhere"]
    answers = {path: (await guarded.get(path)).status_code for path in paths}
    assert {path for path, status in answers.items() if status != 401} == set(OPEN_PATHS) & set(paths)
    assert all(answers[path] == 200 for path in set(OPEN_PATHS) & set(paths))
    assert document["security"] == [{"token": []}]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert (operation.get("security") == []) == (path in OPEN_PATHS)
            assert path in OPEN_PATHS or "401" in operation["responses"]


@pytest.mark.anyio
async def test_a_browser_is_asked_for_a_password_and_its_page_says_what_it_is(guarded):
    answer = await guarded.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Basic realm="sentiment"')
    assert "in a browser as the password for any user name" in answer.text
    page = (await guarded.get("/docs", headers=basic(f"me:{TOKENS[0]}"))).text
    assert page.count("Authorization: Bearer $SENTIMENT_TOKEN") >= 6
    assert "healthz</code></pre>" in page  # without a token


@pytest.mark.anyio
async def test_without_tokens_everyone_is_let_in_and_nothing_speaks_of_them(client):
    assert (await client.post("/v1/predict", json=GOOD, headers=bearer("whatever"))).status_code == 200
    assert "Authorization" not in (await client.get("/docs")).text
    assert "security" not in (await client.get("/openapi.json")).json()


@pytest.mark.anyio
async def test_tokens_are_compared_in_constant_time_with_all_of_them(guarded, monkeypatch):
    compared = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append((len(left), len(right)))
        return left == right

    monkeypatch.setattr(hmac, "compare_digest", compare)
    await guarded.get("/v1/models", headers=bearer(TOKENS[0]))
    await guarded.get("/v1/models", headers=bearer("x"))
    assert compared == [(32, 32)] * 4


@pytest.mark.anyio
async def test_no_token_reaches_the_log_the_figures_or_the_settings_in_words(guarded, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "a-wrong-but-secret-token"
    await guarded.get("/v1/models", headers=bearer(TOKENS[0]))
    wrong = await guarded.get("/v1/models", headers=bearer(secret))
    figures = (await guarded.get("/metrics", headers=bearer(TOKENS[0]))).text
    written = caplog.text + figures + wrong.text + repr(ServerSettings(tokens=TOKENS))
    for token in (*TOKENS, secret):
        assert token not in written


def test_tokens_come_from_the_environment_and_from_a_file(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# of the dashboard\n{TOKENS[0]}\n\n  third-token-0123456789  \n", encoding="utf-8")
    assert read_tokens(None, None) == ()
    assert read_tokens(f" {TOKENS[0]},{TOKENS[1]}\n", None) == TOKENS
    assert read_tokens(" ".join(TOKENS), file) == (*TOKENS, "third-token-0123456789")


@pytest.mark.parametrize(
    ("variable", "content", "message"),
    [
        ("", None, "expected tokens in SENTIMENT_TOKENS; found none"),
        (" , ", None, "expected tokens in SENTIMENT_TOKENS; found none"),
        ("too-short", None, "found another in SENTIMENT_TOKENS"),
        (None, "", "expected a token a line"),
        (None, "# nothing\n", "expected a token a line"),
        (None, f"{TOKENS[0]}\nhas-a-strange-letter-ä\n", "found another in line 2 of"),
    ],
)
def test_tokens_that_would_let_everyone_in_or_are_easily_guessed_are_refused(tmp_path, variable, content, message):
    file = None
    if content is not None:
        file = tmp_path / "tokens"
        file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        read_tokens(variable, file)
    assert "too-short" not in str(caught.value)
    assert "strange" not in str(caught.value)


def test_a_missing_file_of_tokens_stops_the_service_with_one_line(tmp_path):
    from sentiment.cli import app

    result = CliRunner().invoke(app, ["serve", "--tokens-file", str(tmp_path / "none")])
    assert isinstance(result.exception, ConfigError)
    assert "found: No such file or directory; write one token a line into it" in str(result.exception)


ORIGIN = "https://app.example"


@pytest.mark.anyio
async def test_a_page_of_an_allowed_origin_may_read_answers_and_send_a_token(trained):
    async with calling(trained, ServerSettings(tokens=TOKENS, allowed_origins=(ORIGIN,))) as client:
        wanted = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        preflight = await client.options("/v1/predict", headers={"Origin": ORIGIN, **wanted})
        answer = await client.post("/v1/predict", json=GOOD, headers={"Origin": ORIGIN, **bearer(TOKENS[0])})
        refused = await client.post("/v1/predict", json=GOOD, headers={"Origin": ORIGIN})
        other = await client.options("/v1/predict", headers={"Origin": "https://evil.example", **wanted})
        foreign = await client.get("/v1/models", headers={"Origin": "https://evil.example", **bearer(TOKENS[0])})
    assert preflight.status_code == 200
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    for response in (preflight, answer, refused):  # a page sees why it is refused
        assert response.headers["access-control-allow-origin"] == ORIGIN
    assert (answer.status_code, refused.status_code, other.status_code) == (200, 401, 400)
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-origin" not in foreign.headers
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


@pytest.mark.anyio
async def test_by_default_no_other_origin_may_read_answers(client):
    answer = await client.get("/v1/models", headers={"Origin": ORIGIN})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origin", ["app.example", "https://app.example/", "https://", "ftp://a.example", "null", "**"])
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(ConfigError, match="expected an origin such as https:"):
        ServerSettings(allowed_origins=(origin,))
