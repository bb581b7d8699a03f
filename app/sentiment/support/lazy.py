"""Names of a package that are imported when they are first used, so that importing the package stays instant."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sentiment.support.extras import naming_the_extra


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__` (PEP 562) for names that live in other modules.

    Args:
        package: `__name__` of the package.
        modules: by public name, the module that defines it.

    Returns:
        A function that imports the module of a name and gives the name's value.
        It raises AttributeError for every other name, and MissingExtraError where a package of an extra is missing.
    """

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        with naming_the_extra():
            return getattr(import_module(modules[name]), name)

    return attribute
