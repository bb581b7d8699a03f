"""Requests and responses of the HTTP API, with examples for /openapi.json."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

from sentiment.explain import DEFAULT_METHOD, METHODS
from sentiment.server.settings import ServerSettings

RunName = Annotated[
    str | None,
    Field(max_length=200, description="A run that GET /v1/models lists; without it, the default.", examples=[None]),
]


Shares = Annotated[
    dict[str, float],
    Field(
        description="The probability of each class, in the order of the run's `classes`; together 1.",
        examples=[{"negative": 0.07, "positive": 0.93}],
    ),
]
Confidence = Annotated[
    float,
    Field(
        description="The probability of the label, which with a threshold may be less than one half; of an uncertain "
        "text, of the most probable class.",
        ge=0,
        le=1,
        examples=[0.93],
    ),
]
Sure = Annotated[
    bool,
    Field(
        description="Whether the confidence is at least `sure_from` of the run; false where there is a `reason`.",
        examples=[True],
    ),
]
SecondProbability = Annotated[
    float | None,
    Field(
        deprecated=True,
        description="Read `confidence` or `probabilities` instead: this is left out from version 0.4 on. Of the second "
        "of two classes, such as positive; null where there are more.",
        ge=0,
        le=1,
        examples=[0.93],
    ),
]


class _Strict(BaseModel):
    # A misspelt field is an error, and so is a value of another type, such as "0.5" for a number.
    model_config = ConfigDict(extra="forbid", strict=True)


_TAGS = {"text": "one text", "texts": "many texts"}  # no identifiers: errors do not show them as fields


def _either(body: Any) -> str | None:
    """Which of the two requests this is; None: neither, or both."""
    fields = [name for name in _TAGS if isinstance(body, dict) and name in body]
    return _TAGS[fields[0]] if len(fields) == 1 else None


def _texts(value: Any) -> Any:
    """Checked here: pydantic makes an error for each element, and half a million elements fit into a body."""
    if not isinstance(value, str | list):
        raise ValueError("expected a text or a list of texts")
    for number, text in enumerate(value if isinstance(value, list) else (), start=1):
        if not isinstance(text, str):
            raise ValueError(f"expected texts; element {number} of the list is none")
    return value


# How long a text may be is checked after the request is read: the error then says which text it is.
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": ServerSettings.max_characters}
_MANY = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": ServerSettings.max_texts}
Text = Annotated[str, WithJsonSchema(_TEXT)]


class _Wishes(_Strict):
    """How the texts are to be judged."""

    run: RunName = None
    threshold: Annotated[
        float | None,
        Field(
            description="The probability from which a text is called of the second of two classes; without it, 0.5. "
            "With more classes there is none: the most probable class is the label.",
            ge=0,
            le=1,
            examples=[None],
        ),
    ] = None
    uncertain: Annotated[
        float,
        Field(
            description="A probability less than this far from the threshold is called uncertain. With more than two "
            "classes, half of the distance between the two most probable ones counts.",
            ge=0,
            le=1,
            examples=[0.1],
        ),
    ] = 0.0


class PredictText(_Wishes):
    """One text."""

    text: Annotated[
        Text, Field(description="A review as people write it.", examples=["Not once did I wish it were shorter."])
    ]

    @property
    def all_texts(self) -> list[str]:
        return [self.text]


class PredictTexts(_Wishes):
    """Many texts."""

    texts: Annotated[
        str | list[str],
        BeforeValidator(_texts),
        WithJsonSchema({"anyOf": [_MANY, _TEXT]}),
        Field(
            description="Reviews as people write them. A single text is taken as a list of one.",
            examples=[["Not once did I wish it were shorter.", "Two hours that I want back."]],
        ),
    ]

    @property
    def all_texts(self) -> list[str]:
        return [self.texts] if isinstance(self.texts, str) else self.texts


PredictRequest = Annotated[
    Annotated[PredictText, Tag(_TAGS["text"])] | Annotated[PredictTexts, Tag(_TAGS["texts"])],
    Discriminator(
        _either,
        custom_error_type="text_or_texts",
        custom_error_message='expected "text" with one text or "texts" with a list, and not both',
    ),
]


class TextPrediction(BaseModel):
    """The prediction for one text."""

    model_config = ConfigDict(from_attributes=True)

    label: Annotated[
        str,
        Field(
            description="One of the run's `classes`; or uncertain: there is nothing that the model can judge, and "
            "`reason` says why.",
            examples=["positive"],
        ),
    ]
    confidence: Confidence
    sure: Sure
    probabilities: Shares
    probability: SecondProbability
    truncated: Annotated[bool, Field(description="Whether the text was too long and lost its middle.")]
    unknown_share: Annotated[float, Field(description="Fraction of unknown words.", ge=0, le=1, examples=[0.0])]
    reason: Annotated[
        str | None,
        Field(
            description='Why the label is uncertain: "language", "unknown words", "no words", or "near threshold".',
            examples=[None],
        ),
    ]
    stars: Annotated[
        float | None,
        Field(description="The mean grade, such as 4.6 of 5, of a run that tells finer grades apart.", examples=[4.6]),
    ]


class PredictResponse(BaseModel):
    """One prediction for each text, in order, all by the same version of one run."""

    run: Annotated[str, Field(examples=["imdb/custom-lstm-standard-seed1"])]
    version: Annotated[str, Field(description="Of the run's files.", examples=["4f1d3c9a0b7e"])]
    predictions: list[TextPrediction]


class SentencesRequest(_Wishes):
    """One text to judge sentence by sentence."""

    text: Annotated[Text, Field(examples=["The view is beautiful, but the room was dirty."])]


class Sentence(BaseModel):
    """A sentence, or a clause behind ", but" or a semicolon."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    start: Annotated[int, Field(description="First character in the text of the request, in code points.")]
    end: Annotated[int, Field(description="After its last character.")]
    prediction: TextPrediction
    part: Annotated[
        float | None,
        Field(
            description="In logits, how much more probable the label of the whole is with this sentence than without "
            "it; null where there is no other sentence, or no verdict."
        ),
    ]


class SentencesResponse(BaseModel):
    """The predictions for a text and its sentences, in order, all by the same version of one run."""

    run: Annotated[str, Field(examples=["imdb/custom-lstm-standard-seed1"])]
    version: Annotated[str, Field(description="Of the run's files.", examples=["4f1d3c9a0b7e"])]
    whole: TextPrediction
    sentences: list[Sentence]


class ExplainRequest(_Strict):
    """One text to explain."""

    text: Annotated[Text, Field(examples=["It was never dull."])]
    run: RunName = None
    method: Annotated[
        str,
        WithJsonSchema({"type": "string", "enum": list(METHODS)}),
        Field(
            max_length=40,
            description="occlusion, or integrated-gradients for networks with one LSTM layer.",
            examples=[DEFAULT_METHOD],
        ),
    ] = DEFAULT_METHOD
    target: Annotated[
        str | None,
        Field(
            max_length=60,
            description="The class to explain. Without it, the most probable one; of two classes, the second, such as "
            "positive.",
            examples=[None],
        ),
    ] = None
    gates: Annotated[bool, Field(description="Whether to add the gates at every word: megabytes.")] = False


class ExplainedToken(BaseModel):
    """A word or punctuation mark, and its contribution."""

    model_config = ConfigDict(extra="allow")

    text: str
    start: Annotated[int, Field(description="First character in `text_read` of the response, in code points.")]
    end: Annotated[int, Field(description="After its last character.")]
    contribution: Annotated[float, Field(description="In logits; values above zero speak for `target`.")]
    probability_after: Annotated[float, Field(description="Of `target`, if the text ended here, with a full stop.")]


class ExplainedPhrase(BaseModel):
    """Words that act together, or a single one, and their contribution."""

    text: str
    start: Annotated[int, Field(description="As of a token.")]
    end: Annotated[int, Field(description="After its last character.")]
    contribution: Annotated[float, Field(description="In logits; not the sum of those of its words.")]


class ExplainResponse(BaseModel):
    """A prediction and its explanation."""

    model_config = ConfigDict(extra="allow")

    run: str
    version: str
    text: Annotated[str, Field(description="As it was sent.")]
    text_read: Annotated[
        str, Field(description="As the network reads it: cleaned, with a full stop added where the end was missing.")
    ]
    label: Annotated[str, Field(description="One of `classes`, or uncertain.")]
    classes: list[str]
    ordered: Annotated[bool, Field(description="Whether the classes are grades, the lowest one first.")]
    target: Annotated[str, Field(description="The class that is explained.")]
    confidence: Confidence
    sure: Sure
    probabilities: Shares
    probability: Annotated[
        float,
        Field(deprecated=True, description="As in /v1/predict; of more classes, of `target`."),
    ]
    truncated: bool
    unknown_share: float
    reason: str | None
    stars: Annotated[float | None, Field(description="The mean grade, of a run that tells finer grades apart.")]
    tokens: list[ExplainedToken]
    phrases: Annotated[list[ExplainedPhrase], Field(description="The whole text in parts.")]
    shared: Annotated[
        int, Field(description="Number of tokens that share the contribution of their group, to save time.")
    ]
    gates: Annotated[list[dict[str, Any]], Field(description="float32[time, units] by name, for each direction.")] = []


class Certainty(BaseModel):
    """The verdicts of a run that are sure, on texts like those of its validation split."""

    share: Annotated[float, Field(description="Of the sure verdicts, how many are right.", examples=[0.9])]
    confidence: Annotated[float, Field(description="Of a sure verdict, at least.", examples=[0.63])]
    decided: Annotated[float, Field(description="Fraction of the validation texts with a sure verdict.")]


class Model(BaseModel):
    """A run in service."""

    name: str
    version: str
    dataset: str
    architecture: str
    classes: Annotated[list[str], Field(description="What it tells apart.", examples=[["negative", "positive"]])]
    ordered: Annotated[bool, Field(description="Whether the classes are three or more grades, the lowest one first.")]
    parameters: int | None
    validation_accuracy: Annotated[float, Field(description="A fraction.")]
    test_accuracy: float | None
    test_accuracy_ci95: Annotated[
        list[float] | None, Field(description="Its 95% interval, Wilson's: from, to; null: not recorded.")
    ]
    test_reviews: Annotated[int | None, Field(description="How many it was measured on; null: not recorded.")]
    test_recall: Annotated[
        dict[str, float | None],
        Field(description="By class, the fraction of its test reviews classified correctly; null: it has none."),
    ]
    test_recall_negative: Annotated[
        float | None, Field(description="As in `test_recall`, where the classes are negative and positive alone.")
    ]
    test_recall_positive: Annotated[float | None, Field(description="As `test_recall_negative`.")]
    test_macro_f1: Annotated[float | None, Field(description="The mean F1 of the classes.")]
    test_mean_absolute_error: Annotated[
        float | None, Field(description="In grades: how far the predicted one is off, in the mean; null without order.")
    ]
    certainty: Annotated[
        Certainty | None,
        Field(description="How many of its sure verdicts are right; null: no share can be promised."),
    ]
    sure_from: Annotated[
        float, Field(description="The confidence from which on its verdicts are called sure.", examples=[0.64])
    ]
    default: Annotated[bool, Field(description="Whether it answers where no run is named.")]
    explains: Annotated[bool, Field(description="Whether POST /v1/explain answers for it.")]
    report: Annotated[str | None, Field(description="Path of its report.")]


class ModelsResponse(BaseModel):
    """The default first, if there is one, then by name."""

    models: list[Model]


class Problem(BaseModel):
    """What went wrong."""

    code: Annotated[str, Field(examples=["overloaded"])]
    message: Annotated[str, Field(description="What was expected, what was found, what to do.")]


class ErrorResponse(BaseModel):
    """The body of every error response."""

    error: Problem
