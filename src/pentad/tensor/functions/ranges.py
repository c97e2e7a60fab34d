"""Ranges: numbers at equal distances, and the identity matrix."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.functions.creation import check_dtype, check_shape, finished, store
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.state import get_default_dtype, state
from pentad.tensor.tensor import Tensor, empty_tensor


def _constant(array: np.ndarray, dtype: DType, requires_grad: bool) -> Any:
    t = empty_tensor(contiguous_meta(array.shape, dtype))
    store(t, array)
    if state.trace is not None:
        t = state.trace.literal(t)
    return finished(t, requires_grad)


def _bounds(given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    """start, end and step of arange, some of them by name."""
    names = ["end"] if len(given) == 1 and "end" not in named else ["start", "end", "step"]
    known = dict(zip(names, given, strict=False))
    for name, value in named.items():
        if name not in ("start", "end", "step") or name in known:
            raise TypeError(f"arange() got an unexpected keyword argument {name!r}")
        known[name] = value
    if "end" not in known:
        raise TypeError("arange() misses the argument 'end'")
    return known.get("start", 0), known["end"], known.get("step", 1)


def arange(
    *bounds: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    **named: Any,
) -> Any:
    """arange(end), arange(start, end) or arange(start, end, step): start, start + step, ..."""
    bounds = _bounds(bounds, named) if named else bounds
    if not 1 <= len(bounds) <= 3:
        raise ArgumentError(message("arange: bounds", expected="1 to 3", got=str(len(bounds))))
    bounds = tuple(b.item() if isinstance(b, Tensor) else b for b in bounds)
    start, end = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1
    whole = all(not isinstance(b, (float, np.floating)) for b in bounds)
    wanted = check_dtype(dtype) if dtype else dtypes.int64 if whole else get_default_dtype()
    if any(hasattr(b, "terms") for b in (start, end)) and step == 1:
        n = end - start
        node = ops.iota((n,), 0, wanted)
        return state.trace.source(ops.add(node, ops.full_like(start, node)))
    if step == 0 or (end - start) * (1 if step > 0 else -1) < 0:
        raise ArgumentError(
            message("arange: the step leads away from the end", expected="a step toward the end",
                    got=f"start {start}, end {end}, step {step}")
        )
    if wanted.is_integer and not whole:  # PyTorch cuts the bounds off, for int64 the size too
        cut = int(start), int(end), int(step)
        size = cut if wanted is dtypes.int64 else (start, end, step)
        n = math.ceil((size[1] - size[0]) / (size[2] or 1))
        start, step = cut[0], cut[2]
    else:
        n = -(-(end - start) // step) if whole else math.ceil((end - start) / step)
    return _constant(start + step * np.arange(n), wanted, requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """`steps` numbers from start to end, both included, at equal distances."""
    if not isinstance(steps, int) or steps < 0:
        raise ArgumentError(message("linspace: steps", expected="an integer >= 0", got=repr(steps)))
    default = get_default_dtype()
    bent = isinstance(start, complex) or isinstance(end, complex)
    wanted = check_dtype(dtype or (default.complex if bent else default))
    return _constant(_spaced(start, end, steps, wanted), wanted, requires_grad)


def _spaced(start: Any, end: Any, steps: int, dtype: DType) -> np.ndarray:
    start, end = (v.item() if isinstance(v, Tensor) else v for v in (start, end))
    if dtype.is_inexact or steps < 2:
        return np.linspace(start, end, steps)
    start, end = int(start), int(end)
    place, step = np.arange(steps), (end - start) / (steps - 1)
    # From the nearer end, as in PyTorch, for whole numbers are cut off.
    near = place < steps // 2
    return np.trunc(np.where(near, start + step * place, end - step * (steps - 1 - place)))


def logspace(
    start: float, end: float, steps: int, base: float = 10.0, *, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Any:
    """base ** x for `steps` exponents x at equal distances from start to end, both included."""
    if not isinstance(steps, int) or steps < 0:
        raise ArgumentError(message("logspace: steps", expected="an integer >= 0", got=repr(steps)))
    wanted = check_dtype(dtype or get_default_dtype())
    start, end = (v.item() if isinstance(v, Tensor) else v for v in (start, end))
    if wanted.is_integer:
        start, end = int(start), int(end)
    with np.errstate(all="ignore"):
        powers = np.power(np.asarray(base, np.result_type(type(base), float)),
                          np.linspace(start, end, steps))
    return _constant(powers, wanted, requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """A matrix with ones on its diagonal."""
    shape = check_shape("eye", (n, n if m is None else m))
    wanted = check_dtype(dtype or get_default_dtype())
    return _constant(np.eye(*shape), wanted, requires_grad)
