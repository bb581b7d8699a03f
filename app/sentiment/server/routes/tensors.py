"""Requests and answers of the Open Inference Protocol, see `open_inference`."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from sentiment.server.settings import ServerSettings

_TEXT = {"type": "string", "minLength": 1, "maxLength": ServerSettings.max_characters}
_DATA = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": ServerSettings.max_texts}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _texts(data: Any) -> Any:
    """Texts in one list, also from rows of one. Checked here: pydantic makes an error for each element."""
    if not isinstance(data, list):
        raise ValueError("expected a list of strings")
    texts = [row[0] if isinstance(row, list) and len(row) == 1 else row for row in data]
    for number, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            raise ValueError(f"expected strings; element {number} of the list is none")
    return texts


def _whole(text: str) -> str:
    """Checked here: pydantic takes half of a character, and then the text could not be sent back."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("expected whole characters; half of one is in it") from None
    return text


class InputParameters(_Strict):
    """Of an input."""

    content_type: Annotated[Literal["str"] | None, Field(description="As MLServer's clients send it.")] = None


class InputTensor(_Strict):
    """The texts."""

    name: Literal["text"]
    datatype: Literal["BYTES"]
    shape: Annotated[list[int], Field(min_length=1, max_length=2, description="[n] or [n, 1].", examples=[[2]])]
    data: Annotated[
        list[str],
        BeforeValidator(_texts),
        WithJsonSchema(
            {"anyOf": [_DATA, _DATA | {"items": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1}}]}
        ),
        Field(
            description="n reviews as people write them; as rows of one, too.",
            examples=[["Not once did I wish it were shorter.", "Two hours that I want back."]],
        ),
    ]
    parameters: InputParameters = InputParameters()

    @model_validator(mode="after")
    def _require_shape(self) -> "InputTensor":
        if self.shape not in ([len(self.data)], [len(self.data), 1]):
            raise ValueError(f"expected the shape [{len(self.data)}] or [{len(self.data)}, 1], as the data has it")
        return self


class OutputParameters(_Strict):
    """Of an output."""

    binary_data: Annotated[bool, Field(description="Without effect: tensors come as JSON.")] = False


class RequestedOutput(_Strict):
    """An output to return."""

    name: Annotated[str, Field(description="label, confidence or probabilities.", examples=["label"])]
    parameters: OutputParameters = OutputParameters()


class RequestParameters(_Strict):
    """How the texts are to be judged, as in `POST /v1/predict`."""

    threshold: Annotated[float | None, Field(ge=0, le=1, description="Of two classes.")] = None
    uncertain: Annotated[float, Field(ge=0, le=1, description="The least distance from another verdict.")] = 0.0
    binary_data_output: Annotated[bool, Field(description="Without effect: tensors come as JSON.")] = False


class InferenceRequest(_Strict):
    """Texts to predict."""

    id: Annotated[
        Annotated[str, AfterValidator(_whole), Field(max_length=200)] | None,
        Field(description="Comes back in the answer.", examples=["42"]),
    ] = None
    inputs: Annotated[list[InputTensor], Field(min_length=1, max_length=1)]
    outputs: Annotated[
        list[RequestedOutput] | None, Field(min_length=1, max_length=10, description="Without it, all of them.")
    ] = None
    parameters: RequestParameters = RequestParameters()

    @property
    def texts(self) -> list[str]:
        return self.inputs[0].data


class OutputTensor(BaseModel):
    """Values of all texts, row by row."""

    name: Annotated[str, Field(examples=["label"])]
    datatype: Annotated[Literal["BYTES", "FP64"], Field(examples=["BYTES"])]
    shape: Annotated[list[int], Field(examples=[[2]])]
    data: Annotated[list[str | float], Field(examples=[["positive", "negative"]])]


class InferenceResponse(BaseModel):
    """The predictions, all by the same version of one run."""

    model_name: Annotated[str, Field(examples=["imdb/compact"])]
    model_version: Annotated[str, Field(examples=["4f1d3c9a0b7e"])]
    id: Annotated[str | None, Field(description="Of the request, if it had one.", examples=["42"])] = None
    outputs: list[OutputTensor]


class TensorMetadata(BaseModel):
    """One input or output."""

    name: Annotated[str, Field(examples=["text"])]
    datatype: Annotated[str, Field(examples=["BYTES"])]
    shape: Annotated[list[int], Field(description="-1: as many as there are texts.", examples=[[-1]])]


class ModelMetadata(BaseModel):
    """A run in service."""

    name: Annotated[str, Field(examples=["imdb/compact"])]
    versions: Annotated[list[str], Field(examples=[["4f1d3c9a0b7e"]])]
    platform: Annotated[str, Field(examples=["onnxruntime_onnx"])]
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]
    properties: Annotated[
        dict[str, str],
        Field(description="`classes`: their names, with commas between.", examples=[{"classes": "negative,positive"}]),
    ]


class ModelReady(BaseModel):
    """A run in service."""

    name: Annotated[str, Field(examples=["imdb/compact"])]
    ready: Annotated[bool, Field(examples=[True])]


class ServerMetadata(BaseModel):
    """This service."""

    name: Annotated[str, Field(examples=["sentiment"])]
    version: str
    extensions: list[str]


class ServerLive(BaseModel):
    """The process is alive."""

    live: Annotated[bool, Field(examples=[True])]


class ServerReady(BaseModel):
    """A run is in service."""

    ready: Annotated[bool, Field(examples=[True])]


class ProtocolError(BaseModel):
    """The body of every error under /v2."""

    error: Annotated[str, Field(description="What was expected, what was found, what to do.")]
