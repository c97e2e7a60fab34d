"""Golden files: the pass named by the file turns the first graph into the second, text for text.

To accept a change, run `python -m tests.passes.test_golden` and read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import pentad.ops  # noqa: F401  the ops that the texts name
from pentad.graph.text import parse_graph, print_graph
from pentad.graph.verify import verify
from pentad.passes.pipeline import PIPELINE, run
from tests.passes.instances import assert_close_values

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(FOLDER.glob("*.txt"))
MARK = "# becomes\n"
PASSES = {p.name: p.run for p in PIPELINE} | {"pipeline": lambda g: run(g, verify=True)}


def pass_of(path: Path):
    return PASSES[path.name.split("-")[0]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden(path):
    before, mark, expected = path.read_text().partition(MARK)
    assert mark
    graph = parse_graph(before)
    verify(graph)
    after = pass_of(path)(graph)
    verify(after)
    assert print_graph(after) == expected
    if not graph.symbols():
        assert_close_values(graph, after)


def test_every_pass_has_a_golden_file():
    assert {path.name.split("-")[0] for path in FILES} == set(PASSES)


def rewrite_expectations() -> None:
    for path in FILES:
        before = path.read_text().partition(MARK)[0]
        path.write_text(before + MARK + print_graph(pass_of(path)(parse_graph(before))))


if __name__ == "__main__":
    rewrite_expectations()
