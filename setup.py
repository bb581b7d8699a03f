"""The wheel has a model to answer with and the sample to train on; pyproject.toml says all the rest."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("models/mixed-reviews/everyday", "models/imdb/compact", "data/sample")


class BuildWithShippedFiles(build_py):
    """Copies the shipped files into the built package, where `sentiment.support.paths` finds them."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # runs from the checkout, which has them
            return
        for folder in SHIPPED:
            target = Path(self.build_lib) / "sentiment" / "_shipped" / folder
            shutil.rmtree(target, ignore_errors=True)  # from an older build
            shutil.copytree(folder, target)


setup(cmdclass={"build_py": BuildWithShippedFiles})
