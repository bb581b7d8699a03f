"""Packages beyond the base install: which extra has them, and how a person gets it.

Code that needs such a package imports it where it is used. `naming_the_extra` turns the import that fails into one
line. The command line runs within it, and so do the names that a package imports when they are first used.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from sentiment.errors import MissingExtraError
from sentiment.support.paths import CHECKOUT

# By extra of pyproject.toml, the modules that its packages bring and the base install lacks.
MODULES = {
    "train": (
        "pandas", "keras", "tensorflow", "pyarrow", "sklearn", "scipy", "threadpoolctl", "numba", "matplotlib",
        "PIL", "jinja2",
    ),
    "files": ("python_calamine", "backports"),
    "remote": ("fsspec", "s3fs", "aiohttp"),
    "serve": ("fastapi", "starlette", "uvicorn", "python_multipart", "prometheus_client"),
    "ray": ("ray",),
    "search": ("optuna",),
    "spark": ("pyspark",),
}  # fmt: skip
# Extras that are a part of another one. A command that needs no more names them.
PARTS = {"adapt": ("pandas", "sklearn", "scipy", "threadpoolctl", "jinja2")}  # of train, without TensorFlow
_TARGETS = {  # what installs an extra in a checkout
    "train": "make setup",
    "adapt": ".venv/bin/pip install -e '.[adapt]'",
    "files": "make setup",
    "remote": ".venv/bin/pip install -e '.[remote]'",
    "serve": "make serve",
    "ray": ".venv/bin/pip install -c constraints.txt -e '.[ray]'",
    "search": ".venv/bin/pip install -c constraints.txt -e '.[search]'",
    "spark": ".venv/bin/pip install -c constraints.txt -e '.[spark]'",
}


@contextlib.contextmanager
def naming_the_extra(part: str | None = None) -> Iterator[None]:
    """A block whose failed import of an extra's package names the extra.

    Args:
        part: a name in `PARTS`, to name where it has the package. None: one in `MODULES`.

    Raises:
        MissingExtraError: in place of the ModuleNotFoundError of a module in `MODULES`.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        for extra, modules in (({part: PARTS[part]} if part else {}) | MODULES).items():
            if module in modules:
                raise _missing(extra, module) from None
        raise


def lazy_names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__` (PEP 562) for names that live in other modules, so that importing it stays instant.

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


def install_command(extra: str) -> str:
    """What a person types to get an extra."""
    return _TARGETS[extra] if _in_its_checkout() else f"pip install 'sentiment[{extra}]'"


def pip() -> str:
    """The pip of this environment, as a person types it."""
    return ".venv/bin/pip" if _in_its_checkout() else "pip"


def _in_its_checkout() -> bool:
    return CHECKOUT is not None and sys.prefix == str(CHECKOUT / ".venv")


def _missing(extra: str, module: str) -> MissingExtraError:
    return MissingExtraError(
        f"expected the packages of the extra {extra}; {module} is not installed; "
        f"get them with: {install_command(extra)}"
    )
