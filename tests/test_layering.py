"""The rooms of the package import downwards only."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.source_tree import PACKAGE, imports, module_name, python_files, tree

# The order of the house: a room imports from lines above its own, never from its own or below.
LEVELS = (
    ("graph",),
    ("target",),
    ("ops",),
    ("autodiff", "passes"),
    ("schedule",),
    ("codegen",),
    ("runtime",),
    ("tensor",),
    ("nn",),
    ("array_api", "optim", "data", "distributions", "pictures"),
    ("train", "infer", "static", "formats"),
    ("frontends", "board", "serve", "distributed"),
    ("cli",),
)
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# What `import pentad` offers comes from every room up to train; only rooms above may use it.
PUBLIC_API = LEVEL["train"] + 0.5
HARD_DEPENDENCIES = {"numpy", "llvmlite", "safetensors", "click", "rich"}


def level_of(target: str) -> float | None:
    """The level of an imported name of the package, or None for anything else."""
    parts = target.split(".")
    if parts[0] != "pentad":
        return None
    return LEVEL.get(parts[1], PUBLIC_API) if len(parts) > 1 else PUBLIC_API


def upward_imports(module: ast.Module, name: str, is_package: bool) -> list[str]:
    """The imports of a module that break the order, as `name:line imports target`."""
    room = name.split(".")[1]
    found = []
    for target, line in imports(module, name, is_package):
        level = level_of(target)
        inside = target.split(".")[:2] == ["pentad", room]
        if level is not None and not inside and level >= LEVEL[room]:
            found.append(f"{name}:{line} imports {target}")
    return found


def test_every_import_goes_downwards():
    found = []
    for path in python_files("src/pentad"):
        if path.parent != PACKAGE:
            found += upward_imports(tree(path), module_name(path), path.stem == "__init__")
    assert found == []


def test_every_folder_is_a_room_of_the_house():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert rooms <= set(LEVEL)


@pytest.mark.parametrize(("name", "source"), [
    ("pentad.graph.node", "import pentad.ops"),
    ("pentad.graph.node", "from pentad import ops"),
    ("pentad.graph.node", "def f():\n    from pentad.tensor.tensor import Tensor"),
    ("pentad.graph.node", "from ..ops import table"),
    ("pentad.graph", "from ..ops import table"),
    ("pentad.ops.math", "import pentad as pt"),
    ("pentad.ops.math", "from pentad import relu"),
    ("pentad.passes.cse", "from pentad.autodiff import reverse"),
    ("pentad.nn.linear", "import importlib\nimportlib.import_module('pentad.train')"),
    ("pentad.train.fit", "if TYPE_CHECKING:\n    from pentad.cli import main"),
])
def test_an_upward_import_is_found(name, source):
    module = ast.parse(source)
    assert len(upward_imports(module, name, is_package=name.count(".") == 1)) == 1


@pytest.mark.parametrize(("name", "source"), [
    ("pentad.ops.math", "from pentad.graph import errors"),
    ("pentad.ops.math", "from . import table\nfrom .table import row\nfrom ..graph import dtypes"),
    ("pentad.train.fit", "from pentad import nn, optim\nimport pentad.tensor"),
    ("pentad.frontends.torch", "import pentad as pt\nfrom pentad import relu"),
    ("pentad.graph.node", "import numpy\nfrom pentadic import x"),
])
def test_a_downward_import_is_no_fault(name, source):
    assert upward_imports(ast.parse(source), name, is_package=False) == []


def test_modules_import_only_hard_dependencies_when_they_are_loaded():
    allowed = HARD_DEPENDENCIES | set(sys.stdlib_module_names) | {"pentad"}
    found = []
    for path in python_files("src/pentad"):
        name = module_name(path)
        top = ast.Module([node for node in tree(path).body if not is_type_checking(node)], [])
        outside = without_functions(top)
        for target, line in imports(outside, name, path.stem == "__init__"):
            if target.split(".")[0] not in allowed:
                found.append(f"{name}:{line} imports {target}")
    assert found == []


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def without_functions(module: ast.Module) -> ast.Module:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return ast.Module([node for node in module.body if not isinstance(node, functions)], [])


def private_imports(module: ast.Module, name: str, is_package: bool) -> list[str]:
    """What a module of a front end or of board imports beside public names and its own room."""
    found = []
    for target, line in imports(module, name, is_package):
        parts = target.split(".")
        public = parts[1:2] == [name.split(".")[1]] or target == "pentad"
        if parts[0] == "pentad" and not (public or is_public(target)):
            found.append(f"{name}:{line} imports {target}")
    return found


def is_public(target: str) -> bool:
    """Is it a name that `import pentad` offers, or the path to one of its modules?"""
    import pentad

    found: object = pentad
    for part in target.split(".")[1:]:
        if part not in getattr(found, "__all__", ()):
            return False
        found = getattr(found, part)
    return True


def test_front_ends_and_board_import_the_public_names_only():
    found = []
    for path in python_files("src/pentad/frontends", "src/pentad/board"):
        found += private_imports(tree(path), module_name(path), path.stem == "__init__")
    assert found == []


@pytest.mark.parametrize(("source", "faults"), [
    ("import pentad as pt\nfrom pentad import static, Tensor\nfrom pentad.static import Op", 0),
    ("from . import types\nfrom pentad.frontends.missing import absent", 0),
    ("from pentad.data import read_idx", 0),
    ("from pentad.graph.errors import message", 1),
    ("def f():\n    import pentad.tensor.tensor", 1),
    ("from pentad import graph", 1),
    ("from pentad.static.graph import Op", 1),
])
def test_a_private_import_of_a_front_end_is_found(source, faults):
    name = "pentad.frontends.theano.tensor.basic"
    assert len(private_imports(ast.parse(source), name, is_package=False)) == faults
