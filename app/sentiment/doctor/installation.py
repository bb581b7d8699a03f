"""Which versions and extras are installed, and whether they fit together."""

import platform
import shlex
import tomllib
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from sentiment.support.extras import MODULES, install_command, pip
from sentiment.support.paths import CHECKOUT
from sentiment.support.version import __version__

_PACKAGES = ("numpy", "onnxruntime", "tokenizers", "keras", "tensorflow", "numba", "torch", "jax")
# Nobody has these by chance, unlike pandas: with it, the other packages of the extra are expected to be there and fit.
_CHIEF = {
    "train": "keras",
    "files": "python-calamine",
    "remote": "s3fs",
    "serve": "fastapi",
    "ray": "ray",
    "search": "optuna",
    "spark": "pyspark",
}
_CONSEQUENCES = {"numba": "the LSTM layer takes Keras' own loop"}


@dataclass(frozen=True)
class Extra:
    """An extra of pyproject.toml."""

    name: str
    installed: bool  # though some of its packages may be missing
    missing: list[str]  # packages
    install: str  # the command that brings them


@dataclass(frozen=True)
class Installation:
    """What is installed."""

    sentiment: str  # version
    python: str  # version
    system: str
    packages: dict[str, str]  # versions, of what is installed
    extras: list[Extra]
    problems: list[str]


def installation() -> Installation:
    """What is installed in this environment; imports none of it."""
    system = " ".join(filter(None, (platform.system(), platform.release(), platform.machine())))
    packages = {name: version for name in _PACKAGES if (version := _version(name))}
    extras: list[Extra] = []
    problems = []
    try:
        python, requirements = _requirements()
    except metadata.PackageNotFoundError:
        problems.append("what sentiment needs is not known here, because it was not installed by pip: pip install it")
    else:
        if not python.contains(platform.python_version(), prereleases=True):
            problems.append(
                f"Python {platform.python_version()} does not fit: make an environment with Python {python}"
            )
        problems += _unfit(requirements[""], "the base install")
        for name in MODULES:
            missing = [requirement.name for requirement in requirements[name] if not _version(requirement.name)]
            extras.append(Extra(name, _CHIEF[name] not in missing, missing, install_command(name)))
            if extras[-1].installed:
                problems += _unfit(requirements[name], f"the extra {name}")
    return Installation(__version__, platform.python_version(), system, packages, extras, problems)


def _unfit(requirements: list[Requirement], part: str) -> list[str]:
    """A sentence for each package that is missing or of another version than this part of the project needs."""
    sentences = []
    for requirement in requirements:
        version = _version(requirement.name)
        command = f"{pip()} install {shlex.quote(f'{requirement.name}{requirement.specifier}')}"
        if version is None:
            consequence = _CONSEQUENCES.get(requirement.name)
            so = f", so {consequence}" if consequence else ""
            sentences.append(f"{requirement.name} of {part} is not installed{so}: {command}")
        elif not requirement.specifier.contains(version, prereleases=True):
            sentences.append(f"{requirement.name} {version} does not fit {part}: {command}")
    return sentences


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _requirements() -> tuple[SpecifierSet, dict[str, list[Requirement]]]:
    """The versions of Python that fit; and by extra, "" for the base install, the packages that it needs.

    Raises:
        PackageNotFoundError: this package is neither installed nor in its checkout.
    """
    if CHECKOUT:  # what pip noted when it was installed may be older
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        lines = {"": project["dependencies"], **project["optional-dependencies"]}
        return SpecifierSet(project["requires-python"]), {
            extra: [Requirement(line) for line in lines[extra]] for extra in ("", *MODULES)
        }
    noted = metadata.metadata("sentiment")
    requirements = [Requirement(line) for line in noted.get_all("Requires-Dist") or ()]

    def needed(extra: str) -> list[Requirement]:
        return [part for part in requirements if part.marker is None or part.marker.evaluate({"extra": extra})]

    base = needed("")
    by_extra = {extra: [part for part in needed(extra) if part not in base] for extra in MODULES}
    return SpecifierSet(noted["Requires-Python"] or ""), {"": base, **by_extra}
