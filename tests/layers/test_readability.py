"""What a student reads first needs nothing of the fast path."""

import ast
from pathlib import Path

import pytest

import sentiment.layers

FOLDER = Path(sentiment.layers.__file__).parent


def imported(module):
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


@pytest.mark.parametrize("module", ["reference", "cell", "dropout", "masks", "pooling"])
def test_the_equations_import_nothing_of_the_fast_path(module):
    assert not [name for name in imported(module) if ".fast" in name]


def test_the_layer_imports_one_function_of_the_fast_path():
    assert [name for name in imported("lstm") if ".fast" in name] == ["sentiment.layers.fast.fused.fused_loop"]
