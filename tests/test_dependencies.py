"""What may be installed: no lower bound admits a version with a known hole, and the pins keep to the bounds."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIRED = {canonicalize_name(Requirement(line).name): Requirement(line) for line in PROJECT["dependencies"]}
DEVELOPMENT = [Requirement(line) for line in PROJECT["optional-dependencies"]["dev"]]
PINS = {
    canonicalize_name(name): Version(version)
    for name, version in (line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
}
WITHOUT_KNOWN_HOLES = {
    "keras": "3.15.1", "onnx": "1.22", "onnxruntime": "1.30.1", "pyarrow": "26.0.1", "pillow": "13.0.0",
    "jinja2": "3.1.6", "fastapi": "0.165.0", "starlette": "1.10.0", "uvicorn": "0.54.0", "h11": "0.16.0",
    "python-multipart": "0.0.34", "protobuf": "7.36.2", "requests": "2.34.2", "urllib3": "2.8.0", "h5py": "3.14.0",
}  # fmt: skip


def lowest(requirement: Requirement) -> Version:
    """The lowest version that a requirement admits."""
    return max(Version(part.version) for part in requirement.specifier if part.operator in (">=", "==", "~="))


@pytest.mark.parametrize("name", WITHOUT_KNOWN_HOLES)
def test_no_version_with_a_known_hole_is_admitted(name):
    assert lowest(REQUIRED[name]) >= Version(WITHOUT_KNOWN_HOLES[name])


@pytest.mark.parametrize("requirement", [*REQUIRED.values(), *DEVELOPMENT], ids=str)
def test_every_bound_admits_the_version_that_is_pinned(requirement):
    assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])
