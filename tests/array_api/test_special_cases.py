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


def rows(table):
    return [
        pytest.param(name, text, id=f"{name}({text})")
        for name, lines in table.items() for text in lines.split("|")
    ]


def require(got, wanted, dtype):
    """The number that the row gives, and its sign unless the row leaves it open."""
    expected = number(wanted)
    if math.isnan(expected):
        assert math.isnan(got)
        return
    if wanted.startswith("~"):
        got, expected = abs(got), abs(expected)
    assert got == pytest.approx(expected, rel=float(4 * np.finfo(dtype).eps), abs=0)
    assert math.copysign(1, got) == math.copysign(1, expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name, text", rows(special_cases.REAL))
def test_real(name, text, dtype):
    left, wanted = text.split(">")
    operands = [xp.asarray(number(t), dtype=getattr(xp, dtype)) for t in left.split()]
    require(values(getattr(xp, name)(*operands)).item(), wanted, dtype)


@pytest.mark.parametrize("name, text", rows(special_cases.PREDICATES))
def test_predicates(name, text):
    left, wanted = text.split(">")
    operands = [xp.asarray(number(t), dtype=xp.float64) for t in left.split()]
    assert bool(getattr(xp, name)(*operands)) is (wanted == "1")


def of_parts(text, dtype, conjugate=False):
    re, im = (number(t) for t in text.split())
    array = np.zeros((), dtype)
    array.real, array.imag = re, -im if conjugate else im
    return xp.asarray(array)


@pytest.mark.parametrize("conjugate", [False, True], ids=["upper", "lower"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name, text", rows(special_cases.COMPLEX))
def test_complex(name, text, dtype, conjugate):
    left, wanted = text.split(">")
    got = values(getattr(xp, name)(of_parts(left, dtype, conjugate))).item()
    re, im = wanted.split()
    require(got.real, re, dtype)
    require(-got.imag if conjugate else got.imag, im, dtype)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("text", special_cases.MAGNITUDES.split("|"))
def test_magnitudes(text, dtype):
    left, wanted = text.split(">")
    require(values(xp.abs(of_parts(left, dtype))).item(), wanted, dtype)


def test_hypot_neither_overflows_nor_underflows():
    for dtype in (xp.float32, xp.float64):
        info = xp.finfo(dtype)
        large = xp.asarray(info.max / 4, dtype=dtype)
        assert float(xp.hypot(large, large)) == pytest.approx(info.max / 4 * 2**0.5)
        small = xp.asarray(info.smallest_normal, dtype=dtype)
        assert float(xp.hypot(small, small)) == pytest.approx(info.smallest_normal * 2**0.5)
