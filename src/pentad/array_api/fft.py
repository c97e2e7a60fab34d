"""The fft extension of the standard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad.array_api.array import Array, check_device, wrap
from pentad.array_api.data_types import check_dtype, complex_of
from pentad.array_api.manipulation import axes_of, axis_of
from pentad.array_api.promotion import COMPLEX, FLOATING, REAL_FLOATS, cast, check_kind, tensor_of
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions import creation, fourier
from pentad.tensor.state import get_default_dtype

__all__ = [
    "fft", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfftn", "rfft", "rfftfreq", "rfftn",
]


_T = fourier.FUNCTIONS


def _one(name: str, doc: str, allowed: Sequence[DType], transform: Callable[..., Any]) -> Any:
    """A transform along one axis."""

    def function(
        x: Array, /, *, n: int | None = None, axis: int = -1, norm: str = "backward"
    ) -> Array:
        t = tensor_of(f"fft.{name}", x, FLOATING)
        check_kind(f"fft.{name}", t.dtype, allowed)
        if allowed is COMPLEX or name in ("fft", "ifft"):
            t = cast(t, complex_of(t.dtype))
        at = axis_of(f"fft.{name}", axis, t.ndim)
        _check_length(name, n)
        return wrap(transform(t, n, at, _norm(name, norm)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _several(name: str, doc: str, allowed: Sequence[DType], transform: Callable[..., Any]) -> Any:
    """A transform along several axes."""

    def function(
        x: Array, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None,
        norm: str = "backward",
    ) -> Array:
        t = tensor_of(f"fft.{name}", x, allowed)
        if name in ("fftn", "ifftn"):
            t = cast(t, complex_of(t.dtype))
        if axes is not None:
            at = axes_of(f"fft.{name}", tuple(axes), t.ndim)
        else:
            at = tuple(range(t.ndim)) if s is None else tuple(range(t.ndim - len(s), t.ndim))
        if s is not None and len(s) != len(at):
            raise ShapeError(
                message(f"fft.{name}: s and axes", expected="as many sizes as axes",
                        got=f"{list(s)} and {list(at)}")
            )
        for n in s or ():
            _check_length(name, n)
        return wrap(transform(t, None if s is None else tuple(s), at, _norm(name, norm)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _norm(name: str, norm: Any) -> str:
    if norm not in ("backward", "ortho", "forward"):
        raise ArgumentError(
            message(f"fft.{name}: norm", expected='"backward", "ortho" or "forward"',
                    got=repr(norm))
        )
    return norm  # type: ignore[no-any-return]


def _check_length(name: str, n: Any) -> None:
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
        raise ArgumentError(
            message(f"fft.{name}: the length", expected="an integer >= 1", got=repr(n))
        )


fft = _one("fft", "The discrete Fourier transform along an axis.", FLOATING, _T["fft"])
ifft = _one("ifft", "The inverse of fft.", FLOATING, _T["ifft"])
rfft = _one("rfft", "The non-negative frequencies of real numbers.", REAL_FLOATS, _T["rfft"])
irfft = _one("irfft", "The inverse of rfft: n real numbers.", FLOATING, _T["irfft"])
hfft = _one("hfft", "The spectrum of a signal with Hermitian symmetry.", FLOATING, _T["hfft"])
ihfft = _one("ihfft", "The inverse of hfft.", REAL_FLOATS, _T["ihfft"])
fftn = _several("fftn", "The Fourier transform along several axes.", FLOATING, _T["fftn"])
ifftn = _several("ifftn", "The inverse of fftn.", FLOATING, _T["ifftn"])
rfftn = _several(
    "rfftn", "The Fourier transform of real numbers along several axes.", REAL_FLOATS,
    _T["rfftn"],
)
irfftn = _several("irfftn", "The inverse of rfftn.", FLOATING, _T["irfftn"])


def _frequencies(
    name: str, n: int, d: float, dtype: DType | None, device: Any, places: Callable[[int], Any]
) -> Array:
    check_device(f"fft.{name}", device)
    _check_length(name, n)
    wanted = get_default_dtype() if dtype is None else check_dtype(f"fft.{name}", dtype)
    check_kind(f"fft.{name}", wanted, REAL_FLOATS)
    return wrap(creation.tensor([k / (n * d) for k in places(n)], dtype=wanted))


def fftfreq(n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: Any = None) -> Array:
    """The frequencies of fft's results, for samples at distances d."""
    return _frequencies(
        "fftfreq", n, d, dtype, device,
        lambda n: [*range((n + 1) // 2), *range(-(n // 2), 0)],
    )


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: Any = None) -> Array:
    """The frequencies of rfft's results, for samples at distances d."""
    return _frequencies("rfftfreq", n, d, dtype, device, lambda n: range(n // 2 + 1))


def fftshift(x: Array, /, *, axes: Any = None) -> Array:
    """x with the frequency 0 moved to the middle of the axes."""
    return _shifted("fftshift", x, axes, lambda n: n // 2)


def ifftshift(x: Array, /, *, axes: Any = None) -> Array:
    """The inverse of fftshift."""
    return _shifted("ifftshift", x, axes, lambda n: -(n // 2))


def _shifted(name: str, x: Any, axes: Any, shift: Callable[[int], int]) -> Array:
    from pentad.array_api.manipulation import roll

    t = tensor_of(f"fft.{name}", x, FLOATING)
    at = axes_of(f"fft.{name}", axes, t.ndim)
    return roll(x, tuple(shift(t.shape[a]) for a in at), axis=at)


