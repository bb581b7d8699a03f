"""Error responses: JSON for programs, a page for browsers."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Scope

from sentiment.errors import LateError, OverloadedError, RunError, SentimentError, UserError
from sentiment.server.routes.rendering import render

RETRY_AFTER = {"Retry-After": "1"}  # seconds

BINARY_HEADER = "Inference-Header-Content-Length"  # of the protocol's extension for binary tensors

_STATUS: tuple[tuple[type[SentimentError], int, str], ...] = (  # the first match applies
    (LateError, 504, "late"),
    (OverloadedError, 503, "overloaded"),
    (RunError, 404, "no_such_run"),
    (UserError, 422, "not_acceptable_input"),
    (SentimentError, 500, "failed"),
)


def status_of(error: SentimentError) -> tuple[int, str, dict[str, str]]:
    """HTTP status, error code and headers."""
    status, code = next((status, code) for kind, status, code in _STATUS if isinstance(error, kind))
    return status, code, RETRY_AFTER if isinstance(error, OverloadedError) else {}


def error_response(
    scope: Scope, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error response.

    Args:
        scope: of the request; with text/html in its Accept header, the response is a page. Under /v2, it is as the Open
            Inference Protocol has it.
        status: HTTP status.
        code: for programs.
        message: for people; must not contain anything of a review.
        headers: further headers.
    """
    if "text/html" in Headers(scope=scope).get("accept", ""):
        page = render("problem.html.jinja", status=status, message=message)
        return HTMLResponse(page, status, headers)
    if _under_v2(scope):
        return JSONResponse({"error": message}, 400 if status == 422 else status, headers)
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def _under_v2(scope: Scope) -> bool:
    return f"{scope['path']}/".startswith("/v2/")


def add_error_handlers(application: FastAPI) -> None:
    """Turns exceptions raised by routes into error responses."""

    @application.exception_handler(SentimentError)
    async def _known(request: Request, error: SentimentError) -> Response:
        status, code, headers = status_of(error)
        return error_response(request.scope, status, code, str(error), headers)

    @application.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        if _under_v2(request.scope) and BINARY_HEADER in request.headers:
            message = "expected tensors as JSON; found binary data; with tritonclient: binary_data=False"
            return error_response(request.scope, 400, "invalid_request", message)
        # pydantic's own response repeats the input; this one says only where and why.
        reasons = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc'] if isinstance(part, int) or part.isidentifier())[:80]}: "
            f"{detail['msg']}"
            for detail in error.errors()[:3]
        )
        message = f"expected a request as in /openapi.json; found: {reasons[:500]}; correct it"
        return error_response(request.scope, 422, "invalid_request", message)

    @application.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        expected = "a body that can be read" if error.status_code == 400 else "an address and a method of /openapi.json"
        message = f"expected {expected}; found: {error.detail}; correct it"
        return error_response(request.scope, error.status_code, "http", message, error.headers)
