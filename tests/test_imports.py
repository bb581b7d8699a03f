"""The direction of the imports: each package knows only those before it, and importing does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "app" / "sentiment"

# In the direction of the data's flow. Within a package, imports must not go round.
PACKAGES = [
    "errors",
    "config",
    "support",
    "parallel",
    "text",
    "data",
    "metrics",
    "layers",
    "networks",
    "runs",
    "shards",
    "distributed",
    "inference",
    "explain",
    "scoring",
    "spark",
    "publishing",
    "training",
    "teaching",
    "report",
    "experiments",
    "search",
    "estimator",
    "everyday",
    "server",
    "doctor",
    "cli",
    "__main__",
]
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
MOST_MODULES = 9  # in one folder, without its __init__


def imports_of(path: Path) -> set[str]:
    """Names of the modules of this project that a file imports, also inside functions, and for types alone."""
    imported = set()
    for node in ast.walk(ast.parse((PACKAGE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise AssertionError(f"{path} imports relatively")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sentiment":
            imported.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names if alias.name.split(".")[0] == "sentiment")
    return imported


def test_every_module_is_in_a_package_that_has_its_place_in_the_order():
    assert {path.parts[0].removesuffix(".py") for path in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_packages_before_its_own(path):
    package = path.parts[0].removesuffix(".py")
    for module in imports_of(path):
        imported = module.split(".")[1]
        assert imported in PACKAGES, f"{path} imports {module} from the front of the package, which imports the others"
        assert PACKAGES.index(imported) <= PACKAGES.index(package), f"{path} imports {module}"


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES if len(path.parts) > 1}), ids=str)
def test_a_package_has_few_modules_and_says_what_it_is_for(folder):
    modules = [path for path in MODULES if path.parent == folder and path.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES, f"{folder} has more than {MOST_MODULES} modules: make a package in it"
    assert ast.get_docstring(ast.parse((PACKAGE / folder / "__init__.py").read_text(encoding="utf-8")))


def test_no_import_goes_round_within_a_package():
    graph = {".".join(("sentiment", *path.with_suffix("").parts)): imports_of(path) for path in MODULES}

    finished = set()  # else each path through the graph is walked, and there are many

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module in finished:
            return
        for imported in graph.get(module, ()):
            # `from a.b import c`: c is a module, or a name in the module a.b
            target = imported if imported in graph else imported.rpartition(".")[0]
            if target in graph:
                visit(target, (*trail, module))
        finished.add(module)

    for module in graph:
        visit(module, ())


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout


def imported_heavy(modules: str) -> str:
    heavy = ("keras", "tensorflow", "jax", "torch", "pandas", "sklearn", "matplotlib", "onnxruntime")
    return run_python(f"import sys, {modules}\nprint([m for m in {heavy} if m in sys.modules])").strip()


def test_reports_runs_and_tokenizer_import_without_keras():
    modules = "sentiment.report, sentiment.runs.saved_run, sentiment.text.tokenizer, sentiment.inference.predictor"
    code = (
        f"import sys, {modules}, sentiment.layers.reference, sentiment.training.baselines\n"
        "print([m for m in ('keras', 'tensorflow', 'jax', 'torch') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


def test_importing_the_command_line_prints_nothing_and_imports_nothing_heavy():
    assert imported_heavy("sentiment, sentiment.cli") == "[]"


def test_predicting_and_training_import_without_the_modules_that_windows_lacks():
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('fcntl', 'grp', 'pwd', 'resource', 'termios')))\n"
        "import sentiment.data.reviews, sentiment.training, sentiment.training.classifier, sentiment.cli.training\n"
        "import sentiment.experiments.comparison, sentiment.inference.predictor, sentiment.cli.predicting\n"
        "print(sentiment.data.reviews.find_reviews.__name__)"
    )
    assert run_python(code) == "find_reviews\n"
