"""What the HTTP API takes and gives, with examples for its documentation."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

RunName = Annotated[
    str | None,
    Field(
        max_length=200, description="A run of GET /v1/models, by its name; without it, the default.", examples=[None]
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a misspelt option is said, not ignored


def _texts(given: Any) -> Any:
    """One complaint at most: pydantic makes one for each element of a list, and half a million fit into a body."""
    if isinstance(given, str):
        return given
    if not isinstance(given, list):
        raise ValueError("expected a text or a list of texts")
    for number, text in enumerate(given, start=1):
        if not isinstance(text, str):
            raise ValueError(f"expected texts; element {number} of the list is none")
    return given


class PredictRequest(_Strict):
    """One text or many."""

    texts: Annotated[
        str | list[str],
        BeforeValidator(_texts),
        Field(
            description="A review as people write it, or a list of them.",
            examples=[["Not once did I wish it were shorter.", "Two hours that I want back."]],
        ),
    ]
    run: RunName = None


class OnePrediction(BaseModel):
    """What a run says of one text."""

    label: Annotated[
        Literal["positive", "negative", "uncertain"],
        Field(description="uncertain: the run knows too little of the text; `reason` says why."),
    ]
    probability: Annotated[float, Field(description="Of positive.", ge=0, le=1, examples=[0.93])]
    truncated: Annotated[bool, Field(description="Whether the text was too long and lost its middle.")]
    unknown_share: Annotated[
        float, Field(description="Share of the words that the run does not know.", ge=0, le=1, examples=[0.0])
    ]
    reason: Annotated[
        str | None,
        Field(description='Why the label is uncertain: "unknown words" or "no words".', examples=[None]),
    ]


class PredictResponse(BaseModel):
    """One prediction for each text, in order, all of one version of one run."""

    run: Annotated[str, Field(examples=["imdb/custom-lstm-standard-seed1"])]
    version: Annotated[str, Field(description="Of the run's files.", examples=["4f1d3c9a0b7e"])]
    predictions: list[OnePrediction]


class ExplainRequest(_Strict):
    """A text, and how much to say of it."""

    text: Annotated[str, Field(examples=["It was never dull."])]
    run: RunName = None
    method: Annotated[
        str,
        Field(
            max_length=40,
            description="occlusion, or integrated-gradients for networks with one LSTM layer.",
            examples=["occlusion"],
        ),
    ] = "occlusion"
    gates: Annotated[bool, Field(description="Whether to add what every gate did at every word. Megabytes.")] = False


class ExplainedToken(BaseModel):
    """One word or mark, and its part in the verdict."""

    model_config = ConfigDict(extra="allow")

    text: str
    start: Annotated[int, Field(description="First character in the text that was read, in code points.")]
    end: Annotated[int, Field(description="Behind its last character.")]
    contribution: Annotated[float, Field(description="In logits; above zero for positive.")]
    probability_after: Annotated[float, Field(description="Of positive, had the text ended here.")]


class ExplainResponse(BaseModel):
    """A verdict and how it came about."""

    model_config = ConfigDict(extra="allow")

    run: str
    version: str
    text: Annotated[str, Field(description="As the net reads it: cleaned, with a full stop where it had no end.")]
    label: str
    probability: float
    truncated: bool
    unknown_share: float
    reason: str | None
    tokens: list[ExplainedToken]
    gates: Annotated[list[dict[str, Any]], Field(description="float32[time, units] by name, for each direction.")] = []


class Model(BaseModel):
    """A run in service."""

    name: str
    version: str
    dataset: str
    architecture: str
    parameters: int | None
    validation_accuracy: Annotated[float, Field(description="A fraction.")]
    test_accuracy: float | None
    test_recall_negative: Annotated[float | None, Field(description="Share of negative test reviews it gets right.")]
    test_recall_positive: Annotated[float | None, Field(description="The same of positive ones.")]
    default: Annotated[bool, Field(description="Whether it answers where no run is named.")]
    explains: Annotated[bool, Field(description="Whether POST /v1/explain answers for it.")]
    report: Annotated[str | None, Field(description="Where its report is.")]


class ModelsResponse(BaseModel):
    """The default first, where there is one, then by name."""

    models: list[Model]


class Problem(BaseModel):
    """What went wrong."""

    code: Annotated[str, Field(examples=["overloaded"])]
    message: Annotated[str, Field(description="What was expected, what was found, what to do.")]


class ErrorResponse(BaseModel):
    """The body of every answer that is no success."""

    error: Problem
