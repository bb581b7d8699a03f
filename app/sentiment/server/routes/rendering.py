"""Templates to HTML. Whatever stands in a review, on the page it is text."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sentiment import __version__

_TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["version"] = __version__
    return environment


def render(template: str, **values: Any) -> str:
    """The named template filled in; a value that it needs and does not get is an error."""
    return _environment().get_template(template).render(values)
