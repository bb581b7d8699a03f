"""Who may use the service: those with a token.

A token comes as `Authorization: Bearer TOKEN` (RFC 6750). Browsers send it as the password of `Authorization: Basic`
(RFC 7617) with any user name, so that the page needs no login of its own. Tokens are kept and compared as SHA-256, in a
time that does not depend on them, and stand in no log and in no error.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sentiment.errors import ConfigError
from sentiment.server.routes.errors import error_response

VARIABLE = "SENTIMENT_TOKENS"  # in the environment: tokens, separated by spaces or commas
OPEN_PATHS = ("/healthz", "/readyz", "/v2/health/live", "/v2/health/ready")  # for those who restart and balance
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")  # b68token of RFC 6750, long enough not to be guessed
_BEARER = 'Bearer realm="sentiment"'
_BASIC = 'Basic realm="sentiment", charset="UTF-8"'
_ADVICE = "as the header Authorization: Bearer TOKEN, or in a browser as the password for any user name"


def read_tokens(variable: str | None, file: Path | None) -> tuple[str, ...]:
    """The tokens of the environment and of a file, one a line; lines with # in front and empty ones are left out.

    Args:
        variable: what is in `SENTIMENT_TOKENS`; None: it is not set.
        file: None: there is none.

    Raises:
        ConfigError: a token is too short or has other characters than letters, digits and ._~+/-; or the file cannot be
            read; or variable or file is there and has none: the service would be open to all.
    """
    tokens = [(token, f"in {VARIABLE}") for token in re.split(r"[\s,]+", variable or "") if token]
    if variable is not None and not tokens:
        raise ConfigError(f"expected tokens in {VARIABLE}; found none; set some, or unset it to let everyone in")
    if file is not None:
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise ConfigError(
                f"expected a file of tokens at {file}; found: {reason}; write one token a line into it"
            ) from None
        in_file = [
            (line, f"in line {number} of {file}")
            for number, line in enumerate(lines, start=1)
            if line and not line.startswith("#")
        ]
        if not in_file:
            raise ConfigError(f"expected a token a line in {file}; found none; write one, or leave the file out")
        tokens += in_file
    for token, where in tokens:
        if not _TOKEN.fullmatch(token):  # the message does not repeat it
            raise ConfigError(
                f"expected tokens of at least 16 letters, digits and ._~+/-; found another {where}; make one with: "
                "openssl rand -hex 32"
            )
    return tuple(dict.fromkeys(token for token, _ in tokens))


def require_token_in(document: dict[str, Any]) -> None:
    """Adds to an OpenAPI document that all addresses but `OPEN_PATHS` need a token."""
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path in document["paths"].keys() & set(OPEN_PATHS):
        for operation in document["paths"][path].values():
            operation["security"] = []


class TokenGate:
    """ASGI middleware: answers 401 to requests without one of the tokens, except for paths of `OPEN_PATHS`.

    Args:
        app: what is behind it.
        tokens: of which one is enough; empty: all requests pass.
    """

    def __init__(self, app: ASGIApp, tokens: Sequence[str]) -> None:
        self._app = app
        self._digests = [_digest(token) for token in tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._digests or scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._knows(scope):
            await self._app(scope, receive, send)
            return
        present = "authorization" in Headers(scope=scope)
        found = "none that is known" if present else "none"
        # A browser asks a person for a password. A script that calls the API must not make it ask. Either challenge is
        # sent alone: Chromium reads the first of a line.
        if "text/html" in Headers(scope=scope).get("accept", ""):
            challenge = _BASIC
        else:
            challenge = _BEARER + (', error="invalid_token"' if present else "")  # RFC 6750, section 3
        message = f"expected a token; found {found}; send it {_ADVICE}"
        headers = {"WWW-Authenticate": challenge}
        await error_response(scope, 401, "no_token", message, headers)(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        token = _sent_token(Headers(scope=scope).get("authorization", ""))
        digest = _digest(token)
        matches = [hmac.compare_digest(digest, known) for known in self._digests]  # with all, whichever it is
        return token != "" and any(matches)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _sent_token(authorization: str) -> str:
    """The token of a header; "", which is no token, if it has none."""
    scheme, _, credentials = authorization.partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return ""
