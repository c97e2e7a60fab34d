"""Fourier transforms of real tensors: real and imaginary parts lie along a last axis of two."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.disconnected import DisconnectedType
from pentad.frontends.theano.gof.op import Native, make
from pentad.frontends.theano.scalar.types import DISCRETE
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import sqrt
from pentad.frontends.theano.tensor.joining import concatenate
from pentad.frontends.theano.tensor.shaping import as_sizes
from pentad.frontends.theano.tensor.subtensor import subtensor


def _checked(x: Any, sizes: Any, last: int) -> Any:
    x = as_tensor_variable(x)
    if x.ndim < 2 + last:
        raise TypeError(
            static.message(f"the Fourier transform takes at least {2 + last} axes, batch first",
                           got=str(x.type), where=x.node.line)
        )
    count = sizes.static_type.shape[0]
    if count is not None and count != x.ndim - 1 - last:
        raise TypeError(static.message("fft: sizes of another number of axes", got=str(count),
                                       expected=str(x.ndim - 1 - last)))
    if sizes.dtype not in DISCRETE:
        raise TypeError(static.message("fft: sizes must be whole numbers", got=sizes.dtype))
    return x


def _rfft(x: Any, sizes: Any) -> Any:
    lengths = [int(n) if not hasattr(n, "low") else n for n in sizes.tolist()]
    axes = list(range(1, len(lengths) + 1))
    return pt.view_as_real(pt.fft.rfftn(x, lengths, axes))


def _irfft(x: Any, sizes: Any) -> Any:
    lengths = sizes.tolist()
    axes = list(range(1, len(lengths) + 1))
    found = pt.fft.irfftn(pt.complex(x[..., 0], x[..., 1]), lengths, axes)
    count = 1
    for n in lengths:
        count = count * n
    return found * count


RFFT, IRFFT = Native("RFFTOp", _rfft, sizes=(1,)), Native("IRFFTOp", _irfft, sizes=(1,))


def rfft_op(a: Any, s: Any = None) -> Any:
    """The transform without scaling, of these sizes."""
    a = as_tensor_variable(a)
    sizes = subtensor(a.shape, slice(1, None)) if s is None else as_sizes(s)
    a = _checked(a, sizes, 0)
    shape = (a.static_type.shape[0], *(None,) * (a.ndim - 1), 2)
    return make(RFFT, [a, sizes], types=[static.Type(a.static_type.dtype, shape)]).outputs[0]


def irfft_op(a: Any, s: Any = None) -> Any:
    """The inverse transform without scaling, to these sizes."""
    a = as_tensor_variable(a)
    sizes = _even(subtensor(a.shape, slice(1, -1)), False) if s is None else as_sizes(s)
    a = _checked(a, sizes, 1)
    shape = (a.static_type.shape[0], *(None,) * (a.ndim - 2))
    return make(IRFFT, [a, sizes], types=[static.Type(a.static_type.dtype, shape)]).outputs[0]


def _even(sizes: Any, odd: bool) -> Any:
    last = subtensor(sizes, slice(-1, None))
    return concatenate([subtensor(sizes, slice(None, -1)), (last - 1) * 2 + int(odd)])


def _norm(norm: Any) -> Any:
    if norm not in (None, "ortho", "no_norm"):
        raise ValueError(
            static.message("Invalid value for norm", got=repr(norm),
                           expected="None, 'ortho' or 'no_norm'")
        )
    return norm


def rfft(inp: Any, norm: str | None = None) -> Any:
    """The Fourier transform of all axes but the first."""
    inp = as_tensor_variable(inp)
    sizes = subtensor(inp.shape, slice(1, None))
    found = rfft_op(inp, sizes)
    return found / sqrt(sizes.prod().astype(inp.dtype)) if _norm(norm) == "ortho" else found


def irfft(inp: Any, norm: str | None = None, is_odd: bool = False) -> Any:
    """What such a transform was made of; `is_odd` says so of the last axis."""
    if is_odd not in (True, False):
        raise ValueError(static.message("is_odd must be True or False", got=repr(is_odd)))
    inp = as_tensor_variable(inp)
    sizes = _even(subtensor(inp.shape, slice(1, -1)), is_odd)
    found, count = irfft_op(inp, sizes), sizes.prod().astype(inp.dtype)
    if _norm(norm) is None:
        return found / count
    return found / sqrt(count) if norm == "ortho" else found


__all__ = ["DisconnectedType", "irfft", "irfft_op", "rfft", "rfft_op"]
