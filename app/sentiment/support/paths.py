"""Where the project keeps its files. Every other module takes its folders from here."""

from pathlib import Path

PROJECT = Path(__file__).parents[3]
MODELS = PROJECT / "models"  # the saved runs, where no command line names another folder
DATA = PROJECT / "data"  # downloads, and the bundled sample
CACHE = DATA / "cache"  # parsed copies of large files
SAMPLE = DATA / "sample" / "reviews.csv"
