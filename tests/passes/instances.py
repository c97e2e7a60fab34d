"""Graphs for the tests of passes: from rules, at random, and their values bit for bit."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import PentadError
from pentad.graph.node import Graph, Node, apply, input_node
from pentad.graph.op import by_name
from pentad.passes.pattern import Call, Const, Constant, Pattern, Var
from pentad.runtime import interpreter

SHAPE = (4, 5)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 1e-310, -1e300, 1e300, 700.0, -700.0]
SPECIAL += [np.inf, -np.inf, np.nan, 1 / 3, np.pi, 1e-20, -1e-20, 2.0**-1074]
NUMBERS = (1, 2, 3, 0.5, -4.0, 2.0**20, 0.1)


class _Builder:
    """Builds the graph that a pattern describes: a variable is an input, a number a constant."""

    def __init__(self, dtype: DType, number: float) -> None:
        self.dtype = dtype
        self.number = number
        self.inputs: dict[str, Node] = {}

    def build(self, pattern: Pattern, like: DType) -> Node:
        if isinstance(pattern, Var):
            made = self.inputs.get(pattern.name)
            return made or self.inputs.setdefault(
                pattern.name, input_node(pattern.name, SHAPE, like)
            )
        if isinstance(pattern, Const):
            truth = isinstance(pattern.value, bool)
            return ops.full(pattern.value, SHAPE, dtypes.bool_ if truth else like)
        if isinstance(pattern, Constant):
            return ops.full(self.number, SHAPE, like)
        assert isinstance(pattern, Call)
        first = dtypes.bool_ if pattern.op == "where" else like
        kinds = [first] + [like] * (len(pattern.arguments) - 1)
        operands = [self.build(a, d) for a, d in zip(pattern.arguments, kinds)]
        return apply(by_name(pattern.op), *operands, **pattern.attrs)


def instances(pattern: Call) -> Iterator[Graph]:
    """The graphs of a pattern without attributes, for every dtype and some numbers."""
    for dtype, number in itertools.product(dtypes.REAL, NUMBERS):
        builder = _Builder(dtype, number)
        try:
            output = builder.build(pattern, dtype)
        except PentadError:
            continue  # the op does not take this dtype
        yield Graph(list(builder.inputs.values()), [output])


def values(dtype: DType, shape: Sequence[int], seed: int) -> np.ndarray:
    """Special numbers in random places, converted to `dtype`."""
    rng = np.random.default_rng(seed)
    numbers = rng.choice(SPECIAL, size=tuple(shape))
    if dtype is dtypes.bool_:
        return numbers > 0
    with np.errstate(all="ignore"):
        if dtype.is_integer:
            limits = np.iinfo(dtype.numpy)
            bounded = np.clip(np.nan_to_num(numbers), -128, 127).astype(np.int64)
            edges = rng.choice([limits.min, limits.max], size=tuple(shape))
            return np.where(rng.random(tuple(shape)) < 0.2, edges, bounded).astype(dtype.numpy)
        carried = numbers.astype(dtype.numpy)
    return dtypes.round_bfloat16(carried) if dtype is dtypes.bfloat16 else carried


def arguments(graph: Graph, seed: int = 0) -> list[np.ndarray]:
    return [values(n.dtype, n.shape, seed + 17 * i) for i, n in enumerate(graph.inputs)]


def bits(array: np.ndarray) -> np.ndarray:
    """The bits of an array, with one NaN for all."""
    array = np.asarray(array)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), array.dtype.type(np.nan), array)
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def assert_equal_values(before: Graph, after: Graph, seed: int = 0) -> None:
    """Both graphs give the same bits for special numbers."""
    arrays = arguments(before, seed)
    for a, b in zip(interpreter.run(before, arrays), interpreter.run(after, arrays), strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_array_equal(bits(a), bits(b))


def assert_close_values(before: Graph, after: Graph, seed: int = 0) -> None:
    """Both graphs give the same values for moderate numbers, up to rounding."""
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(n.shape).astype(n.dtype.numpy) for n in before.inputs]
    for a, b in zip(interpreter.run(before, arrays), interpreter.run(after, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


# -- random graphs -----------------------------------------------------------------------------

UNARY = ("neg", "abs", "exp", "log", "sqrt", "tanh", "sigmoid", "log1p", "floor", "erf")
BINARY = ("add", "sub", "mul", "div", "maximum", "minimum")


def random_graph(seed: int, length: int = 14) -> Graph:
    """A graph over float64 matrices: arithmetic, constants, views, reductions and products."""
    rng = np.random.default_rng(seed)
    nodes = [input_node(name, (3, 4), dtypes.float64) for name in "ab"]
    inputs = list(nodes)
    for _ in range(length):
        nodes.append(_random_node(rng, nodes))
    return Graph(inputs, nodes[-3:])


def _random_node(rng: np.random.Generator, nodes: list[Node]) -> Node:
    x = nodes[rng.integers(len(nodes))]
    kind = rng.integers(8)
    if kind == 0:
        return getattr(ops, UNARY[rng.integers(len(UNARY))])(x)
    if kind <= 2:
        fitting = [n for n in nodes if n.shape == x.shape]
        y = fitting[rng.integers(len(fitting))]
        return getattr(ops, BINARY[rng.integers(len(BINARY))])(x, y)
    if kind == 3:
        number = float(rng.choice([0.0, -0.0, 1.0, -1.0, 2.0, 0.5]))
        return getattr(ops, BINARY[rng.integers(len(BINARY))])(x, ops.full_like(number, x))
    if kind == 4:
        return _random_view(rng, x)
    if kind == 5 and x.ndim:
        return ops.reduce_max(x, [int(rng.integers(x.ndim))])
    if kind == 6:
        return ops.broadcast(x, (2, *x.shape)) if x.ndim < 3 else ops.reshape(x, (x.type.size,))
    return ops.where(ops.lt(x, ops.neg(x)), x, ops.full_like(1.0, x))


def _random_view(rng: np.random.Generator, x: Node) -> Node:
    axes = [int(a) for a in rng.permutation(x.ndim)]
    choice = rng.integers(5)
    if choice == 0:
        return ops.transpose(x, axes)
    if choice == 1:
        return ops.reshape(x, x.shape[::-1])
    if choice == 2:
        return ops.reverse(x, axes[:1])
    if choice == 3:
        at = int(rng.integers(x.ndim + 1))
        return ops.reshape(x, (*x.shape[:at], 1, *x.shape[at:]))
    start = [int(rng.integers(n)) for n in x.shape]
    return ops.slice_(x, start, x.shape, [int(rng.integers(1, 3)) for _ in x.shape])
