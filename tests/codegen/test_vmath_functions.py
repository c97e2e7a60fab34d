"""Every function within 2 ulp over the whole range of its arguments, on each target here."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from pentad.graph import dtypes
from tests.codegen.harness import RUNNABLE, Kernel
from tests.codegen.reference import FUNCTIONS, REFERENCE_ULP, Extended, ulp_errors

LIMIT = 2.0

# Where each function has its detail: for float32, and the factor for float64's wider exponents.
DENSE = {
    "exp": (-110, 92), "exp2": (-155, 130), "expm1": (-20, 90), "sigmoid": (-110, 40),
    "sinh": (-92, 92), "cosh": (-92, 92), "tanh": (-12, 12),
    "log": (0, 4), "log2": (0, 4), "log10": (0, 4), "log1p": (-1, 4),
    "asinh": (-9, 9), "acosh": (1, 5), "atanh": (-1, 1),
    "sin": (-200, 200), "cos": (-200, 200), "tan": (-200, 200),
    "asin": (-1, 1), "acos": (-1, 1), "atan": (-5, 5),
    "erf": (-7, 7), "erfc": (-7, 11), "sqrt": (0, 4), "rsqrt": (0, 4),
}  # fmt: skip
WIDER = ("exp", "exp2", "expm1", "sigmoid", "sinh", "cosh")


def seeded(*key):
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def any_bits(rng, dtype, n):
    """Numbers of all exponents, denormals, infinities and NaN."""
    unsigned = np.uint32 if dtype.bits == 32 else np.uint64
    return rng.integers(0, 2**dtype.bits - 1, n, unsigned, endpoint=True).view(dtype.numpy)


def special(dtype):
    info = np.finfo(dtype.numpy)
    values = [0, 1, 0.5, 0.75, 2, np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal]
    values += [1 + info.eps, 1 - info.eps / 2, 1e5, 2.0**17, 2.0**17 + 1, 88.72283, 709.7827128]
    return np.array([s * v for v in values for s in (1, -1)], dtype.numpy)


def arguments(name, dtype, n=12000):
    rng = seeded(name, dtype.name)
    low, high = DENSE[name]
    if dtype.bits == 64 and name in WIDER:
        low, high = low * 7.3, high * 8
    if dtype.bits == 64 and name == "erfc":
        high = 28
    small = rng.uniform(-1, 1, n) * np.exp2(rng.integers(-30, 3, n).astype(float))
    if name == "acosh":
        small = 1 + np.abs(small)
    near_multiples = rng.integers(-83000, 83000, n // 4) * (np.pi / 2)
    parts = [rng.uniform(low, high, n), small, near_multiples]
    with np.errstate(over="ignore"):
        parts = [p.astype(dtype.numpy) for p in parts]
    return np.concatenate([special(dtype), any_bits(rng, dtype, n), *parts])


def check(got, want, *inputs):
    errors = ulp_errors(got, want)
    worst = int(np.argmax(errors))
    assert errors[worst] <= LIMIT + REFERENCE_ULP, (
        f"{errors[worst]} ulp at {[i[worst] for i in inputs]}: {got[worst]!r}, not {want[worst]!r}"
    )


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=lambda d: d.name)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_two_ulp(name, dtype, target):
    x = arguments(name, dtype)
    got = Kernel(lambda k, x: getattr(k, name)(x), [dtype], target)(x)
    with np.errstate(all="ignore"):
        check(got, FUNCTIONS[name](x.astype(Extended)), x)


@pytest.mark.parametrize("target", RUNNABLE)
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=lambda d: d.name)
@pytest.mark.parametrize("name", ["pow", "atan2"])
def test_functions_of_two_arguments_within_two_ulp(name, dtype, target):
    rng, n = seeded(name, dtype.name), 12000
    corners = np.concatenate(
        [special(dtype), np.array([2, 3, -3, 0.5, -2.5, 2.0**60, 5e8 + 1], dtype.numpy)]
    )
    grid = [g.ravel() for g in np.meshgrid(corners, corners)]
    exponent = 700 if dtype.bits == 64 else 87
    base = np.concatenate([rng.uniform(0, 10, n), np.exp(rng.uniform(-1e-3, 1e-3, n))])
    power = rng.uniform(-1, 1, 2 * n) * exponent / np.log(base)
    a = np.concatenate([grid[0], any_bits(rng, dtype, n), base.astype(dtype.numpy)])
    b = np.concatenate([grid[1], any_bits(rng, dtype, n), power.astype(dtype.numpy)])
    got = Kernel(lambda k, a, b: getattr(k, name)(a, b), [dtype, dtype], target)(a, b)
    with np.errstate(all="ignore"):
        function = {"pow": np.power, "atan2": np.arctan2}[name]
        check(got, function(a.astype(Extended), b.astype(Extended)), a, b)


@pytest.mark.parametrize("target", ["host", *(n for n in RUNNABLE if n == "generic")])
@pytest.mark.parametrize("dtype", [dtypes.float32, dtypes.float64], ids=lambda d: d.name)
@pytest.mark.parametrize("name", [*FUNCTIONS, "mod"])
def test_a_value_depends_on_its_argument_alone(name, dtype, target):
    """Not on its lane, its neighbours, the number of lanes or being out of line."""
    x = arguments(name if name != "mod" else "tan", dtype, 600)

    def emit(k, x):
        if name == "mod":
            return k.mod(x, k.const(0.7, dtype))
        return getattr(k, name)(x)

    want = Kernel(emit, [dtype], target)(x)
    bits = np.dtype(f"u{dtype.itemsize}")
    number = ~np.isnan(want)
    order = seeded("order").permutation(len(x))
    for lanes, outline in ((0, False), (2, True), (32, False)):
        got = Kernel(emit, [dtype], target, lanes, outline)(x[order])
        same = got.view(bits) == want[order].view(bits)
        assert np.all(same | ~number[order])
        assert np.array_equal(np.isnan(got), ~number[order])


@pytest.mark.parametrize("target", RUNNABLE)
def test_the_hardest_angle(target):
    """6381956970095103 * 2**797 is nearest to a multiple of pi/2 of all doubles (Kahan)."""
    x = np.array([np.ldexp(6381956970095103.0, 797)])
    got = Kernel(lambda k, x: k.cos(x), [dtypes.float64], target)(x)
    assert abs(got[0] + 4.68716592425462761112e-19) <= np.spacing(4.687e-19)


@pytest.mark.parametrize("name", ["exp", "tanh", "log", "erf", "pow"])
@pytest.mark.parametrize("dtype", [dtypes.float16, dtypes.bfloat16], ids=lambda d: d.name)
def test_halves_are_computed_in_float_and_rounded(name, dtype):
    x = dtypes.from_memory(np.arange(1 << 16, dtype=np.uint16).view(dtype.memory), dtype)
    got = Kernel(
        lambda k, x: k.pow(x, k.const(1.5, dtype)) if name == "pow" else getattr(k, name)(x),
        [dtype],
    )(x)
    with np.errstate(all="ignore"):
        wide = x.astype(np.float32)
        single = Kernel(
            lambda k, x: k.pow(x, k.const(1.5, dtypes.float32))
            if name == "pow"
            else getattr(k, name)(x),
            [dtypes.float32],
        )(wide)
        want = dtypes.from_memory(dtypes.to_memory(single, dtype), dtype)
    assert np.array_equal(got, want, equal_nan=True)
