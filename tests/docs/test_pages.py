"""README and the pages of docs/ run as they stand, and name only what exists."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.docs.pages import agrees, examples, fences, run_page
from tests.source_tree import PACKAGE, ROOT, tree

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
EXECUTED = [name for name in PAGES if examples((ROOT / name).read_text(encoding="utf-8"))]
# `tensor/autograd.py:run_backward`, from src/pentad or from the root of the project
PLACE = re.compile(r"`([\w./-]+\.py)(?::([A-Za-z_][\w.]*))?`")
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", EXECUTED)
def test_a_page_runs_and_shows_what_it_prints(page):
    environment = os.environ | {"PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{ROOT}"}
    done = subprocess.run([sys.executable, "-W", "error", "-m", "tests.docs.pages", page],
                          cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_readme_and_the_first_page_are_among_the_executed():
    assert {"README.md", "docs/learn/10-one-line-of-training.md"} <= set(EXECUTED)


def prose(text: str) -> str:
    """A page without its blocks of code."""
    lines = text.splitlines()
    for fence in fences(text.splitlines()):
        lines[fence.start - 1 : fence.end] = [""] * (fence.end - fence.start + 1)
    return "\n".join(lines)


def defined(module: ast.Module) -> set[str]:
    """The names that a module defines, and `Class.member` for what its classes define."""
    found: set[str] = set()
    for node in module.body:
        for name in _names(node):
            found.add(name)
            if isinstance(node, ast.ClassDef):
                found |= {f"{name}.{member}" for inner in node.body for member in _names(inner)}
    return found


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [part.id for t in targets for part in ast.walk(t) if isinstance(part, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def missing_places(text: str) -> list[str]:
    """The `path:name` of a text that do not exist."""
    missing = []
    for path, name in PLACE.findall(text):
        if "/" not in path:
            continue  # a file of the folder that the section is about
        file = next((base / path for base in (PACKAGE, ROOT) if (base / path).is_file()), None)
        if file is None or (name and name not in defined(tree(file))):
            missing.append(f"{path}:{name}" if name else path)
    return missing


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_a_page_names_exists(page):
    assert missing_places(read(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page):
    links = [link for link in LINK.findall(prose(read(page))) if "://" not in link]
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


# -- the checks themselves -------------------------------------------------------------------------

PAGE = "```python\nx = {}\nprint(x)\n```\n\n```text\n1\n```\n"


def test_a_page_that_agrees_has_no_faults():
    assert run_page(PAGE.format(1), "page") == ([], PAGE.format(1))


def test_a_page_that_differs_is_a_fault_and_can_be_updated():
    faults, updated = run_page(PAGE.format(2), "page")
    assert len(faults) == 1
    assert "page:1: the output differs" in faults[0]
    assert run_page(updated, "page") == ([], updated)


def test_output_that_is_not_shown_is_a_fault():
    page = "```python\nprint(1)\n```\ntext between\n```text\n1\n```\n"
    assert len(run_page(page, "page")[0]) == 1


def test_output_that_does_not_come_is_a_fault():
    assert len(run_page("```python\nx = 1\n```\n```text\n1\n```\n", "page")[0]) == 1


def test_a_block_that_raises_is_a_fault_with_the_line_of_the_page():
    [fault] = run_page("title\n\n```python\nx = 1\n1 / 0\n```\n", "page")[0]
    assert '"page", line 5' in fault


def test_blocks_share_a_namespace():
    assert run_page("```python\nx = 1\n```\n```python\nassert x == 1\n```\n", "page")[0] == []


def test_an_open_block_is_an_error():
    with pytest.raises(ValueError, match="not closed"):
        run_page("```python\nx = 1\n", "page")


@pytest.mark.parametrize(("shown", "printed", "same"), [
    ("a\n", "a \n\n", True), ("a\n...\nc\n", "a\nb\nb\nc\n", True), ("a ... c\n", "a b c\n", True),
    ("a\n", "b\n", False), ("a\n...\nc\n", "a\nb\n", False), ("", "a\n", False),
])
def test_outputs_are_compared_line_by_line(shown, printed, same):
    assert agrees(shown, printed) is same


@pytest.mark.parametrize(("text", "missing"), [
    ("`graph/node.py:Graph`", []), ("`graph/node.py:Graph.nodes`", []),
    ("`passes/pipeline.py:PIPELINE`", []), ("`tests/source_tree.py`", []),
    ("`graph/node.py:Grape`", ["graph/node.py:Grape"]), ("`graph/knot.py`", ["graph/knot.py"]),
])
def test_places_are_looked_up(text, missing):
    assert missing_places(text) == missing
