"""The ASGI application: routes, middleware and the loaded runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from sentiment.server.access import TokenGate, require_token_in
from sentiment.server.admission import DEADLINE, Admission
from sentiment.server.connections import ConnectionLimit
from sentiment.server.middleware import AccessLog, BodyLimit
from sentiment.server.routes.api import TAGS
from sentiment.server.routes.api import router as api
from sentiment.server.routes.documentation import router as documentation
from sentiment.server.routes.errors import add_error_handlers
from sentiment.server.routes.open_inference import TAGS as PROTOCOL
from sentiment.server.routes.open_inference import router as open_inference
from sentiment.server.routes.page import router as page
from sentiment.server.routes.uploads import NOTES
from sentiment.server.routes.uploads import router as uploads
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.serving.prometheus import ServerMetrics
from sentiment.server.serving.registry import RunRegistry
from sentiment.server.settings import ServerSettings
from sentiment.support.version import __version__

STATIC = Path(__file__).parent / "routes" / "static"


def create_app(models: Path, settings: ServerSettings | None = None) -> FastAPI:
    """The application, with its runs loaded.

    Args:
        models: the folder of all datasets.
        settings: limits; None: the defaults.

    Raises:
        RunError: no run can be served, or a run named in the settings is missing.
    """
    settings = settings or ServerSettings()
    metrics = ServerMetrics()
    registry = RunRegistry(models, settings, metrics)
    registry.load()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(registry.watch())
        yield
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch

    application = FastAPI(
        title="sentiment",
        version=__version__,
        description="Sentiment of reviews by recurrent networks, with explanations.",
        lifespan=lifespan,
        openapi_tags=[{"name": name, "description": text} for name, text in (TAGS | PROTOCOL).items()],
        docs_url=None,  # FastAPI's pages load scripts from other hosts; ours is in routes/documentation.py
        redoc_url=None,
    )
    dispatcher = application.state.dispatcher = Dispatcher(registry, settings, metrics)
    application.include_router(api)
    application.include_router(open_inference)
    application.include_router(documentation)
    application.include_router(page)
    application.include_router(uploads)
    application.mount("/static", StaticFiles(directory=STATIC), name="static")
    add_error_handlers(application)
    if settings.tokens:
        require_token_in(application.openapi())
    # The middleware added last is the outermost.
    application.add_middleware(Admission, dispatcher=dispatcher)
    application.add_middleware(BodyLimit, settings=settings)
    application.add_middleware(TokenGate, tokens=settings.tokens)
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False)
    application.add_middleware(ConnectionLimit, limit=settings.connections, metrics=metrics)
    application.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type", DEADLINE),
        expose_headers=("Retry-After", NOTES),
    )
    application.add_middleware(AccessLog, metrics=metrics)
    return application
