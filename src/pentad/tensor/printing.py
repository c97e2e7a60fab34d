"""The repr of tensors: values, and what is not obvious from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.tensor.convert import values_of
from pentad.tensor.state import get_default_dtype
from pentad.tensor.tensor import Tensor

options: dict[str, Any] = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80}


def set_printoptions(
    precision: int | None = None, threshold: int | None = None, edgeitems: int | None = None,
    linewidth: int | None = None,
) -> None:
    """Digits after the point, elements before summarising, elements at each end, line width."""
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems,
             "linewidth": linewidth}
    options.update({k: v for k, v in given.items() if v is not None})


def _number(x: float, digits: int, whole: bool, scientific: bool) -> str:
    if not np.isfinite(x):
        return str(x)
    if scientific:
        return f"{x:.{digits}e}"
    return f"{x:.0f}." if whole else f"{x:.{digits}f}"


def _formatter(values: np.ndarray) -> Any:
    if values.dtype == np.bool_:
        return {"bool": lambda x: str(bool(x)).rjust(5 if values.ndim else 0)}
    if values.dtype.kind in "iu":
        width = max((len(str(v)) for v in values.reshape(-1)), default=1)
        return {"int": lambda x: str(x).rjust(width)}
    if values.dtype.kind == "c":
        return _complex_formatter(values)
    finite = np.abs(values[np.isfinite(values)].astype(np.float64))
    nonzero = finite[finite != 0]
    whole = bool(np.all(finite == np.floor(finite)))
    big = float(nonzero.max()) if nonzero.size else 0.0
    small = float(nonzero.min()) if nonzero.size else 1.0
    scientific = big >= 1e8 or (not whole and (small < 1e-4 or big / small > 1000 or big >= 1e5))
    digits = options["precision"]
    texts = [_number(float(v), digits, whole, scientific) for v in values.reshape(-1)]
    width = max((len(t) for t in texts), default=1)
    return {"float": lambda x: _number(float(x), digits, whole, scientific).rjust(width)}


def _complex_formatter(values: np.ndarray) -> Any:
    """Each part in the format of all of its kind, as in 1.0000-2.5000j."""
    real, imag = (next(iter(_formatter(p).values())) for p in (values.real, np.abs(values.imag)))

    def number(x: complex) -> str:
        sign = "-" if np.signbit(x.imag) else "+"
        return f"{real(x.real)}{sign}{imag(abs(x.imag)).lstrip()}j"

    width = max((len(number(v)) for v in values.reshape(-1)), default=1)
    return {"complexfloat": lambda x: number(x).rjust(width)}


def _summarised(values: np.ndarray) -> np.ndarray:
    """The elements that are shown (the width of a column depends on them only)."""
    if values.size <= options["threshold"]:
        return values
    e = options["edgeitems"]
    for axis in range(values.ndim):
        n = values.shape[axis]
        if n > 2 * e:
            values = np.take(values, [*range(e), *range(n - e, n)], axis)
    return values


def text_of(values: np.ndarray, prefix: str) -> str:
    """The values as nested brackets."""
    if values.size == 0:
        return "[]"
    shown = _summarised(values)
    return np.array2string(
        values, separator=", ", prefix=prefix, formatter=_formatter(shown),
        threshold=options["threshold"], edgeitems=options["edgeitems"],
        max_line_width=options["linewidth"],
    )


def represent(t: Tensor) -> str:
    """`repr(t)`: tensor(values, dtype=..., grad_fn=... or requires_grad=True)."""
    if t.meta.traced is not None:
        return f"<traced tensor {t.meta.type}>"
    name = "tensor" if type(t) is Tensor else type(t).__name__
    start = f"{name}(" if name == "tensor" else f"{name} containing:\ntensor("
    suffix = []
    values = values_of(t)
    if values.size == 0 and t.shape != (0,):
        suffix.append(f"size={tuple(t.shape)}")
    default = get_default_dtype()
    if t.dtype not in (default, default.complex, dtypes.int64, dtypes.bool_) or values.size == 0:
        if not (values.size == 0 and t.dtype is get_default_dtype()):
            suffix.append(f"dtype={t.dtype!r}")
    if t.grad_fn is not None:
        suffix.append(f"grad_fn={t.grad_fn!r}")
    elif t.requires_grad:
        suffix.append("requires_grad=True")
    body = text_of(values, "tensor(")
    return f"{start}{', '.join([body, *suffix])})"


def formatted(t: Tensor, spec: str) -> str:
    """`format(t, spec)`: of one element, that of the number."""
    return format(values_of(t).item(), spec) if t.ndim == 0 else format(represent(t), spec)
