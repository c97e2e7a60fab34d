"""`DimShuffle`: axes in another order, dropped, or added with size one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.gof.op import Native, one


def _run(x: Any, order: tuple[Any, ...]) -> Any:
    kept = [a for a in order if a != "x"]
    dropped = [a for a in range(x.ndim) if a not in kept]
    moved = x.permute(*kept, *dropped) if x.ndim > 1 else x
    size = iter(tuple(moved.shape))
    return moved.reshape(tuple(1 if a == "x" else next(size) for a in order))


def _known(x: Any, order: tuple[Any, ...]) -> Any:
    kept = [a for a in order if a != "x"]
    dropped = [a for a in range(x.ndim) if a not in kept]
    moved = np.transpose(x, (*kept, *dropped))
    size = iter(moved.shape)
    return moved.reshape([1 if a == "x" else next(size) for a in order])


def _text(order: tuple[Any, ...]) -> str:
    return f"InplaceDimShuffle{{{','.join(map(str, order))}}}"


DIMSHUFFLE = Native("dimshuffle", _run, known=_known, shows=_text)


def dimshuffle(x: Any, order: Sequence[Any]) -> Any:
    """The tensor with its axes in another order; "x" adds one, axes of size one may be left out."""
    order = tuple(a if a == "x" else _axis(x, a) for a in order)
    kept = [a for a in order if a != "x"]
    if len(set(kept)) != len(kept):
        raise ValueError(
            static.message("dimshuffle: the same input dimension may not appear twice",
                           got=str(order), where=x.node.line)
        )
    shape = x.static_type.shape
    lost = [a for a in range(x.ndim) if a not in kept and shape[a] != 1]
    if lost:
        raise ValueError(
            static.message(f"You cannot drop a non-broadcastable dimension: {lost}",
                           expected="an axis of size one", got=str(x.type), where=x.node.line,
                           hint="T.addbroadcast says that an axis has size one")
        )
    if order == tuple(range(x.ndim)):
        return x
    found = tuple(1 if a == "x" else shape[a] for a in order)
    return one(DIMSHUFFLE, x, types=[static.Type(x.static_type.dtype, found)], order=order)


def _axis(x: Any, axis: Any) -> int:
    if not isinstance(axis, int | np.integer) or not -x.ndim <= axis < max(x.ndim, 1):
        raise ValueError(
            static.message("dimshuffle: not an axis", expected=f'"x" or 0 to {x.ndim - 1}',
                           got=repr(axis), where=x.node.line)
        )
    return int(axis) % max(x.ndim, 1)


@functools.lru_cache(512)
def padding(ndim: int, wanted: int) -> tuple[Any, ...]:
    """The order of axes that adds axes in front, up to as many as wanted."""
    return ("x",) * (wanted - ndim) + tuple(range(ndim))


def padded(x: Any, ndim: int) -> Any:
    """The tensor with axes of size one in front, up to `ndim`."""
    return x if x.ndim >= ndim else dimshuffle(x, padding(x.ndim, ndim))
