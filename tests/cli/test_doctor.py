"""`sentiment doctor` shows what a user has, and each problem with what to do."""

import importlib.util
import json
import os
import platform
import subprocess
import sys
import tomllib
from email.message import Message
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import keras
import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from helpers.base_install import link_packages
from helpers.command_line import sentiment, sentiment_process
from helpers.fake_runs import save_fake
from sentiment import __version__
from sentiment.config import PRESETS
from sentiment.doctor import hardware, installation, lstm, places
from sentiment.doctor.examination import examine
from sentiment.doctor.terminal import lines
from sentiment.layers.fast import path, selection
from sentiment.layers.fast.kernel.products.matrices import Backend
from sentiment.layers.fast.selection import Choice, Shape
from sentiment.support.environment import cores
from sentiment.support.extras import MODULES

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SECONDS = {"BLAS": 0.2, "VECTORS": 0.1, "keras": 0.3}
AMX = {
    "float32": [Backend.VECTORS, Backend.BLAS],
    "bfloat16": [Backend.BFLOAT16_TILES, Backend.BFLOAT16_VECTORS],
}


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch, tmp_path):
    (tmp_path / "code").mkdir()
    monkeypatch.setattr(selection, "code_folder", lambda: tmp_path / "code")
    monkeypatch.delenv(selection.VARIABLE, raising=False)


@pytest.fixture
def measurements(monkeypatch):
    """Shapes that were measured; the figures say that VECTORS is the fastest."""
    shapes = []

    def measure(shape):
        shapes.append(shape)
        return Choice(Backend.VECTORS, SECONDS)

    monkeypatch.setattr(selection, "measure", measure)
    return shapes


def words(text: str) -> str:
    return " ".join(text.split())


def screen(width: int, models: Path = ROOT / "models") -> str:
    return "\n".join(lines(examine(models), width))


def test_the_screen_shows_this_machine_and_json_has_the_same_facts(measurements):
    done, as_json = sentiment("doctor"), json.loads(sentiment("doctor", "--json").stdout)
    assert (done.returncode, done.stderr) == (0, "")
    shown = words(done.stdout)
    assert f"sentiment {__version__}, Python {platform.python_version()}, {platform.system()}" in shown
    assert as_json["installation"]["packages"]["keras"] == metadata.version("keras")
    for name, version in as_json["installation"]["packages"].items():
        assert f"{name} {version}" in shown
    for extra in as_json["installation"]["extras"]:
        assert extra["name"] in shown
    assert f"processor {as_json['hardware']['processor']}" in shown
    assert f"{as_json['hardware']['cores']} for this process" in shown
    assert as_json["hardware"]["cores"] == as_json["onnx_threads"] == cores()
    for instruction in as_json["hardware"]["instructions"] or ():
        assert instruction in shown
    assert f"{as_json['hardware']['memory_bytes'] / 1e9:.1f} GB" in shown
    assert f"LSTM layer on {keras.backend.backend()}, Keras' back end" in shown
    for policy, words_for_it in as_json["lstm"]["paths"].items():
        assert f"{policy} {words_for_it}" in shown
    assert as_json["lstm"]["tiles"] in shown
    assert as_json["lstm"]["code"]["path"] in shown
    for name in ("models", "data", "cache"):
        assert f"{name} {as_json['places'][name]['path']} (writable)" in shown
    assert f"answers {as_json['places']['default']}: {as_json['places']['why']}" in shown
    assert as_json["problems"] == []
    assert done.stdout.endswith("no problems found\n")
    assert not measurements
    assert not selection.remembered()


@pytest.mark.parametrize("width", [60, 80])
def test_it_fits_the_terminal_and_one_screen(measurements, monkeypatch, width):
    monkeypatch.setattr(selection, "backends", AMX.__getitem__)
    for shape in [*lstm.usual_shapes(), Shape(64, 7, 7, "float32")]:
        selection.measure_again(shape)
    assert len(measurements) == 7
    rows = screen(width, Path("models")).splitlines()
    assert "  and 1 more; all of them: sentiment doctor --json" in rows
    assert all(len(row) <= width for row in rows if str(ROOT) not in row and "/" not in row)
    assert len(rows) <= 40 or width == 60


def test_measuring_times_the_sizes_of_the_presets_shows_and_remembers_them(measurements):
    done = sentiment("doctor", "--measure")
    sizes = {(config.model.embedding_size, config.model.units) for config in PRESETS.values()}
    assert {(shape.features, shape.units) for shape in measurements} == sizes
    assert len(measurements) == 2 * len(sizes)
    assert set(selection.remembered()) == set(measurements)
    assert f"    64      {128:>3}   128  float32   vectors            3.0x" in done.stdout.splitlines()
    assert "measures 128 features, 128 units, bfloat16 ..." in done.stderr.splitlines()
    [row] = [
        row
        for row in json.loads(sentiment("doctor", "--json").stdout)["lstm"]["measured"]
        if (row["units"], row["dtype"]) == (128, "float32")
    ]
    assert (row["path"], row["times_as_fast"], row["seconds"]) == (
        "vectors", pytest.approx(3), {"blas": 0.2, "vectors": 0.1, "keras": 0.3},
    )  # fmt: skip


def test_a_measurement_that_fails_is_a_problem(monkeypatch):
    monkeypatch.setattr(selection, "measure", lambda _shape: 1 / 0)
    layer = lstm.layer(measure=True)
    assert "128 units in float32 could not be measured (division by zero)" in layer.problems
    assert layer.measured == []


def test_a_choice_without_times_is_shown_without_speed():
    selection._remember(Shape(64, 8, 8, "float32"), Choice(Backend.BLAS, {}))
    [measured] = lstm.layer().measured
    assert (measured.path, measured.times_as_fast) == ("blas", None)
    assert "    64        8     8  float32   blas                   " in screen(80).splitlines()


@pytest.mark.parametrize(
    ("backends", "has_amx", "tiles", "problems"),
    [
        (AMX, True, "granted to this process", 0),
        ({"float32": [Backend.BLAS], "bfloat16": [Backend.BFLOAT16_VECTORS]}, False, "not in this processor", 0),
        ({"float32": [Backend.BLAS], "bfloat16": [Backend.BFLOAT16_VECTORS]}, True, "refused by Linux", 1),
        ({"float32": [Backend.BLAS], "bfloat16": [Backend.BLAS]}, None, "not in this processor", 0),
    ],
)
def test_tiles_are_granted_refused_or_not_there(monkeypatch, backends, has_amx, tiles, problems):
    monkeypatch.setattr(selection, "backends", backends.__getitem__)
    monkeypatch.setattr(lstm, "cpu_flags", lambda: None if has_amx is None else {"amx_bf16": has_amx})
    layer = lstm.layer()
    assert layer.tiles.endswith(tiles)
    assert [problem.startswith("Linux does not lend AMX's tiles") for problem in layer.problems] == [True] * problems
    without = "no instructions for bfloat16" in layer.paths["mixed_bfloat16"]
    assert without == (backends["bfloat16"] == [Backend.BLAS])
    assert "no instructions" not in layer.paths["float32"]


def test_the_variable_decides_and_a_wrong_one_is_a_problem(monkeypatch):
    monkeypatch.setattr(selection, "backends", AMX.__getitem__)
    assert lstm._VARIABLE == selection.VARIABLE
    monkeypatch.setenv(selection.VARIABLE, "keras")
    assert set(lstm.layer().paths.values()) == {"Keras' own loop, as SENTIMENT_LSTM says"}
    assert words("variable SENTIMENT_LSTM=keras") in words(screen(80))
    monkeypatch.setenv(selection.VARIABLE, "blas")
    layer = lstm.layer()
    assert layer.paths == {
        "float32": "blas, as SENTIMENT_LSTM says",
        "mixed_bfloat16": "none: SENTIMENT_LSTM=blas is refused",
    }
    [problem] = layer.problems
    assert problem.startswith("under mixed_bfloat16, expected SENTIMENT_LSTM to be one of auto, keras, fast, bfloat16")
    assert problem.endswith("found 'blas'; set it to one of these, or unset it")


@pytest.fixture
def _without_numba(monkeypatch):
    find, version = importlib.util.find_spec, installation._version
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "numba" else find(name))
    monkeypatch.setattr(path, "_HAS_NUMBA", False)
    monkeypatch.setattr(installation, "_version", lambda name: None if name == "numba" else version(name))


@pytest.mark.usefixtures("_without_numba")
def test_without_numba_keras_loop_serves_which_is_a_problem_and_nothing_can_be_measured():
    done = sentiment("doctor", "--measure")
    assert done.returncode == 0
    assert "float32 Keras' own loop, because Numba is not installed" in words(done.stdout)
    [numba] = [line for line in PROJECT["optional-dependencies"]["train"] if line.startswith("numba")]
    problem = "problem numba of the extra train is not installed, so the LSTM layer takes Keras' own loop:"
    assert words(done.stdout).endswith(f"{problem} {installation.pip()} install 'numba{Requirement(numba).specifier}'")
    [note] = done.stderr.splitlines()
    assert note.startswith("nothing is measured, because the LSTM layer cannot take another path")


def test_on_a_gpu_keras_loop_serves(monkeypatch):
    monkeypatch.setattr(path, "is_available", lambda: False)
    layer = lstm.layer()
    assert layer.paths["float32"] == f"Keras' own loop, because {keras.backend.backend()} computes on a GPU"
    assert layer.problems == []


def test_torch_computes_where_its_tensors_lie(monkeypatch):
    monkeypatch.setattr(path, "is_available", lambda: True)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    for device, taken in (("cpu", "the fastest of"), ("cuda", "Keras' own loop, because torch computes on a GPU")):
        tensor = SimpleNamespace(device=SimpleNamespace(type=device))
        monkeypatch.setattr(keras.ops, "zeros", lambda _shape, tensor=tensor: tensor)
        assert lstm.layer().paths["float32"].startswith(taken)


def test_a_numba_that_cannot_be_imported_is_a_problem(monkeypatch):
    monkeypatch.delattr("sentiment.layers.fast.selection")
    monkeypatch.setitem(sys.modules, "sentiment.layers.fast.selection", None)
    [problem] = lstm.layer().problems
    assert problem.startswith("the LSTM layer cannot be compiled, so it cannot be trained (")


def test_without_a_folder_for_compiled_code_each_process_compiles_anew(monkeypatch):
    monkeypatch.setattr(selection, "code_folder", lambda: None)
    layer = lstm.layer()
    assert layer.problems[0].startswith("no folder for compiled code can be written")
    assert "compiled code not stored" in words(screen(80))


def test_a_back_end_of_keras_that_does_not_exist_is_a_problem():
    done = sentiment_process("doctor", "--json", KERAS_BACKEND="abacus")
    shown = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown["lstm"]["keras_backend"] is None
    [problem] = shown["problems"]
    assert problem.startswith("Keras cannot be imported, so nothing can be trained (")
    assert "abacus" in problem
    assert problem.endswith("set KERAS_BACKEND to a back end that is installed")


def test_a_base_install_needs_nothing_heavy_and_no_file_is_written(tmp_path):
    packages, home = tmp_path / "packages", tmp_path / "home"
    packages.mkdir()
    home.mkdir()
    link_packages(PROJECT["dependencies"], packages)
    code = (
        "import sys; sys.argv = ['sentiment', 'doctor', *sys.argv[1:]]\nfrom sentiment.cli import main\n"
        "try: main()\nfinally: print([name for name in ('keras', 'onnxruntime', 'numpy.testing', 'pandas') "
        "if name in sys.modules], file=sys.stderr)"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "SENTIMENT_"))}
    environment |= {"HOME": str(home), "PYTHONPATH": os.pathsep.join((str(packages), str(ROOT / "app")))}

    def doctor(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # -S: without the packages of this environment
            [sys.executable, "-S", "-B", "-c", code, *arguments],
            cwd=home, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    done = doctor()
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert "LSTM" not in done.stdout
    assert "extras none" in words(done.stdout)
    for extra in MODULES:
        assert f"{extra}: pip install 'sentiment[{extra}]'" in words(done.stdout)
    assert done.stdout.endswith("no problems found\n")
    shown = json.loads(doctor("--json").stdout)
    assert shown["lstm"] is None
    assert set(shown["installation"]["packages"]) == {"numpy", "onnxruntime", "tokenizers"}
    assert doctor("--measure").stderr.startswith("nothing is measured, because Keras is not installed; get it with: ")
    assert list(home.rglob("*")) == []


def test_versions_that_do_not_fit_are_problems(monkeypatch):
    version = installation._version
    others = {"numpy": "1.26.4", "keras": "3.16.0", "tokenizers": None}
    monkeypatch.setattr(installation, "_version", lambda name: others.get(name, version(name)))
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.1")
    python, numpy, tokenizers, newer = installation.installation().problems
    assert (
        python
        == f"Python 3.99.1 does not fit: make an environment with Python {SpecifierSet(PROJECT['requires-python'])}"
    )
    assert numpy.startswith("numpy 1.26.4 does not fit the base install: ")
    assert numpy.endswith("pip install 'numpy<3,>=2.1'")
    assert tokenizers.startswith("tokenizers of the base install is not installed: ")
    assert newer.startswith("keras 3.16.0 does not fit the extra train: ")


def test_packages_that_somebody_has_for_other_work_are_no_problem(monkeypatch):
    version = installation._version
    others = {"keras": None, "pandas": "2.0.0"}
    monkeypatch.setattr(installation, "_version", lambda name: others.get(name, version(name)))
    seen = installation.installation()
    [train] = [extra for extra in seen.extras if extra.name == "train"]
    assert (train.installed, train.missing, seen.problems) == (False, ["keras"], [])


def test_an_installed_package_is_compared_with_what_pip_noted(monkeypatch):
    noted = Message()
    for line in ("numpy>=99", 'keras>=99; extra == "train"', 'fastapi; extra == "serve"'):
        noted["Requires-Dist"] = line
    monkeypatch.setattr(installation, "CHECKOUT", None)
    monkeypatch.setattr(installation.metadata, "metadata", lambda _name: noted)
    numpy, keras_problem = installation.installation().problems
    assert " does not fit the base install: " in numpy
    assert " does not fit the extra train: " in keras_problem

    def unknown(_name):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(installation.metadata, "metadata", unknown)
    [problem] = installation.installation().problems
    assert problem.startswith("what sentiment needs is not known here")


def test_every_extra_has_a_package_that_tells_whether_it_is_installed():
    assert set(installation._CHIEF) == set(MODULES)
    for extra, package in installation._CHIEF.items():
        assert package in {Requirement(line).name for line in PROJECT["optional-dependencies"][extra]}


def test_folders_that_cannot_be_written_are_problems(monkeypatch):
    read_only = SimpleNamespace(access=lambda *_: False, W_OK=os.W_OK, X_OK=os.X_OK)
    monkeypatch.setattr(places, "os", read_only)  # no folder is read-only for root
    seen = places.places(ROOT / "models")
    assert [folder.writable for folder in (seen.models, seen.data, seen.cache)] == [False] * 3
    models, data = seen.problems
    assert models.startswith(f"{ROOT / 'models'} cannot be written, so no run can be saved or chosen: name another")
    assert data.endswith("cannot be written, so nothing can be downloaded: make it writable")
    done = sentiment("doctor")
    assert (done.returncode, "no problems found" in done.stdout) == (0, False)
    assert words(f"models {ROOT / 'models'} (not writable); {seen.runs} saved") in words(done.stdout)
    assert words(f"problem {models}") in words(done.stdout)


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above_and_not_made(tmp_path):
    (tmp_path / "file").touch()
    assert places.look_at(tmp_path / "a" / "b").writable
    assert not places.look_at(tmp_path / "file" / "b").writable
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "code"] == ["file"]


def test_a_working_folder_that_is_gone_is_no_traceback(monkeypatch, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert places.look_at(Path("models")) == places.Folder("models", False, None)


def test_a_disk_that_is_nearly_full_is_one_problem(monkeypatch):
    usage = places.disk_usage(ROOT)
    monkeypatch.setattr(places, "disk_usage", lambda _path: usage._replace(free=200_000_000))
    [problem] = places.places(ROOT / "models").problems
    assert problem == f"the disk of {ROOT / 'models'} has only 0.2 GB left: free some"
    assert "free disk 0.2 GB" in words(screen(80))
    monkeypatch.setattr(
        places, "disk_usage", lambda path: usage._replace(free=10**10 if "data" in path.parts else 2 * 10**10)
    )
    assert "free disk 20.0 GB for models, 10.0 GB for data, 10.0 GB for cache" in words(screen(80))


def test_a_model_that_does_not_answer_is_a_problem(tmp_path):
    models = tmp_path / "models"
    done = sentiment("doctor", "--models", models)
    assert "answers no run" in words(done.stdout)
    assert words(f"problem expected a saved run under {models}; found none; train one with: sentiment train") in words(
        done.stdout
    )
    run = save_fake(models)
    assert places.places(models).default == "films/gru-standard-seed1"
    (run / "tokenizer.json").write_text("changed")
    [problem] = places.places(models).problems
    assert "the file was changed since the run was saved" in problem
    assert not (models / "default.json").exists()


def test_a_run_that_may_not_be_read_is_a_problem(monkeypatch, tmp_path):
    save_fake(tmp_path)

    def forbidden(_models):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(places, "find_run", forbidden)
    [problem] = places.places(tmp_path).problems
    assert problem.startswith("the run that answers cannot be read ([Errno 13] Permission denied)")


def test_memory_is_that_of_the_machine_or_less_where_a_container_has_a_limit(monkeypatch, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal:  4000 kB\nMemFree: 1 kB\nMemAvailable:  3000 kB\nHugePages_Total: 0\n")
    (tmp_path / "limit").write_text("max\n")
    monkeypatch.setattr(hardware, "_MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(hardware, "_LIMITS", (tmp_path / "limit", tmp_path / "nowhere"))
    assert hardware._memory() == (4_096_000, 3_072_000)
    (tmp_path / "limit").write_text("2048000\n")
    assert hardware._memory() == (2_048_000, 2_048_000)
    monkeypatch.setattr(hardware, "_MEMORY", tmp_path / "nowhere")
    total, available = hardware._memory()
    assert (total, available) == (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), None)
    assert f"memory {total / 1e9:.1f} GB" in words(screen(80))


@pytest.mark.parametrize(
    ("flags", "names", "shown"),
    [
        ({"avx2": True, "avx512f": True, "amx_bf16": False}, ["avx2", "avx512"], "avx2, avx512"),
        ({"avx2": False}, [], "no instructions for fast products"),
        (None, None, "unknown instructions"),
    ],
)
def test_instructions_have_their_usual_names(monkeypatch, flags, names, shown):
    monkeypatch.setattr(hardware, "cpu_flags", lambda: flags)
    assert hardware.hardware().instructions == names
    assert f"{shown} cores" in words(screen(80))
