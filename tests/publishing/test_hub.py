"""The folder for a model hub: complete, well described, and answering as `Predictor` does without this project."""

import dataclasses
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

from sentiment.errors import ConfigError, RunError
from sentiment.inference.predictor import Predictor
from sentiment.publishing.hub import MODEL_TYPE, export_hub, is_shipped, standalone_cleaning
from sentiment.runs.saved_run import ONNX, load_run
from sentiment.support.paths import SHIPPED_MODELS
from sentiment.text.cleaning import clean

RUNS = ("imdb/compact", "mixed-reviews/everyday")
PACKAGES = ("numpy", "onnxruntime", "tokenizers")
# What an isolated Python runs: only these packages are to be found, and no folder of this project.
DRIVER = """
import json, runpy, sys
folder, packages = sys.argv[1:]
sys.path.append(packages)
for name in ("sentiment", "ftfy", "keras"):
    try:
        __import__(name)
    except ImportError:
        continue
    raise SystemExit(f"{name} is to be found")
script = runpy.run_path(folder + "/predict.py")
texts = json.load(sys.stdin)
ids = [script["token_ids"](script["clean"](text)) for text in texts]
json.dump({"probabilities": [script["predict"](text) for text in texts], "token_ids": ids}, sys.stdout)
"""
PARTS = [
    "A fine film.", "not bad, not bad at all", "DON\u2019T watch it", "I don t like it", "it does n't work",
    "don?t!", "", "   \n\t", "<br />", "good<br />bad <b>film</b> &amp; more &lt;br&gt;",
    "caf\u00e9 cafe\u0301 na\u00efve", "7\u00bd/10", "9/10", "4 out of 5 stars", "***** out of *****",
    "\u2605\u2605\u2606\u2606\u2606", "\U0001f600\U0001f44d\U0001f3fd great", "\u2764\ufe0f", ":-) :( <3 ;-P",
    "Ce film est vraiment magnifique, je l\u2019ai ador\u00e9 \u00ab beaucoup \u00bb.",
    "Quel ennui\u2026 \u00c0 \u00e9viter !", "\u00a1Qu\u00e9 bueno!",
    "\u8fd9\u90e8\u7535\u5f71\u5f88\u597d\u770b\u3002",
    "\u043e\u0442\u043b\u0438\u0447\u043d\u044b\u0439 \u0444\u0438\u043b\u044c\u043c",
    "\u0645\u0645\u062a\u0627\u0632\u061f", "[PAD] [UNK] [PAD]", "a_b _stressed_ word", "x" * 3_000,
    "line\\nbreak and \\\"quote\\\"", "1/2", "\u200bzero\u200bwidth\ufeff", "wow!!!", "\u201cQuoted\u201d",
    "so good)", "bad \"", "O\u2019Brien`s \u00b4accent\u00b4", "a < b and c > d", "&copy; &notable; &#233;",
]  # fmt: skip
TEXTS = [
    *PARTS,
    *(f"{first} {second}" for first, second in zip(PARTS, PARTS[5:] + PARTS[:5], strict=True)),
    *(
        f"{word} " * count
        for word in ("good", "It was bad.", "\U0001f600")
        for count in (1, 2, 250, 999, 1_000, 1_001, 4_000)
    ),
    *("It begins well. " * 400 + text for text in PARTS[:5]),
]


@pytest.fixture(scope="module", params=RUNS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A shipped run, and the folder that was made of it."""
    run = SHIPPED_MODELS / request.param
    return run, export_hub(load_run(run), tmp_path_factory.mktemp("hub") / "model")


def test_the_script_answers_as_the_predictor_does_where_this_project_is_not_installed(
    exported: tuple[Path, Path], tmp_path: Path
) -> None:
    assert len(TEXTS) >= 100
    run, folder = exported
    for name in PACKAGES:
        [place] = find_spec(name).submodule_search_locations
        for path in (Path(place), Path(place).parent / f"{name}.libs"):
            if path.exists():
                (tmp_path / path.name).symlink_to(path)
    command = [sys.executable, "-I", "-S", "-c", DRIVER, str(folder), str(tmp_path)]
    done = subprocess.run(command, input=json.dumps(TEXTS), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    predictor = Predictor.load(run)
    ids = [ids.tolist() for ids in predictor.run.tokenizer().token_ids([clean(text) for text in TEXTS])]
    for text, prediction, theirs, own, other in zip(
        TEXTS, predictor.predict(TEXTS), answers["probabilities"], ids, answers["token_ids"], strict=True
    ):
        assert other == own, text
        assert (theirs or {}) == pytest.approx(prediction.probabilities, abs=1e-6), text


def test_the_card_has_metadata_that_a_hub_reads(exported: tuple[Path, Path]) -> None:
    run, folder = exported
    record = load_run(run).record
    card = ModelCard((folder / "README.md").read_text(encoding="utf-8"))
    metadata = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert (metadata["license"], metadata["language"], metadata["pipeline_tag"]) == ("mit", "en", "text-classification")
    assert {"onnx", "lstm"} <= set(metadata["tags"])
    assert metadata.get("datasets") == (["stanfordnlp/imdb"] if run.parent.name == "imdb" else None)
    [model] = metadata["model-index"]
    assert model["name"] == record.name
    figures = {result.metric_type: result for result in card.data.eval_results}
    assert figures["accuracy"].metric_value == pytest.approx(record.test["accuracy"], abs=1e-5)
    assert "95% interval" in figures["accuracy"].metric_name
    assert set(metadata["metrics"]) <= set(figures)
    for name in (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix not in ("", ".pyc")):
        assert name in card.text or name == "README.md"


def test_the_configuration_names_the_classes_and_what_a_reader_of_the_network_needs(
    exported: tuple[Path, Path],
) -> None:
    run, folder = exported
    config, saved = json.loads((folder / "config.json").read_text()), load_run(run)
    assert list(config["id2label"].values()) == list(saved.config.classes.names)
    assert config["label2id"] == {name: int(index) for index, name in config["id2label"].items()}
    assert (config["max_length"], config["temperature"]) == (1_000, saved.record.temperature)
    assert config["vocab_size"] == saved.tokenizer().vocabulary_size


def test_without_ftfy_a_text_in_a_wrong_encoding_stays_and_a_warning_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaning: dict[str, object] = {}
    exec(standalone_cleaning(), cleaning)
    assert cleaning["clean"]("caf\u00c3\u00a9 good") == clean("caf\u00c3\u00a9 good") == "caf\u00e9 good"  # type: ignore[operator]
    monkeypatch.setitem(sys.modules, "ftfy", None)
    with pytest.warns(UserWarning, match="pip install ftfy"):
        assert cleaning["clean"]("caf\u00c3\u00a9 good") == "caf\u00c3\u00a9 good"  # type: ignore[operator]


def test_an_earlier_export_is_replaced_and_any_other_folder_is_not(exported: tuple[Path, Path], tmp_path: Path) -> None:
    run = load_run(exported[0])
    folder = export_hub(run, tmp_path / "model")
    (folder / "old.txt").touch()
    assert not (export_hub(run, folder) / "old.txt").exists()
    (tmp_path / "mine").mkdir()
    export_hub(run, tmp_path / "mine")  # an empty one
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "note.txt").write_text("mine")
    for target in (tmp_path / "notes", tmp_path / "notes" / "note.txt", exported[0]):
        with pytest.raises(ConfigError, match="choose another with --output"):
            export_hub(run, target)
    assert (tmp_path / "notes" / "note.txt").read_text() == "mine"
    assert json.loads((folder / "config.json").read_text())["model_type"] == MODEL_TYPE


def test_another_run_of_the_name_of_a_shipped_one_is_not_published_under_its_licence() -> None:
    run = load_run(SHIPPED_MODELS / RUNS[0])
    assert is_shipped(run)
    assert not is_shipped(dataclasses.replace(run, record=dataclasses.replace(run.record, id="another")))


def test_a_run_without_its_onnx_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run(SHIPPED_MODELS / RUNS[0])
    monkeypatch.setattr("sentiment.publishing.hub.ONNX", "gone.onnx")
    with pytest.raises(RunError, match="write it with: sentiment export"):
        export_hub(run, tmp_path / "model")
    assert (run.folder / ONNX).is_file()
    assert not (tmp_path / "model").exists()
