"""Jinja templates to HTML, with everything escaped."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from sentiment.support.templates import templates
from sentiment.support.version import __version__


@cache
def _environment() -> Environment:
    environment = templates(Path(__file__).parent / "templates", html=True)
    environment.globals["version"] = __version__
    return environment


def render(template: str, **values: Any) -> str:
    """The named template, filled in; a missing value is an error."""
    return _environment().get_template(template).render(values)
