"""torch.testing: are values close?"""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message

_TOLERANCES = {
    pt.float16: (1e-3, 1e-5), pt.bfloat16: (1.6e-2, 1e-5), pt.float32: (1.3e-6, 1e-5),
    pt.float64: (1e-7, 1e-7), pt.complex64: (1.3e-6, 1e-5), pt.complex128: (1e-7, 1e-7),
}


class Different(pt.PentadError, AssertionError):
    """Values that are not close."""


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None,
    atol: float | None = None, equal_nan: bool = False, check_device: bool = True,
    check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
    msg: Any = None,
) -> None:
    """AssertionError unless tensors, numbers or structures of them are of equal shape and dtype and
    |actual - expected| <= atol + rtol |expected|, by default as the dtype allows."""
    if isinstance(expected, (tuple, list)):
        pairs = list(zip(actual, expected, strict=True))
    elif isinstance(expected, dict):
        pairs = [(actual[key], value) for key, value in expected.items()]
    else:
        _compare(actual, expected, rtol, atol, equal_nan, check_dtype, msg)
        return
    for a, b in pairs:
        assert_close(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=check_dtype,
                     msg=msg)


def _compare(
    actual: Any, expected: Any, rtol: Any, atol: Any, equal_nan: bool, check_dtype: bool, msg: Any
) -> None:
    numbers = not isinstance(actual, pt.Tensor) and not isinstance(expected, pt.Tensor)
    double = pt.float64 if numbers else None
    a, b = (pt.as_tensor(v, dtype=double if isinstance(v, float) else None)
            for v in (actual, expected))
    if a.shape != b.shape or (check_dtype and a.dtype is not b.dtype):
        raise Different(msg or message("assert_close: not the same kind of tensor",
                                       expected=f"{b.dtype.name} {list(b.shape)}",
                                       got=f"{a.dtype.name} {list(a.shape)}"))
    usual = max(_TOLERANCES.get(t.dtype, (0.0, 0.0)) for t in (a, b))
    tolerances = [u if t is None else t for u, t in zip(usual, (rtol, atol), strict=True)]
    found, wanted = (t.detach().numpy(force=True) for t in (a, b))
    wide = np.complex128 if found.dtype.kind == "c" else np.float64
    if found.dtype.kind in "fc":
        found, wanted = found.astype(wide), wanted.astype(wide)
    close = np.isclose(found, wanted, *tolerances, equal_nan=equal_nan)
    if not close.all():
        far = int((~close).sum())
        raise Different(msg or message(
            f"assert_close: {far} of {close.size} elements differ",
            expected=f"|actual - expected| <= {tolerances[1]} + {tolerances[0]} |expected|",
            got=f"{np.abs(np.subtract(found, wanted, dtype=wide)[~close]).max():.6g} apart"))


assert_allclose = assert_close
__getattr__ = absent(__name__)
