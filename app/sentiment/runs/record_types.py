"""The types of the fields in the file of a record, which may come from a stranger."""

import sys
from dataclasses import is_dataclass
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from sentiment.metrics.certainty import Certainty


def require_record(values: dict[str, Any], annotations: dict[str, Any]) -> None:
    """Raises ValueError if something in a record has another type than it should.

    Figures may be missing: those of the oldest records lack some.
    """
    for name, value in values.items():
        _require(name, value, annotations[name])
    certainty = values.get("certainty")
    if certainty is not None and (missing := Certainty.__required_keys__ - certainty.keys()):
        raise ValueError(f"expected a certainty with {', '.join(sorted(missing))}; found none")
    for split in ("validation", "test"):
        interval = (values.get(split) or {}).get("accuracy_ci95", [0, 1])
        if len(interval) != 2:
            raise ValueError(f"expected {split}.accuracy_ci95 as two numbers; found {len(interval)}")
    for review in values.get("confidently_wrong", ()):
        former = review.get("probability") is not None
        typed: dict[str, Any] = {"label": int}
        typed |= {"probability": float} if former else {"predicted": int, "confidence": float}
        for name, kind in typed.items():
            _require(name, review[name], kind)
        shown = {"row": int, "text": str}  # an archive may leave out what its readers do not show
        for name in review.keys() & shown.keys():
            _require(name, review[name], shown[name])


def _require(name: str, value: Any, annotation: Any) -> None:
    """Raises ValueError if a value, or one in it, is not what JSON has for an annotation."""
    kinds = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    if Any in kinds:
        return
    fitting = [kind for kind in kinds if isinstance(value, _json_types(kind))]
    if not fitting:
        expected = " or ".join(type_.__name__ for kind in kinds for type_ in _json_types(kind))
        raise ValueError(f"expected {name} as {expected}; found {value!r:.40}")
    kind, parts = fitting[0], get_args(fitting[0])
    if kind is float and abs(value) > sys.float_info.max:  # an integer of hundreds of digits, or infinity
        raise ValueError(f"expected {name} as a number of eight bytes; found a larger one")
    if is_typeddict(kind) or is_dataclass(kind):
        for each, hint in get_type_hints(kind).items():
            if each in value:
                _require(f"{name}.{each}", value[each], hint)
    elif isinstance(value, dict) and parts:
        for each, inner in value.items():
            _require(f"{name}.{each}", inner, parts[1])
    elif isinstance(value, list | tuple) and parts:
        for index, inner in enumerate(value):
            _require(f"{name}[{index}]", inner, parts[0])


def _json_types(kind: Any) -> tuple[type, ...]:
    """What a type that is no union is in JSON."""
    if is_typeddict(kind) or is_dataclass(kind):
        return (dict,)
    plain = get_origin(kind) or kind
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return (str,)
    return {float: (int, float), tuple: (list, tuple)}.get(plain, (plain,))
