"""Who is faster on one kind of CPU says nothing of another: each keeps its own measurement."""

import json
from pathlib import Path

import pytest

from benchmarks.layers.benchmark import benchmark_layers
from benchmarks.layers.contenders import quick_settings
from benchmarks.layers.files import read_kinds, require_no_real_figures, write_kind
from benchmarks.layers.report import kind_columns, markdown_of_kinds
from helpers.layer_results import results, rows_of_all
from sentiment.errors import BenchmarkError
from sentiment.support.environment import cpu_flags, cpu_kind, instructions, machine, machine_in_words

ROOT = Path(__file__).parent.parent.parent
AVX2 = {"avx2": True, "avx512f": False, "avx512_bf16": False, "amx_bf16": False}


def measured_on(
    processor: str, flags: dict[str, bool], ours: float = 1.0, theirs: float = 1.9, date: str = "2026-01-02"
):
    about = {"processor": processor, "cores": 2, "system": "Linux", "cpu_flags": flags}
    return results(rows_of_all(ours, theirs)) | {"machine": about, "date": date}


@pytest.mark.parametrize(
    ("flags", "widest"),
    [
        ({"avx2"}, "avx2"),
        ({"avx2", "avx512f"}, "avx512"),
        ({"avx2", "avx512f", "avx512_bf16"}, "avx512_bf16"),
        ({"avx2", "avx512f", "avx512_bf16", "amx_bf16"}, "amx_bf16"),
        ({"avx2", "avx512f", "amx_bf16"}, "amx_bf16"),
        (set(), None),
    ],
)
def test_a_kind_is_a_processor_with_its_widest_instructions(flags, widest):
    flags = {name: name in flags for name in AVX2}
    assert instructions(flags) == widest
    about = {"processor": "A Processor", "cores": 2, "cpu_flags": flags}
    assert cpu_kind(about) == "A Processor" + (f", {widest}" if widest else "")


def test_without_known_instructions_the_kind_is_the_processor_alone():
    assert instructions(None) is None
    assert cpu_kind({"processor": "A Processor", "cpu_flags": None}) == "A Processor"
    assert machine_in_words({}) == "an unknown processor, ? cores"


def test_the_instructions_of_this_machine_are_named_as_in_the_benchmark():
    about = machine()
    assert about.get("instructions") == instructions(cpu_flags())
    assert cpu_kind(about) == cpu_kind({**about, "cpu_flags": cpu_flags()})


def test_a_new_measurement_replaces_only_the_one_of_its_own_kind(tmp_path):
    with_amx = dict.fromkeys(AVX2, True)
    write_kind(tmp_path, measured_on("AMD EPYC", AVX2), b"png")
    write_kind(tmp_path, measured_on("Intel(R) Xeon(R) @ 2.70GHz", with_amx, ours=1.0, theirs=0.8), b"png")
    written = write_kind(tmp_path, measured_on("AMD EPYC", AVX2, theirs=1.5, date="2026-02-03"), b"new")
    assert {path.name for path in (tmp_path / "layers").iterdir()} == {
        "amd-epyc-avx2.json", "amd-epyc-avx2.png",
        "intel-r-xeon-r-2-70ghz-amx-bf16.json", "intel-r-xeon-r-2-70ghz-amx-bf16.png",
    }  # fmt: skip
    assert [path.name for path in written.paths] == ["amd-epyc-avx2.json", "amd-epyc-avx2.png", "layers.md"]
    assert (tmp_path / "layers" / "amd-epyc-avx2.png").read_bytes() == b"new"
    kinds = read_kinds(tmp_path)
    assert {kind: of_kind["date"] for kind, of_kind in kinds.items()} == {
        "AMD EPYC, avx2": "2026-02-03", "Intel(R) Xeon(R) @ 2.70GHz, amx_bf16": "2026-01-02"
    }  # fmt: skip
    columns = dict(kind_columns(kinds))
    assert columns["Training step, 128 units"] == ["1.50 (1.50–1.50)", "0.80 (0.80–0.80)"]
    text = written.paths[2].read_text(encoding="utf-8")
    assert "| AMD EPYC, avx2, 2 cores (2026-02-03) | 1.50 (1.50–1.50)" in text
    assert text.index("### AMD EPYC, avx2") < text.index("### Intel(R) Xeon(R) @ 2.70GHz, amx_bf16")
    assert "below 1 our layer is slower" in text


def test_an_older_measurement_without_a_kind_counts_as_that_of_its_processor(tmp_path):
    older = measured_on("AMD EPYC", AVX2)
    (tmp_path / "layers.json").write_text(json.dumps(older), encoding="utf-8")
    assert read_kinds(tmp_path) == {"AMD EPYC, avx2": json.loads(json.dumps(older))}
    write_kind(tmp_path, measured_on("An abacus", AVX2), b"png")
    assert "### AMD EPYC, avx2" in (tmp_path / "layers.md").read_text(encoding="utf-8")
    write_kind(tmp_path, measured_on("AMD EPYC", AVX2, date="2026-02-03"), b"png")
    assert {of_kind["date"] for of_kind in read_kinds(tmp_path).values()} == {"2026-01-02", "2026-02-03"}
    assert read_kinds(tmp_path)["AMD EPYC, avx2"]["date"] == "2026-02-03"


@pytest.mark.parametrize("content", ["{", "[]", '{"machine": {}}'])
def test_a_file_that_holds_no_measurement_is_named_before_anything_is_measured(tmp_path, content, monkeypatch):
    write_kind(tmp_path, measured_on("AMD EPYC", AVX2), b"png")
    before = (tmp_path / "layers.md").read_bytes()
    (tmp_path / "layers" / "other.json").write_text(content, encoding="utf-8")
    monkeypatch.setattr("benchmarks.layers.benchmark._measure", lambda *_: pytest.fail("it was measured"))
    with pytest.raises(BenchmarkError, match=r"expected a measurement of the layers in .*other\.json; found"):
        benchmark_layers(tmp_path, quick_settings(), lambda _: None)
    assert (tmp_path / "layers.md").read_bytes() == before


def test_a_smoke_run_does_not_replace_a_measurement(tmp_path):
    write_kind(tmp_path, measured_on("AMD EPYC", AVX2), b"png")
    with pytest.raises(BenchmarkError, match="name another folder with --folder"):
        require_no_real_figures(tmp_path, {"processor": "AMD EPYC", "instructions": "avx2"})
    require_no_real_figures(tmp_path, {"processor": "AMD EPYC", "instructions": "avx512_bf16"})
    smoke = results(rows_of_all(), smoke=True) | {"machine": measured_on("AMD EPYC", AVX2)["machine"]}
    write_kind(tmp_path / "smoke", smoke, b"png")
    require_no_real_figures(tmp_path / "smoke", {"processor": "AMD EPYC", "instructions": "avx2"})
    assert "a smoke run" in (tmp_path / "smoke" / "layers.md").read_text(encoding="utf-8")


def test_the_committed_tables_match_their_measurements():
    folder = ROOT / "models" / "benchmark"
    assert (folder / "layers.md").read_text(encoding="utf-8") == markdown_of_kinds(read_kinds(folder))
    assert "AMD EPYC, avx2" in read_kinds(folder)
