"""The repr of tensors: values, and what is not obvious from them."""

from __future__ import annotations

from collections.abc import Sequence
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


class _Format:
    """How the elements are written: width, and the text of one."""

    def __init__(self, values: np.ndarray) -> None:
        self.kind = values.dtype.kind
        if self.kind != "f":
            self.width = max((len(str(v)) for v in values.reshape(-1).tolist()), default=1)
            return
        # The values that are not finite, and zeros, have no say in the width: as in PyTorch.
        shown = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        sizes = np.abs(shown) if shown.size else np.ones(1)
        big, small = float(sizes.max()), float(sizes.min())
        self.whole = bool(np.all(shown == np.ceil(shown)))
        self.scientific = big > small * 1000 or big > 1e8 or (not self.whole and small < 1e-4)
        self.width = max((len(self._number(v)) for v in shown.tolist()), default=1)

    def _number(self, x: float) -> str:
        if self.scientific:
            return f"{x:.{options['precision']}e}"
        if self.whole:
            return f"{x:.0f}." if np.isfinite(x) else f"{x:.0f}"
        return f"{x:.{options['precision']}f}"

    def __call__(self, x: Any) -> str:
        return (self._number(x) if self.kind == "f" else str(x)).rjust(self.width)


class _ComplexFormat:
    """Each part in the format of all of its kind, as in 1.0000-2.5000j."""

    def __init__(self, values: np.ndarray) -> None:
        self.real, self.imag = _Format(values.real), _Format(values.imag)
        self.width = self.real.width + self.imag.width + 1

    def __call__(self, x: complex) -> str:
        imag = self.imag(x.imag).lstrip()
        return f"{self.real(x.real)}{'' if imag.startswith('-') else '+'}{imag}j"


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


def text_of(values: np.ndarray, indent: int) -> str:
    """The values as nested brackets, lines after the first indented."""
    if values.size == 0:
        return "[]"
    shown = _summarised(values)
    if values.dtype.kind not in "biufc":
        shown = shown.astype(np.float32)
    form = _ComplexFormat(shown) if shown.dtype.kind == "c" else _Format(shown)
    return _nested(shown, values.shape, form, indent)


def _nested(shown: np.ndarray, shape: tuple[int, ...], form: Any, indent: int) -> str:
    """The text of the elements that are shown of an array of that shape."""
    if not shape:
        return str(form(shown.item()))
    cut = shown.shape[0] < shape[0]
    e = options["edgeitems"]
    if len(shape) == 1:
        words = [form(x) for x in shown.tolist()]
        if cut:
            words[e:e] = [" ..."]
        n = max(1, (options["linewidth"] - indent) // (form.width + 2))
        rows = [", ".join(words[i:i + n]) for i in range(0, len(words), n)]
    else:
        rows = [_nested(part, shape[1:], form, indent + 1) for part in shown]
        if cut:
            rows[e:e] = ["..."]
    between = "," + "\n" * max(1, len(shape) - 1) + " " * (indent + 1)
    return f"[{between.join(rows)}]"


def _with_notes(text: str, notes: Sequence[str], indent: int) -> str:
    """The text, and the notes behind it, each on a new line where it would not fit."""
    column = len(text) - text.rfind("\n") + 1
    for note in notes:
        fits = column + len(note) + 2 <= options["linewidth"]
        text += f", {note}" if fits else f",\n{' ' * indent}{note}"
        column = column + len(note) + 2 if fits else indent + len(note)
    return f"{text})"


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
    indent = len("tensor(")
    head = start[:-indent]
    return head + _with_notes(f"tensor({text_of(values, indent)}", suffix, indent)


def formatted(t: Tensor, spec: str) -> str:
    """`format(t, spec)`: of one element, that of the number."""
    return format(values_of(t).item(), spec) if t.ndim == 0 else format(represent(t), spec)
