"""The wheel in a fresh environment elsewhere: it answers, and says in one line which extra a command lacks."""

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

from helpers.base_install import link_packages

ROOT = Path(__file__).parents[2]
SOURCE = [
    "app",
    "data/sample",
    "models/mixed-reviews/everyday",
    "models/imdb/compact",
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
]
TEXTS = ["A fine film.", "A dull, endless film."]

pytestmark = pytest.mark.slow


def run(command: list[object], folder: Path, **environment: object) -> subprocess.CompletedProcess[str]:
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SENTIMENT_", "XDG_"))
    }
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=inherited | {key: str(value) for key, value in environment.items()},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def checked(*arguments, **environment) -> str:
    done = run(*arguments, **environment)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from the source distribution, which is built from what git has."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in SOURCE:
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        without = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, target, ignore=without) if (ROOT / name).is_dir() else shutil.copy(
            ROOT / name, target
        )
    code = f"from setuptools.build_meta import build_sdist; build_sdist({str(built)!r})"
    checked([sys.executable, "-c", code], source)
    [archive] = built.glob("*.tar.gz")
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    checked([sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", built, archive], built)
    [path] = built.glob("*.whl")
    return path


@dataclass(frozen=True)
class Installed:
    """The wheel in an environment of its own, and a folder and a home to use it from."""

    environment: Path
    package: Path
    folder: Path
    home: Path

    def sentiment(self, *arguments: object, **environment: object) -> subprocess.CompletedProcess[str]:
        return self.run([self.environment / "bin" / "sentiment", *arguments], **environment)

    def run(self, command: list[object], **environment: object) -> subprocess.CompletedProcess[str]:
        return run(command, self.folder, HOME=self.home, COLUMNS="100", **environment)

    def files(self) -> set[Path]:
        return {path for path in self.package.rglob("*") if path.is_file() and path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """A new environment with the wheel and links to the packages of the base install: no other can be imported."""
    folder = tmp_path_factory.mktemp("elsewhere") / "environment"
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "--disable-pip-version-check"]
    checked([*pip, "install", "--no-deps", "--no-index", wheel], folder)
    [packages] = folder.glob("lib/python*/site-packages")
    [built] = packages.glob("sentiment-*.dist-info/METADATA")
    link_packages(metadata.PathDistribution(built.parent).requires or [], packages)
    return folder


@pytest.fixture
def installed(environment, tmp_path) -> Installed:
    [package] = environment.glob("lib/python*/site-packages/sentiment")
    folder, home = tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    return Installed(environment, package, folder, home)


def test_it_answers_from_any_folder_and_leaves_no_file_behind(installed):
    before = installed.files()
    done = installed.sentiment("predict", *TEXTS)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["positive", "negative"], done.stderr
    assert done.stderr == ""
    assert installed.files() == before
    assert list(installed.home.rglob("*")) == []  # also ONNX Runtime's figures of its use: nobody asked for them
    assert list(installed.folder.rglob("*")) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "review\n{0}\n\"{1}\"\n"),
        ("a.tsv", "review\n{0}\n{1}\n"),
        ("a.jsonl", '{{"review": "{0}"}}\n{{"review": "{1}"}}\n'),
    ],
)  # fmt: skip
def test_it_reads_and_writes_files_without_pandas(installed, name, content):
    (installed.folder / name).write_text(content.format(*TEXTS))
    done = installed.sentiment("predict", "--input", name, "--output", "b.jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (installed.folder / "b.jsonl").read_text().splitlines()]
    assert [row["label"] for row in rows] == ["positive", "negative"]


def test_it_explains(installed):
    explained = json.loads(installed.sentiment("explain", "--json", "--gates", "Not once was it dull.").stdout)
    assert {token["text"] for token in explained["tokens"]} >= {"Not", "dull"}
    assert explained["gates"]


def test_the_everyday_model_answers_and_a_choice_lies_in_the_user_s_data_folder(installed):
    before = installed.files()
    assert installed.sentiment("use").stdout.startswith("mixed-reviews/everyday answers")
    assert "chosen" in installed.sentiment("use", "imdb/compact").stdout
    [choice] = installed.home.rglob("default.json")
    assert "sentiment" in choice.relative_to(installed.home).parts
    assert "shipped" in installed.sentiment("use", "--reset").stdout
    assert installed.files() == before


def test_the_flagship_is_found_in_each_place_and_answers_there(installed):
    flagship, named, users = ROOT / "models" / "imdb" / "flagship", installed.folder / "named", installed.home / "data"

    def answering(*arguments: object, **environment: object) -> str:
        done = installed.sentiment("predict", "--json", "--run", "flagship", *arguments, "Dull.", **environment)
        return json.loads(done.stdout)["run"] if done.stdout else done.stderr

    for models in (named, installed.folder / "models"):
        shutil.copytree(flagship, models / "imdb" / "flagship")
        assert answering(*(["--models", models] if models == named else [])) == "imdb/flagship"
    assert installed.sentiment("use", "--models", named).stdout.startswith(
        "imdb/flagship answers"
    )  # the only one there
    shutil.rmtree(installed.folder / "models")
    assert "expected a saved run named flagship" in answering()
    assert answering(SENTIMENT_MODELS=named) == "imdb/flagship"
    shutil.move(named, users / "sentiment" / "models")
    assert answering(XDG_DATA_HOME=users) == "imdb/flagship"


def test_python_finds_the_public_names(installed):
    code = (
        "import sentiment; predictor = sentiment.Predictor.load(); print(predictor.predict('A fine film.').label)\n"
        "print(sentiment.Explainer(predictor.run).explain('A dull film.').label)\n"
        "try: sentiment.LSTM\n"
        "except ImportError as error: print(error)"
    )
    done = installed.run([installed.environment / "bin" / "python", "-c", code])
    positive, negative, missing = done.stdout.splitlines()
    assert (positive, negative) == ("positive", "negative")
    assert "pip install 'sentiment[train]'" in missing


def test_the_doctor_shows_what_is_there_and_writes_nothing(installed):
    before = installed.files()
    done = installed.sentiment("doctor", "--json")
    shown = json.loads(done.stdout)
    assert (done.returncode, done.stderr, shown["problems"]) == (0, "", [])
    assert {extra["name"]: extra["install"] for extra in shown["installation"]["extras"] if not extra["installed"]} == {
        name: f"pip install 'sentiment[{name}]'"
        for name in ("train", "files", "remote", "serve", "ray", "search", "spark")
    }
    assert shown["lstm"] is None
    assert shown["places"]["default"] == "mixed-reviews/everyday"
    assert shown["places"]["models"]["path"].startswith(str(installed.home))
    assert installed.files() == before
    assert list(installed.home.rglob("*")) == []
    assert list(installed.folder.rglob("*")) == []


@pytest.mark.parametrize(
    ("extra", "arguments"),
    [
        ("train", ["train", "--data", "a.csv"]),
        ("train", ["pretrain", "--data", "a.csv"]),
        ("train", ["flagship", "--data", "a.csv"]),
        ("train", ["label-efficiency", "--data", "a.csv"]),
        ("train", ["evaluate"]),
        ("train", ["report", "imdb"]),
        ("train", ["explain", "A fine film.", "--png", "why.png"]),
        ("train", ["predict", "A fine film.", "--engine", "keras"]),
        ("train", ["predict", "A fine film.", "--output", "b.parquet"]),
        ("train", ["predict", "--input", "a.parquet"]),
        ("serve", ["serve", "--port", "0"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_command_says_in_one_line_which_extra_it_lacks(installed, extra, arguments):
    (installed.folder / "a.csv").write_text("review,sentiment\nfine,positive\n")
    (installed.folder / "a.parquet").write_bytes(b"PAR1 and more PAR1")
    done = installed.sentiment(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("error: expected the packages of the extra")
    assert line.endswith(f"get them with: pip install 'sentiment[{extra}]'")
    assert {path.name for path in installed.folder.iterdir()} == {"a.csv", "a.parquet"}


def test_a_training_lies_in_the_user_s_data_folder_and_the_shipped_model_still_answers(wheel, installed, tmp_path):
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    checked([*pip, "--no-deps", "--no-index", "--target", site, wheel], tmp_path)
    [packages] = {Path(str(metadata.distribution("keras").locate_file("")))}
    python = [sys.executable, "-m", "sentiment"]
    before = {path for path in site.rglob("*") if path.suffix != ".pyc"}
    environment = {"PYTHONPATH": os.pathsep.join(map(str, (site, packages)))}
    sample = site / "sentiment" / "_shipped" / "data" / "sample" / "reviews.csv"
    small = ["--set", "epochs=1", "--set", "units=8", "--set", "embedding_size=8", "--set", "vocabulary_size=500"]
    done = installed.run([*python, "train", "--data", sample, "--only", "gru", "--no-baselines", *small], **environment)
    assert done.returncode == 0, done.stderr
    [manifest] = installed.home.rglob("manifest.json")
    assert manifest.relative_to(installed.home).parts[-5:-2] == ("sentiment", "models", "sample")
    assert "mixed-reviews/everyday answers" in done.stderr
    evaluated = installed.run([*python, "evaluate", "--run", manifest.parent, "--json"], **environment)
    assert evaluated.returncode == 0, evaluated.stderr
    [row] = json.loads(evaluated.stdout)
    assert row["accuracy"] == pytest.approx(row["saved_accuracy"])
    assert {path for path in site.rglob("*") if path.suffix not in (".pyc",) and path.name != "__pycache__"} <= before
    assert list(installed.folder.rglob("*")) == []
