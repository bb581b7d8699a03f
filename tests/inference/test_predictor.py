"""Predicting: fast, without TensorFlow, in constant memory, from many threads."""

import doctest
import os
import shutil
import subprocess
import sys
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.trained import good_and_bad, train_tiny
from sentiment.errors import ConfigError, RunError
from sentiment.inference import engines
from sentiment.inference import predictor as inference
from sentiment.inference.engines import ENGINES, load_engine
from sentiment.inference.prediction import CLOSE, EMPTY
from sentiment.inference.predictor import Predictor
from sentiment.runs.saved_run import ONNX, find_run, write_manifest
from sentiment.text.familiarity import NO_TEXT, NO_WORDS, UNKNOWN_WORDS

ROOT = Path(__file__).parents[2]
HEAVY = ("tensorflow", "keras", "jax", "torch", "pandas", "sklearn", "scipy", "pyarrow", "rich", "typer", "onnx")


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    train_tiny(folder)
    return folder


@pytest.fixture(scope="module")
def predictor(models) -> Predictor:
    return Predictor.load(models=models)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [text * (1 + i % 9) for i, text in enumerate(good_and_bad(300).texts)]


def probabilities(predictions) -> np.ndarray:
    return np.array([prediction.probability for prediction in predictions])


class Kept:
    """An engine that remembers the batches it has started."""

    def __init__(self, engine, started):
        self._engine, self._started = engine, started

    def start(self, token_ids):
        self._started.append(self._engine.start(token_ids))
        return self._started[-1]


def test_the_documented_example_runs(models, monkeypatch):
    monkeypatch.setattr(inference, "models_folder", lambda: models)
    assert doctest.testmod(inference) == (0, 5)


def test_the_engines_agree(models, texts, predictor):
    fast = predictor.predict(texts)
    plain = Predictor.load(models=models, engine="keras").predict(texts)
    np.testing.assert_allclose(probabilities(fast), probabilities(plain), atol=1e-5)
    assert [prediction.truncated for prediction in fast] == [prediction.truncated for prediction in plain]


def test_int8_is_close(models, texts, predictor):
    int8 = Predictor.load(models=models, engine="int8").predict(texts)
    np.testing.assert_allclose(probabilities(int8), probabilities(predictor.predict(texts)), atol=0.05)


def test_each_text_gets_its_own_answer_whatever_stands_beside_it(predictor, texts):
    together = probabilities(predictor.predict(texts))
    alone = np.array([predictor.predict([text])[0].probability for text in texts[:40]])
    np.testing.assert_allclose(together[:40], alone, atol=1e-6)
    in_small_chunks = [row for _, row in predictor.stream(texts, chunk=7)]
    np.testing.assert_allclose(probabilities(in_small_chunks), together, atol=1e-6)


def test_no_text_gives_no_prediction(predictor):
    assert predictor.predict([]) == []


def test_a_string_is_one_text_and_gets_one_prediction(predictor):
    assert predictor.predict("a good film") == predictor.predict(["a good film"])[0]
    assert predictor.predict("a good film").label == "positive"


@pytest.mark.parametrize(
    "nothing",
    ["", "  \n", "<p></p>", "&nbsp;", "\u200b", r"\n\n", None, float("nan"), np.float32("nan"), pd.NA, pd.NaT],
)
def test_a_text_without_words_gets_no_label(predictor, nothing):
    assert predictor.predict(["a good film", nothing, "a bad film"])[1] == predictor.predict(nothing) == EMPTY
    assert (EMPTY.label, EMPTY.probability, EMPTY.reason) == (None, None, NO_TEXT)


def test_any_iterable_of_texts_is_taken_in_its_order(predictor, texts):
    expected = predictor.predict(texts[:5])
    missing = pd.Series([*texts[:5], None, float("nan"), pd.NA])
    assert predictor.predict(missing) == [*expected, EMPTY, EMPTY, EMPTY]
    for some in (tuple(texts[:5]), np.array(texts[:5]), iter(texts[:5]), pd.Series(texts[:5], index=range(5, 0, -1))):
        assert predictor.predict(some) == expected


@pytest.mark.parametrize(
    ("wrong", "received"),
    [
        (5, "received a int"),
        (b"a good film", "received a bytes"),
        ({"a good film": 1}, "received a dict"),
        ({"a good film"}, "received a set"),
        (np.array("a good film"), "received a ndarray"),
        (pd.DataFrame({"text": ["a good film"]}), "one of its columns"),
        (Path("reviews.csv"), "read the file first"),
        (b"a good film", "decode it"),
        (bytearray(b"a good film"), "decode it"),
        ([b"a good film"], "decode it"),
        (["a good film", 5], "received a int at position 1"),
        ([b"a good film"], "received a bytes at position 0"),
        ([["a good film"]], "received a list at position 0"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_is_not_a_text_is_refused_with_its_type(predictor, wrong, received):
    with pytest.raises(TypeError, match=received):
        predictor.predict(wrong)


def test_a_stream_of_one_string_is_refused_instead_of_read_letter_by_letter(predictor):
    with pytest.raises(TypeError, match="in a list"):
        list(predictor.stream("a good film"))


@pytest.mark.parametrize(
    "bounds",
    [{"threshold": 50}, {"threshold": "0.5"}, {"threshold": float("nan")}, {"threshold": True}, {"uncertain": -0.1}],
)
def test_a_threshold_beyond_the_probabilities_is_refused(predictor, bounds):
    with pytest.raises(ConfigError, match="from 0 to 1"):
        predictor.predict("a good film", **bounds)


def test_an_empty_chunk_is_refused(predictor):
    with pytest.raises(ConfigError, match="at least one text; received 0"):
        predictor.stream(["a good film"], chunk=0)


def test_paths_may_be_strings(models, predictor):
    folder = predictor.run.folder
    for run in (folder, str(folder), folder.name):
        assert Predictor.load(run, models=str(models)).run.folder == folder
    with pytest.raises(TypeError, match=r"Predictor\.load"):
        Predictor(str(folder))


@pytest.mark.parametrize(
    ("arguments", "received"),
    [({"run": 5}, "expected run as a string or a path; received a int"), ({"models": 5}, "expected models .* a int")],
)
def test_a_run_that_is_not_a_name_is_refused_with_an_example(arguments, received):
    with pytest.raises(TypeError, match=f"{received}; for example: Predictor.load"):
        Predictor.load(**arguments)


def test_the_package_exports_its_public_names(predictor):
    from sentiment import inference as package

    assert isinstance(predictor, package.Predictor)
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Predictors'"):
        _ = package.Predictors


@pytest.mark.parametrize("engine", ["onnx", "int8", "keras"])
@pytest.mark.parametrize(
    ("text", "unknown_share", "reason"),
    [
        ("a good film", 0.0, None),
        ("Der Film war wunderbar und sehr lustig", 6 / 7, UNKNOWN_WORDS),
        ("\u043f\u0440\u0435\u043a\u0440\u0430\u0441\u043d\u043e", 1.0, UNKNOWN_WORDS),
        ("\U0001f60d\U0001f60d \u2764\ufe0f!", 0.0, NO_WORDS),
    ],
)
def test_a_text_without_known_words_is_uncertain_and_the_reason_is_given(models, engine, text, unknown_share, reason):
    prediction = Predictor.load(models=models, engine=engine).predict(text)
    assert (prediction.label == "uncertain") == (reason is not None)
    assert (prediction.unknown_share, prediction.reason) == (pytest.approx(unknown_share), reason)
    assert 0 <= prediction.probability <= 1


def test_a_prediction_near_the_threshold_is_uncertain_and_gives_that_reason(predictor):
    assert predictor.predict("a good film", uncertain=1.0).reason == CLOSE
    assert predictor.predict("a good film", uncertain=0.0).reason is None


def test_a_text_that_is_too_long_is_marked_as_truncated(predictor):
    short, long = predictor.predict(["good film", "good film " * 500])
    assert (short.truncated, long.truncated) == (False, True)


def test_the_threshold_and_the_band_around_it_decide_the_label(predictor):
    [prediction] = predictor.predict(["a good film"])
    probability = prediction.probability
    labels = [
        predictor.predict(["a good film"], threshold, uncertain)[0].label
        for threshold, uncertain in (
            (probability - 0.01, 0),
            (min(probability + 0.01, 1), 0),
            (probability - 0.01, 0.02),
            (probability - 0.03, 0.02),
        )
    ]
    assert labels == ["positive", "negative", "uncertain", "positive"]


@pytest.mark.parametrize("engine", ["onnx", "keras"])
def test_many_threads_get_the_answers_of_one(models, texts, engine):
    predictor = Predictor.load(models=models, engine=engine)
    expected = [probabilities(predictor.predict(texts[i : i + 30])) for i in range(0, 300, 30)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: probabilities(predictor.predict(texts[i : i + 30])), range(0, 300, 30)))
    for answer, expected_answer in zip(answers, expected, strict=True):
        np.testing.assert_allclose(answer, expected_answer, atol=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_answer(models, texts, predictor, threads):
    predictions = Predictor.load(models=models, threads=threads).predict(texts)
    np.testing.assert_allclose(probabilities(predictions), probabilities(predictor.predict(texts)), atol=1e-6)


def test_a_stream_reads_at_most_two_chunks_ahead(predictor):
    read = 0

    def endless():
        nonlocal read
        while True:
            read += 1
            yield f"a good film {read}"

    stream = predictor.stream(endless(), chunk=10)
    for number in range(1, 200):
        next(stream)
        assert read - number < 20


def test_closing_a_stream_cancels_the_batches_that_were_started(models, texts, monkeypatch):
    engine = load_engine("onnx", find_run(models), threads=1)
    started = []
    monkeypatch.setattr(inference, "load_engine", lambda *_: Kept(engine, started))
    monkeypatch.setattr(engines, "BATCH", 1)  # enough batches that some still wait
    stream = Predictor.load(models=models).stream(texts * 20, chunk=2_000)
    next(stream)  # the first chunk is done, the second has started
    stream.close()
    with pytest.raises(CancelledError):
        started[1]()


def test_an_unknown_engine_is_refused_and_the_known_ones_are_named(models):
    with pytest.raises(ConfigError, match=", ".join(ENGINES)):
        Predictor.load(models=models, engine="abacus")


def test_a_run_without_its_export_says_how_to_write_it(models, tmp_path):
    shutil.copytree(models, tmp_path / "models")
    [path] = (tmp_path / "models").glob(f"*/*/{ONNX}")
    path.unlink()
    write_manifest(path.parent)
    with pytest.raises(RunError, match="sentiment export --run"):
        Predictor.load(models=tmp_path / "models")


def predict_in_a_process(python: Path | str, models: Path, before: str = "") -> str:
    code = (
        f"{before}\n"
        "from sentiment.inference.predictor import Predictor\nfrom pathlib import Path\n"
        f"predictions = Predictor.load(models=Path({str(models)!r})).predict(['a good film', 'a bad film'])\n"
        "print([prediction.label for prediction in predictions])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "app")}
    done = subprocess.run([python, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_predicting_imports_none_of_the_heavy_packages(models):
    blocker = f"import sys\nsys.modules.update(dict.fromkeys({HEAVY!r}))"  # None: importing it raises
    assert predict_in_a_process(sys.executable, models, blocker) == "['positive', 'negative']"


@pytest.mark.slow
def test_predicting_works_where_only_four_packages_are_installed(models, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "bare")], check=True)
    python = tmp_path / "bare" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", constraints,
         "numpy", "onnxruntime", "tokenizers", "py3langid"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if installed.returncode:
        pytest.skip(f"no package registry is reachable: {installed.stderr.strip().splitlines()[-1]}")
    assert predict_in_a_process(python, models) == "['positive', 'negative']"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process's memory is read from /proc")
def test_memory_does_not_grow_with_the_file(models, tmp_path):
    def peak_mebibytes(rows: int) -> float:
        path = tmp_path / "many.csv"
        path.write_text("text\n" + f"a good film {'with a long plot ' * 20}\n" * rows)
        code = (
            "from sentiment.cli import app\n"
            f"app(['predict', '--models', {str(models)!r}, '--input', {str(path)!r}, '--output', {str(tmp_path)!r} "
            "+ '/out.csv'], standalone_mode=False)\n"
            # Not resource.getrusage: a process inherits the peak of the one that started it.
            "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        return float(done.stdout) / 1024

    few, many = peak_mebibytes(8_000), peak_mebibytes(80_000)  # 3 and 29 MB of text
    assert many < few + 16
