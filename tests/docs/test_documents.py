"""What the documents say is so: commands parse, Python runs, links lead somewhere, tables are what commands wrote."""

import json
import re
import shlex
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import typer

from sentiment.errors import UserError
from sentiment.runs.archive import read_records
from sentiment.runs.default_run import SHIPPED_RUNS
from sentiment.runs.record import Kind, RunRecord

MACHINE = {"processor": "An abacus", "cores": 2, "instructions": "avx2"}
ROOT = Path(__file__).parents[2]
RECORDS = read_records(ROOT / "models" / "imdb")
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "models/README.md", "data/README.md")),
    *sorted(DOCS.glob("*.md")),
]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code_blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)


def command_lines(page: Path) -> list[str]:
    """Every command line of a page, in one line each, without comments and without what a shell adds."""
    lines = "".join(code_blocks(page, "sh")).replace("\\\n", " ").splitlines()
    lines = [re.split(r"\s+#|\s[<>|]\s", line)[0].strip() for line in lines]
    return [line for line in lines if line]


LINES = sorted({line for page in PAGES for line in command_lines(page)})


def table_cells(page: Path, header: str) -> list[str]:
    """First cells of the table under a header line, without marks of code."""
    table = text_of(page).split(header)[1].split("\n\n")[0]
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def sentiment_commands() -> dict:
    from sentiment.cli import app

    return typer.main.get_command(app).commands


def parse(words: list[str]) -> None:
    """Reads a command line as `sentiment` does, and does not run it."""
    name, *arguments = words
    sentiment_commands()[name].make_context(name, arguments)


def recipe(target: str) -> str:
    """The lines under a target of the Makefile."""
    return re.search(rf"^{target}:.*## .*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)[1]


@pytest.mark.parametrize("line", [line for line in LINES if "sentiment " in line.split("=")[0] and "pip" not in line])
def test_every_command_line_parses(line):
    program, *words = shlex.split(line)
    assert program in ("sentiment", ".venv/bin/sentiment")
    parse(words)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("make ")])
def test_every_make_target_variable_and_option_is_there(line):
    targets = [word for word in shlex.split(line)[1:] if "=" not in word]
    variables = dict(word.split("=", 1) for word in shlex.split(line)[1:] if "=" in word)
    for target in targets:
        assert recipe(target)
    for name in variables:
        assert re.search(rf"\b(?:GIVEN_)?{name}\b", MAKEFILE)
    if command := re.search(r"\$\(SENTIMENT\) ([a-z-]+)", recipe(targets[0])):
        parse([command[1], *shlex.split(variables.get("ARGS", ""))])


def test_no_other_program_is_used_but_these():
    programs = {shlex.split(line)[0] for line in LINES}
    assert programs <= {"make", "sentiment", ".venv/bin/sentiment", ".venv/bin/python", "pip", "curl", "git"}


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("pip ")])
def test_every_extra_is_there(line):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for extra in re.findall(r"\[([a-z,]+)\]", line):
        assert set(extra.split(",")) <= set(extras)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith(".venv/bin/python")])
def test_every_python_program_is_there(line):
    _, first, *others = shlex.split(line)
    if first == "-m":
        module = others[0].replace(".", "/")
        folders = (ROOT, ROOT / "app")
        assert others[0] == "pytest" or any((f / f"{module}.py").exists() or (f / module).is_dir() for f in folders)
    else:
        assert (ROOT / first).exists()


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if code_blocks(page, "python")], ids=named)
def test_its_python_runs_and_prints_what_the_comments_say(page, monkeypatch, capsys):
    blocks = [block for block in code_blocks(page, "python") if not block.startswith(">>>")]  # these are doctests
    monkeypatch.chdir(ROOT)
    namespace: dict = {}
    for block in blocks:
        exec(compile(block, named(page), "exec"), namespace)
    printed = iter(capsys.readouterr().out.splitlines())
    for expected in re.findall(r"^print\(.*\)  # (.+)$", "\n".join(blocks), re.MULTILINE):
        assert expected in printed  # in this order: a line that was compared is used up


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page):
    for target, _, anchor in re.findall(r"\]\((?!http)([^)#]*)(#([^)]+))?\)", text_of(page)):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
            assert anchor in {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_names_every_page():
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in text_of(DOCS / "README.md"), page.name


def test_every_picture_is_shown():
    shown = {name for page in PAGES for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text_of(page))}
    assert {path.name for path in DOCS.glob("*.png")} <= {Path(name).name for name in shown}


def test_the_readme_has_ten_thousand_bytes_at_most():
    assert len(README.encode()) <= 10_000


def test_the_readme_s_three_claims_are_measured():
    models = ROOT / "models"
    for name in SHIPPED_RUNS:
        config = json.loads((models / name / "config.json").read_text(encoding="utf-8"))
        assert config["tokenizer"]["max_length"] == 1_000
    assert "file of 4 MB" in README
    assert 3e6 < (models / SHIPPED_RUNS[0] / "model.int8.onnx").stat().st_size < 4.5e6
    measured = json.loads((models / "benchmark" / "predictions.json").read_text(encoding="utf-8"))["latency"]
    [seconds] = [
        row["median_seconds"]
        for row in measured
        if (row["network"], row["way"], row["asks"]) == ("128 units", "int8", "text")
    ]
    assert "about a millisecond" in " ".join(README.split())
    assert seconds < 0.0015


def test_every_package_stands_in_the_tree_and_every_line_of_the_tree_is_there():
    [tree] = code_blocks(DOCS / "structure.md", "text")
    packages = set(re.findall(r"^  (\S+)", tree, re.MULTILINE))
    present = {f"{path.name}/" if path.is_dir() else path.name for path in (ROOT / "app" / "sentiment").iterdir()}
    assert packages == present - {"__init__.py", "__main__.py", "__pycache__/", "py.typed"}
    for folder in re.findall(r"^(\S+)/ ", tree, re.MULTILINE):
        assert (ROOT / folder).is_dir()


def test_the_reference_has_every_command_and_target():
    page = DOCS / "commands.md"
    commands = table_cells(page, "options.\n\n")
    assert sorted(commands) == sorted(sentiment_commands())
    targets = set(re.findall(r"^([a-z][a-z-]*):.*## ", MAKEFILE, re.MULTILINE))
    named_targets = set(re.findall(r"`([a-z-]+)`", text_of(page)))
    assert targets - {"help", "browser"} <= named_targets


def test_every_preset_and_architecture_is_described():
    from sentiment.config import PRESETS
    from sentiment.networks.architectures import ARCHITECTURES

    page = DOCS / "train.md"
    assert set(table_cells(page, "## Presets and settings\n\n")) == set(PRESETS)
    assert set(table_cells(page, "## Architectures\n\n")) == set(ARCHITECTURES)


def test_the_columns_of_verdicts_are_those_that_are_written():
    from sentiment.inference.prediction_columns import columns_of
    from sentiment.runs.saved_run import load_run

    classes = load_run(ROOT / "models" / SHIPPED_RUNS[0]).config.classes
    assert tuple(table_cells(DOCS / "predict.md", "then these:\n\n")) == columns_of(classes)


def test_every_address_is_answered():
    from starlette.testclient import TestClient

    from sentiment.server import create_app

    with TestClient(create_app(ROOT / "models"), "http://127.0.0.1") as client:
        for cell in table_cells(DOCS / "serve.md", "page.png)\n\n"):
            method, address = cell.split() if " " in cell else ("GET", cell)
            answer = client.request(method, address.replace("{dataset}", "imdb"))  # where no report was written
            assert answer.status_code in (200, 422) or answer.json()["error"]["code"] == "no_such_run", cell


def test_the_release_steps_and_the_citation_have_the_version():
    from sentiment import __version__

    assert f"\nversion: {__version__}\n" in text_of(ROOT / "CITATION.cff")
    assert f"sentiment-{__version__}-py3" in text_of(ROOT / "CONTRIBUTING.md")
    assert f"git tag v{__version__}" in text_of(ROOT / "CONTRIBUTING.md")


def test_a_typical_change_touches_three_files_at_most():
    section = text_of(ROOT / "CONTRIBUTING.md").split("## Where a change goes\n")[1].split("\n## ")[0]
    changes = [row for row in section.splitlines() if row.startswith("| ")][2:]
    assert len(changes) == 7
    for change in changes:
        files = re.findall(r"`((?:app|benchmarks|tests)/[^`]+)`", change)
        assert 1 <= len(files) <= 3
        for file in files:
            assert (ROOT / file).exists() or (ROOT / file.replace("NEW", "__init__")).exists(), file


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_its_tables_are_what_the_result_files_say(page):
    from sentiment.report.documents import with_blocks

    assert with_blocks(text_of(page), ROOT / "models") == text_of(page)


def test_every_kind_of_table_is_used_and_every_marked_page_is_written():
    from sentiment.report.documents import BLOCK, BLOCKS, pages

    assert {match["name"] for page in PAGES for match in BLOCK.finditer(text_of(page))} == set(BLOCKS)
    assert {page for page in PAGES if BLOCK.search(text_of(page))} <= set(pages(ROOT))


def test_what_was_measured_goes_between_its_marks(tmp_path):
    from sentiment.report.documents import with_blocks

    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "layers.md").write_text("| tables |\n", encoding="utf-8")
    marked = "a\n<!-- layers: by hand -->\nold\n<!-- /layers -->\nb"
    assert with_blocks(marked, tmp_path) == marked.replace("old", "| tables |")
    assert with_blocks("no marks", tmp_path) == "no marks"
    with pytest.raises(UserError, match=r"predictions\.md"):
        with_blocks(marked.replace("layers", "predictions"), tmp_path)
    with pytest.raises(UserError, match="misspelt"):
        with_blocks(marked.replace("layers", "misspelt"), tmp_path)


def test_seconds_of_trainings_are_compared_in_one_dtype_and_at_their_best(tmp_path):
    from sentiment.report.documents import with_blocks

    def trained(architecture, seconds, dtype="float32", preset="standard"):
        record = RunRecord(
            name=f"{architecture}-{preset}", kind=Kind.NETWORK, architecture=architecture, parameters=1, preset=preset,
            dataset={"name": "imdb"}, test={"accuracy": 0.9}, validation={"accuracy": 0.9}, dtype=dtype,
            seconds_per_epoch=seconds, machine=MACHINE,
        )  # fmt: skip
        return asdict(record) | {"version": 2}

    records = [
        trained("lstm", 22.0), trained("lstm", 20.0), trained("lstm", 24.0), trained("lstm", 12.0, "mixed_bfloat16"),
        trained("custom-lstm", 10.0), trained("custom-lstm", 8.0, "mixed_bfloat16"), trained("gru", 40.0),
        trained("gru", 1.0, preset="compact"),
    ]  # fmt: skip
    (tmp_path / "imdb").mkdir()
    (tmp_path / "imdb" / "results.json").write_text(json.dumps(records), encoding="utf-8")
    lines = with_blocks("<!-- trainings: -->\n<!-- /trainings -->", tmp_path).splitlines()
    assert [line for line in lines if "Keras LSTM |" in line and "Network" not in line] == [
        "| float32 | Keras LSTM | 3 | 20.0 | 24.0 | 1.00 |",
        "| mixed_bfloat16 | Keras LSTM | 1 | 12.0 | 12.0 | 1.00 |",
        "| Keras LSTM | mixed_bfloat16 | 12.0 | 1.00 | 1.67 |",
    ]
    assert "| float32 | Custom LSTM | 1 | 10.0 | 10.0 | 2.00 |" in lines
    assert "| Custom LSTM | mixed_bfloat16 | 8.0 | 1.50 | 2.50 |" in lines
    assert "| Keras GRU | float32 | 40.0 | 0.30 | 0.50 |" in lines
    assert lines[-2] == "Trained on An abacus, avx2, 2 cores."


@pytest.mark.parametrize("run", [name for name in RECORDS if name.endswith("-seed1")])
def test_who_trains_a_row_again_has_its_settings(run):
    from sentiment.config import PRESETS, SIZES_OF_ENCODER, Config

    config = RECORDS[run].config
    if config["preset"] not in PRESETS:
        pytest.skip("a preset with settings of one's own")
    from_encoder = set(SIZES_OF_ENCODER) if config["encoder"] else set()
    then = asdict(Config.from_values(config))  # a setting younger than the run has its default
    for part, today in asdict(PRESETS[config["preset"]]).items():
        if part in ("tokenizer", "model", "training"):
            others = from_encoder | {"architecture", "dtype"}
            trained_with, settings = (
                {name: value for name, value in values.items() if name not in others} for values in (then[part], today)
            )
            assert trained_with == settings


def test_the_leaderboard_is_what_the_results_beside_it_say():
    from sentiment.report.leaderboard import compared_models
    from sentiment.report.records import comparable_results

    folder = ROOT / "models" / "imdb"
    rows = json.dumps([asdict(model.row) for model in compared_models(comparable_results(folder).compared)])

    def rounded(text: str) -> list[dict[str, Any]]:
        """Without the last digits of each figure, which differ between versions of SciPy."""
        return json.loads(text, parse_float=lambda figure: f"{float(figure):.10g}")

    assert rounded(rows) == rounded((folder / "leaderboard.json").read_text(encoding="utf-8"))


def test_no_text_claims_that_the_layer_is_faster_without_the_kind_of_cpu():
    texts = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "app" / "sentiment" / "layers").rglob("*.py")]
    texts += [(ROOT / "models" / "README.md").read_text(encoding="utf-8")]
    kinds = re.compile(r"AVX|avx|AMX|EPYC|kind of CPU|machine|processor", re.IGNORECASE)
    for text in texts:
        for paragraph in re.split(r"\n\s*\n", text):
            if re.search(r"(our|custom) (LSTM|layer)[^|]{0,80}\b(faster|fastest|times as fast)\b", paragraph):
                assert kinds.search(paragraph), paragraph
