"""What may be installed: no lower bound admits a version with a known hole, and the pins keep to the bounds."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from sentiment.support.extras import MODULES, PARTS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BASE = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = {extra: [Requirement(line) for line in lines] for extra, lines in PROJECT["optional-dependencies"].items()}
ALL = [part for part in [*BASE, *(part for parts in EXTRAS.values() for part in parts)] if part.name != "sentiment"]
PINS = {
    canonicalize_name(name): Version(version)
    for name, version in (line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
}
WITHOUT_KNOWN_HOLES = {
    "keras": "3.15.1", "onnx": "1.22", "onnxruntime": "1.30.1", "pyarrow": "26.0.1", "pillow": "13.0.0",
    "jinja2": "3.1.6", "fastapi": "0.165.0", "starlette": "1.10.0", "uvicorn": "0.54.0", "h11": "0.16.0",
    "python-multipart": "0.0.34", "protobuf": "7.36.2", "requests": "2.34.2", "urllib3": "2.8.0", "h5py": "3.14.0",
}  # fmt: skip
HEAVY = {"tensorflow", "keras", "pandas", "pyarrow", "scikit-learn", "scipy", "matplotlib", "fastapi", "uvicorn"}
OPTIONAL = ("ray", "search", "spark")  # large, and not in the extra all
COMES_WITH_PYTHON = {"pip", "wheel"}  # in any environment, of any version


def lowest(requirement: Requirement) -> Version:
    """The lowest version that a requirement admits."""
    return max(Version(part.version) for part in requirement.specifier if part.operator in (">=", "==", "~="))


def is_installed(name: str) -> bool:
    """Whether a package of an extra is there; all but those of `OPTIONAL` have to be."""
    of_others = [*BASE, *(part for extra, parts in EXTRAS.items() if extra not in OPTIONAL for part in parts)]
    if canonicalize_name(name) in {canonicalize_name(part.name) for part in of_others}:
        return True
    return any(canonicalize_name(each.name) == canonicalize_name(name) for each in metadata.distributions())


@pytest.mark.parametrize("name", WITHOUT_KNOWN_HOLES)
def test_no_version_with_a_known_hole_is_admitted(name):
    bounds = [lowest(requirement) for requirement in ALL if canonicalize_name(requirement.name) == name]
    assert min(bounds) >= Version(WITHOUT_KNOWN_HOLES[name])


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_every_bound_admits_the_version_that_is_pinned(requirement):
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def test_every_package_that_is_needed_in_turn_is_pinned():
    needed, todo = set(), [part for part in ALL if is_installed(part.name)]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in needed:
                continue
            needed.add((name, extra))
            if PINS.get(name) not in (None, Version(metadata.version(name))):
                continue  # on the lowest versions: what another version needs is not what the pins have to cover
            parts = [Requirement(line) for line in metadata.requires(name) or ()]
            todo += [part for part in parts if not part.marker or part.marker.evaluate({"extra": extra})]
    assert {name for name, _ in needed} - set(PINS) - COMES_WITH_PYTHON == set()


def test_the_base_install_is_without_heavy_packages():
    assert HEAVY.isdisjoint(requirement.name for requirement in BASE)


@pytest.mark.parametrize("extra", PARTS)
def test_a_part_of_train_asks_for_the_same_versions(extra):
    assert set(map(str, EXTRAS[extra])) <= set(map(str, EXTRAS["train"]))


@pytest.mark.parametrize("extra", [*MODULES, *PARTS])
def test_every_module_whose_extra_a_message_names_comes_with_that_extra(extra):
    packages = {canonicalize_name(requirement.name) for requirement in EXTRAS[extra]}
    brought_by = metadata.packages_distributions()
    if extra in OPTIONAL and not all(map(is_installed, packages)):
        pytest.skip(f"the extra {extra} is not installed")
    for module in (MODULES | PARTS)[extra]:
        assert packages & {canonicalize_name(name) for name in brought_by[module]}, module
