"""Saved runs from strangers: whatever is in a file of one, a reader ends well or says in one line why not.

The manifest is written again behind each damage, so that the damaged content reaches what reads it. The long form has
every kind of damage: SENTIMENT_RELIABILITY=full.
"""

import io
import json
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from helpers.command_line import ROOT, sentiment
from helpers.reliability import FULL
from sentiment.data.fingerprints import LEARNT, known
from sentiment.errors import RunError, SentimentError
from sentiment.explain import Explainer
from sentiment.inference import Predictor
from sentiment.runs.results import (
    HISTORY,
    PREDICTIONS,
    VALIDATION_PREDICTIONS,
    read_result,
)
from sentiment.runs.saved_run import (
    CONFIG,
    ENCODER,
    EXPORT,
    MANIFEST,
    METRICS,
    MODEL,
    ONNX,
    ONNX_INT8,
    TOKENIZER,
    load_run,
    verify,
    write_manifest,
)

COMPACT = ROOT / "models" / "imdb" / "compact"
FILES = (
    CONFIG, METRICS, MANIFEST, TOKENIZER, ONNX, ONNX_INT8, LEARNT, HISTORY, PREDICTIONS, VALIDATION_PREDICTIONS, EXPORT,
)  # fmt: skip
TEXT = "A fine film, and not a minute too long."


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A copy of the shipped compact run."""
    return Path(shutil.copytree(COMPACT, tmp_path / "models" / "imdb" / "compact"))


def array_file(array: np.ndarray, *, pickled: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=pickled)
    return file.getvalue()


GARBAGE = {
    "nothing": b"",
    "zeros": bytes(1_000),
    "random bytes": random.Random(0).randbytes(5_000),
    "no UTF-8": b"\xff\xfe\x00",
    "null": b"null",
    "an empty array": b"[]",
    "an empty object": b"{}",
    "a string": b'"x"',
    "a deep array": b"[" * 100_000,
    "a deep object": b'{"a":' * 100_000,
    "a long number": b"9" * 10_000,
    "objects to unpickle": array_file(np.array([{}], object), pickled=True),
    "an array of text": array_file(np.array(["a"])),
    "an array of another shape": array_file(np.zeros((2, 3), np.uint32)),
    "a header alone": array_file(np.zeros(10**6, np.uint32))[:128],
}
READERS_OF = {
    LEARNT: ("fingerprints",), PREDICTIONS: ("result",), VALIDATION_PREDICTIONS: ("result",), HISTORY: ("result",),
    METRICS: ("predict", "result"), ONNX: ("predict", "explain"),
}  # fmt: skip
SHORT = ("nothing", "random bytes", "a deep array", "an empty object", "a header alone", "objects to unpickle")


def readers(folder: Path) -> dict[str, object]:
    """Everything that reads a file of a run without training."""
    return {
        "predict": lambda: Predictor(load_run(folder), threads=1).predict(TEXT),
        "int8": lambda: Predictor(load_run(folder), "int8", threads=1).predict(TEXT),
        "explain": lambda: Explainer(load_run(folder), threads=1).explain(TEXT),
        "fingerprints": lambda: known(folder, [TEXT]),
        "result": lambda: read_result(folder, "compact"),
    }


def ends_in_a_line(read) -> str | None:
    """The message of a reader that refuses; another exception than those for users fails the test."""
    try:
        read()
    except SentimentError as error:
        message = str(error)
        assert "\n" not in message
        assert len(message) < 2_000
        assert "expected" in message
        return message
    return None


@pytest.mark.parametrize("kind", GARBAGE if FULL else SHORT)
@pytest.mark.parametrize("name", FILES)
def test_garbage_in_any_file_of_a_run_is_refused_in_a_line_or_not_read(run, name, kind):
    (run / name).write_bytes(GARBAGE[kind])
    if name != MANIFEST:
        write_manifest(run)
    reading = READERS_OF.get(name, ("predict", "int8", "explain"))
    messages = {reader: ends_in_a_line(read) for reader, read in readers(run).items() if reader in reading}
    if name in (CONFIG, METRICS, MANIFEST, TOKENIZER):
        assert messages["predict"]
    if name == ONNX:
        assert messages["predict"]
        assert messages["explain"]
    if name == ONNX_INT8:
        assert messages["int8"]
        assert not messages["predict"]
    if name == LEARNT:
        assert messages["fingerprints"]
    if name in (PREDICTIONS, VALIDATION_PREDICTIONS):
        assert messages["result"]


def mutated(value, path, replacement):
    copy = json.loads(json.dumps(value))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = replacement
    return copy


def paths(value, above=()):
    """The path of every value in a JSON document; of long arrays and objects that of the first ones."""
    if isinstance(value, dict | list):
        keys = list(value)[:60] if isinstance(value, dict) else range(min(3, len(value)))
        for key in keys:
            yield (*above, key)
            yield from paths(value[key], (*above, key))


@pytest.mark.parametrize("name", [CONFIG, METRICS, MANIFEST, TOKENIZER])
def test_a_value_of_another_type_anywhere_in_a_file_is_refused_in_a_line_or_not_read(run, name):
    content = json.loads((run / name).read_text())
    chosen = list(paths(content))
    if not FULL:
        chosen = random.Random(name).sample(chosen, min(2 if name == TOKENIZER else 5, len(chosen)))
    replacements = (None, [], {}, "x", -1, float("nan"), 10**400, True)
    for number, path in enumerate(chosen):
        for replacement in replacements if FULL else (replacements[number % len(replacements)],):
            (run / name).write_text(json.dumps(mutated(content, path, replacement)))
            if name != MANIFEST:
                write_manifest(run)
            for reader in ("predict", "explain"):
                ends_in_a_line(readers(run)[reader])


@pytest.mark.parametrize("name", FILES)
def test_a_changed_bit_is_noticed_before_anything_is_read(run, name, record_property):
    content = (run / name).read_bytes()
    generator = random.Random(name)
    record_property("bit flips", flips := 20 if FULL else 2)  # of each file, 200 in all
    for _ in range(flips):
        changed = bytearray(content)
        changed[generator.randrange(len(content))] ^= 1 << generator.randrange(8)
        (run / name).write_bytes(changed)
        if name == MANIFEST and json.loads(content) == _json(changed):
            continue  # a blank became another one
        with pytest.raises(RunError, match="expected"):
            verify(run)


def _json(content: bytes) -> object:
    try:
        return json.loads(content)
    except ValueError:
        return None


@pytest.mark.parametrize("name", [ONNX, ONNX_INT8])
def test_a_sealed_network_with_changed_bits_gives_probabilities_or_a_line(run, name):
    content = (run / name).read_bytes()
    generator = random.Random(name)
    for _ in range(100 if FULL else 4):
        changed = bytearray(content)
        place = generator.randrange(200) if generator.random() < 0.5 else generator.randrange(len(content))
        changed[-place] ^= 1 << generator.randrange(8)
        (run / name).write_bytes(changed)
        write_manifest(run)
        engine = "int8" if name == ONNX_INT8 else "onnx"

        def read(engine: str = engine) -> None:
            prediction = Predictor(load_run(run), engine, threads=1).predict(TEXT)
            assert sum(prediction.probabilities.values()) == pytest.approx(1)

        ends_in_a_line(read)


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/hostname", "a/../../secret.txt", "link.txt", "linked/secret.txt"]
)
def test_no_file_outside_the_folder_is_read(run, name):
    """A message with digits of its SHA-256 would tell whether it has a certain content."""
    (run.parent / "secret.txt").write_text("secret")
    (run / "link.txt").symlink_to(run.parent / "secret.txt")
    (run / "linked").symlink_to(run.parent)
    manifest = json.loads((run / MANIFEST).read_text())
    manifest["files"][name] = "0" * 64
    (run / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="which is not in that folder") as error:
        verify(run)
    assert "SHA-256" not in str(error.value)


@pytest.mark.parametrize("name", [name for name in FILES if name != MANIFEST])
def test_a_file_that_is_used_but_not_in_the_manifest_is_refused(run, name):
    manifest = json.loads((run / MANIFEST).read_text())
    del manifest["files"][name]
    (run / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(RunError, match=rf"expected .*{name}"):
        verify(run)


def test_a_file_that_nothing_reads_may_lie_beside_the_others(run):
    (run / "notes.txt").write_text("mine")
    assert load_run(run).name == "compact"


@pytest.mark.parametrize("name", ["a" * 300, "9" * 5_000, "a\0b", "\ud800", "../" * 2_000 + "x"])
def test_a_manifest_with_a_name_that_no_file_can_have_is_refused(run, name):
    manifest = json.loads((run / MANIFEST).read_text())
    manifest["files"][name] = "0" * 64
    (run / MANIFEST).write_text(json.dumps(manifest))
    message = ends_in_a_line(lambda: verify(run))
    assert message
    assert len(message) < 1_000


@pytest.mark.parametrize("name", ["a" * 300, "9" * 5_000, "a/" * 3_000 + "b"])
@pytest.mark.parametrize("command", [("predict", "Good.", "--run"), ("use",), ("evaluate", "--run"), ("look",)])
def test_a_name_that_no_file_can_have_is_refused_in_a_line(command, name):
    done = sentiment(*command, name)
    assert done.returncode in (1, 2)
    assert len([line for line in done.stderr.splitlines() if line.startswith("error: ")]) == 1


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("tokenizer", "max_length", 0), ("tokenizer", "max_length", -1), ("tokenizer", "head_fraction", 1.0),
        ("tokenizer", "head_fraction", float("nan")), ("tokenizer", "vocabulary_size", 0), ("model", "units", 0),
        ("training", "learning_rate", float("inf")), ("training", "averaging", 1.0),
    ],
)  # fmt: skip
def test_a_setting_that_would_give_no_number_is_refused_in_a_loaded_run(run, part, name, value):
    config = json.loads((run / CONFIG).read_text())
    config[part][name] = value
    (run / CONFIG).write_text(json.dumps(config))
    write_manifest(run)
    assert f"expected {name} to be" in (ends_in_a_line(lambda: load_run(run)) or "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", None), ("parameters", "many"), ("dataset", []), ("test", 3), ("confidently_wrong", [3]),
        ("confidently_wrong", [{"row": 1, "text": None, "label": 0, "probability": 0.9}]),
        ("temperature", float("nan")), ("built_from", {"encoder 0123": []}),
    ],
)  # fmt: skip
def test_a_record_with_a_value_of_another_type_is_refused_in_a_line(run, name, value):
    record = json.loads((run / METRICS).read_text())
    record[name] = value
    (run / METRICS).write_text(json.dumps(record))
    write_manifest(run)
    assert "expected a readable result" in (ends_in_a_line(lambda: load_run(run)) or "")


class MakesAFile:
    """An object whose pickle makes a file where it is loaded, as one from a stranger could do anything."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable, tuple[Path]]:
        return Path.touch, (self._path,)


def pickles(mark: Path) -> dict[str, bytes]:
    """In each way in which NumPy would unpickle it: a pickle alone, and an object in an array or in an archive."""
    array, archive = np.array([MakesAFile(mark)], object), io.BytesIO()
    np.savez(archive, array)
    return {
        "alone": pickle.dumps(MakesAFile(mark)),
        "in an array": array_file(array, pickled=True),
        "in an archive": archive.getvalue(),
    }


def encoder(folder: Path, content: bytes) -> None:
    from sentiment.training.encoders import load_encoder

    shutil.copytree(ROOT / "models" / "imdb" / "encoder-compact", folder)
    (folder / ENCODER).write_bytes(content)
    write_manifest(folder)
    load_encoder(folder)


def learnt(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / LEARNT).write_bytes(content)
    known(folder, [TEXT])


@pytest.mark.parametrize("how", pickles(Path("mark")))
@pytest.mark.parametrize("read", [encoder, learnt])
def test_no_pickle_in_a_run_or_an_encoder_is_loaded(tmp_path, read, how):
    """That it is refused is not enough: it could have been loaded before."""
    with pytest.raises(RunError, match="expected"):
        read(tmp_path / "run", pickles(tmp_path / "mark")[how])
    assert not (tmp_path / "mark").exists()


@pytest.mark.slow
def test_no_code_in_a_keras_model_is_run(run, tmp_path, monkeypatch):
    """A Lambda layer has Python's bytes of a function, which Keras would run as soon as it builds the network."""
    import keras

    monkeypatch.setenv("MARK", str(tmp_path / "mark"))
    ids = keras.Input([None], dtype="int32")
    harmful = keras.layers.Lambda(
        lambda x: __import__("pathlib").Path(__import__("os").environ["MARK"]).touch() or x, output_shape=(None,)
    )
    keras.Model(ids, harmful(ids)).save(run / MODEL)
    (tmp_path / "mark").unlink(missing_ok=True)
    write_manifest(run)
    with pytest.raises(RunError, match="expected a Keras model in"):
        load_run(run).model()
    assert not (tmp_path / "mark").exists()
