"""The Open Inference Protocol, version 2, over HTTP and JSON, for clients of KServe, Triton and Seldon.

    https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md

A model is a run in service. Its name in an address is `dataset/name`, with the slash as it is or as %2F, or a name that
only one dataset has. A version is that of the run's files, as `GET /v1/models` lists it: the one in service answers.

    input    text           BYTES [n] or [n, 1]
    outputs  label          BYTES [n]
             confidence     FP64 [n]
             probabilities  FP64 [n, classes], in the order of the run's classes

Errors are `{"error": "..."}`, with 400 where the other routes answer 422.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request
from starlette.convertors import StringConvertor, register_url_convertor

from sentiment.errors import OverloadedError, RequestError, RunError
from sentiment.inference import Prediction
from sentiment.server.routes.api import dispatcher_of
from sentiment.server.routes.tensors import (
    InferenceRequest,
    InferenceResponse,
    ModelMetadata,
    ModelReady,
    OutputTensor,
    ProtocolError,
    ServerLive,
    ServerMetadata,
    ServerReady,
    TensorMetadata,
)
from sentiment.server.serving.loaded_run import LoadedRun
from sentiment.support.version import __version__

TAG = "open inference protocol"
TAGS = {TAG: "Version 2, for clients of KServe, Triton and Seldon. A model is a run, and its name has a slash in it."}


class _RunName(StringConvertor):
    """One or two parts of a path; the second is none of the protocol's own words."""

    regex = "[^/]+(?:/(?!(?:infer|ready|versions)(?:/|$))[^/]+)?"


register_url_convertor("run", _RunName())

ModelName = Annotated[
    str,
    Path(max_length=200, description="dataset/name, or a name that only one dataset has.", examples=["imdb/compact"]),
]


def _of_version(
    version: Annotated[str, Path(max_length=40, description="Of the run's files, as GET /v1/models has it.")],
) -> None:
    """Documents the version in an address; `_run` reads it."""


_VERSIONED = [Depends(_of_version)]
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ProtocolError, "description": "No such tensor, empty text, too much text, or a malformed request."},
    401: {"model": ProtocolError, "description": "The service wants a token, and none that it knows was sent."},
    404: {"model": ProtocolError, "description": "No such run or version in service."},
    413: {"model": ProtocolError, "description": "The request is too large."},
    503: {"model": ProtocolError, "description": "Too many requests are waiting; Retry-After says when to try again."},
    504: {"model": ProtocolError, "description": "No answer within the time limit, or that of Request-Timeout."},
}
_OUTPUTS: dict[str, tuple[Literal["BYTES", "FP64"], Callable[[Prediction], list[Any]]]] = {  # the values of one text
    "label": ("BYTES", lambda prediction: [prediction.label]),
    "confidence": ("FP64", lambda prediction: [prediction.confidence]),
    "probabilities": ("FP64", lambda prediction: list(prediction.probabilities.values())),
}

# Without a Content-Type, as tritonclient sends them, bodies are JSON.
router = APIRouter(prefix="/v2", tags=[TAG], strict_content_type=False)


def _responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    # FastAPI adds a 422 of its own where there are parameters, but for "4XX"; here it is 400.
    return {status: _ERRORS[status] for status in statuses} | {"4XX": _ERRORS[400]}


@router.get("", responses=_responses(401), summary="The name and version of this service")
async def server() -> ServerMetadata:
    """There are no extensions: tensors come as JSON, never as binary data."""
    return ServerMetadata(name="sentiment", version=__version__, extensions=[])


@router.get("/health/live", summary="Whether the process is alive")
async def live() -> ServerLive:
    """As `GET /healthz`, without a token."""
    return ServerLive(live=True)


@router.get(
    "/health/ready",
    responses={503: _ERRORS[503] | {"description": "There is no run in service."}},
    summary="Whether a run is in service",
)
async def ready(request: Request) -> ServerReady:
    """As `GET /readyz`, without a token."""
    if not dispatcher_of(request).registry.all():
        raise OverloadedError("expected a run in service; found none; train one with: sentiment train")
    return ServerReady(ready=True)


@router.get(
    "/models/{model:run}/versions/{version}/ready",
    dependencies=_VERSIONED,
    responses=_responses(401, 404),
    summary="As without version",
)
@router.get("/models/{model:run}/ready", responses=_responses(401, 404), summary="Whether a run is in service")
async def model_ready(request: Request, model: ModelName) -> ModelReady:
    """404 if it is not."""
    return ModelReady(name=_run(request, model).name, ready=True)


@router.get(
    "/models/{model:run}/versions/{version}",
    dependencies=_VERSIONED,
    responses=_responses(401, 404),
    summary="As without version",
)
@router.get("/models/{model:run}", responses=_responses(401, 404), summary="The tensors of a run")
async def model_metadata(request: Request, model: ModelName) -> ModelMetadata:
    """What it takes and returns. `properties` has the classes in the order of `probabilities`."""
    run = _run(request, model)
    shapes = {"probabilities": [-1, len(run.classes)]}
    return ModelMetadata(
        name=run.name,
        versions=[run.version],
        platform="onnxruntime_onnx",
        inputs=[TensorMetadata(name="text", datatype="BYTES", shape=[-1])],
        outputs=[
            TensorMetadata(name=name, datatype=datatype, shape=shapes.get(name, [-1]))
            for name, (datatype, _) in _OUTPUTS.items()
        ],
        properties={"classes": ",".join(run.classes.names)},
    )


@router.post(
    "/models/{model:run}/versions/{version}/infer",
    dependencies=_VERSIONED,
    responses=_responses(400, 401, 404, 413, 503, 504),
    response_model_exclude_none=True,
    summary="As without version",
)
@router.post(
    "/models/{model:run}/infer",
    responses=_responses(400, 401, 404, 413, 503, 504),
    response_model_exclude_none=True,
    summary="Predict the class of reviews",
)
async def infer(request: Request, model: ModelName, body: InferenceRequest) -> InferenceResponse:
    """The outputs that `outputs` names, in its order; without it, all of them."""
    run = _run(request, model)
    names = list(_OUTPUTS) if body.outputs is None else [output.name for output in body.outputs]
    if unknown := next((name for name in names if name not in _OUTPUTS), None):
        raise RequestError(f"expected outputs of {', '.join(_OUTPUTS)}; found {unknown[:40]!r}; correct its name")
    wishes = body.parameters
    predictions = await dispatcher_of(request).predict(run, body.texts, wishes.threshold, wishes.uncertain)
    return InferenceResponse(
        model_name=run.name,
        model_version=run.version,
        id=body.id,
        outputs=[_output(name, run, predictions) for name in names],
    )


def _run(request: Request, name: str) -> LoadedRun:
    run = dispatcher_of(request).registry.get(name)
    if request.path_params.get("version", run.version) != run.version:
        raise RunError(f"expected the version of {run.name} in service, {run.version}; found another; leave it out")
    return run


def _output(name: str, run: LoadedRun, predictions: list[Prediction]) -> OutputTensor:
    datatype, values_of = _OUTPUTS[name]
    shape = [len(predictions), len(run.classes)] if name == "probabilities" else [len(predictions)]
    data = [value for prediction in predictions for value in values_of(prediction)]
    return OutputTensor(name=name, datatype=datatype, shape=shape, data=data)
