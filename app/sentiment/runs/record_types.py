"""The types of the fields in the file of a record, which may come from a stranger."""

from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, is_typeddict


def require_record(values: dict[str, Any], annotations: dict[str, Any]) -> None:
    """Raises ValueError if something in a record has another type than it should."""
    _require_types(values, annotations)
    times = values.get("built_from", {})
    _require_types(times, dict.fromkeys(times, float | None))
    for review in values.get("confidently_wrong", ()):
        former = review.get("probability") is not None
        typed: dict[str, Any] = {"label": int}
        typed |= {"probability": float} if former else {"predicted": int, "confidence": float}
        _require_types({name: review[name] for name in typed}, typed)
        shown = {"row": int, "text": str}  # an archive may leave out what its readers do not show
        _require_types({name: review[name] for name in shown if name in review}, shown)


def _require_types(values: dict[str, Any], annotations: dict[str, Any]) -> None:
    for name, value in values.items():
        kinds = _json_types(annotations[name])
        if not isinstance(value, kinds):
            raise ValueError(f"expected {name} as {' or '.join(kind.__name__ for kind in kinds)}; found {value!r:.40}")


def _json_types(annotation: Any) -> tuple[type, ...]:
    """What a field of that annotation is in JSON."""
    if isinstance(annotation, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in _json_types(part))
    kind = dict if is_typeddict(annotation) else get_origin(annotation) or annotation
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return (str,)
    return {float: (int, float), tuple: (list, tuple)}.get(kind, (kind,))
