"""Operations on elements, one line each: name, rule of element types, what computes it.

`common` says in which element type operands are computed: `out`, that of the result; `all`, that of
the operands together; `tail`, all but the first in that of the result; None, each as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.theano.scalar.bessel import iv, jv
from pentad.frontends.theano.scalar.types import DTYPES, RULES, upcast


class ScalarOp:
    """An operation on elements. `known` is the same for NumPy arrays and symbolic sizes."""

    def __init__(
        self, name: str, nin: int, rule: str, run: Callable[..., Any], *,
        known: Callable[..., Any] | None = None, common: str | None = "out",
        differentiable: bool = True, symbol: str | None = None, linear: str | None = None,
    ) -> None:
        self.name, self.nin, self.rule, self.run, self.known = name, nin, rule, run, known
        self.common = common
        self.differentiable, self.symbol, self.linear = differentiable, symbol or name, linear

    def output_dtype(self, *dtypes: str) -> str:
        """The element type of the result."""
        return RULES[self.rule](*dtypes)

    def compute_dtype(self, dtypes: tuple[str, ...], out: str) -> str | None:
        """The element type to compute in; None for that of each operand."""
        if self.common == "out":
            return out
        return upcast(*dtypes) if self.common == "all" else None

    @property
    def shown(self) -> str:
        """What printing calls it."""
        return self.symbol if self.symbol.startswith("Cast") else self.name

    def __str__(self) -> str:
        return self.name

    __repr__ = __str__


def _chain(function: Callable[..., Any]) -> Callable[..., Any]:
    def chained(first: Any, *rest: Any) -> Any:
        for other in rest:
            first = function(first, other)
        return first

    return chained


def _floor_divide(a: Any, b: Any) -> Any:
    return pt.floor_divide(a, b)


def _known_mod(a: Any, b: Any) -> Any:
    return a % b


def _sign(x: Any) -> Any:
    return pt.sgn(x)


def _switch(c: Any, a: Any, b: Any) -> Any:
    return pt.where(c if c.dtype is pt.bool else c != 0, a, b)


def _second(a: Any, b: Any) -> Any:
    shape = pt.broadcast_shapes(tuple(a.shape), tuple(b.shape))
    return b.broadcast_to(shape)


def _add(a: Any, b: Any) -> Any:
    return pt.logical_or(a, b) if a.dtype is pt.bool else a + b


def _clip(x: Any, low: Any, high: Any) -> Any:
    return pt.where(x < low, low, pt.where(x > high, high, x))


def _away_from_zero(x: Any) -> Any:
    return pt.trunc(x + pt.sgn(x) * 0.5)


def _angle(z: Any) -> Any:
    return pt.angle(z).to(pt.float64)


def _logical(function: Any, bits: Any) -> Callable[..., Any]:
    def run(first: Any, *rest: Any) -> Any:
        return (function if first.dtype is pt.bool else bits)(first, *rest)

    return run


def _erfcx(x: Any) -> Any:
    return pt.special.erfcx(x)


def _tail(x: Any, k: Any) -> Any:
    return pt.igammac(k / 2, x / 2)


def _upper(k: Any, x: Any) -> Any:
    return pt.igammac(k, x) * pt.exp(pt.lgamma(k))


def _lower(k: Any, x: Any) -> Any:
    return pt.igamma(k, x) * pt.exp(pt.lgamma(k))


def _gamma(x: Any) -> Any:
    sign = pt.where((x < 0) & (pt.remainder(pt.floor(x), 2) != 0), -pt.ones_like(x),
                    pt.ones_like(x))
    return sign * pt.exp(pt.lgamma(x))


def _larger(a: Any, b: Any) -> Any:
    """The larger one, NaN if one is; of equal ones the first has all of the gradient."""
    if not a.dtype.is_floating_point:
        return pt.maximum(a, b)
    return pt.where((b > a) | (b != b), b, a)


def _smaller(a: Any, b: Any) -> Any:
    if not a.dtype.is_floating_point:
        return pt.minimum(a, b)
    return pt.where((b < a) | (b != b), b, a)


def _minimum(a: Any, b: Any) -> Any:
    return np.minimum(a, b)


def _same(x: Any) -> Any:
    return x


_U, _B = "to_float", "bool"
TABLE: tuple[ScalarOp, ...] = (
    ScalarOp("add", -1, "upcast", _chain(_add), known=_chain(operator.add), symbol="+",
             linear="add"),
    ScalarOp("mul", -1, "upcast", _chain(operator.mul), known=_chain(operator.mul), symbol="*",
             linear="mul"),
    ScalarOp("sub", 2, "upcast_no_bool", operator.sub, known=operator.sub, symbol="-",
             linear="sub"),
    ScalarOp("true_div", 2, "divided", operator.truediv, symbol="/"),
    ScalarOp("int_div", 2, "upcast", _floor_divide, known=operator.floordiv, symbol="//",
             differentiable=False),
    ScalarOp("mod", 2, "upcast_no_complex", pt.remainder, known=_known_mod, symbol="%"),
    ScalarOp("pow", 2, "at_least_int8", pt.pow, known=operator.pow, symbol="**"),
    ScalarOp("neg", 1, "same_no_bool", operator.neg, known=operator.neg, symbol="-",
             linear="neg"),
    ScalarOp("maximum", 2, "upcast", _larger, known=np.maximum),
    ScalarOp("minimum", 2, "upcast", _smaller, known=_minimum),
    ScalarOp("clip", 3, "upcast_no_complex", _clip),
    ScalarOp("switch", 3, "second_and_third", _switch, common="tail"),
    ScalarOp("second", 2, "second", _second, common=None),
    ScalarOp("identity", 1, "same", _same, known=_same, linear="same"),
    ScalarOp("lt", 2, "bool_no_complex", operator.lt, common="all", known=operator.lt,
             differentiable=False, symbol="<"),
    ScalarOp("gt", 2, "bool_no_complex", operator.gt, common="all", known=operator.gt,
             differentiable=False, symbol=">"),
    ScalarOp("le", 2, "bool_no_complex", operator.le, common="all", known=operator.le,
             differentiable=False, symbol="<="),
    ScalarOp("ge", 2, "bool_no_complex", operator.ge, common="all", known=operator.ge,
             differentiable=False, symbol=">="),
    ScalarOp("eq", 2, _B, operator.eq, common="all", known=operator.eq, differentiable=False,
             symbol="=="),
    ScalarOp("neq", 2, _B, operator.ne, common="all", known=operator.ne, differentiable=False,
             symbol="!="),
    ScalarOp("isnan", 1, _B, pt.isnan, common=None, differentiable=False),
    ScalarOp("isinf", 1, _B, pt.isinf, common=None, differentiable=False),
    ScalarOp("and_", -1, "bits", _chain(pt.bitwise_and), symbol="&", differentiable=False),
    ScalarOp("or_", -1, "bits", _chain(pt.bitwise_or), symbol="|", differentiable=False),
    ScalarOp("xor", -1, "bits", _chain(pt.bitwise_xor), symbol="^", differentiable=False),
    ScalarOp("invert", 1, "bits", pt.bitwise_not, symbol="~", differentiable=False),
    ScalarOp("abs_", 1, "real", pt.abs, common=None, symbol="abs"),
    ScalarOp("sgn", 1, "same", _sign, differentiable=False, symbol="sgn"),
    ScalarOp("ceil", 1, "real_float", pt.ceil, differentiable=False),
    ScalarOp("floor", 1, "real_float", pt.floor, differentiable=False),
    ScalarOp("trunc", 1, "real_float", pt.trunc, differentiable=False),
    ScalarOp("round_half_to_even", 1, "float_only", pt.round, differentiable=False),
    ScalarOp("round_half_away_from_zero", 1, "float_only", _away_from_zero, differentiable=False),
    ScalarOp("inv", 1, _U, pt.reciprocal),
    ScalarOp("sqr", 1, "same", pt.square),
    *(ScalarOp(name, 1, _U, run) for name, run in (
        ("sqrt", pt.sqrt), ("log", pt.log), ("log2", pt.log2), ("log10", pt.log10),
        ("log1p", pt.log1p), ("exp", pt.exp), ("exp2", pt.exp2), ("expm1", pt.expm1),
        ("deg2rad", pt.deg2rad), ("rad2deg", pt.rad2deg), ("cos", pt.cos), ("arccos", pt.acos),
        ("sin", pt.sin), ("arcsin", pt.asin), ("tan", pt.tan), ("arctan", pt.atan),
        ("cosh", pt.cosh), ("arccosh", pt.acosh), ("sinh", pt.sinh), ("arcsinh", pt.asinh),
        ("tanh", pt.tanh), ("arctanh", pt.atanh), ("erf", pt.erf), ("gamma", _gamma),
        ("gammaln", pt.lgamma), ("psi", pt.digamma), ("tri_gamma", lambda x: pt.polygamma(1, x)),
        ("j0", pt.special.bessel_j0), ("j1", pt.special.bessel_j1), ("i0", pt.special.i0),
        ("i1", pt.special.i1), ("sigmoid", pt.sigmoid), ("softplus", pt.nn.functional.softplus),
    )),
    *(ScalarOp(name, 1, "real_float", run) for name, run in (
        ("erfc", pt.erfc), ("erfcx", _erfcx), ("erfinv", pt.erfinv),
        ("erfcinv", lambda x: pt.erfinv(1 - x)),
    )),
    *(ScalarOp(name, 2, _U, run) for name, run in (
        ("arctan2", pt.atan2), ("gammainc", pt.igamma), ("gammaincc", pt.igammac),
        ("gammau", _upper), ("gammal", _lower), ("jv", jv), ("iv", iv),
    )),
    ScalarOp("chi2sf", 2, "float64", _tail),
    ScalarOp("real", 1, "real", lambda z: pt.real(z) if z.dtype.is_complex else z, common=None),
    ScalarOp("imag", 1, "real", lambda z: pt.imag(z) if z.dtype.is_complex else z * 0,
             common=None),
    ScalarOp("angle", 1, "float64", _angle, common=None),
    ScalarOp("complex", 2, "complex128", lambda a, b: pt.complex(a, b), common="float64"),
    ScalarOp("conj", 1, "at_least_int8", pt.conj),
    ScalarOp("complex_from_polar", 2, "complex128", lambda r, a: pt.polar(r, a), common="float64"),
)
"""All operations on elements."""

RULES["second_and_third"] = lambda c, a, b: upcast(a, b)
RULES["second"] = lambda a, b: b
RULES["complex128"] = lambda *dtypes: "complex128"
OPS: dict[str, ScalarOp] = {record.name: record for record in TABLE}


def cast_op(dtype: str) -> ScalarOp:
    """The conversion to an element type."""
    name = f"convert_to_{dtype}"
    if name not in OPS:
        target = DTYPES[dtype]
        RULES[name] = lambda *dtypes: dtype
        OPS[name] = ScalarOp(name, 1, name, lambda x: x.to(target), known=_same, common=None,
                             linear="same", symbol=f"Cast{{{dtype}}}")
    return OPS[name]


__all__ = ["ScalarOp", "cast_op"]
