"""The text form: exact round trips, and errors that name the line."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pentad.ops as ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import GraphError
from pentad.graph.node import Graph, Node, apply, input_node, recording_source
from pentad.graph.op import TABLE, Op, Sample
from pentad.graph.sizes import Dim, evaluate, same, symbol
from pentad.graph.text import MAX_LINE, parse_graph, print_graph, print_value

F32 = dtypes.float32


def sample_graph(op: Op, sample: Sample) -> Graph:
    """The graph that applies an op to inputs of a sample's types."""
    inputs = []
    for i, x in enumerate(sample.inputs):
        array = isinstance(x, np.ndarray)
        shape, dtype = (x.shape, dtypes.from_numpy(x.dtype)) if array else x
        inputs.append(input_node(f"x{i}", shape, dtype))
    return Graph(inputs, [apply(op, *inputs, **sample.attrs)])


def equal_values(a: object, b: object) -> bool:
    """Equal in type and value: 1 is not True, 0.0 is not -0.0, nan is nan."""
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(equal_values, a, b))
    if isinstance(a, Dim) and isinstance(b, Dim):
        return same(a, b)
    if isinstance(a, DType):
        return a is b
    return type(a) is type(b) and repr(a) == repr(b)


def assert_same(a: Graph, b: Graph) -> None:
    """The same graph up to the identity of nodes, sources included."""
    assert len(a.nodes) == len(b.nodes)
    place_a, place_b = ({n: i for i, n in enumerate(g.nodes)} for g in (a, b))
    for x, y in zip(a.nodes, b.nodes, strict=True):
        assert x.op is y.op
        assert [place_a[i] for i in x.inputs] == [place_b[i] for i in y.inputs]
        assert x.attrs.keys() == y.attrs.keys()
        assert all(equal_values(x.attrs[k], y.attrs[k]) for k in x.attrs)
        assert x.type.matches(y.type)
        assert x.source == y.source
    assert [place_a[n] for n in a.outputs] == [place_b[n] for n in b.outputs]


def assert_round_trip(graph: Graph) -> None:
    text = print_graph(graph)
    assert_same(graph, parse_graph(text))
    assert print_graph(parse_graph(text)) == text


@pytest.mark.parametrize("name", sorted(n for n, op in TABLE.items() if op.samples))
def test_every_sample_of_every_op_comes_back(name):
    op = TABLE[name]
    assert op.samples is not None
    for sample in op.samples():
        assert_round_trip(sample_graph(op, sample))


def test_the_text_of_a_graph():
    n = symbol("n", 32)
    x = input_node("x", (n, 6), F32)
    with recording_source(lambda: "train.py:12"):
        y = ops.reshape(x, (2 * n, 3))
    graph = Graph([x], [ops.transpose(y, (1, 0)), x])
    assert print_graph(graph) == (
        "graph (x: float32[n, 6]) where n = 32 {\n"
        "  %1 = reshape(%x) {shape=(2*n, 3)} : float32[2*n, 3]  # train.py:12\n"
        "  %2 = transpose(%1) {axes=(1, 0)} : float32[3, 2*n]\n"
        "  return %2, %x\n"
        "}\n"
    )
    assert_round_trip(graph)
    assert str(graph) == print_graph(graph)


def test_inputs_with_odd_names_and_sources():
    names = ("layers.0.weight", "a b", 'quote"', "ünïcode", "%1", "1", "", "x\n#", ")", ", y")
    inputs = [input_node(n, (i,), F32) for i, n in enumerate(names)]
    for i, source in enumerate(("a.py:1", "with # sign", " space ", "", "new\nline", '"q"')):
        inputs[i].source = source
    assert_round_trip(Graph(inputs, [*inputs[::-1], ops.reshape(inputs[3], (3, 1))]))


def test_no_inputs_no_outputs():
    assert_round_trip(Graph([], []))
    assert_round_trip(Graph([], [ops.full(1, (), F32)]))


VALUES = (0.0, -0.0, math.inf, -math.inf, math.nan, 1e-320, 0.1, 3, -7, 2**64 - 1, True, False)


@pytest.mark.parametrize("value", VALUES)
def test_numbers_come_back_exactly(value):
    assert_round_trip(Graph([], [ops.full(value, (2,), dtypes.float64)]))


@given(st.floats() | st.integers(-(2**64), 2**64))
def test_any_number_comes_back(value):
    assert_round_trip(Graph([], [ops.full(value, (), dtypes.float64)]))


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_name_and_source_come_back(name, source):
    x = input_node(name, (), F32)
    x.source = source
    assert_round_trip(Graph([x], [ops.reshape(x, (1,))]))


def test_symbolic_sizes_come_back():
    n, m = symbol("n", 32), symbol("m", 5)
    for size in (n, 3 * n, n - 1, n // 2 + m * n, (n - m) // (m + 1), 7 // m, m - n, -m + n * n):
        graph = Graph([], [ops.full(1.0, (size, 2), F32)])
        assert_round_trip(graph)
        back = parse_graph(print_graph(graph)).nodes[0].shape[0]
        assert evaluate(back, {"n": 32, "m": 5}) == evaluate(size, {"n": 32, "m": 5})


def test_an_attribute_that_is_no_data_is_refused():
    for value in ([1], {1: 2}, object(), lambda: 1, b"x"):
        with pytest.raises(GraphError, match="no text form"):
            print_value(value)


def test_numpy_scalars_print_as_numbers():
    assert print_value((np.float32(1.5), np.int64(3), np.bool_(True))) == "(1.5, 3, True)"


@pytest.mark.parametrize("name", ["float32", "inf", "if", "a-b", "1n"])
def test_a_size_with_a_reserved_name_is_refused(name):
    with pytest.raises(GraphError, match="cannot be written"):
        print_graph(Graph([input_node("x", (symbol(name, 3),), F32)], []))


GOOD = """\
# a comment

graph (x: float32[2, 3]) {
  %1 = transpose(%x) {axes=(1, 0)} : float32[3, 2]
  # another
  return %1
}
"""

BAD = [
    ("graph (x", "grph (x", "line 3: no graph begins here"),
    ("float32[2, 3]", "float33[2, 3]", "line 3: no dtype is called 'float33'"),
    ("float32[2, 3]", "float32[2, -3]", "line 3: a size is negative"),
    ("float32[2, 3]", "float32[2, 'a']", "line 3: a size is not a whole number"),
    ("float32[2, 3]", "float32[2, True]", "line 3: a size is not a whole number"),
    ("float32[2, 3]", "float32[2, 1.5]", "line 3: a size is not a whole number"),
    ("float32[2, 3]", "float32[2, 3//0]", "line 3: a size is divided by zero"),
    ("float32[2, 3]", "float32[2, 2**9]", "line 3: not an attribute"),
    ("float32[2, 3]", "float32[2, (3]", "line 3: not an expression"),
    ("(x: float32[2, 3])", "(x: float32[2, 3]) where n = 99999999999999999999", "out of range"),
    ("(x: ", "(x, ", "line 3: not a parameter"),
    ("(x: float32[2, 3])", "(x: float32[2, 3], x: int8[])", "line 3: %x is defined twice"),
    ("= transpose", "= transmogrify", "line 4: transmogrify cannot be applied"),
    ("transpose(%x)", "transpose(%y)", "line 4: %y is not defined above"),
    ("transpose(%x)", "transpose(%1)", "line 4: %1 is not defined above"),
    ("transpose(%x)", "transpose(%x", "line 4: not a node"),
    ("transpose(%x)", "transpose(%x, %x)", "line 4: transpose cannot be applied"),
    ("transpose(%x)", "transpose()", "line 4: transpose cannot be applied"),
    ("axes=(1, 0)", "axes=(0, 0)", "line 4: transpose cannot be applied"),
    ("axes=(1, 0)", "axes=7", "line 4: transpose cannot be applied"),
    ("axes=(1, 0)", "axes", "line 4: not a list of attributes"),
    ("axes=(1, 0)", "axes=(1, 0), axes=(1, 0)", "line 4: an attribute is given twice"),
    ("axes=(1, 0)", "axes=__import__('os')", "line 4: not an attribute"),
    ("axes=(1, 0)", "axes=[1, 0]", "line 4: not an attribute"),
    ("axes=(1, 0)", "axes='a' + 'b'", "line 4: arithmetic is for sizes only"),
    ("axes=(1, 0)", "**x", "line 4: not a list of attributes"),
    ("axes=(1, 0)", "axes=(x.y)", "line 4: not an attribute"),
    (" : float32[3, 2]", "", "line 4: not a node"),
    ("float32[3, 2]", "float32[2, 3]", "line 4: the type is not what the op gives"),
    ("float32[3, 2]", "float64[3, 2]", "line 4: the type is not what the op gives"),
    ("return %1", "return %2", "line 6: %2 is not defined above"),
    ("return %1", "return %1 %1", "line 6: not a list of operands"),
    ("return %1\n}", "return %1\n)", "line 7: text after `return`"),
    ("return %1\n}", "return %1", "line 7: the text ends too early"),
    ("}\n", "}\nmore", "text after the graph"),
]


@pytest.mark.parametrize("old, new, error", BAD)
def test_bad_text_names_its_line(old, new, error):
    parse_graph(GOOD)
    text = GOOD.replace(old, new)
    assert text != GOOD
    with pytest.raises(GraphError) as raised:
        parse_graph(text)
    assert error in str(raised.value)


@pytest.mark.parametrize(
    "size",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "-" * 5000 + "1",
        "+".join(["n"] * 5000),
        "*".join(["(a + b + c + d + e + f + g)"] * 100),
        "+".join(f"n{i}" for i in range(100)),
        "1" * 6000,
        "n" * (1 << 15),
    ],
)
def test_expressions_are_bounded(size):
    start = time.perf_counter()
    with pytest.raises(GraphError, match="text, line 1"):
        parse_graph(f"graph (x: float32[{size}]) {{\nreturn %x\n}}\n")
    assert time.perf_counter() - start < 2


def test_lines_are_bounded():
    with pytest.raises(GraphError, match="longer than"):
        parse_graph("graph (" + " " * 10 + "x" * MAX_LINE)


@given(st.text(alphabet="graph (x:flot32[],n)%1=e{}'\"#\n-*/", max_size=80))
def test_random_text_gives_a_graph_or_our_error(text):
    for whole in (text, f"graph (x: float32[2]) {{\n  %1 = {text}\n  return %1\n}}\n"):
        try:
            graph = parse_graph(whole)
        except GraphError:
            continue
        assert_round_trip(graph)


@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_any_changed_character_gives_a_graph_or_our_error(at, character):
    try:
        graph = parse_graph(GOOD[:at] + character + GOOD[at + 1 :])
    except GraphError:
        return
    assert_round_trip(graph)


def chain(length: int) -> Graph:
    x: Node = input_node("x", (symbol("n", 8), 4), F32)
    first = x
    for i in range(length):
        x = ops.transpose(x, (1, 0)) if i % 2 else ops.reshape(x, x.shape[::-1])
    return Graph([first], [x])


def seconds(length: int) -> float:
    graph = chain(length)
    start = time.process_time()
    text = print_graph(graph)
    back = parse_graph(text)
    elapsed = time.process_time() - start
    assert len(back.nodes) == length + 1
    return elapsed


def test_a_chain_of_20000_nodes_prints_and_parses_in_linear_time():
    short, long = seconds(10_000), seconds(20_000)
    assert long < 20
    assert long < 4 * short + 0.5


def test_inputs_of_one_name_are_told_apart() -> None:
    twins = [input_node("x", (2,), dtypes.float32) for _ in range(3)]
    graph = Graph(twins, [ops.sub(twins[0], ops.mul(twins[1], twins[2]))])
    again = parse_graph(print_graph(graph))
    assert [n.attrs["name"] for n in again.inputs] == ["x", "x_2", "x_3"]
    assert again.outputs[0].inputs[0] is again.inputs[0]
    assert print_graph(again) == print_graph(graph)
