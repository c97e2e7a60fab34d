"""Fourier transforms by PyTorch's names (torch.fft), and windowed ones (stft, istft)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.ops import fourier
from pentad.ops.fourier import as_complex
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.complex import view_as_real
from pentad.tensor.promotion import normalize_dim
from pentad.tensor.state import get_default_dtype

NORMS = ("backward", "ortho", "forward")

# -- parts -------------------------------------------------------------------------------------


def _inexact(name: str, x: Node, real: bool = False) -> Node:
    """`x` in a dtype that can be transformed: integers become the default float dtype."""
    if real and x.dtype.is_complex:
        raise DTypeError(message(f"{name}: a real tensor is expected", expected="a real dtype",
                                 got=x.dtype.name, hint="use fft for complex numbers"))
    if x.dtype in (dtypes.float16, dtypes.bfloat16):
        raise DTypeError(message(f"{name}: dtype", expected="float32 or float64", got=x.dtype.name,
                                 hint="convert it with .to(pentad.float32)"))
    return x if x.dtype.is_inexact else ops.cast(x, get_default_dtype())


def _resized(name: str, x: Node, at: int, n: int | None) -> Node:
    """`x` cut or padded with zeros to size `n` along a dimension."""
    if n is None:
        n = x.shape[at]  # type: ignore[assignment]
    if n < 1:  # type: ignore[operator]
        raise ShapeError(message(f"{name}: size", expected="at least 1 element", got=str(n)))
    low, high = [0] * x.ndim, [0] * x.ndim
    high[at] = n - x.shape[at]  # type: ignore[operator]
    return ops.pad(x, low, high)


def _scaled(x: Node, n: Any, norm: str | None, inverse: bool) -> Node:
    """`x` divided as the norm asks; `n` elements were transformed."""
    norm = norm or "backward"
    if norm not in NORMS:
        raise ArgumentError(message("fft: unknown norm", expected=", ".join(NORMS), got=repr(norm)))
    if norm == "ortho":
        return x * (1 / math.sqrt(n))
    return x * (1 / n) if (norm == "backward") == inverse else x


def _dims(
    name: str, x: Node, s: Sequence[int] | None, dim: int | Sequence[int] | None
) -> tuple[list[int], list[int | None]]:
    """The dimensions to transform and their sizes (None: as they are)."""
    if isinstance(dim, int):
        dim = (dim,)
    if dim is None:
        at = list(range(x.ndim)) if s is None else list(range(x.ndim - len(s), x.ndim))
        if at and at[0] < 0:
            raise ShapeError(message(f"{name}: s", expected=f"at most {x.ndim} sizes", got=str(s)))
    else:
        at = [normalize_dim(name, d, x.ndim) for d in dim]
    if x.ndim == 0 or len(set(at)) != len(at):
        raise ShapeError(message(f"{name}: dim", expected="distinct dimensions", got=str(dim)))
    if s is not None and len(s) != len(at):
        raise ShapeError(
            message(f"{name}: s and dim", expected="one size for each dimension",
                    got=f"{list(s)} and {at}")
        )
    return at, [None if n == -1 else n for n in s] if s is not None else [None] * len(at)


def _count(x: Node, at: Sequence[int]) -> Any:
    total: Any = 1
    for d in at:
        total = total * x.shape[d]
    return total


# -- transforms of several dimensions ----------------------------------------------------------


def _c2c(name: str, x: Node, s: Any, dim: Any, norm: str | None, inverse: bool) -> Node:
    x = as_complex(_inexact(name, x))
    at, wanted = _dims(name, x, s, dim)
    for d, n in zip(at, wanted, strict=True):
        x = _resized(name, x, d, n)
    if not at:
        return x
    found = fourier.fft_c2c(x, axes=tuple(at), inverse=inverse)
    return _scaled(found, _count(x, at), norm, inverse)


def _r2c(name: str, x: Node, s: Any, dim: Any, norm: str | None, inverse: bool) -> Node:
    x = _inexact(name, x, real=True)
    at, wanted = _dims(name, x, s, dim)
    if not at:
        raise ShapeError(message(f"{name}: dim", expected="at least one", got="none"))
    for d, n in zip(at, wanted, strict=True):
        x = _resized(name, x, d, n)
    found = fourier.fft_r2c(x, axis=at[-1])
    if inverse:
        found = ops.conjugate(found)
    if at[:-1]:
        found = fourier.fft_c2c(found, axes=tuple(at[:-1]), inverse=inverse)
    return _scaled(found, _count(x, at), norm, inverse)


def _c2r(name: str, x: Node, s: Any, dim: Any, norm: str | None, inverse: bool) -> Node:
    x = as_complex(_inexact(name, x))
    at, wanted = _dims(name, x, s, dim)
    if not at:
        raise ShapeError(message(f"{name}: dim", expected="at least one", got="none"))
    last = wanted[-1] if wanted[-1] is not None else 2 * (x.shape[at[-1]] - 1)
    if last < 1:
        raise ShapeError(message(f"{name}: size", expected="at least 1 element", got=str(last)))
    for d, n in zip(at, [*wanted[:-1], last // 2 + 1], strict=True):
        x = _resized(name, x, d, n)
    total = _count(x, at[:-1]) * last
    if at[:-1]:
        x = fourier.fft_c2c(x, axes=tuple(at[:-1]), inverse=inverse)
    x = x if inverse else ops.conjugate(x)
    return _scaled(fourier.fft_c2r(x, axis=at[-1], n=last), total, norm, inverse)


_KINDS = {
    "fft": (_c2c, False), "ifft": (_c2c, True), "rfft": (_r2c, False), "irfft": (_c2r, True),
    "hfft": (_c2r, False), "ihfft": (_r2c, True),
}
_MEANING = {
    "fft": "The discrete Fourier transform", "ifft": "The inverse of fft",
    "rfft": "The fft of a real tensor, half of the spectrum", "irfft": "The inverse of rfft",
    "hfft": "The fft of half a Hermitian signal: real", "ihfft": "The inverse of hfft",
}


def _one(name: str) -> Any:
    kind, inverse = _KINDS[name]

    def function(
        input: Node, n: int | None = None, dim: int = -1, norm: str | None = None
    ) -> Node:
        sizes = None if n is None else (n,)
        return kind(name, input, sizes, (dim,), norm, inverse)

    return _named(name, f"{_MEANING[name]} along one dimension, of size n.", function)


def _several(name: str, kind_name: str, default: tuple[int, ...] | None) -> Any:
    kind, inverse = _KINDS[kind_name]

    def function(
        input: Node, s: Sequence[int] | None = None, dim: int | Sequence[int] | None = default,
        norm: str | None = None,
    ) -> Node:
        return kind(name, input, s, dim, norm, inverse)

    which = "two dimensions" if default else "several dimensions (all if None)"
    return _named(name, f"{_MEANING[kind_name]} along {which}, of sizes s.", function)


def _named(name: str, doc: str, function: Any) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return surface(function)


FUNCTIONS: dict[str, Any] = {}
for _kind in _KINDS:
    FUNCTIONS[_kind] = _one(_kind)
    FUNCTIONS[f"{_kind}2"] = _several(f"{_kind}2", _kind, (-2, -1))
    FUNCTIONS[f"{_kind}n"] = _several(f"{_kind}n", _kind, None)


# -- frequencies, shifts -----------------------------------------------------------------------


def fftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """The frequencies of fft's terms for n samples `d` apart: [0, 1, ..., -2, -1] / (n d)."""
    from pentad.tensor.functions.creation import finished
    from pentad.tensor.functions.ranges import arange
    from pentad.tensor.functions.shaping import cat

    half = (n + 1) // 2
    both = cat([arange(0, half), arange(-(n // 2), 0)]).to(dtype or get_default_dtype())
    return finished(both * (1.0 / (n * d)), requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """The frequencies of rfft's terms: [0, 1, ..., n // 2] / (n d)."""
    from pentad.tensor.functions.creation import finished
    from pentad.tensor.functions.ranges import arange

    found = arange(0, n // 2 + 1).to(dtype or get_default_dtype()) * (1.0 / (n * d))
    return finished(found, requires_grad)


def _rolled(x: Node, dim: int | Sequence[int] | None, back: bool) -> Node:
    at = [dim] if isinstance(dim, int) else list(range(x.ndim)) if dim is None else list(dim)
    for d in at:
        d = normalize_dim("fftshift", d, x.ndim)
        n = x.shape[d]
        cut = n // 2 if back else n - n // 2
        low, high = [0] * x.ndim, list(x.shape)
        start, limit = list(low), list(high)
        start[d], limit[d] = cut, cut  # type: ignore[call-overload]
        x = ops.concatenate([ops.slice_(x, start, high), ops.slice_(x, low, limit)], d)
    return x


@surface
def fftshift(input: Node, dim: int | Sequence[int] | None = None) -> Node:
    """The terms with frequency 0 in the middle."""
    return _rolled(input, dim, False)


@surface
def ifftshift(input: Node, dim: int | Sequence[int] | None = None) -> Node:
    """The inverse of fftshift."""
    return _rolled(input, dim, True)


# -- windowed transforms -----------------------------------------------------------------------


def _picked(x: Node, place: Node) -> Node:
    """The elements of [batch, n] at `place`, behind the batch."""
    found = ops.gather(x, place, axes=(1,))
    return ops.transpose(found, [place.ndim, *range(place.ndim)])


def _frames(x: Node, length: int, hop: int) -> Node:
    """[batch, n] as overlapping frames, [batch, count, length]."""
    n = x.shape[1]
    count = (n - length) // hop + 1
    row = ops.iota((count, length), 0, dtypes.int64) * hop
    place = row + ops.iota((count, length), 1, dtypes.int64)
    return _picked(x, place)


def _window(window: Node | None, like: Node, n_fft: int, length: int) -> Node:
    real = like.dtype.real
    made = ops.full(1, (length,), real) if window is None else ops.cast(window, real)
    if made.ndim != 1 or made.shape[0] != length:
        raise ShapeError(
            message("stft: window", expected=f"[{length}]", got=str(list(made.shape)))
        )
    left = (n_fft - length) // 2
    return ops.pad(made, [left], [n_fft - length - left])


@surface
def _stft(
    x: Node, window: Node | None, n_fft: int, hop: int, length: int, normalized: bool,
    onesided: bool,
) -> Node:
    frames = _frames(x, n_fft, hop)
    shaped = ops.broadcast(_window(window, x, n_fft, length), frames.shape)
    if frames.dtype.is_complex:
        shaped = ops.cast(shaped, frames.dtype)
    frames = frames * shaped
    if onesided:
        found = fourier.fft_r2c(frames, axis=2)
    else:
        found = fourier.fft_c2c(as_complex(frames), axes=(2,), inverse=False)
    found = found * (1 / math.sqrt(n_fft)) if normalized else found
    return ops.transpose(found, [0, 2, 1])


@surface
def _centred(x: Node, by: int, mode: str) -> Node:
    """[batch, n] with `by` more elements on both sides."""
    n = x.shape[1]
    if mode == "constant":
        return ops.pad(x, [0, by], [0, by])
    if mode not in ("reflect", "replicate", "circular"):
        raise ArgumentError(message("stft: pad_mode", expected="constant, reflect, replicate or "
                                    "circular", got=repr(mode)))
    if (mode == "reflect" and by >= n) or (mode == "circular" and by > n):
        raise ShapeError(message("stft: padding", expected=f"less than {n}", got=str(by)))
    place = ops.iota((n + 2 * by,), 0, dtypes.int64) - by
    last = ops.full_like(n - 1, place)
    if mode == "circular":
        place = ops.remainder(place, ops.full_like(n, place))
    elif mode == "reflect":
        place = last - ops.abs(last - ops.abs(place))
    else:
        place = ops.minimum(ops.maximum(place, ops.full_like(0, place)), last)
    return _picked(x, place)


def _lengths(
    name: str, n_fft: int, hop_length: int | None, win_length: int | None
) -> tuple[int, int]:
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    if n_fft < 1 or hop < 1 or not 0 < length <= n_fft:
        raise ArgumentError(
            message(f"{name}: sizes", expected="n_fft, hop_length > 0, 0 < win_length <= n_fft",
                    got=f"{n_fft}, {hop}, {length}")
        )
    return hop, length


def stft(
    input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Any = None, center: bool = True, pad_mode: str = "reflect", normalized: bool = False,
    onesided: bool | None = None, return_complex: bool | None = None, align_to_window: Any = None,
) -> Any:
    """Transforms of overlapping windows: [n] or [batch, n] gives [(batch,) frequencies, frames].

    center pads n_fft // 2 on both sides by `pad_mode`. Complex (return_complex=False: real with
    a last dimension of 2).
    """
    hop, length = _lengths("stft", n_fft, hop_length, win_length)
    flat = input.ndim == 1
    x = input.unsqueeze(0) if flat else input
    if x.ndim != 2:
        raise ShapeError(message("stft: input", expected="[n] or [batch, n]", got=str(x.shape)))
    if center:
        x = _centred(x, n_fft // 2, pad_mode)
    if x.shape[1] < n_fft:
        raise ShapeError(
            message("stft: input", expected=f"at least {n_fft} elements", got=str(x.shape[1]))
        )
    is_complex = x.dtype.is_complex
    one = not is_complex if onesided is None else onesided
    if return_complex is None and not is_complex:
        raise ArgumentError(
            message("stft: return_complex is not given", expected="True or False", got="None")
        )
    found = _stft(x, window, n_fft, hop, length, bool(normalized), bool(one))
    found = found.squeeze(0) if flat else found
    return found if return_complex or is_complex else view_as_real(found)


@surface
def _overlapped(
    frames: Node, window: Node | None, n_fft: int, hop: int, length: int, start: int, end: int
) -> tuple[Node, Node]:
    """(The frames times the window, added up where they overlap; the squared windows likewise)."""
    shaped = _window(window, frames, n_fft, length)
    batch, count = frames.shape[0], frames.shape[1]
    total = n_fft + hop * (count - 1)  # type: ignore[operator]
    wide = ops.broadcast(shaped, frames.shape)
    values = frames * (ops.cast(wide, frames.dtype) if frames.dtype.is_complex else wide)
    place = ops.iota((count, n_fft), 0, dtypes.int64) * hop + ops.iota(
        (count, n_fft), 1, dtypes.int64
    )
    summed = ops.scatter(
        ops.full(0, (batch, total), values.dtype), ops.transpose(values, [1, 2, 0]), place,
        axes=(1,),
    )
    squares = ops.broadcast(shaped * shaped, (count, n_fft))
    weight = ops.scatter(ops.full(0, (total,), shaped.dtype), squares, place, axes=(0,))
    end = min(end, int(total))  # type: ignore[call-overload]
    return ops.slice_(summed, [0, start], [batch, end]), ops.slice_(weight, [start], [end])


def istft(
    input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Any = None, center: bool = True, normalized: bool = False,
    onesided: bool | None = None, length: int | None = None, return_complex: bool = False,
) -> Any:
    """The inverse of stft by least squares (Griffin and Lim, 1984)."""
    hop, width = _lengths("istft", n_fft, hop_length, win_length)
    flat = input.ndim == 2
    x = (input.unsqueeze(0) if flat else input).transpose(1, 2)
    one = (not return_complex) if onesided is None else onesided
    terms = n_fft // 2 + 1 if one else n_fft
    if x.shape[2] != terms:
        raise ShapeError(message("istft: frequencies", expected=str(terms), got=str(x.shape[2])))
    x = x * math.sqrt(n_fft) if normalized else x
    frames = FUNCTIONS["irfft"](x, n_fft) if one else FUNCTIONS["ifft"](x, n_fft)
    if not one and not return_complex:
        frames = frames.real
    start = n_fft // 2 if center else 0
    total = n_fft + hop * (x.shape[1] - 1)
    end = start + length if length is not None else total - start
    summed, weight = _overlapped(frames, window, n_fft, hop, width, start, end)
    if bool((weight.abs() < 1e-11).any()):
        raise ArgumentError(
            message("istft: the windows leave gaps", expected="overlapping windows without zeros",
                    got=f"hop_length {hop}, win_length {width}")
        )
    found = summed / weight
    missing = 0 if length is None else length - found.shape[1]
    if missing > 0:
        from pentad.tensor.functions.shaping import cat

        found = cat([found, found.new_zeros((found.shape[0], missing))], 1)
    return found.squeeze(0) if flat else found
