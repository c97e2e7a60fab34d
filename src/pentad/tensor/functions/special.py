"""Special functions by PyTorch's names; integers become the default float dtype."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Node
from pentad.ops import polynomials, special_bessel, special_error, special_gamma
from pentad.ops.special_tools import constant, either
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.elementary import _float_function
from pentad.tensor.promotion import promoted_to_float


def _function(op: Any, name: str = "", doc: str = "") -> Any:
    return _float_function(name or op.op.name, doc or op.op.doc, op)


lgamma = _function(special_gamma.lgamma)
digamma = _function(special_gamma.digamma)
erfinv = _function(special_error.erfinv)
erfcx = _function(special_error.erfcx)
ndtri = _function(special_error.ndtri)
log_ndtr = _function(special_error.log_ndtr)
i0, i0e = _function(special_bessel.i0), _function(special_bessel.i0e)
i1, i1e = _function(special_bessel.i1), _function(special_bessel.i1e)
bessel_j0, bessel_j1 = _function(special_bessel.bessel_j0), _function(special_bessel.bessel_j1)
bessel_y0, bessel_y1 = _function(special_bessel.bessel_y0), _function(special_bessel.bessel_y1)
modified_bessel_k0 = _function(special_bessel.modified_bessel_k0)
modified_bessel_k1 = _function(special_bessel.modified_bessel_k1)
scaled_modified_bessel_k0 = _function(special_bessel.scaled_modified_bessel_k0)
scaled_modified_bessel_k1 = _function(special_bessel.scaled_modified_bessel_k1)
airy_ai = _function(special_bessel.airy_ai)

ndtr = _float_function(
    "ndtr",
    "The standard normal's distribution function.",
    lambda x: ops.erfc(x * -math.sqrt(0.5)) * 0.5,
)


def _entr(x: Node) -> Node:
    zero = ops.full_like(0, x)
    inside = ops.gt(x, zero)
    safe = ops.where(inside, x, zero + 1)
    found = either(inside, -(safe * ops.log(safe)), -math.inf)
    return ops.where(ops.isnan(x), x, ops.where(ops.eq(x, zero), zero, found))


entr = _float_function("entr", "-x log(x); 0 at 0, -inf below.", _entr)


def _sinc(x: Node) -> Node:
    zero = ops.eq(x, ops.full_like(0, x))
    safe = ops.where(zero, ops.full_like(1, x), x) * math.pi
    # At 0 the derivatives are those of 1 - (pi x)^2 / 6.
    return ops.where(zero, 1 - x * x * (math.pi**2 / 6), ops.sin(safe) / safe)


sinc = _float_function("sinc", "sin(pi x) / (pi x), 1 at 0.", _sinc)


def _spherical_j0(x: Node) -> Node:
    small = ops.lt(ops.abs(x), ops.full_like(0.5, x))
    near = ops.where(small, x, ops.full_like(0, x))
    square = near * near
    series = 1 - square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72 * (
        1 - square / 110 * (1 - square / 156)))))
    far = ops.where(small, ops.full_like(1, x), x)
    found = either(ops.isinf(far), 0.0, ops.sin(far) / far)
    return ops.where(small, series, found)


spherical_bessel_j0 = _float_function(
    "spherical_bessel_j0", "sin(x) / x, 1 at 0.", _spherical_j0
)


@surface
def logit(x: Node, eps: float | None = None) -> Node:
    """log(x / (1 - x)), x first clamped to [eps, 1 - eps] if eps is given."""
    [x] = promoted_to_float("logit", x)
    if eps is not None:
        x = ops.clamp(x, low=float(eps), high=1 - float(eps))
    return ops.log(x / (1 - x))


@surface
def xlogy(x: Node, y: Node) -> Node:
    """x log(y); 0 where x is 0, unless y is NaN."""
    x, y = promoted_to_float("xlogy", x, y)
    return _times_log(x, y, y, ops.log)


@surface
def xlog1py(x: Node, y: Node) -> Node:
    """x log(1 + y); 0 where x is 0, unless y is NaN."""
    x, y = promoted_to_float("xlog1py", x, y)
    return _times_log(x, y, y, ops.log1p)


def _times_log(x: Node, y: Node, inner: Node, log: Callable[[Node], Node]) -> Node:
    nothing = ops.logical_and(
        ops.eq(x, ops.full_like(0, x)), ops.logical_not(ops.isnan(y))
    )
    # At x = 0 the derivative by x is log(y), and that by y is 0: finite where log(y) is.
    value = log(inner)
    infinite = ops.logical_and(nothing, ops.logical_not(ops.isfinite(value)))
    return ops.where(infinite, ops.full_like(0, x), x * value)


@surface
def _polygamma(x: Node, n: int) -> Node:
    [x] = promoted_to_float("polygamma", x)
    return special_gamma.polygamma(x, order=n)


def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of digamma."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise ArgumentError(message("polygamma: order", expected="an integer >= 0", got=repr(n)))
    return _polygamma(input, n)


def polygamma_of(input: Any, n: int) -> Any:
    """`polygamma` as a method."""
    return polygamma(n, input)


@surface
def _multigammaln(x: Node, p: int) -> Node:
    [x] = promoted_to_float("mvlgamma", x)
    total = constant(p * (p - 1) / 4 * math.log(math.pi), x)
    for j in range(p):
        total = total + special_gamma.lgamma(x - j / 2)
    return total


def multigammaln(input: Any, p: int) -> Any:
    """The logarithm of the multivariate gamma function of dimension p."""
    if isinstance(p, bool) or not isinstance(p, int) or p < 1:
        raise ArgumentError(message("mvlgamma: p", expected="an integer >= 1", got=repr(p)))
    return _multigammaln(input, p)


# -- two and three operands --------------------------------------------------------------------


@surface
def gammainc(input: Node, other: Node) -> Node:
    """The regularised lower incomplete gamma function P(input, other).

    Computed on the host: series and continued fraction; for shapes beyond 1e6 Temme's expansion.
    """
    return special_gamma.gammainc(*promoted_to_float("gammainc", input, other))


@surface
def gammaincc(input: Node, other: Node) -> Node:
    """The regularised upper incomplete gamma function Q(input, other)."""
    return special_gamma.gammaincc(*promoted_to_float("gammaincc", input, other))


@surface
def betainc(a: Node, b: Node, x: Node) -> Node:
    """The regularised incomplete beta function I_x(a, b). PyTorch has none; SciPy's semantics."""
    return special_gamma.betainc(*promoted_to_float("betainc", a, b, x))


@surface
def zeta(input: Node, other: Node) -> Node:
    """The Hurwitz zeta function, the sum of (other + k)^-input over k >= 0."""
    return special_gamma.zeta(*promoted_to_float("zeta", input, other))


def _family(name: str, family: str, shifted: bool) -> Any:
    def function(input: Node, n: Node) -> Node:
        x, degree = promoted_to_float(name, input, n)
        if shifted:
            x = x * 2 - 1
        return polynomials.orthogonal_polynomial(x, degree, family=family)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The polynomial {name} of degree n at each element" + (
        ", at 2x - 1." if shifted else "."
    )
    return surface(function)


POLYNOMIALS: dict[str, Any] = {}
for _kind in "tuvw":
    for _shifted in (False, True):
        _name = f"{'shifted_' if _shifted else ''}chebyshev_polynomial_{_kind}"
        POLYNOMIALS[_name] = _family(_name, f"chebyshev_{_kind}", _shifted)
for _name, _kind in (
    ("hermite_polynomial_h", "hermite_h"), ("hermite_polynomial_he", "hermite_he"),
    ("laguerre_polynomial_l", "laguerre_l"), ("legendre_polynomial_p", "legendre_p"),
):
    POLYNOMIALS[_name] = _family(_name, _kind, False)


# -- implicit differentiation ------------------------------------------------------------------


def standard_gamma_grad(shape: Any, value: Any) -> Any:
    """d value / d shape of a gamma variate at a fixed probability."""
    return _gamma_derivative(shape, value)


@surface
def _gamma_derivative(a: Node, x: Node) -> Node:
    return special_gamma.gamma_derivative(*promoted_to_float("gamma_derivative", a, x))
