"""Rounding or bug? What a graph's outputs may be, given that every float operation rounds.

A graph is run by the references in float64, some times with every inexact value displaced at
random by about what its own dtype rounds off. Where such runs agree, a result must lie close to
them; where they do not (a difference of near equals, a comparison of two values that differ by
rounding alone), the spread tells how far it may lie off. A finite result of the graph's stabilised
form beats an infinite one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import Graph, Node, input_node, map_subgraphs
from pentad.ops import control
from pentad.passes.canonicalise import canonicalise
from pentad.passes.cse import cse
from pentad.passes.decompose import decompose
from pentad.passes.split_complex import split_complex
from pentad.passes.stabilise import stabilise
from pentad.runtime import interpreter
from tests.fuzz.causal import is_causal, row_by_row

EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
TINY = {"float16": 2.0**-24, "bfloat16": 1e-38, "float32": 2.0**-126, "float64": 2.0**-1022}
EXACT = frozenset(
    [
        "neg",
        "abs",
        "sign",
        "floor",
        "ceil",
        "round",
        "trunc",
        "maximum",
        "minimum",
        "where",
        "copy",
        "reduce_max",
        "reduce_min",
        "gather",
        "concatenate",
        "pad",
        "sort",
        "full",
        "iota",
        "input",
        "bitcast",
        "max_pool_grad",
    ]
)
SUMS = frozenset(
    [
        "reduce_sum",
        "dot_general",
        "reduce_window",
        "scatter",
        "cumsum",
        "convolution",
        "convolution_input_grad",
        "convolution_weight_grad",
    ]
)
PRODUCTS = frozenset(["reduce_prod", "cumprod"])
ULPS = 3.0
"""How far one operation may be off, in units of the last place."""
SLACK = 4.0
"""How many times the spread of the runs a result may lie outside of them."""


class Judge:
    """The allowed values of one graph for one set of inputs."""

    def __init__(self, graph: Graph, arrays: Sequence[np.ndarray]) -> None:
        self.graph, self.arrays = graph, arrays
        self.opened = _opened(graph)
        self.reference = interpreter.run(graph, arrays)
        self._inside = 0  # of how many loops and branches
        self._in_order = False  # are sums taken in an order in which nothing overflows?
        self._runs: list[list[np.ndarray]] = [self._run(None, 0.0)]

    def complaint(self, found: Sequence[np.ndarray]) -> str | None:
        """None if every element of every output may be so, or else what is wrong."""
        for i, (value, expected) in enumerate(zip(found, self.reference, strict=True)):
            if value.shape != expected.shape:
                return f"output {i} has the shape {value.shape}, not {expected.shape}"
            bad = self._bad(i, value)
            if bad.any():
                bad = bad & ~self._beaten(i, value)
            if bad.any():
                at = tuple(int(a[0]) for a in np.nonzero(np.atleast_1d(bad)))
                got, wanted = np.atleast_1d(value)[at], np.atleast_1d(expected)[at]
                share = f"{int(bad.sum())} of {bad.size} elements"
                return f"output {i} at {at}: {got!r}, the reference says {wanted!r} ({share})"
        return None

    def _bad(self, i: int, value: np.ndarray) -> np.ndarray:
        """The elements of an output that rounding does not explain."""
        bad = self._suspects(i, value)
        for runs, ulps in ((4, 1.0), (40, 2.0)):
            if bad.any():
                self._more(runs, ulps)
                bad = self._outside(i, value, bad)
        return bad

    def _beaten(self, i: int, value: np.ndarray) -> np.ndarray:
        """The elements where the graph itself has nothing finite to say, in float64 neither, but
        its stabilised form has, and the value agrees with that: log_softmax(x - inf) is NaN,
        log_softmax(x) is not."""
        everything = np.stack([*(r[i] for r in self._runs), self.reference[i]])
        hopeless = ~np.isfinite(np.asarray(everything, np.float64)).any(0)
        if not hopeless.any():
            return hopeless
        other = Judge(stabilise(canonicalise(cse(split_complex(self.graph)))), self.arrays)
        return np.asarray(hopeless & ~other._bad(i, value))

    def _suspects(self, i: int, value: np.ndarray) -> np.ndarray:
        """The elements that differ from the reference by more than a few units."""
        expected, dtype = self.reference[i], self.graph.outputs[i].dtype
        if not dtype.is_floating_point:
            return np.asarray(value != expected)
        wide, right = np.asarray(value, np.float64), np.asarray(expected, np.float64)
        with np.errstate(all="ignore"):
            near = np.abs(wide - right) <= 4 * EPSILON[dtype.name] * np.abs(right)
            near &= np.isfinite(right)  # nothing is near to infinity
        same = (wide == right) | (np.isnan(wide) & np.isnan(right)) | near
        return np.asarray(~same)

    def _more(self, runs: int, ulps: float) -> None:
        for seed in range(len(self._runs), runs + 1):
            quiet = seed % 2 == 0  # only what an order or a skipped product decides
            self._runs.append(self._run(np.random.default_rng(seed), 0.0 if quiet else ulps))

    def _outside(self, i: int, value: np.ndarray, suspects: np.ndarray) -> np.ndarray:
        dtype = self.graph.outputs[i].dtype
        runs = np.stack([np.asarray(r[i], np.float64) for r in self._runs])
        everything = np.concatenate([runs, np.asarray(self.reference[i], np.float64)[None]])
        wide = np.asarray(value, np.float64)
        finite = np.where(np.isfinite(everything), everything, np.nan)
        some = np.isfinite(everything).any(0)
        with np.errstate(all="ignore"):
            low = np.where(some, np.nanmin(np.where(some, finite, 0), 0), 0)
            high = np.where(some, np.nanmax(np.where(some, finite, 0), 0), 0)
            scale = np.maximum(np.abs(low), np.abs(high))
            room = SLACK * (high - low) if dtype.is_floating_point else 0 * high
            if dtype.is_floating_point:
                room = room + 8 * EPSILON[dtype.name] * scale + 4 * TINY[dtype.name]
            inside = some & (wide >= low - room) & (wide <= high + room)
        noisy = runs[1:]
        mixed = np.isfinite(noisy).any(0) & ~np.isfinite(noisy).all(0)
        # Noise alone makes it NaN: the difference of 3e38 and itself is 1e31 then, and its exp inf.
        mixed |= np.isfinite(runs[0]) & np.isnan(noisy).all(0)
        if dtype.is_floating_point:  # beyond the largest number, infinity is the right result
            beyond = np.abs(everything) > _largest(dtype)
            everything = np.where(beyond, np.copysign(np.inf, everything), everything)
        alike = ((everything == wide) | (np.isnan(everything) & np.isnan(wide))).any(0)
        return np.asarray(suspects & ~(inside | mixed | alike))

    # -- runs with noise -----------------------------------------------------------------------

    def _run(self, rng: np.random.Generator | None, ulps: float) -> list[np.ndarray]:
        """The outputs in float64, displaced if there is a source of noise."""
        self._in_order = rng is not None and rng.random() < 0.5
        return self._through(self.opened, self.arrays, rng, ulps)

    def _through(
        self,
        graph: Graph,
        arrays: Sequence[np.ndarray],
        rng: np.random.Generator | None,
        ulps: float,
    ) -> list[np.ndarray]:
        values: dict[Node, Any] = {}
        for node, array in zip(graph.inputs, arrays, strict=True):
            values[node] = _widened(array, node.dtype)
        for node in graph.nodes:
            if node not in values:
                values[node] = self._value(node, [values[i] for i in node.inputs], rng, ulps)
        return [values[n] for n in graph.outputs]

    def _value(
        self, node: Node, inputs: list[Any], rng: np.random.Generator | None, ulps: float
    ) -> Any:
        if node.op.kind == "control":
            run = lambda g, arrays: self._through(g, arrays, rng, ulps)  # noqa: E731
            self._inside += 1
            try:
                return control.evaluate(node, inputs, run)
            finally:
                self._inside -= 1
        if node.op.kind == "result":
            return inputs[0][node.attrs["index"]]
        floats = [n.dtype.is_inexact for n in node.inputs]
        exact = node.op.name in EXACT or node.op.kind == "view"
        noisy = rng is not None and not exact and (node.dtype.is_inexact or any(floats))
        if rng is not None and noisy and node.dtype.is_inexact:
            inputs = [
                _displaced(x, n.dtype, rng, 0.5 * ulps) if f and node.op.name != "cast" else x
                for x, n, f in zip(inputs, node.inputs, floats, strict=True)
            ]
        if node.op.name == "bitcast" or (node.op.name == "philox"):
            value = interpreter.evaluate(
                node, [_narrowed(x, n.dtype) for x, n in zip(inputs, node.inputs, strict=True)]
            )
            return _widened(value, node.dtype)
        if rng is not None and is_causal(node) and rng.random() < 0.5:
            run = lambda g, arrays: self._through(_opened(g), arrays, rng, ulps)  # noqa: E731
            return row_by_row(node, inputs, run)
        if node.op.reference is None:
            assert node.op.decompose is not None, node.op.name
            parameters = [input_node(f"x{i}", n.shape, n.dtype) for i, n in enumerate(node.inputs)]
            opened = _opened(Graph(parameters, [node.op.decompose(*parameters, **node.attrs)]))
            return self._through(opened, inputs, rng, ulps)[0]
        attrs = node.attrs
        if "dtype" in attrs and attrs["dtype"].is_floating_point:
            attrs = {**attrs, "dtype": dtypes.float64}
        elif "dtype" in attrs and attrs["dtype"].is_complex:
            attrs = {**attrs, "dtype": dtypes.complex128}
        assert node.op.reference is not None, node.op.name
        with np.errstate(all="ignore"):
            value = np.asarray(node.op.reference(*inputs, **attrs))
        if node.dtype.is_complex:
            # In the graphs that the judge runs these are results of host steps, and pairs joined.
            value = value.astype(np.complex128)
            if rng is None or node.op.kind != "host":
                return value
            return _displaced(value, node.dtype, rng, ULPS * ulps)
        if not node.dtype.is_floating_point:
            return np.asarray(interpreter.settle(value, node.dtype))
        value = value.astype(np.float64)
        return value if rng is None else self._rounded(node, inputs, value, rng, ulps, noisy)

    def _rounded(
        self, node: Node, inputs: list[np.ndarray], value: np.ndarray, rng: np.random.Generator,
        ulps: float, noisy: bool,
    ) -> np.ndarray:  # fmt: skip
        """A value of floats as rounding may leave it."""
        if node.op.name in SUMS:
            value = self._summed(node, inputs, value, rng, ulps)
        if node.op.name in PRODUCTS:
            value = _multiplied(node, inputs[0], value, rng)
        if node.op.name in ("add", "sub"):
            value = _cancelled(inputs, value, node.dtype, rng)
        if self._inside and node.op.name == "add":
            value = _undecided(inputs, value, rng)
        if noisy:
            value = _displaced(value, node.dtype, rng, ULPS * ulps)
        return np.where(np.abs(value) > _largest(node.dtype), np.copysign(np.inf, value), value)

    def _summed(
        self, node: Node, inputs: list[np.ndarray], value: np.ndarray, rng: np.random.Generator,
        ulps: float,
    ) -> np.ndarray:  # fmt: skip
        """A sum as it is in some order: rounded after each term, by part of all terms together;
        where part of it may overflow, the order decides what comes out."""
        floats = [n.dtype.is_floating_point for n in node.inputs]
        assert node.op.reference is not None
        with np.errstate(all="ignore"):
            sizes = [np.abs(x) if f else x for x, f in zip(inputs, floats, strict=True)]
            bound = np.asarray(node.op.reference(*sizes, **node.attrs))
            ones = [np.ones_like(x) if f else x for x, f in zip(inputs, floats, strict=True)]
            terms = np.asarray(node.op.reference(*ones, **node.attrs), np.float64)
            lost = 0.25 * ulps * EPSILON[node.dtype.name] * bound * np.sqrt(terms)
            value = value + rng.uniform(-1, 1, value.shape) * np.where(lost < np.inf, lost, 0)
        if self._in_order:
            return value
        if node.op.name.startswith("convolution") and not all(np.isfinite(x).all() for x in sizes):
            bound = np.full_like(bound, np.inf)  # zeros of the padding may meet infinities
        any_of = rng.choice(np.array([np.nan, np.inf, -np.inf, 0.0]), value.shape)
        return np.where(
            bound > 0.5 * _largest(node.dtype), np.where(any_of == 0, value, any_of), value
        )


def _opened(graph: Graph) -> Graph:
    """The graph of primitive ops, in sub-graphs too."""
    return decompose(split_complex(map_subgraphs(graph, _opened)))


def _widened(array: np.ndarray, dtype: DType) -> np.ndarray:
    if dtype.is_complex:
        return np.asarray(array, np.complex128)
    return np.asarray(array, np.float64) if dtype.is_floating_point else np.asarray(array)


def _narrowed(array: np.ndarray, dtype: DType) -> np.ndarray:
    with np.errstate(all="ignore"):
        carried = np.asarray(array).astype(dtype.numpy)
    return dtypes.round_bfloat16(carried) if dtype is dtypes.bfloat16 else carried


def _largest(dtype: DType) -> float:
    if dtype is dtypes.bfloat16:
        return 3.3895e38
    return float(np.finfo(dtype.numpy).max)


def _undecided(
    inputs: list[np.ndarray], value: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A sum over turns of terms that overflow: which infinity is met first decides."""
    lost = np.isnan(value) & ~np.isnan(inputs[0]) & ~np.isnan(inputs[1])
    return np.where(lost, rng.choice([np.nan, np.inf, -np.inf], value.shape), value)


def _multiplied(
    node: Node, x: np.ndarray, value: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """A product of many: where part of it may overflow, or become 0, the order decides."""
    assert node.op.reference is not None
    with np.errstate(all="ignore"):
        most = np.asarray(node.op.reference(np.maximum(np.abs(x), 1.0), **node.attrs))
        least = np.asarray(node.op.reference(np.minimum(np.abs(x), 1.0), **node.attrs))
    beyond = rng.choice(np.array([np.nan, np.inf, -np.inf]), value.shape)
    lost, overflown = (rng.random(value.shape) < share for share in (0.3, 0.6))
    found = np.where((least < 2 * TINY[node.dtype.name]) & lost, 0.0, value)
    return np.where((most > _largest(node.dtype)) & overflown, beyond, found)


def _cancelled(
    inputs: list[np.ndarray], value: np.ndarray, dtype: DType, rng: np.random.Generator
) -> np.ndarray:
    """What only rounding leaves of a sum may be 0: of 1 - tanh(9)**2, whose product with infinity
    is NaN then."""
    with np.errstate(all="ignore"):
        left = np.abs(value) <= 4 * EPSILON[dtype.name] * np.maximum(*np.abs(inputs))
    return np.where(left & (rng.random(value.shape) < 0.3), 0.0, value)


def _displaced(x: np.ndarray, dtype: DType, rng: np.random.Generator, ulps: float) -> np.ndarray:
    """The values moved by up to `ulps` units of the last place of `dtype`, and by a denormal."""
    if dtype.is_complex:
        made = np.empty(np.shape(x), np.complex128)
        made.real, made.imag = (_displaced(p, dtype.real, rng, ulps) for p in (x.real, x.imag))
        return made
    noise = rng.uniform(-ulps, ulps, x.shape)
    with np.errstate(all="ignore"):
        moved = x + x * (noise * EPSILON[dtype.name])
        small = rng.uniform(-1, 1, x.shape) * TINY[dtype.name]
        moved = np.where(
            (moved != 0) & (np.abs(moved) < 1e3 * TINY[dtype.name]), moved + small, moved
        )
    return np.asarray(np.where(np.isfinite(x), moved, x))
