"""The documentation of the API, as a page that is written here: no script, and nothing from elsewhere."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sentiment.server.routes.endpoints import TOKEN, sections
from sentiment.server.routes.rendering import render

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def documentation(request: Request) -> HTMLResponse:
    """Every endpoint with its fields, its answers, and a command line to try."""
    document = request.app.openapi()
    address = str(request.base_url).rstrip("/")
    page = render(
        "docs.html.jinja",
        sections=sections(document, address),
        information=document["info"],
        token=TOKEN if "security" in document else None,
    )
    return HTMLResponse(page)
