"""The direction of the imports: each module knows only those before it, and importing does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"

# In the direction of the data's flow. A folder is one room; within it, imports must not go round.
ROOMS = [
    "errors",
    "config",
    "storage",
    "environment",
    "quiet",
    "progress",
    "sample_grammar",
    "sample",
    "cleaning",
    "text_files",
    "archive",
    "labels",
    "tables",
    "parsed_copy",
    "download",
    "reviews",
    "dataset",
    "short_texts",
    "tokenizer",
    "familiarity",
    "padding",
    "fingerprints",
    "reference",
    "threads",
    "layers",
    "default_run",
    "runs",
    "class_balance",
    "metrics",
    "calibration",
    "costs",
    "results",
    "baselines",
    "ensembles",
    "architectures",
    "cards",
    "batches",
    "scoring",
    "onnx_files",
    "engines",
    "provenance",
    "onnx_graph",
    "onnx_storage",
    "export",
    "checkpoint",
    "callbacks",
    "optimizers",
    "gradients",
    "regularisation",
    "encoders",
    "training",
    "language_model",
    "pretraining",
    "inference",
    "prediction_files",
    "distillation",
    "self_training",
    "shipping",
    "explain",
    "evaluation",
    "report",
    "comparison",
    "label_efficiency",
    "recipes",
    "server",
    "benchmark",
    "cli",
    "__main__",
]
MODULES = sorted(path.relative_to(APP) for path in APP.rglob("*.py") if path != APP / "__init__.py")


def room(module: str) -> str:
    return module.split(".")[1]


def imports_of(path: Path) -> set[str]:
    """Names of the app modules that a file imports, also inside functions, but not for types alone."""
    found = set()
    for node in ast.walk(ast.parse((APP / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app."):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.startswith("app."))
        elif isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"{path} imports relatively")
    return found


def test_every_module_has_its_place_in_the_order():
    assert {path.parts[0].removesuffix(".py") for path in MODULES} == set(ROOMS)


def test_the_readme_has_them_in_this_order():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = text[text.index("\napp/\n") : text.index("\ndata/ ")]
    assert [line.split()[0].rstrip("/").removesuffix(".py") for line in tree.splitlines()[2:]] == ROOMS[:-1]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_rooms_before_its_own(path):
    own = path.parts[0].removesuffix(".py")
    for module in imports_of(path):
        assert ROOMS.index(room(module)) <= ROOMS.index(own), f"{path} imports {module}"


def test_no_import_goes_round_within_a_room():
    graph = {".".join(("app", *path.with_suffix("").parts)): imports_of(path) for path in MODULES}

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        for imported in graph.get(module, graph.get(f"{module}.__init__", ())):
            visit(imported, (*trail, module))

    for module in graph:
        visit(module, ())


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout


def test_reports_runs_and_tokenizer_import_without_keras():
    code = (
        "import sys, app.report, app.runs, app.tokenizer, app.inference, app.reference, app.baselines\n"
        "print([m for m in ('keras', 'tensorflow', 'jax', 'torch') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


def test_importing_the_command_line_prints_nothing_and_imports_nothing_heavy():
    code = "import sys, app.cli\nprint([m for m in ('keras', 'pandas', 'sklearn', 'matplotlib') if m in sys.modules])"
    assert run_python(code).strip() == "[]"
