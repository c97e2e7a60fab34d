"""Complex numbers natively: special values against NumPy, and every rule against the reference."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, GraphError
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.op import TABLE
from pentad.ops.complex_functions import HOSTED, PAIRS
from pentad.passes.split_complex import split_complex
from pentad.runtime import interpreter
from tests.runtime.native import run_native

INF, NAN = float("inf"), float("nan")
PARTS = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.0, 1e-300, 1e300, -1e300, 720.0, -720.0, INF, -INF, NAN)
SPECIAL = np.array([complex(a, b) for a, b in itertools.product(PARTS, PARTS)])
NUMPY: dict[str, Callable[..., np.ndarray]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "log2": np.log2, "abs": np.abs,
}
UNSPECIFIED = {
    "exp": [(-INF, INF), (-INF, -INF), (-INF, NAN)],
    "cos": [(0.0, NAN), (INF, 0.0), (NAN, 0.0)],
    "cosh": [(0.0, INF), (0.0, NAN)],
}
"""Where the standard leaves the sign of a zero open, up to the signs of the parts."""


def native(function: Callable[..., Node], *arrays: np.ndarray) -> np.ndarray:
    inputs = [
        input_node(f"x{i}", a.shape, dtypes.from_numpy(a.dtype)) for i, a in enumerate(arrays)
    ]
    status, [found] = run_native(Graph(inputs, [function(*inputs)]), list(arrays), specialise=True)
    assert status == 0
    return found


def parts(x: np.ndarray) -> list[np.ndarray]:
    return [x.real, x.imag] if np.iscomplexobj(x) else [x]


def is_open(name: str, x: complex) -> bool:
    """Does the standard leave a sign open at this operand?"""
    return any(
        all(np.array_equal(abs(p), q, equal_nan=True) for p, q in zip((x.real, x.imag), given))
        or (given[0] == -INF and x.real == -INF and not np.isfinite(x.imag))
        for given in UNSPECIFIED.get(name, ())
    )


@pytest.mark.parametrize("name", sorted(NUMPY))
def test_special_values_are_those_of_annex_g(name: str) -> None:
    with np.errstate(all="ignore"):
        expected = NUMPY[name](SPECIAL)
    found = native(getattr(ops, name), SPECIAL)
    for i, x in enumerate(SPECIAL):
        for a, b in zip(parts(expected[i : i + 1]), parts(found[i : i + 1]), strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-13, err_msg=f"{name}({x})")
            if not np.isnan(a[0]) and not is_open(name, complex(x)):
                assert np.signbit(a[0]) == np.signbit(b[0]), (name, x, a, b)


@pytest.mark.parametrize("dtype, bound", [(np.complex64, 5e-7), (np.complex128, 1e-15)])
@pytest.mark.parametrize("name", sorted(NUMPY))
def test_functions_are_exact_to_a_few_ulp(name: str, dtype: type, bound: float) -> None:
    rng = np.random.default_rng(3)
    scale = np.exp(rng.standard_normal(2000))
    x = ((rng.standard_normal(2000) + 1j * rng.standard_normal(2000)) * scale).astype(dtype)
    expected = NUMPY[name](x.astype(np.complex128))
    keep = (np.abs(expected) < 1e30) & (np.abs(expected) > 1e-30)
    found = native(getattr(ops, name), x)
    assert (np.abs(found - expected) / np.abs(expected))[keep].max() < bound


def test_nothing_overflows_on_the_way() -> None:
    huge = np.array([1e300 + 1e300j, 3e-320 + 4e-320j, 1e308 + 0j])
    np.testing.assert_allclose(native(ops.abs, huge), np.abs(huge), rtol=1e-3)
    np.testing.assert_allclose(native(ops.div, huge, huge), 1, rtol=1e-15)
    by_zero = native(ops.div, np.array([1 - 2j, 0j]), np.zeros(2, complex))
    assert by_zero[0].real == INF
    assert by_zero[0].imag == -INF
    assert np.isnan(by_zero[1].real)


def test_powers_of_zero() -> None:
    zero, exponents = np.zeros(4, complex), np.array([0, 2, 1 + 1j, -1])
    found = native(ops.pow, zero, exponents)
    assert found[:3].tolist() == [1, 0, 0]
    assert np.isnan(found[3].real)


def test_expm1_and_log1p_are_exact_near_0() -> None:
    x = np.array([1e-10 + 1e-12j, -1e-8 + 1e-8j])
    np.testing.assert_allclose(native(ops.expm1, x).real, [1.00000000005e-10, -1e-8], rtol=1e-8)
    np.testing.assert_allclose(native(ops.log1p, x), x - x * x / 2, rtol=1e-15)


@pytest.mark.parametrize("specialise", [True, False])
def test_values_are_shared_and_written_back(specialise: bool) -> None:
    """One value as two outputs, as a part, and in the memory of an input."""
    x, y = (input_node(n, (3, 5), dtypes.complex128) for n in "xy")
    total = ops.add(x, y)
    graph = Graph([x, y], [total, total, x, ops.imag(total), ops.mul(total, x)])
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((3, 5)) + 1j * rng.standard_normal((3, 5)) for _ in range(2)]
    expected = interpreter.run(graph, arrays)
    status, found = run_native(graph, arrays, specialise=specialise, donated={4: 1})
    assert status == 0
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_every_op_on_complex_numbers_has_a_rule() -> None:
    """So that no graph that verifies is refused when it is compiled."""
    for op in TABLE.values():
        if op.kind in ("composite", "host") or op.name == "input" or op.samples is None:
            continue
        kinds = [t[1] for s in op.samples() for t in s.inputs if isinstance(t, tuple)]
        if any(d.is_complex for d in kinds):
            assert op.name in PAIRS, op.name
    assert set(HOSTED) <= set(PAIRS)


def test_what_has_no_rule_is_refused() -> None:
    x = input_node("x", (2,), dtypes.complex64)
    made = Node(ops.floor.op, (x,), {}, x.type)
    with pytest.raises(GraphError, match="no rule for complex"):
        split_complex(Graph([x], [made]))


def test_a_complex_constant_is_made_of_its_parts() -> None:
    made = ops.full(1 - 2j, (2,), dtypes.complex64)
    assert interpreter.run(Graph([], [made]), [])[0].tolist() == [1 - 2j, 1 - 2j]
    with pytest.raises(ArgumentError, match="no element"):
        ops.full(1j, (2,), dtypes.float32)


def test_zeros_of_both_signs_are_different_constants() -> None:
    x = input_node("x", (2,), dtypes.float64)
    zero, minus = ops.full_like(0.0, x), ops.full_like(-0.0, x)
    graph = Graph([x], [ops.where(ops.lt(x, zero), minus, zero)])
    _, [found] = run_native(graph, [np.array([-1.0, 1.0])], specialise=True)
    assert np.signbit(found).tolist() == [True, False]
