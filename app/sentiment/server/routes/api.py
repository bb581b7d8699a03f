"""The HTTP API for programs, and the routes for operating the service."""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from sentiment.config import NEGATIVE, POSITIVE
from sentiment.errors import OverloadedError, RunError
from sentiment.server.routes.schemas import (
    Certainty,
    ErrorResponse,
    ExplainRequest,
    ExplainResponse,
    Model,
    ModelsResponse,
    PredictRequest,
    PredictResponse,
    Sentence,
    SentencesRequest,
    SentencesResponse,
    TextPrediction,
)
from sentiment.server.serving.dispatcher import Dispatcher
from sentiment.server.serving.loaded_run import LoadedRun, Question

TAGS = {  # as the documentation shows them
    "reviews": "What a run says of texts and files.",
    "runs": "What is in service.",
    "operation": "For those who run the service.",
}
NO_TOKEN: dict[int | str, dict[str, Any]] = {
    401: {"model": ErrorResponse, "description": "The service wants a token, and none that it knows was sent."},
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorResponse, "description": "The body cannot be read."},
    **NO_TOKEN,
    404: {"model": ErrorResponse, "description": "No such run."},
    413: {"model": ErrorResponse, "description": "The request is too large."},
    422: {"model": ErrorResponse, "description": "Empty text, too much text, or a malformed request."},
    503: {"model": ErrorResponse, "description": "Too many requests are waiting; Retry-After says when to try again."},
    504: {"model": ErrorResponse, "description": "No answer within the time limit, or that of Request-Timeout."},
}
router = APIRouter()


def dispatcher_of(request: Request) -> Dispatcher:
    """The dispatcher of the application."""
    dispatcher: Dispatcher = request.app.state.dispatcher
    return dispatcher


@router.post("/v1/predict", responses=ERRORS, tags=["reviews"], summary="Predict the class of reviews")
async def predict(request: Request, body: PredictRequest) -> PredictResponse:
    """One prediction for each text, in order, all by the same version of one run."""
    dispatcher = dispatcher_of(request)
    run = dispatcher.registry.get(body.run)
    predictions = await dispatcher.predict(run, body.all_texts, body.threshold, body.uncertain)
    return PredictResponse(
        run=run.name,
        version=run.version,
        predictions=[TextPrediction.model_validate(prediction) for prediction in predictions],
    )


@router.post("/v1/sentences", responses=ERRORS, tags=["reviews"], summary="Predict the class of each sentence")
async def sentences(request: Request, body: SentencesRequest) -> SentencesResponse:
    """One prediction for the text and one for each of its sentences, with what the sentence adds to the whole."""
    dispatcher = dispatcher_of(request)
    run = dispatcher.registry.get(body.run)
    result = await dispatcher.sentences(run, body.text, body.threshold, body.uncertain)
    return SentencesResponse(
        run=run.name,
        version=run.version,
        whole=TextPrediction.model_validate(result.whole),
        sentences=[Sentence.model_validate(sentence) for sentence in result.sentences],
    )


@router.post(
    "/v1/explain",
    responses={**ERRORS, 200: {"model": ExplainResponse}},
    tags=["reviews"],
    summary="Say which words decided, and how the verdict moved",
)
async def explain(request: Request, body: ExplainRequest) -> Response:
    """The contribution of every word, the verdict after every word, and with `gates` the gates at every word."""
    dispatcher = dispatcher_of(request)
    run = dispatcher.registry.get(body.run)
    # Not through ExplainResponse: validating megabytes of gates takes longer than computing them.
    return JSONResponse(await dispatcher.explain(run, Question(body.text, body.method, body.gates, body.target)))


@router.get("/v1/models", responses=NO_TOKEN, tags=["runs"], summary="List the runs in service")
async def models(request: Request) -> ModelsResponse:
    """The runs in service: the default first, if there is one, then by name."""
    registry = dispatcher_of(request).registry
    return ModelsResponse(models=[describe(run, default=run.name == registry.default) for run in registry.all()])


def describe(run: LoadedRun, *, default: bool) -> Model:
    """A run as `GET /v1/models` lists it."""
    record = run.run.record
    validation: Mapping[str, Any] = record.validation or {}
    test: Mapping[str, Any] = record.test  # those of the oldest runs lack some figures
    classes = run.classes
    recall = test.get("recall", {})
    of_polarity = recall if classes.is_polarity else {}
    return Model(
        name=run.name,
        version=run.version,
        dataset=run.dataset,
        architecture=run.run.config.model.architecture,
        classes=list(classes.names),
        ordered=classes.is_graded,
        parameters=record.parameters,
        validation_accuracy=validation["accuracy"],
        test_accuracy=test["accuracy"],
        test_accuracy_ci95=test.get("accuracy_ci95"),
        test_reviews=test.get("reviews"),
        test_recall=recall,
        test_recall_negative=of_polarity.get(NEGATIVE),
        test_recall_positive=of_polarity.get(POSITIVE),
        test_macro_f1=test.get("macro_f1"),
        test_mean_absolute_error=test.get("mean_absolute_error"),
        certainty=Certainty(**record.certainty | {"confidence": record.sure_from}) if record.certainty else None,
        sure_from=record.sure_from,
        default=default,
        explains=run.explanations is not None,
        report=f"/reports/{run.dataset}" if run.report.is_file() else None,
    )


@router.get(
    "/reports/{dataset}",
    responses={**NO_TOKEN, 404: ERRORS[404], 422: ERRORS[422], 200: {"content": {"text/html": {}}}},
    response_class=Response,
    tags=["runs"],
    summary="The report on a dataset's runs",
)
async def report(request: Request, dataset: str) -> Response:
    """The HTML page that training wrote."""
    runs = dispatcher_of(request).registry.all()
    path = next((run.report for run in runs if run.dataset == dataset and run.report.is_file()), None)
    if path is None:
        raise RunError("expected a dataset with a report; found none; write it with: sentiment report")
    page = path.read_bytes()
    # One file, with style and pictures inline. Of scripts it runs the one whose hash its head names, and no other.
    named = re.search(rb"script-src ('sha256-[\w+/]{43}=')", page[:1_000])
    script = named[1].decode() if named else "'none'"
    policy = (
        f"default-src 'none'; script-src {script}; img-src data:; style-src 'unsafe-inline'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})


@router.get("/healthz", tags=["operation"], summary="Whether the process is alive")
async def healthz() -> dict[str, str]:
    """Always `alive`."""
    return {"status": "alive"}


@router.get(
    "/readyz",
    tags=["operation"],
    summary="Whether it can answer",
    responses={503: {"model": ErrorResponse, "description": "There is no run in service."}},
)
async def readyz(request: Request) -> dict[str, str]:
    """Whether at least one run is in service."""
    if not dispatcher_of(request).registry.all():
        raise OverloadedError("expected a run in service; found none; train one with: sentiment train")
    return {"status": "ready"}


@router.get(
    "/metrics",
    responses={**NO_TOKEN, 200: {"content": {"text/plain": {}}}},
    response_class=Response,
    tags=["operation"],
    summary="Metrics for Prometheus",
)
async def metrics(request: Request) -> Response:
    """Requests, latencies, queues, batches and versions."""
    return Response(dispatcher_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
