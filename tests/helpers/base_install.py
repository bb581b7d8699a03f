"""The packages of the base install alone, as links to those of this environment."""

from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement


def link_packages(requirements: list[str], folder: Path) -> None:
    """Links the packages of these requirements, and those they need in turn, into a folder for Python's path."""
    for name in _needed_by(requirements):
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))).resolve())


def _needed_by(requirements: list[str]) -> set[str]:
    names: set[str] = set()
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if requirement.name not in names and (marker is None or marker.evaluate({"extra": ""})):
            names |= {requirement.name, *_needed_by(metadata.requires(requirement.name) or [])}
    return names
