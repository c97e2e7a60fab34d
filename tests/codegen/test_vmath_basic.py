"""Arithmetic, comparisons, bits and conversions against NumPy, on each target here."""

from __future__ import annotations

import numpy as np
import pytest

from pentad.codegen.llvm.ir import PTR, Module
from pentad.codegen.llvm.vmath import Math
from pentad.graph import dtypes
from pentad.graph.errors import DTypeError
from pentad.target import cpu
from tests.codegen.harness import RUNNABLE, Kernel
from tests.codegen.test_vmath_functions import any_bits, seeded, special

FLOATS = (dtypes.float32, dtypes.float64)
HALVES = (dtypes.float16, dtypes.bfloat16)

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about our inputs


def integers(dtype, n=3000):
    rng, info = seeded(dtype.name), np.iinfo(dtype.numpy)
    edge = np.array([info.min, info.min + 1, 0, 1, 2, 3, info.max - 1, info.max], dtype.numpy)
    if dtype.is_signed:
        edge = np.concatenate([edge, np.array([-1, -2, -3], dtype.numpy)])
    grid = [g.ravel() for g in np.meshgrid(edge, edge)]
    a = rng.integers(info.min, info.max, n, dtype.numpy, endpoint=True)
    b = rng.integers(info.min, info.max, n, dtype.numpy, endpoint=True) >> rng.integers(
        0, dtype.bits, n
    ).astype(dtype.numpy)
    return np.concatenate([grid[0], a]), np.concatenate([grid[1], b])


def floats(dtype, n=3000):
    rng = seeded(dtype.name)
    s = special(dtype)
    s = np.concatenate([s, np.array([3, -3, 0.1, -7.5, 2.5, -2.5, 1.5, 1e9, 2**24], dtype.numpy)])
    grid = [g.ravel() for g in np.meshgrid(s, s)]
    near = rng.normal(size=(2, n)).astype(dtype.numpy) * dtype.numpy.type(50)
    a = np.concatenate([grid[0], near[0], any_bits(rng, dtype, n)])
    return a, np.concatenate([grid[1], near[1], any_bits(rng, dtype, n)])


def binary(name, dtype, target, a, b):
    return Kernel(lambda k, a, b: getattr(k, name)(a, b), [dtype, dtype], target)(a, b)


def unary(name, dtype, target, a):
    return Kernel(lambda k, a: getattr(k, name)(a), [dtype], target)(a)


def assert_same(got, want):
    """Equal values, NaN in the same places, zeros of the same sign."""
    want = np.asarray(want)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)
    if got.dtype.kind == "f":
        zero = got == 0
        np.testing.assert_array_equal(np.signbit(got[zero]), np.signbit(want[zero]))


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", dtypes.INTEGERS, ids=lambda d: d.name)
def test_integer_arithmetic(dtype, target):
    a, b = integers(dtype)
    for name, reference in (
        ("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("max", np.maximum),
        ("min", np.minimum), ("bit_and", np.bitwise_and), ("bit_or", np.bitwise_or),
        ("bit_xor", np.bitwise_xor), ("floordiv", np.floor_divide), ("mod", np.remainder),
    ):  # fmt: skip
        assert_same(binary(name, dtype, target, a, b), reference(a, b))
    assert_same(binary("shl", dtype, target, a, b), np.left_shift(a, b))
    assert_same(binary("shr", dtype, target, a, b), np.right_shift(a, b))
    for name, reference in (
        ("neg", np.negative), ("abs", np.absolute), ("sign", np.sign), ("bit_not", np.invert),
        ("floor", np.positive), ("round", np.positive),
    ):  # fmt: skip
        assert_same(unary(name, dtype, target, a), reference(a))


@pytest.mark.parametrize("dtype", dtypes.SIGNED, ids=lambda d: d.name)
def test_integer_division_is_total(dtype):
    lowest = np.iinfo(dtype.numpy).min
    a = np.array([5, -5, 0, lowest, lowest], dtype.numpy)
    b = np.array([0, 0, 0, -1, 0], dtype.numpy)
    assert list(binary("floordiv", dtype, "host", a, b)) == [0, 0, 0, lowest, 0]
    assert list(binary("mod", dtype, "host", a, b)) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda d: d.name)
def test_float_arithmetic(dtype, target):
    a, b = floats(dtype)
    for name, reference in (
        ("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("div", np.divide),
        ("copysign", np.copysign), ("mod", np.remainder), ("floordiv", np.floor_divide),
    ):  # fmt: skip
        assert_same(binary(name, dtype, target, a, b), reference(a, b))
    for name, reference in (
        ("neg", np.negative), ("abs", np.absolute), ("floor", np.floor), ("ceil", np.ceil),
        ("trunc", np.trunc), ("round", np.rint), ("sqrt", np.sqrt),
    ):  # fmt: skip
        assert_same(unary(name, dtype, target, a), reference(a))
    assert_same(unary("sign", dtype, target, a), np.sign(a) + dtype.numpy.type(0))


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", FLOATS, ids=lambda d: d.name)
def test_extrema_of_floats(dtype, target):
    a, b = floats(dtype)
    zeros = (a == 0) & (b == 0)
    both = np.signbit(a) & np.signbit(b)
    for name, reference, sign in (
        ("max", np.maximum, both),
        ("maximum_number", np.fmax, both),
        ("min", np.minimum, np.signbit(a) | np.signbit(b)),
        ("minimum_number", np.fmin, np.signbit(a) | np.signbit(b)),
    ):
        want = np.where(zeros, np.where(sign, -0.0, 0.0), reference(a, b)).astype(dtype.numpy)
        assert_same(binary(name, dtype, target, a, b), want)


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", [*dtypes.INTEGERS, *FLOATS], ids=lambda d: d.name)
def test_comparisons(dtype, target):
    a, b = floats(dtype) if dtype.is_floating_point else integers(dtype)
    for name, reference in (
        ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal),
        ("gt", np.greater), ("ge", np.greater_equal),
        ("logical_and", np.logical_and), ("logical_or", np.logical_or),
        ("logical_xor", np.logical_xor),
    ):  # fmt: skip
        assert_same(binary(name, dtype, target, a, b), reference(a, b))
    for name, reference in (
        ("isnan", np.isnan), ("isinf", np.isinf), ("isfinite", np.isfinite),
        ("logical_not", np.logical_not),
    ):  # fmt: skip
        assert_same(unary(name, dtype, target, a), reference(a))


@pytest.mark.parametrize("target", RUNNABLE)
def test_bools(target):
    a, b = np.array([0, 0, 1, 1] * 40, bool), np.array([0, 1, 0, 1] * 40, bool)
    for name, reference in (
        ("bit_and", np.logical_and), ("bit_or", np.logical_or), ("bit_xor", np.logical_xor),
        ("max", np.logical_or), ("min", np.logical_and), ("eq", np.equal), ("lt", np.less),
        ("gt", np.greater), ("le", np.less_equal),
    ):  # fmt: skip
        assert_same(binary(name, dtypes.bool_, target, a, b), reference(a, b))
    assert_same(unary("bit_not", dtypes.bool_, target, a), ~a)


@pytest.mark.parametrize("target", RUNNABLE)
def test_select_and_fma(target):
    a, b = floats(dtypes.float32)
    chosen = Kernel(lambda k, a, b: k.select(k.lt(a, b), a, b), [dtypes.float32] * 2, target)
    assert_same(chosen(a, b), np.where(a < b, a, b))
    number = np.isfinite(a) & np.isfinite(b) & (np.abs(a) < 1e9) & (np.abs(b) < 1e9)
    a, b = a[number], b[number]
    got = Kernel(lambda k, a, b: k.fma(a, b, a), [dtypes.float32] * 2, target)(a, b)
    wide = a.astype(np.float64)
    scale = np.abs(wide * b) + np.abs(wide)
    assert np.all(np.abs(got - (wide * b + wide)) <= scale * 2.0**-23 + 2.0**-149)


def saturated(values, dtype):
    """float -> integer by the rule: toward zero, saturating, NaN as 0."""
    info = np.iinfo(dtype.numpy)
    whole = np.trunc(np.nan_to_num(values.astype(np.longdouble), nan=0, posinf=1e30, neginf=-1e30))
    inside = np.clip(whole, np.longdouble(info.min), np.longdouble(info.max))
    return np.array([int(v) for v in inside], dtype.numpy)


def cast_reference(values, source, to):
    if to is dtypes.bool_:
        return values != 0
    if source.is_floating_point and to.is_integer:
        return saturated(values, to)
    if to is dtypes.bfloat16:
        return dtypes.round_bfloat16(values.astype(np.float32))
    return values.astype(to.numpy)


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("source", dtypes.REAL, ids=lambda d: d.name)
def test_cast(source, target):
    if source.is_integer:
        values = integers(source, 500)[0]
    elif source is dtypes.bool_:
        values = np.array([0, 1] * 30, bool)
    elif source in HALVES:
        values = dtypes.from_memory(np.arange(1 << 16, dtype=np.uint16).view(source.memory), source)
        values = values[::7]
    else:
        edges = np.array([2.0**p + d for p in (7, 8, 15, 16, 31, 32, 63, 64) for d in (-1, 0, 1)])
        halves = np.array([65519.996, 65520, 65504, 6e-8, 3e-8, 2.98e-8, 6.1e-5, 1 + 2.0**-11])
        halves = np.concatenate([halves, halves * (1 + 2.0**-40)])
        values = np.concatenate([floats(source, 500)[0], edges, -edges, halves])
        values = values.astype(source.numpy)
    for to in dtypes.REAL:
        got = Kernel(lambda k, x, to=to: k.cast(x, to), [source], target)(values)
        assert_same(got, cast_reference(values, source, to))


@pytest.mark.parametrize("target", RUNNABLE)
def test_bitcast(target):
    bits = seeded("bits").integers(0, 2**32, 4000, np.uint32)
    for source, to in (
        (dtypes.float32, dtypes.int32), (dtypes.uint32, dtypes.float32),
        (dtypes.int16, dtypes.bfloat16), (dtypes.bfloat16, dtypes.uint16),
        (dtypes.int16, dtypes.float16), (dtypes.float16, dtypes.int16),
        (dtypes.int8, dtypes.uint8),
    ):  # fmt: skip
        values = dtypes.from_memory(bits.view(source.memory), source)
        values = values[~np.isnan(values)] if source.is_floating_point else values
        got = Kernel(lambda k, x, to=to: k.bitcast(x, to), [source], target)(values)
        want = dtypes.from_memory(dtypes.to_memory(values, source).view(to.memory), to)
        assert_same(got, want)


def test_constants():
    def value(number, dtype):
        out = Kernel(lambda k, x: k.mul(x, k.const(number, dtype)), [dtype])
        return out(np.ones(1, dtype.numpy))[0]

    assert value(300, dtypes.uint8) == 44
    assert value(-1, dtypes.uint64) == 2**64 - 1
    assert value(2**63, dtypes.int64) == -(2**63)
    assert value(0.1, dtypes.float16) == np.float16(0.1)
    assert value(0.1, dtypes.bfloat16) == np.float32(0.10009765625)
    assert value(1e39, dtypes.float32) == np.inf
    assert np.signbit(value(-0.0, dtypes.float32))
    assert not np.signbit(value(0.0, dtypes.float32))


def a_builder():
    f = Module().function("f", [(PTR, "p")])
    return Math(f, cpu.by_name("avx2"))


def test_operations_that_a_dtype_has_not():
    k = a_builder()
    one, whole, true = (k.const(1, d) for d in (dtypes.float32, dtypes.int32, dtypes.bool_))
    for call in (
        lambda: k.add(one, whole), lambda: k.div(whole, whole), lambda: k.exp(whole),
        lambda: k.bit_and(one, one), lambda: k.neg(true), lambda: k.add(true, true),
        lambda: k.shl(one, one), lambda: k.shl(true, true), lambda: k.sqrt(whole),
        lambda: k.floor(true), lambda: k.bitcast(one, dtypes.float64), lambda: k.mod(true, true),
        lambda: k.bitcast(true, dtypes.int8), lambda: k.copysign(whole, whole),
    ):  # fmt: skip
        with pytest.raises(DTypeError, match="expected"):
            call()
