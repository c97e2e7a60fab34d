"""The special cases of the standard, signs of zeros included, for both precisions."""

import math

import numpy as np
import pytest

import pentad.array_api as xp
from tests.array_api import special_cases
from tests.array_api.oracle import values

_WORDS = {
    "nan": math.nan, "inf": math.inf, "pi": math.pi, "ln2": math.log(2), "ln10": math.log(10),
}


def number(text):
    """A number of a row."""
    sign = -1.0 if text.startswith("-") else 1.0
    result = 1.0
    divide = False
    for token in text.lstrip("-~").replace("*", " * ").replace("/", " / ").split():
        if token == "/":
            divide = True
        elif token == "*":
            divide = False
        else:
            value = _WORDS[token] if token in _WORDS else float(token)
            result = result / value if divide else result * value
    return math.copysign(result, sign) if not math.isnan(result) else result


def rows(text):
    """The rows of a function: lists of what stands left and right of >."""
    return tuple(zip(*(line.split(">") for line in text.split("|"))))


def require(name, row, got, wanted, dtype):
    """The number that a row gives, and its sign unless the row leaves it open."""
    expected = number(wanted)
    if math.isnan(expected):
        assert math.isnan(got), f"{name}({row}) is {got}"
        return
    if wanted.startswith("~"):
        got, expected = abs(got), abs(expected)
    close = pytest.approx(expected, rel=float(4 * np.finfo(dtype).eps), abs=0)
    same_sign = math.copysign(1, got) == math.copysign(1, expected)
    assert got == close and same_sign, f"{name}({row}) is {got} and not {wanted}"  # noqa: PT018


def columns(left, dtype):
    """The operands of all rows: one array for each place."""
    numbers = [[number(t) for t in row.split()] for row in left]
    return [xp.asarray(np.array(c, dtype)) for c in zip(*numbers)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", special_cases.REAL)
def test_real(name, dtype):
    left, right = rows(special_cases.REAL[name])
    found = values(getattr(xp, name)(*columns(left, dtype)))
    for row, got, wanted in zip(left, found.tolist(), right):
        require(name, row, got, wanted, dtype)


@pytest.mark.parametrize("name", special_cases.PREDICATES)
def test_predicates(name):
    left, right = rows(special_cases.PREDICATES[name])
    for dtype in ("float32", "float64"):
        found = values(getattr(xp, name)(*columns(left, dtype)))
        assert found.tolist() == [wanted == "1" for wanted in right]


def of_parts(left, dtype, conjugate=False):
    """One complex array of all rows."""
    array = np.zeros(len(left), dtype)
    for i, row in enumerate(left):
        re, im = (number(t) for t in row.split())
        array.real[i], array.imag[i] = re, -im if conjugate else im
    return xp.asarray(array)


@pytest.mark.parametrize("conjugate", [False, True], ids=["upper", "lower"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", special_cases.COMPLEX)
def test_complex(name, dtype, conjugate):
    left, right = rows(special_cases.COMPLEX[name])
    found = values(getattr(xp, name)(of_parts(left, dtype, conjugate)))
    for row, got, wanted in zip(left, found.tolist(), right):
        re, im = wanted.split()
        require(f"real {name}", row, got.real, re, dtype)
        require(f"imag {name}", row, -got.imag if conjugate else got.imag, im, dtype)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_magnitudes(dtype):
    left, right = rows(special_cases.MAGNITUDES)
    found = values(xp.abs(of_parts(left, dtype)))
    for row, got, wanted in zip(left, found.tolist(), right):
        require("abs", row, got, wanted, dtype)


def test_hypot_neither_overflows_nor_underflows():
    for dtype in (xp.float32, xp.float64):
        info = xp.finfo(dtype)
        large = xp.asarray(info.max / 4, dtype=dtype)
        assert float(xp.hypot(large, large)) == pytest.approx(info.max / 4 * 2**0.5)
        small = xp.asarray(info.smallest_normal, dtype=dtype)
        assert float(xp.hypot(small, small)) == pytest.approx(info.smallest_normal * 2**0.5)
