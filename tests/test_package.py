"""What the package as a whole promises: sizes, forbidden words, a quick and silent import."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib

import pytest

from tests.source_tree import PACKAGE, ROOT, python_files, tree

FILE_LINES = 400
FUNCTION_LINES = 60
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
OURS = ("src", "tests", "bench", "parity", "examples")


def test_no_file_is_longer_than_400_lines():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
               for path in python_files(*OURS)}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}


def code_lines(function) -> int:
    """The lines of a function without its docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function, clean=False) is not None
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_no_function_is_longer_than_60_lines():
    found = [f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {code_lines(node)} lines"
             for path in python_files(*OURS) for node in ast.walk(tree(path))
             if isinstance(node, FUNCTIONS) and code_lines(node) > FUNCTION_LINES]
    assert found == []


UNSAFE_MODULES = {"pickle", "_pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle",
                  "joblib", "yaml"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
UNSAFE_ATTRIBUTES = {"extractall", "unsafe_load", "full_load"}


def unsafe(node: ast.AST) -> str | None:
    """What in a syntax node could run what a file says, or None."""
    match node:
        case ast.Import(names=names):
            bad = {alias.name.split(".")[0] for alias in names} & UNSAFE_MODULES
            return f"import {bad.pop()}" if bad else None
        case ast.ImportFrom(module=str(module)) if module.split(".")[0] in UNSAFE_MODULES:
            return f"from {module}"
        case ast.Call(func=ast.Name(id=name)) if name in UNSAFE_CALLS:
            return f"{name}()"
        case ast.Attribute(attr=name) if name in UNSAFE_ATTRIBUTES:
            return f".{name}"
        case ast.Attribute(value=ast.Name(id="os"), attr=("system" | "popen") as name):
            return f"os.{name}"
        case ast.keyword(arg=("shell" | "allow_pickle") as name, value=value):
            off = isinstance(value, ast.Constant) and value.value is False
            return None if off else f"{name}="
    return None


def test_nothing_in_the_package_can_run_what_a_file_says():
    found = [f"{path.relative_to(ROOT)}:{node.lineno} {unsafe(node)}"
             for path in python_files("src") for node in ast.walk(tree(path)) if unsafe(node)]
    assert found == []


@pytest.mark.parametrize("source", [
    "import pickle", "from marshal import loads", "import a, yaml", "eval(x)", "exec(x)",
    "archive.extractall()", "run(x, shell=True)", "np.load(f, allow_pickle=flag)", "os.system(x)",
])
def test_the_search_finds_each_unsafe_construct(source):
    assert any(unsafe(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize("source", [
    "model.eval()", "platform.system()", "np.load(f, allow_pickle=False)", "re.compile(x)",
])
def test_the_search_leaves_safe_constructs_alone(source):
    assert not any(unsafe(node) for node in ast.walk(ast.parse(source)))


# Put together here, so that this file does not contain what it looks for.
REGISTRIES = [".".join(parts) for parts in (
    ("pypi", "org"), ("pythonhosted", "org"), ("anaconda", "org"), ("npmjs", "org"),
    ("npmjs", "com"), ("crates", "io"), ("rubygems", "org"), ("download", "pytorch", "org"),
)]
TEXTS = {".py", ".md", ".toml", ".txt", ".sh", ".cfg", ".ini", ".json", ""}


def project_texts():
    for name in ("src", "tests", "bench", "parity", "docs", "examples", ".ci"):
        yield from (path for path in (ROOT / name).rglob("*")
                    if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts)
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS)


def test_no_package_registry_is_named():
    hosts = re.compile("|".join(map(re.escape, REGISTRIES)))
    found = [str(path.relative_to(ROOT)) for path in project_texts()
             if hosts.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert found == []


def python(code: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.run([sys.executable, "-W", "error", "-c", code], env=environment,
                          capture_output=True, text=True, timeout=60)


HEAVY = ("llvmlite", "rich", "click", "safetensors", "urllib.request", "multiprocessing")


def test_the_import_is_silent_and_loads_nothing_heavy():
    done = python("import sys, numpy; before = set(sys.modules); import pentad\n"
                  f"assert not (set(sys.modules) - before) & set({HEAVY}), "
                  "sorted(set(sys.modules) - before)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    done = python("import pentad; print(pentad.__version__)")
    assert done.stdout.strip() == project["version"], done.stderr


def test_the_ci_script_can_be_executed():
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
