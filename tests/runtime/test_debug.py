"""What PENTAD_DEBUG shows, level by level, on stderr."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import cache

import pytest

from tests.source_tree import PACKAGE

PROGRAM = """
from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.runtime.executable import build
x = input_node("x", (4, 8), dtypes.float32)
w = input_node("w", (8, 16), dtypes.float32)
graph = Graph([x, w], [ops.softmax(ops.matmul(x, w), axis=1)])
build(graph, [None, None], specialise=True)
"""
SHOWN = {  # level: what it adds
    1: ("processor: ", "threads: ", "code cache: ", "built 2 inputs -> 1 outputs: 4 nodes, 2 calls",
        "modules: 2 compiled, 0 from the cache"),
    2: ("pass 2 cse: 4 -> 4 nodes", "pass 8 decompose: 4 -> 10 nodes"),
    3: ("graph (x: float32[4, 8], w: float32[8, 16]) {", "= softmax("),
    4: ("kernel: loop over 4x[16]", "= load(slot 0", "call 0 dot_general: "),
    5: ("define void @kernel(",),
    6: ("\t.text", "vfmadd" if os.uname().machine == "x86_64" else "fmla"),
}  # fmt: skip


@cache
def shown(level: int | None) -> str:
    """The stderr of the program at a level, with an empty cache."""
    variables = {k: v for k, v in os.environ.items() if k != "PENTAD_DEBUG"}
    variables["PYTHONPATH"] = str(PACKAGE.parent)
    if level is not None:
        variables["PENTAD_DEBUG"] = str(level)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            env=variables | {"PENTAD_CACHE_DIR": folder},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("level", SHOWN)
def test_each_level_shows_its_part_and_all_below(level):
    text = shown(level)
    for lower, parts in SHOWN.items():
        for part in parts:
            assert (part in text) == (lower <= level), part


@pytest.mark.parametrize("level", [None, 0])
def test_nothing_is_shown_otherwise(level):
    assert shown(level) == ""
