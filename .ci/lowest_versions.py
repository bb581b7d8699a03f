"""Prints constraints for pip: each dependency in pyproject.toml at its lower bound. What they need in turn is free."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent

project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"].values()
for requirement in [*project["dependencies"], *(line for lines in extras for line in lines)]:
    if bound := re.match(r"([\w.-]+)>=([\w.]+)", requirement):
        print(f"{bound[1]}=={bound[2]}")
