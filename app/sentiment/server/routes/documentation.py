"""The documentation of the API, a page written from its OpenAPI document: no script, and nothing from elsewhere."""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from sentiment.server.routes.api import dispatcher_of
from sentiment.server.routes.rendering import render

router = APIRouter()
JSON = "application/json"
TOKEN = "SENTIMENT_TOKEN"  # a variable of the shell in command lines
_FILE = "reviews.csv"  # in the command line of an upload
_LIMITS = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))
_Schema = Mapping[str, Any]


@router.get("/docs", include_in_schema=False)
async def documentation(request: Request) -> HTMLResponse:
    """Every endpoint with its fields, its answers, and a command line to try."""
    document = request.app.openapi()
    address = str(request.base_url).rstrip("/")
    runs = dispatcher_of(request).registry.all()
    examples = {"model": runs[0].name, "version": runs[0].version, "dataset": runs[0].dataset} if runs else {}
    page = render(
        "docs.html.jinja",
        sections=sections(document, address, examples),
        information=document["info"],
        token=TOKEN if "security" in document else None,
    )
    return HTMLResponse(page)


@dataclass(frozen=True)
class Field:
    """A field of a request or an answer; those within another have its name in front: `predictions[].label`."""

    name: str
    type: str
    required: bool
    default: str | None  # as JSON; None: there is none
    description: str


@dataclass(frozen=True)
class Body:
    """One form of the body of a request."""

    title: str
    description: str
    fields: list[Field]  # those that no form before it has
    command: str  # a command line that sends an example


@dataclass(frozen=True)
class Answer:
    """What comes back with one status."""

    status: str
    meaning: str
    description: str
    fields: list[Field]
    example: str | None  # JSON in lines; None: some field has no example


@dataclass(frozen=True)
class Endpoint:
    """One method of one path."""

    method: str
    path: str
    anchor: str
    summary: str
    description: str
    parameters: list[Field]
    bodies: list[Body]
    command: str | None  # without a body
    answers: list[Answer]


@dataclass(frozen=True)
class Section:
    """The endpoints of one tag."""

    title: str
    description: str
    endpoints: list[Endpoint]


def sections(document: _Schema, address: str, examples: Mapping[str, str] | None = None) -> list[Section]:
    """The endpoints of an OpenAPI document by tag, in its order.

    Args:
        document: OpenAPI 3.1 as FastAPI writes it.
        address: of the service in command lines, such as http://127.0.0.1:8000.
        examples: of the parameters in paths, by name; None: the names themselves, in braces.
    """
    reader = _Reader(document, address, examples or {})
    descriptions = {tag["name"]: tag["description"] for tag in document.get("tags", ())}
    by_tag: dict[str, list[Endpoint]] = {name: [] for name in descriptions}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(reader.endpoint(method.upper(), path, operation))
    return [Section(name, descriptions.get(name, ""), endpoints) for name, endpoints in by_tag.items() if endpoints]


class _Reader:
    """Reads the operations of one document."""

    def __init__(self, document: _Schema, address: str, examples: Mapping[str, str]) -> None:
        self._schemas = document["components"]["schemas"]
        self._address = address.rstrip("/")
        self._examples = examples
        self._needs_token = "security" in document

    def endpoint(self, method: str, path: str, operation: _Schema) -> Endpoint:
        parameters = operation.get("parameters", ())
        address = self._address + path
        for parameter in parameters:
            name = f"{{{parameter['name']}}}"
            address = address.replace(name, self._examples.get(parameter["name"], name))
        curl = f"curl {shlex.quote(address)}"
        if self._needs_token and operation.get("security") != []:
            curl += f' -H "Authorization: Bearer ${TOKEN}"'
        bodies = [
            body
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
            for body in self._bodies(curl, media_type, content["schema"])
        ]
        return Endpoint(
            method,
            path,
            anchor=f"{method}{path}".lower().translate(str.maketrans("/{}:", "----")).strip("-"),
            summary=operation["summary"],
            description=operation.get("description", ""),
            parameters=[
                Field(each["name"], self._type(each["schema"]), each["required"], None, each.get("description", ""))
                for each in parameters
            ],
            bodies=bodies,
            command=None if bodies else curl,
            answers=[
                self._answer(status, answer)
                for status, answer in sorted(operation["responses"].items())
                if status.isdigit()  # not "4XX", which stands for those that have a line of their own
            ],
        )

    def _bodies(self, curl: str, media_type: str, schema: _Schema) -> Iterator[Body]:
        above: list[Field] = []
        for variant in schema.get("oneOf", (schema,)):
            model = self._resolved(variant)
            fields = [field for field in self._fields(model) if field not in above]
            above += fields
            example = {name: self._example(model["properties"][name]) for name in model.get("required", ())}
            if media_type == JSON:
                sent = f"-H 'Content-Type: {JSON}' -d {shlex.quote(json.dumps(example))}"
            else:
                sent = " ".join(f"-F {name}=@{_FILE}" for name in example)
            title = f"{'JSON' if media_type == JSON else media_type}: {', '.join(example)}"
            yield Body(title, model.get("description", ""), fields, f"{curl} {sent}")

    def _answer(self, status: str, answer: _Schema) -> Answer:
        schema = self._resolved(answer.get("content", {}).get(JSON, {}).get("schema", {}))
        succeeded = status.startswith("2")
        example = self._example(schema) if succeeded else None
        return Answer(
            status,
            HTTPStatus(int(status)).phrase,
            answer["description"],
            list(self._fields(schema)) if succeeded else [],
            None if example is None else json.dumps(example, indent=2, ensure_ascii=False),
        )

    def _resolved(self, schema: _Schema) -> _Schema:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _fields(self, schema: _Schema, prefix: str = "") -> Iterator[Field]:
        required = schema.get("required", ())
        properties = schema.get("properties", {})
        for name in sorted(properties, key=lambda name: name not in required):
            value = properties[name]
            default = json.dumps(value["default"]) if value.get("default") is not None else None
            kind = self._type(value) + (", deprecated" if value.get("deprecated") else "")
            yield Field(prefix + name, kind, name in required, default, value.get("description", ""))
            inner, brackets = self._resolved(value), ""
            while inner.get("type") == "array":
                inner, brackets = self._resolved(inner.get("items", {})), brackets + "[]"
            yield from self._fields(inner, f"{prefix}{name}{brackets}.")

    def _type(self, schema: _Schema) -> str:
        """The type in words, with its limits: "list of string, 1 to 9 items"."""
        if variants := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self._type(variant) for variant in variants))
        schema = self._resolved(schema)
        kind = schema.get("type", "any value")
        if "const" in schema:
            kind = f"always {schema['const']}"
        elif "enum" in schema:
            kind = "one of " + ", ".join(map(str, schema["enum"]))
        elif kind == "array":
            kind = f"list of {self._type(schema.get('items', {}))}"
        elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
            kind = f"object with {self._type(schema['additionalProperties'])} by name"
        elif schema.get("contentMediaType") or schema.get("format") == "binary":
            kind = "file"
        return ", ".join([kind, *_limits(schema)])

    def _example(self, schema: _Schema) -> Any:
        """An example, of which parts come from the examples of the fields; None: there is none."""
        if "examples" in schema:
            return schema["examples"][0]
        schema = self._resolved(schema)
        if "examples" in schema:
            return schema["examples"][0]
        if "const" in schema:
            return schema["const"]
        if schema.get("type") == "boolean":
            return False
        if schema.get("type") == "array" and "items" in schema:
            item = self._example(schema["items"])
            return None if item is None else [item]
        examples = {name: self._example(value) for name, value in schema.get("properties", {}).items()}
        examples = {
            name: value
            for name, value in examples.items()
            if value is not None or "examples" in schema["properties"][name]
        }
        return examples if examples and examples.keys() >= set(schema.get("required", ())) else None


def _limits(schema: _Schema) -> Iterator[str]:
    """Such as "1 to 20,000 characters"."""
    for least, most, unit in _LIMITS:
        low, high = (None if schema.get(name) is None else f"{schema[name]:,g}" for name in (least, most))
        if low and high:
            yield f"{low} to {high}{unit}"
        elif low or high:
            yield f"at least {low}{unit[:-1] if low == '1' else unit}" if low else f"at most {high}{unit}"
