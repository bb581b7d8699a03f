"""Packages beyond the base install: which extra has them, and how a person gets it.

Code that needs such a package imports it where it is used. `naming_the_extra` turns the import that fails into one
line. The command line and the lazy names of `sentiment` run within it.
"""

import contextlib
import sys
from collections.abc import Iterator

from sentiment.errors import MissingExtraError
from sentiment.support.paths import CHECKOUT

# By extra of pyproject.toml, the modules that its packages bring and the base install lacks.
MODULES = {
    "train": (
        "pandas", "keras", "tensorflow", "pyarrow", "sklearn", "scipy", "threadpoolctl", "matplotlib", "PIL",
        "jinja2", "pooch",
    ),
    "serve": ("fastapi", "starlette", "uvicorn", "python_multipart", "prometheus_client"),
}  # fmt: skip
_TARGETS = {"train": "make setup", "serve": "make serve"}  # what installs an extra in a checkout


@contextlib.contextmanager
def naming_the_extra() -> Iterator[None]:
    """A block whose failed import of an extra's package names the extra.

    Raises:
        MissingExtraError: in place of the ModuleNotFoundError of a module in `MODULES`.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        for extra, modules in MODULES.items():
            if module in modules:
                raise _missing(extra, module) from None
        raise


def _missing(extra: str, module: str) -> MissingExtraError:
    in_its_checkout = CHECKOUT is not None and sys.prefix == str(CHECKOUT / ".venv")
    command = _TARGETS[extra] if in_its_checkout else f"pip install 'sentiment[{extra}]'"
    return MissingExtraError(
        f"expected the packages of the extra {extra}; {module} is not installed; get them with: {command}"
    )
