"""What the README says is so: its tree, its commands, its table."""

import json
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    lines = "".join(code_blocks("sh")).splitlines()
    return [line.split("  #")[0].strip() for line in lines if line.strip()]


def test_every_room_stands_in_the_tree_and_every_line_of_the_tree_is_there():
    [tree] = code_blocks("text")
    rooms = set(re.findall(r"^  (\S+)", tree, re.MULTILINE))
    there = {f"{path.name}/" if path.is_dir() else path.name for path in (ROOT / "app" / "sentiment").iterdir()}
    assert rooms == there - {"__init__.py", "__main__.py", "__pycache__/", "py.typed"}
    for folder in re.findall(r"^(\S+)/ ", tree, re.MULTILINE):
        assert (ROOT / folder).is_dir()


@pytest.mark.parametrize("target", sorted({c.split()[1] for c in commands() if c.startswith("make ")}))
def test_every_make_target_it_names_is_there(target):
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", [c for c in commands() if "bin/sentiment" in c])
def test_every_option_it_names_is_there(command):
    name = command.split()[1]
    done = subprocess.run(
        [sys.executable, "-m", "sentiment", name, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for option in re.findall(r"--[a-z-]+", command):
        assert option in done.stdout


def test_every_link_to_a_file_leads_somewhere():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_its_table_is_the_leaderboard_s():
    from sentiment.report.readme import with_leaderboard

    assert with_leaderboard(README, ROOT / "models" / "imdb" / "leaderboard.json") == README


@pytest.mark.parametrize(
    "run", sorted((ROOT / "models" / "imdb").glob("*-seed1/metrics.json")), ids=lambda run: run.parent.name
)
def test_who_trains_a_row_again_has_its_settings(run):
    from sentiment.config import PRESETS, SIZES_OF_ENCODER, Config

    kept = json.loads(run.read_text(encoding="utf-8"))["identity"]["config"]
    if kept["preset"] not in PRESETS:
        pytest.skip("a preset with settings of one's own")
    theirs = set(SIZES_OF_ENCODER) if kept["encoder"] else set()
    for part, today in asdict(PRESETS[kept["preset"]]).items():
        if part in ("tokenizer", "model", "training"):
            trained_with = asdict(Config())[part] | kept[part]  # a setting younger than the run has its default
            others = theirs | {"architecture", "dtype"}
            assert {name: value for name, value in trained_with.items() if name not in others} == {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in today.items()
                if name not in others
            }


def test_the_leaderboard_is_what_the_results_beside_it_say():
    from sentiment.report.leaderboard import compared_models
    from sentiment.report.records import read_results

    folder = ROOT / "models" / "imdb"
    rows = [asdict(model.row) for model in compared_models(read_results(folder).compared)]
    assert rows == json.loads((folder / "leaderboard.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("mark", "tables"),
    [
        ("benchmark", "benchmark/layers.md"),
        ("predictions", "benchmark/predictions.md"),
        ("label-efficiency", "imdb/label_efficiency.md"),
    ],
)
def test_its_measured_tables_are_what_the_commands_wrote(mark, tables):
    from sentiment.report.readme import with_benchmark

    assert f"<!-- /{mark} -->" in README
    assert with_benchmark(README, ROOT / "models" / tables, mark) == README


def test_the_benchmark_s_tables_go_between_their_marks(tmp_path):
    from sentiment.report.readme import with_benchmark

    (tmp_path / "some.md").write_text("| tables |\n", encoding="utf-8")
    marked = "a\n<!-- benchmark: by hand -->\nold\n<!-- /benchmark -->\nb"
    assert with_benchmark(marked, tmp_path / "some.md") == marked.replace("old", "| tables |")
    assert with_benchmark(marked, tmp_path / "none.md") == marked
    assert with_benchmark(marked, tmp_path / "some.md", "predictions") == marked


def test_no_text_claims_that_the_layer_is_faster_without_the_kind_of_cpu():
    texts = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))]
    texts += [path.read_text(encoding="utf-8") for path in (ROOT / "app" / "sentiment" / "layers").rglob("*.py")]
    texts += [(ROOT / "models" / "README.md").read_text(encoding="utf-8")]
    kinds = re.compile(r"AVX|avx|AMX|EPYC|kind of CPU|machine|processor", re.IGNORECASE)
    for text in texts:
        for paragraph in re.split(r"\n\s*\n", text):
            if re.search(r"(our|custom) (LSTM|layer)[^|]{0,80}\b(faster|fastest|times as fast)\b", paragraph):
                assert kinds.search(paragraph), paragraph
