"""torch.testing: are values close?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message

_TOLERANCES = {
    pt.float16: (1e-3, 1e-5), pt.bfloat16: (1.6e-2, 1e-5), pt.float32: (1.3e-6, 1e-5),
    pt.float64: (1e-7, 1e-7), pt.complex64: (1.3e-6, 1e-5), pt.complex128: (1e-7, 1e-7),
}
_NUMBERS = (int, float, complex)


class Different(pt.PentadError, AssertionError):
    """Values that are not close."""


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None,
    atol: float | None = None, equal_nan: bool = False, check_device: bool = True,
    check_dtype: bool = True, check_layout: bool = True, check_stride: bool = False,
    msg: Any = None,
) -> None:
    """AssertionError unless tensors, numbers or structures of them are of equal shape and dtype and
    |actual - expected| <= atol + rtol |expected|, by default as the dtype allows.

    msg: what to say instead, or a function of what would be said. ArgumentError for one of rtol and
    atol without the other, DTypeError for values of different sorts.
    """
    if (rtol is None) != (atol is None):
        raise pt.ArgumentError(message(
            "assert_close: Both 'rtol' and 'atol' must be either specified or omitted",
            expected="rtol and atol", got="no atol" if atol is None else "no rtol"))
    given = None if rtol is None or atol is None else (rtol, atol)
    way = _Way(given, equal_nan, check_dtype, check_stride, allow_subclasses)
    try:
        way.compare(actual, expected, "")
    except Different as error:
        if msg is None:
            raise
        raise Different(msg(str(error)) if callable(msg) else msg) from None


def _different(what: str, at: str, expected: Any, got: Any) -> Different:
    return Different(message(f"assert_close: {what}" + (f", at item {at}" if at else ""),
                             expected=str(expected), got=str(got)))


@dataclass
class _Way:
    """How values are compared; `at` is where in a structure they are, as in ['a'][1]."""

    tolerances: tuple[float, float] | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool
    subclasses: bool

    def compare(self, a: Any, b: Any, at: str) -> None:
        """Different, unless they are close."""
        both = (a, b)
        if all(isinstance(v, Mapping) for v in both):
            self._each(_by_key(a, b, at), at)
        elif all(isinstance(v, Sequence) and not isinstance(v, str) for v in both):
            if len(a) != len(b):
                raise _different("The length of the sequences mismatch", at, len(b), len(a))
            self._each(enumerate(zip(a, b, strict=True)), at)
        elif a is None or b is None or all(isinstance(v, (bool, np.bool_)) for v in both):
            if a is not b and not (isinstance(a, np.bool_) and a == b):
                raise _different("one is not the other", at, b, a)
        elif all(isinstance(v, _NUMBERS) for v in both):
            if self.check_dtype and type(a) is not type(b):
                raise _different("The (d)types do not match", at, type(b), type(a))
            wide = pt.complex128 if any(isinstance(v, complex) for v in both) else (
                pt.float64 if any(isinstance(v, float) for v in both) else pt.int64)
            self._numbers(*(pt.as_tensor(v, dtype=wide) for v in both), at)
        elif self._alike(a, b):
            self._numbers(pt.as_tensor(a), pt.as_tensor(b), at)
        else:
            raise pt.DTypeError(message(
                "assert_close: values of different sorts, or of one that cannot be compared"
                + (f", at item {at}" if at else ""),
                expected=type(b).__name__, got=type(a).__name__,
                hint="tensors with tensors, numbers with numbers, structures of them"))

    def _each(self, pairs: Any, at: str) -> None:
        for key, (a, b) in pairs:
            self.compare(a, b, f"{at}[{key!r}]")

    def _alike(self, a: Any, b: Any) -> bool:
        """Two tensors, or two arrays?"""
        if not self.subclasses and type(a) is not type(b):
            return False
        kinds = (pt.Tensor, np.ndarray)
        return any(isinstance(a, kind) and isinstance(b, kind) for kind in kinds)

    def _numbers(self, a: Any, b: Any, at: str) -> None:
        checks = [("shape", list), ("dtype", repr)] if self.check_dtype else [("shape", list)]
        checks += [("stride", list)] if self.check_stride else []
        for name, shown in checks:
            mine, other = (getattr(t, name) for t in (a, b))
            mine, other = (v() if callable(v) else v for v in (mine, other))
            if mine != other:
                raise _different(f"The values for attribute '{name}' do not match", at,
                                 shown(other), shown(mine))
        rtol, atol = self.tolerances or max(_TOLERANCES.get(t.dtype, (0.0, 0.0)) for t in (a, b))
        found, wanted = (_wide(t) for t in (a, b))
        close = np.isclose(found, wanted, rtol, atol, equal_nan=self.equal_nan)
        if not close.all():
            exact = "equal" if rtol == atol == 0 else "close"
            apart = np.abs(np.subtract(found, wanted, dtype=np.result_type(found, 1.0))[~close])
            raise _different(
                f"Tensor-likes are not {exact}! {int((~close).sum())} of {close.size} elements "
                "differ", at, f"|actual - expected| <= {atol} + {rtol} |expected|",
                f"{apart.max():.6g} apart")


def _by_key(a: Mapping[Any, Any], b: Mapping[Any, Any], at: str) -> Iterator[Any]:
    missing, more = [k for k in b if k not in a], [k for k in a if k not in b]
    if missing or more:
        raise _different("The keys of the mappings do not match", at, list(b),
                         f"{list(a)}: missing {missing}, additional {more}")
    return ((k, (a[k], b[k])) for k in b)


def _wide(t: Any) -> np.ndarray:
    """The values, floats in the widest type."""
    values: np.ndarray = t.detach().numpy(force=True)
    kinds = {"f": np.float64, "c": np.complex128}
    return values.astype(kinds.get(values.dtype.kind, values.dtype))


assert_allclose = assert_close
__getattr__ = absent(__name__)
