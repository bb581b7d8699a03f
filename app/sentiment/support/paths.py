"""Where the project keeps its files. Every other module takes its folders from here."""

from pathlib import Path

_ROOT = Path(__file__).parents[3]
CHECKOUT = _ROOT if (_ROOT / "pyproject.toml").is_file() else None  # the source tree, if this package runs from it
PROJECT = _ROOT
MODELS = PROJECT / "models"  # the saved runs, where no command line names another folder
DATA = PROJECT / "data"  # downloads, and the bundled sample
CACHE = DATA / "cache"  # parsed copies of large files
SAMPLE = DATA / "sample" / "reviews.csv"
