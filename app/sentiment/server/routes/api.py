"""The HTTP API for programs, and what keeps a service running asks."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from sentiment.errors import OverloadedError, RunError
from sentiment.server.routes.schemas import (
    ErrorResponse,
    ExplainRequest,
    ExplainResponse,
    Model,
    ModelsResponse,
    OnePrediction,
    PredictRequest,
    PredictResponse,
)
from sentiment.server.serving.served_run import Question, ServedRun
from sentiment.server.serving.service import Service

router = APIRouter()
ERRORS: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorResponse, "description": "No such run."},
    413: {"model": ErrorResponse, "description": "The request is too large."},
    422: {"model": ErrorResponse, "description": "Nothing to read, too much to read, or not what is expected."},
    503: {"model": ErrorResponse, "description": "Too many requests wait; Retry-After says when to come back."},
}


def service_of(request: Request) -> Service:
    """The service that answers."""
    service: Service = request.app.state.service
    return service


@router.post("/v1/predict", responses=ERRORS, tags=["reviews"], summary="Say whether reviews are positive")
async def predict(request: Request, asked: PredictRequest) -> PredictResponse:
    """One prediction for each text, in order, all by the same version of one run."""
    service = service_of(request)
    texts = [asked.texts] if isinstance(asked.texts, str) else asked.texts
    run = service.catalogue.get(asked.run)
    predictions = await service.predict(run, texts)
    return PredictResponse(
        run=run.name,
        version=run.version,
        predictions=[OnePrediction.model_validate(vars(prediction)) for prediction in predictions],
    )


@router.post(
    "/v1/explain",
    responses={**ERRORS, 200: {"model": ExplainResponse}},
    tags=["reviews"],
    summary="Say which words decided, and how the verdict moved",
)
async def explain(request: Request, asked: ExplainRequest) -> Response:
    """The contribution of every word, the verdict after every word, and with `gates` what every gate did."""
    service = service_of(request)
    run = service.catalogue.get(asked.run)
    # Straight to JSON: checking megabytes of gates against a schema would take longer than computing them.
    return JSONResponse(await service.explain(run, Question(asked.text, asked.method, asked.gates)))


@router.get("/v1/models", tags=["runs"], summary="What is served")
async def models(request: Request) -> ModelsResponse:
    """The runs in service: the default first, where there is one, then by name."""
    catalogue = service_of(request).catalogue
    return ModelsResponse(models=[described(run, default=run.name == catalogue.default) for run in catalogue.all()])


def described(run: ServedRun, *, default: bool) -> Model:
    """What there is to say of a run."""
    record = run.run.record
    validation = record.validation or {}
    return Model(
        name=run.name,
        version=run.version,
        dataset=run.dataset,
        architecture=run.run.config.model.architecture,
        parameters=record.parameters,
        validation_accuracy=validation["accuracy"],
        test_accuracy=record.test["accuracy"],
        test_recall_negative=record.test["recall_negative"],
        test_recall_positive=record.test["recall_positive"],
        default=default,
        explains=run.explanations is not None,
        report=f"/reports/{run.dataset}" if run.report.is_file() else None,
    )


@router.get("/reports/{dataset}", tags=["runs"], summary="The report on a dataset's runs")
async def report(request: Request, dataset: str) -> Response:
    """The page that the training wrote."""
    found = [run for run in service_of(request).catalogue.all() if run.dataset == dataset and run.report.is_file()]
    if not found:
        raise RunError("expected a dataset with a report; found none; write it with: sentiment report")
    # One file with its style and pictures in it, and no scripts.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
    page = found[0].report.read_bytes()
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})


@router.get("/healthz", tags=["operation"], summary="Whether the process is alive")
async def healthz() -> dict[str, str]:
    """Always, while it can answer."""
    return {"status": "alive"}


@router.get("/readyz", tags=["operation"], summary="Whether it can answer", responses={503: {"model": ErrorResponse}})
async def readyz(request: Request) -> dict[str, str]:
    """Whether there is a run in service."""
    if not service_of(request).catalogue.all():
        raise OverloadedError("expected a run in service; found none; train one with: make train")
    return {"status": "ready"}


@router.get("/metrics", tags=["operation"], summary="Figures for Prometheus")
async def metrics(request: Request) -> Response:
    """Requests, latencies, queues, batches, versions."""
    return Response(service_of(request).measured.text(), media_type=CONTENT_TYPE_LATEST)
