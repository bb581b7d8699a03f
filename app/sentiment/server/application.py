"""The parts put together."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from sentiment import __version__
from sentiment.server.connections import Room
from sentiment.server.guards import BodyLimit, Watch
from sentiment.server.routes.api import router as api
from sentiment.server.routes.page import router as page
from sentiment.server.routes.problems import tell_problems
from sentiment.server.serving.catalogue import Catalogue
from sentiment.server.serving.measuring import Measurements
from sentiment.server.serving.service import Service
from sentiment.server.settings import ServerSettings

STATIC = Path(__file__).parent / "routes" / "static"


def create_app(models: Path, settings: ServerSettings | None = None) -> FastAPI:
    """The application, with its runs loaded.

    Args:
        models: the folder of all datasets.
        settings: the limits; None: the defaults.

    Raises:
        RunError: there is nothing to serve, or a run that the settings name is not there.
    """
    settings = settings or ServerSettings()
    measured = Measurements()
    catalogue = Catalogue(models, settings, measured)
    catalogue.load()

    @contextlib.asynccontextmanager
    async def watching(_: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(catalogue.watch())
        yield
        watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watch

    application = FastAPI(
        title="sentiment",
        version=__version__,
        description="Verdicts of recurrent networks on reviews, and how they came about.",
        lifespan=watching,
        docs_url=None,  # these two pages load their scripts from elsewhere
        redoc_url=None,
    )
    application.state.service = Service(catalogue, settings, measured)
    application.include_router(api)
    application.include_router(page)
    application.mount("/static", StaticFiles(directory=STATIC), name="static")
    tell_problems(application)
    application.add_middleware(BodyLimit, settings=settings)
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.hosts, www_redirect=False)
    application.add_middleware(Room, most=settings.connections, measured=measured)
    application.add_middleware(Watch, measured=measured)  # added last, so outermost
    return application
