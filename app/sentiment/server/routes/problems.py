"""How errors are told over HTTP: one JSON shape for programs, the page's words for people."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from sentiment.errors import OverloadedError, RequestError, RunError, SentimentError, UserError
from sentiment.server.routes.rendering import render

RETRY_AFTER = {"Retry-After": "1"}

# The first that fits.
_STATUS: tuple[tuple[type[SentimentError], int, str], ...] = (
    (OverloadedError, 503, "overloaded"),
    (RunError, 404, "no_such_run"),
    (RequestError, 422, "not_acceptable_input"),
    (UserError, 422, "not_acceptable_input"),
    (SentimentError, 500, "failed"),
)


def status_of(error: SentimentError) -> tuple[int, str]:
    """HTTP status and code of an error."""
    return next((status, code) for kind, status, code in _STATUS if isinstance(error, kind))


def problem(accept: str, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says what went wrong.

    Args:
        accept: the Accept header: browsers that follow a link or send a form name text/html.
        status: of HTTP.
        code: for programs.
        message: for people; nothing of a review may stand in it.
        headers: to add.
    """
    if "text/html" in accept:
        page = render("problem.html.jinja", status=status, message=message)
        return HTMLResponse(page, status, headers)
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


def tell_problems(application: FastAPI) -> None:
    """Turns the errors that requests end in into answers."""

    @application.exception_handler(SentimentError)
    async def _known(request: Request, error: SentimentError) -> Response:
        status, code = status_of(error)
        headers = RETRY_AFTER if status == 503 else None
        return problem(request.headers.get("accept", ""), status, code, str(error), headers)

    @application.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        # pydantic repeats what was sent; here only where and why.
        said = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'] if isinstance(part, int) or part.isidentifier())[:80]}: "
            f"{one['msg']}"
            for one in error.errors()[:3]
        )
        message = f"expected a request as in /openapi.json; found: {said[:500]}; correct it"
        return problem(request.headers.get("accept", ""), 422, "invalid_request", message)

    @application.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        message = f"{error.detail}; what there is stands in /openapi.json"
        return problem(request.headers.get("accept", ""), error.status_code, "http", message, error.headers)
