"""Where files lie. Every other module takes its folders from here.

                       in a checkout         installed
    models             models/               models/ in the user's data folder
    data, downloads    data/                 data/ in the user's data folder
    shipped models     models/               in the package, read only
    bundled sample     data/sample/          in the package, read only

`SENTIMENT_MODELS`, or a folder `models` in the working folder, takes the place of the first row. The user's data folder
is that of the system, such as `~/.local/share/sentiment`.
"""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_ROOT = _PACKAGE.parents[1]
# The source tree, if this package runs from it.
CHECKOUT = _ROOT if (_ROOT / "pyproject.toml").is_file() and _PACKAGE == _ROOT / "app" / "sentiment" else None
# The folder with models/ and data/sample/ as they are shipped; setup.py copies what a wheel has of it.
PROJECT = CHECKOUT or _PACKAGE / "_shipped"
SHIPPED_MODELS = PROJECT / "models"
SAMPLE = PROJECT / "data" / "sample" / "reviews.csv"


def models_folder() -> Path:
    """The folder of saved runs where no option names one. Runs are read from it and written to it.

    Returns:
        The first of: `$SENTIMENT_MODELS`; `./models`, if it exists; the checkout's `models`; the one in the user's data
        folder.
    """
    return _default_models()[0]


def is_default_models(folder: Path) -> bool:
    """Whether `models_folder` may give this folder; the shipped models answer beside the runs in it."""
    return folder.resolve() in [default.resolve() for default in _default_models()]


def writable(folder: Path) -> Path:
    """This folder, or for one of the shipped models in an installed package, the same one in `models_folder`."""
    if CHECKOUT or not folder.is_relative_to(SHIPPED_MODELS):
        return folder
    return models_folder() / folder.relative_to(SHIPPED_MODELS)


def _default_models() -> list[Path]:
    named, here = os.environ.get("SENTIMENT_MODELS"), Path("models")
    folders = []
    if named:
        try:
            folders.append(Path(named).expanduser().absolute())
        except (OSError, RuntimeError):  # the working folder was deleted, or nobody has that name: nothing is there
            folders.append(Path(named))
    if here.is_dir():  # asked first: a working folder that was deleted has no absolute path
        folders.append(here.absolute())
    return [*folders, _home() / "models"]


def data_folder() -> Path:
    """The folder for downloaded reviews."""
    return _home() / "data"


def cache_folder() -> Path:
    """The folder for parsed copies of large files."""
    return data_folder() / "cache"


def _home() -> Path:
    if CHECKOUT:
        return CHECKOUT
    import platformdirs

    return platformdirs.user_data_path("sentiment", appauthor=False)
