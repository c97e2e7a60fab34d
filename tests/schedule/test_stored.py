"""Programs come back from their text as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import pentad.ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.op import TABLE
from pentad.graph.text import parse_graph
from pentad.ops.samples import sample_node
from pentad.passes.pipeline import run as run_passes
from pentad.schedule.lower import lower
from pentad.schedule.program import Call, HostStep, Program
from pentad.schedule.spec_text import describe_calls
from pentad.schedule.stored import StoredCall, calls_of, dump, load
from pentad.target import cpu

ops = pentad.ops
FOUND = Path(__file__).parents[1] / "fuzz" / "found"


def first_samples() -> Iterator[Graph]:
    for op in TABLE.values():
        for sample in list(op.samples() if op.samples is not None else ())[:1]:
            node = sample_node(op, sample)
            yield Graph([n for n in node.inputs if n.op.name == "input"], [node])


def text_of(program: Program, lines: tuple[str, ...] = ()) -> str:
    text = dump(program, lambda spec: f"key {hash(str(spec))}", lines, cpu.host())
    assert text is not None
    return text


def check(graph: Graph) -> None:
    program = lower(run_passes(graph), cpu.host(), specialise=True)
    text = text_of(program)
    back = load(text, (), cpu.host())
    # As text: no NaN equals another.
    assert [str(c.spec) for c in calls_of(back)] == [str(c.spec) for c in calls_of(program)]
    assert describe_calls(back) == describe_calls(program)
    assert back.arena_bytes == program.arena_bytes
    assert text_of(back) == text


def test_programs_of_every_op():
    graphs = list(first_samples())
    assert len(graphs) > 150
    for graph in graphs:
        check(graph)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.txt")), ids=lambda p: p.stem)
def test_programs_of_random_graphs(path: Path):
    check(parse_graph(path.read_text()))


def example(line: str | None = None) -> tuple[Graph, Node]:
    x = input_node("x", (4, 4), dtypes.float32)
    made = TABLE["cholesky"]
    y = ops.tanh(ops.matmul(x, x))
    host = Node(made, (y,), {}, y.type, line)
    return Graph([x], [host]), host


def test_keys_and_shared_buffers():
    graph, _ = example()
    program = lower(run_passes(graph), cpu.host())
    back = load(text_of(program), (), cpu.host())
    calls = [s for s in back.steps if isinstance(s, Call)]
    assert calls
    for call in calls:
        assert isinstance(call, StoredCall)
        assert call.key == f"key {hash(str(call.spec))}"
    [host] = [s for s in back.steps if isinstance(s, HostStep)]
    assert host.buffers[0][0] in calls[-1].buffers
    assert host.result is back.output_buffers[0]
    assert host.node.op is TABLE["cholesky"]
    assert [n.type.shape for n in host.node.inputs] == [(4, 4)]


def test_lines_are_those_of_the_graph_at_hand():
    graph, _ = example("a.py:3")
    program = lower(run_passes(graph), cpu.host())
    back = load(text_of(program, ("a.py:3",)), ("a.py:7",), cpu.host())
    [host] = [s for s in back.steps if isinstance(s, HostStep)]
    assert host.node.source == "a.py:7"


def test_what_is_no_data_is_not_stored():
    graph, _ = example()
    program = lower(run_passes(graph), cpu.host())
    [host] = [s for s in program.steps if isinstance(s, HostStep)]
    host.node.attrs = {"callback": print}
    assert dump(program, lambda spec: "", (), cpu.host()) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "[[],[],3]", '[[],[],["Nothing"]]', '[[],[[1]],["Program",[],[]]]',
             '[[],[],["b",7]]', '[[],[],["os","x"]]'],
)  # fmt: skip
def test_a_text_that_is_no_program(text: str):
    with pytest.raises((ValueError, TypeError, LookupError)):
        load(text, (), cpu.host())
