"""Special functions by PyTorch's names: `torch.special`.

Element-wise functions compute in float64 and round once to the operand's dtype. In float64 the
relative error is some 1e-15 (erfcx of large negative numbers, lgamma near its roots below zero
and the oscillating functions near their zeros: the absolute error is). gammainc, gammaincc,
betainc, zeta, polygamma and the orthogonal polynomials run on the host.

>>> import pentad as pt
>>> pt.special.gammaln(pt.tensor(5.0)).exp().round().item()
24.0
"""

from typing import Any

from pentad.tensor.functions import special as _functions
from pentad.tensor.functions.elementary import erf, erfc, exp2, expm1, log1p
from pentad.tensor.functions.elementary import round_ as round
from pentad.tensor.functions.elementary import sigmoid as expit
from pentad.tensor.functions.reductions import log_softmax, logsumexp, softmax
from pentad.tensor.functions.special import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    betainc,
    digamma,
    entr,
    erfcx,
    erfinv,
    gammainc,
    gammaincc,
    i0,
    i0e,
    i1,
    i1e,
    log_ndtr,
    logit,
    modified_bessel_k0,
    modified_bessel_k1,
    multigammaln,
    ndtr,
    ndtri,
    polygamma,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    sinc,
    spherical_bessel_j0,
    xlog1py,
    xlogy,
    zeta,
)
from pentad.tensor.functions.special import digamma as psi
from pentad.tensor.functions.special import i0 as modified_bessel_i0
from pentad.tensor.functions.special import i1 as modified_bessel_i1
from pentad.tensor.functions.special import lgamma as gammaln

__all__ = [
    *_functions.POLYNOMIALS,
    "airy_ai",
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "betainc",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammainc",
    "gammaincc",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "log1p",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "modified_bessel_i0",
    "modified_bessel_i1",
    "modified_bessel_k0",
    "modified_bessel_k1",
    "multigammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "round",
    "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1",
    "sinc",
    "softmax",
    "spherical_bessel_j0",
    "xlog1py",
    "xlogy",
    "zeta",
]


def __getattr__(name: str) -> Any:
    if name in _functions.POLYNOMIALS:
        return _functions.POLYNOMIALS[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
