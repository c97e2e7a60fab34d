"""docs/map.md names every folder of the project, and nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.source_tree import ROOT

MAP = ROOT / "docs" / "map.md"
FOLDERS = ("src/pentad", "tests", "bench", "parity", "docs", "examples", ".ci")
ROW = re.compile(r"^\| `([^`]+)`((?:, `[^`]+`)*) \| (.+) \|$", re.MULTILINE)
SECTION = re.compile(r"^### `([^`]+)/`\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


def folders() -> set[str]:
    """The folders of the project that hold a file, caches and benchmarks' results apart."""
    found = set()
    for top in FOLDERS:
        for path in [ROOT / top, *(ROOT / top).rglob("*")]:
            hidden = "__pycache__" in path.parts or path == ROOT / "bench" / "results"
            if path.is_dir() and not hidden and any(p.is_file() for p in path.iterdir()):
                found.add(path.relative_to(ROOT).as_posix() + "/")
    return found


def rows(text: str) -> dict[str, str]:
    """What the tables name, with its sentence."""
    return {
        name: sentence
        for first, rest, sentence in ROW.findall(text)
        for name in (first, *re.findall(r"`([^`]+)`", rest))
    }


def sections() -> dict[str, str]:
    """The folders whose files are listed, with the text of their sections."""
    return dict(SECTION.findall(MAP.read_text(encoding="utf-8")))


def test_every_folder_is_named_and_every_named_folder_exists():
    named = {name for name in rows(MAP.read_text(encoding="utf-8")) if name.endswith("/")}
    unnamed, gone = sorted(folders() - named), sorted(named - folders())
    assert (unnamed, gone) == ([], [])


def test_each_sentence_is_one():
    for name, sentence in rows(MAP.read_text(encoding="utf-8")).items():
        assert sentence.endswith("."), name
        assert len(sentence) <= 160, name


@pytest.mark.parametrize("folder", sections())
def test_the_files_of_a_listed_folder_are_named(folder):
    patterns = [name for name in rows(sections()[folder]) if not name.endswith("/")]
    matched = {pattern: set((ROOT / folder).glob(pattern)) for pattern in patterns}
    assert [pattern for pattern, files in matched.items() if not files] == []
    named = set[Path]().union(*matched.values())
    files = {p for p in (ROOT / folder).glob("*.py") if p.name != "__init__.py"}
    assert sorted(p.name for p in files - named) == []


def test_the_core_is_listed_file_by_file():
    core = ("graph", "ops", "autodiff", "passes", "schedule", "codegen/llvm", "runtime", "tensor")
    assert {f"src/pentad/{room}" for room in core} <= set(sections())
