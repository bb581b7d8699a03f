"""What `import sentiment` gives, and how little it costs."""

import subprocess
import sys

import sentiment


def modules_after(code: str) -> set[str]:
    """Names of the top modules that are loaded after some code, in a Python of its own."""
    show = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_the_standard_library_alone():
    loaded = modules_after("import sentiment") - modules_after("")
    assert loaded - set(sys.stdlib_module_names) == {"sentiment"}


def test_predicting_loads_no_package_of_an_extra():
    heavy = {"keras", "tensorflow", "pandas", "pyarrow", "sklearn", "scipy", "matplotlib", "fastapi"}
    loaded = modules_after("import sentiment.inference; sentiment.Predictor.load().predict('A fine film.')")
    assert {"numpy", "onnxruntime"} <= loaded
    assert heavy.isdisjoint(loaded)


def test_the_public_names_are_listed_and_found():
    assert set(sentiment.__all__) >= {"Predictor", "Prediction", "Explainer", "LSTM"}
    assert sentiment.Predictor.__module__.startswith("sentiment.inference")
