"""Jinja templates, set up in the same way for pages, reports and model cards."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates(folder: Path, *, html: bool) -> Environment:
    """The templates in a folder; a value that is missing when one is filled in is an error.

    Args:
        folder: of the templates.
        html: escape every value. Strangers write reviews: on a page they are text, whatever they contain.
    """
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
