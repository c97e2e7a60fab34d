"""Random well-typed graphs over all ops, and random values for their inputs.

An input says by its name where its values come from: `below7_2` holds indices -7 <= i < 7,
`class7_2` labels 0 <= i < 7, `from0.5to3_2` numbers between these, `normal3` anything of its
dtype. So a graph kept as text can be fed again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import PentadError
from pentad.graph.node import Graph, Node, input_node, topological
from pentad.ops.samples import random_array
from tests.fuzz import families
from tests.fuzz.dice import Dice

SIZES = (0, 1, 1, 2, 3, 5, 7, 8, 9, 16, 17, 33)
LIMIT = 4096
"""Elements that a value has at most, but for the long vectors of `_long_input`."""
DTYPES = (dtypes.float32,) * 8 + (dtypes.float64,) * 5 + (
    dtypes.float16, dtypes.bfloat16, dtypes.int32, dtypes.int64, dtypes.int8,
    dtypes.uint8, dtypes.int16, dtypes.uint32, dtypes.uint64, dtypes.bool_,
    dtypes.complex64, dtypes.complex128, dtypes.complex128,
)  # fmt: skip
BOUNDS = re.compile(r"from(-?[\d.e+-]+)to(-?[\d.e+-]+)_")
SPECIAL = (np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40, -1e-310, 3e38, -1e300, 65504.0, 1e-7)


class Builder:
    """A pool of nodes that grows; what the families of ops draw from."""

    def __init__(self, rng: Dice) -> None:
        self.rng = rng
        self.inputs: list[Node] = []
        self.pool: list[Node] = []
        self.depth, self.smooth = 0, False

    def choice(self, items: Sequence[object]) -> object:
        return items[int(self.rng.integers(len(items)))]

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def shape(self, rank: int | None = None) -> tuple[int, ...]:
        """A shape with sizes around the widths of vectors, mostly without a 0."""
        rank = int(self.rng.choice((0, 1, 2, 2, 2, 3, 3, 4))) if rank is None else rank
        sizes = SIZES if self.chance(0.04) else SIZES[1:]
        while True:
            shape = tuple(int(self.rng.choice(sizes)) for _ in range(rank))
            if _count(shape) <= LIMIT:
                return shape

    def input(self, shape: Sequence[int], dtype: DType, kind: str = "normal") -> Node:
        separator = "_" if kind != "normal" else ""
        name = f"{kind}{separator}{len(self.inputs)}"
        node = input_node(name, shape, dtype)
        self.inputs.append(node)
        return node

    def pick(self, accept: Callable[[Node], bool] = lambda n: True) -> Node | None:
        """A node of the pool, one of the latest more likely than an old one."""
        fitting = [n for n in self.pool if accept(n)]
        if not fitting:
            return None
        back = int(self.rng.exponential(3.0))
        return fitting[-1 - min(back, len(fitting) - 1)]

    def like(self, x: Node, dtype: DType | None = None, shape: Sequence[int] | None = None) -> Node:
        """A node of x's type: one of the pool, a broadcast one, a constant or a new input."""
        dtype = dtype or x.dtype
        wanted = tuple(x.shape if shape is None else shape)
        found = self.pick(lambda n: n.dtype is dtype and n.shape == wanted)
        if found is not None and self.chance(0.6):
            return found
        fits = self.pick(lambda n: n.dtype is dtype and _broadcasts(n.shape, wanted))
        if fits is not None and self.chance(0.7):
            lead = len(wanted) - fits.ndim
            return ops.broadcast(fits, wanted, list(range(lead, len(wanted))))
        if self.chance(0.3):
            value = int(self.rng.integers(-2, 4)) if dtype is not dtypes.bool_ else True
            return ops.full(abs(value) if dtype.kind == "uint" else value, wanted, dtype)
        return self.input(wanted, dtype)

    def indices(self, shape: Sequence[int], size: int) -> Node:
        """In-range indices: an input of their own, or computed."""
        if self.chance(0.6):
            dtype = self.choice((dtypes.int64, dtypes.int64, dtypes.int32))
            return self.input(shape, dtype, f"below{size}")  # type: ignore[arg-type]
        x = self.like(self.pool[0], dtypes.int64, shape)
        return ops.remainder(x, ops.full_like(size, x))


def _count(shape: Sequence[int]) -> int:
    return math.prod(shape)


def _broadcasts(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    lead = len(wanted) - len(shape)
    pairs = zip(shape, wanted[max(lead, 0) :], strict=False)
    return lead >= 0 and all(n in (1, m) for n, m in pairs)


def random_graph(seed: int, *, differentiable: bool = False, length: int | None = None) -> Graph:
    """The graph of a seed: 1 to 3 outputs, some values with several users.

    differentiable: only float32 and float64 inputs, no host steps, at least one float output.
    """
    rng = Dice(seed, int(differentiable))
    b = Builder(rng)
    b.smooth = differentiable
    _first_inputs(b, differentiable)
    target = len(b.pool) + (length or int(rng.integers(2, 13)))
    chosen = families.DIFFERENTIABLE if differentiable else families.ALL
    weights = [w for _, w in chosen]
    for _ in range(20 * target):
        if len(b.pool) >= target:
            break
        family = chosen[rng.choice(len(chosen), p=weights)][0]
        try:
            made = family(b)
        except PentadError:
            continue  # an op that does not take this dtype or this shape
        if made is not None and _count(made.shape) <= max(LIMIT, _count(b.pool[0].shape)):
            b.pool.append(made)
    outputs = _outputs(b, differentiable)
    used = set(topological(outputs))
    return Graph([n for n in b.inputs if n in used or n is b.inputs[0]], outputs)


def _first_inputs(b: Builder, differentiable: bool) -> None:
    kinds = (dtypes.float32, dtypes.float32, dtypes.float64) if differentiable else DTYPES
    dtype = b.choice(kinds)
    for _ in range(int(b.rng.integers(1, 3))):
        shape = (int(b.rng.choice((17000, 33000, 40001))),) if b.chance(0.02) else b.shape()
        b.pool.append(b.input(shape, dtype))  # type: ignore[arg-type]


def _outputs(b: Builder, differentiable: bool) -> list[Node]:
    used = {i for n in b.pool for i in n.inputs}
    ends = [n for n in b.pool if n not in used and n not in b.inputs] or [b.pool[-1]]
    ends = ends[-3:]
    if b.chance(0.3):
        ends.append(b.pick())  # type: ignore[arg-type]
    # The parts of complex outputs, which the judge of real numbers can judge.
    ends = [p for n in ends for p in ((ops.real(n), ops.imag(n)) if n.dtype.is_complex else (n,))]
    if differentiable:
        ends = [n for n in ends if n.dtype in (dtypes.float32, dtypes.float64)] or [b.pool[0]]
    return ends


# -- values ------------------------------------------------------------------------------------


def arguments(graph: Graph, seed: int, *, special: bool = False) -> list[np.ndarray]:
    """Values for the inputs; special: with NaN, infinities, -0 and denormal numbers among them."""
    rng = np.random.default_rng((seed, 99))
    return [_values(rng, n, special) for n in graph.inputs]


def _values(rng: np.random.Generator, node: Node, special: bool) -> np.ndarray:
    shape, dtype = node.shape, node.dtype
    below = re.match(r"(below|class)(\d+)_", str(node.attrs["name"]))
    if below:
        n = int(below[2])
        low = -n if dtype.is_signed and below[1] == "below" else 0
        return np.asarray(rng.integers(low, n, shape)).astype(dtype.numpy)
    bounds = BOUNDS.match(str(node.attrs["name"]))
    if bounds:
        return random_array(rng, shape, dtype, (float(bounds[1]), float(bounds[2])))
    if dtype is dtypes.bool_:
        return np.asarray(rng.random(shape) < 0.5)
    if dtype.is_integer:
        drawn = rng.integers(-9 if dtype.is_signed else 0, 12, shape)
        return np.asarray(drawn).astype(dtype.numpy)
    if dtype.is_complex:
        part = input_node(node.attrs["name"], shape, dtype.real)
        made = np.empty(shape, dtype.numpy)
        made.real, made.imag = (_values(rng, part, special) for _ in range(2))
        return made
    drawn = np.asarray(rng.standard_normal(shape))
    if special:
        drawn = np.where(rng.random(shape) < 0.15, rng.choice(SPECIAL, shape), drawn)
    with np.errstate(all="ignore"):
        carried = drawn.astype(dtype.numpy)
    return dtypes.round_bfloat16(carried) if dtype is dtypes.bfloat16 else carried
