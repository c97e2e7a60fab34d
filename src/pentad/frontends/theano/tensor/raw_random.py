"""Random numbers from a stream: each function gives (the stream after it, the numbers)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.op import Native, make
from pentad.frontends.theano.scalar.types import DISCRETE, DTYPES, dtype_name
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.random_state import (
    Draws,
    RandomStateType,
    random_state_type,
)
from pentad.frontends.theano.tensor.shaping import as_sizes, certain_sizes, length_of

# -- distributions: a generator, a shape, parameters -> numbers -----------------------------------


def _unit(g: Draws, shape: Any, dtype: Any = pt.float64) -> Any:
    return pt.rand(shape, generator=g, dtype=dtype)


def _float(dtype: str) -> Any:
    return DTYPES[dtype] if dtype in ("float32", "float64") else pt.float64


def _uniform(g: Draws, shape: Any, dtype: str, low: Any, high: Any) -> Any:
    kind = _float(dtype)
    low, high = low.to(kind), high.to(kind)
    return _unit(g, shape, kind) * (high - low) + low


def _normal(g: Draws, shape: Any, dtype: str, avg: Any, std: Any) -> Any:
    kind = _float(dtype)
    return pt.randn(shape, generator=g, dtype=kind) * std.to(kind) + avg.to(kind)


def _truncated(g: Draws, shape: Any, dtype: str, avg: Any, std: Any) -> Any:
    # Within two standard deviations, by the inverse of the normal distribution function.
    low, high = 0.022750131948179195, 0.9772498680518208
    u = _unit(g, shape) * (high - low) + low
    return (pt.erfinv(2 * u - 1) * 2**0.5 * std + avg).clamp(avg - 2 * std, avg + 2 * std)


def _binomial(g: Draws, shape: Any, dtype: str, n: Any, p: Any) -> Any:
    most = int(n.max()) if n.size else 0
    if most == 1 and n.size == 1:
        return (_unit(g, shape, _float(str(p.dtype.name))) < p).to(pt.int64)
    tries = _unit(g, (*shape, most)) < pt.as_tensor(p)[..., None]
    counted = pt.arange(most) < pt.as_tensor(n)[..., None]
    return (tries & counted).to(pt.int64).sum(-1)


def _integers(g: Draws, shape: Any, dtype: str, low: Any, high: Any) -> Any:
    low, high = low.to(pt.int64), high.to(pt.int64)
    spread = (high - low + 1).to(pt.float64)
    return pt.minimum((_unit(g, shape) * spread).floor().to(pt.int64) + low, high)


def _poisson(g: Draws, shape: Any, dtype: str, lam: Any) -> Any:
    """How many products of uniform numbers stay above exp(-lam), looked at 1024 of them."""
    u = pt.log(1 - _unit(g, (*shape, 1024))).cumsum(-1)
    return (u > -lam.to(pt.float64)[..., None]).to(pt.int64).sum(-1)


def _places(g: Draws, shape: Any, p: Any) -> Any:
    """Places drawn with the probabilities of the last axis."""
    edges = p.to(pt.float64).cumsum(-1)
    edges = edges / edges[..., -1:]
    found = (_unit(g, shape)[..., None] >= edges).to(pt.int64).sum(-1)
    return pt.clamp(found, max=p.shape[p.ndim - 1] - 1)


def _multinomial(g: Draws, shape: Any, dtype: str, n: Any, p: Any) -> Any:
    most = int(n.max()) if n.size else 0
    drawn = _places(g, (*shape, most), p[..., None, :])
    hot = (drawn[..., None] == pt.arange(p.shape[p.ndim - 1])).to(pt.int64)
    counted = (pt.arange(most) < pt.as_tensor(n)[..., None]).to(pt.int64)
    return (hot * counted[..., None]).sum(hot.ndim - 2)


def _permutation(g: Draws, shape: Any, dtype: str, n: Any) -> Any:
    return pt.argsort(_unit(g, (*shape, int(n.item()))), -1)


def _choice(g: Draws, shape: Any, dtype: str, a: Any, p: Any, replace: Any) -> Any:
    count = int(a.item())
    size = 1
    for n in shape:
        size = size * n
    if replace.item():
        return _places(g, shape, p)
    # The largest of log(u) / p are a sample without replacement.
    keys = pt.log(1 - _unit(g, (count,))) / p.to(pt.float64)
    return pt.argsort(keys, -1, descending=True)[:size].reshape(shape)


def _without(g: Draws, shape: Any, dtype: str, n: Any, p: Any) -> Any:
    keys = pt.log(1 - _unit(g, tuple(p.shape))) / p.to(pt.float64)
    return pt.argsort(keys, -1, descending=True)[:, :int(n.item())]


class RandomFunction(Native):
    """An operation that draws; inputs: the stream, the shape, the parameters.

    last: how many axes of the last parameter are not those of the result; more: axes of the result
    behind the shape; counts: positions of parameters that must be known.
    """

    def __init__(
        self, name: str, draw: Callable[..., Any], *, last: int = 0, more: int = 0,
        counts: tuple[int, ...] = (), alone: bool = False,
    ) -> None:
        super().__init__(name, self._run, sizes=(1, *(2 + i for i in counts)),
                         differentiable=False, shows=f"RandomFunction{{{name}}}")
        self.draw, self.last, self.more, self.alone = draw, last, more, alone

    def _run(self, state: Any, sizes: Any, *parameters: Any, dtype: str, given: bool) -> Any:
        g = Draws(state)
        shape = tuple(n.item() if hasattr(n, "item") else n for n in sizes)
        if not given and not self.alone:
            cut = len(parameters) - 1 if self.last else len(parameters)
            shapes = [tuple(p.shape) for p in parameters[:cut]]
            if self.last:
                shapes.append(tuple(parameters[-1].shape)[:-self.last])
            shape = pt.broadcast_shapes(*shapes)
        found = self.draw(g, shape, dtype, *parameters).to(DTYPES[dtype])
        return g.state(), found


OPS = {
    record.name: record for record in (
        RandomFunction("uniform", _uniform), RandomFunction("normal", _normal),
        RandomFunction("truncated_normal", _truncated),
        RandomFunction("binomial", _binomial, counts=(0,)),
        RandomFunction("random_integers", _integers), RandomFunction("poisson", _poisson),
        RandomFunction("multinomial", _multinomial, last=1, more=1, counts=(0,)),
        RandomFunction("permutation", _permutation, more=1, counts=(0,), alone=True),
        RandomFunction("choice", _choice, counts=(0, 2), alone=True),
        RandomFunction("multinomial_wo_replacement", _without, more=2, counts=(0,), alone=True),
    )
}


def drawn(
    name: str, state: Any, size: Any, parameters: list[Any], dtype: str, ndim: int | None = None
) -> tuple[Any, Any]:
    """(the stream afterwards, the numbers) of a distribution."""
    op = OPS[name]
    parameters = [as_tensor_variable(p) for p in parameters]
    given = size is not None
    sizes = as_sizes([] if size is None else size)
    count = length_of(sizes) if given else None
    if given and count is None and ndim is None:
        raise ValueError(
            static.message(f"{name}: the number of axes is not known", got=str(size),
                           hint="give ndim, or the size as a tuple")
        )
    count = ndim if count is None else count
    if given and ndim is not None and length_of(sizes) not in (None, ndim):
        raise ValueError(
            static.message("ndim should be equal to len(size)", expected=str(length_of(sizes)),
                           got=str(ndim))
        )
    if given and count is not None:
        known: list[Any] = certain_sizes(sizes, count)
    elif op.alone:
        known = []
    else:
        ranks = [p.ndim for p in parameters]
        ranks[-1] -= op.last
        known = [None] * max(ranks)
        for p, rank in zip(parameters, ranks, strict=True):
            for i, n in enumerate(p.static_type.shape[:rank]):
                place = len(known) - rank + i
                known[place] = n if n not in (None, 1) else known[place]
        if all(r == 0 for r in ranks):
            known = []
    shape = (*known, *[None] * op.more) if op.more != 2 else (None, None)
    if op.last and op.more == 1:
        shape = (*known, parameters[-1].static_type.shape[-1])
    types = [static.Type(pt.uint64, (2,)), static.Type(DTYPES[dtype], shape)]
    node = make(op, [state, sizes, *parameters], {"dtype": dtype, "given": given}, types=types)
    after, found = node.outputs
    after.__dict__["_type"] = random_state_type
    return after, found


def _whole(dtype: Any) -> str:
    name = dtype_name(dtype)
    return name


def _real(dtype: Any, *parameters: Any) -> str:
    if dtype is not None:
        found = dtype_name(dtype)
        if found in DISCRETE:
            raise TypeError(
                static.message("a continuous distribution gives floats", got=found)
            )
        return found
    from pentad.frontends.theano.scalar.types import upcast

    kinds = [as_tensor_variable(p).dtype for p in parameters]
    return upcast(config.floatX, *[k for k in kinds if k not in DISCRETE])


def uniform(
    random_state: Any, size: Any = None, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None,
    dtype: Any = None,
) -> tuple[Any, Any]:
    """Numbers between low and high."""
    return drawn("uniform", random_state, size, [low, high], _real(dtype, low, high), ndim)


def normal(
    random_state: Any, size: Any = None, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
    dtype: Any = None,
) -> tuple[Any, Any]:
    """Normal numbers."""
    return drawn("normal", random_state, size, [avg, std], _real(dtype, avg, std), ndim)


def binomial(
    random_state: Any, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None,
    dtype: Any = "int64", prob: Any = None,
) -> tuple[Any, Any]:
    """How many of n tries succeed, each with probability p."""
    p = p if prob is None else prob
    return drawn("binomial", random_state, size, [n, p], dtype_name(dtype), ndim)


def random_integers(
    random_state: Any, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None,
    dtype: Any = "int64",
) -> tuple[Any, Any]:
    """Whole numbers from low to high, both included."""
    return drawn("random_integers", random_state, size, [low, high], dtype_name(dtype), ndim)


def poisson(
    random_state: Any, size: Any = None, lam: Any = 1.0, ndim: int | None = None,
    dtype: Any = "int64",
) -> tuple[Any, Any]:
    """Numbers of events of which lam are expected; lam up to some hundreds."""
    return drawn("poisson", random_state, size, [lam], dtype_name(dtype), ndim)


def multinomial(
    random_state: Any, size: Any = None, n: Any = 1, pvals: Any = (0.5, 0.5),
    ndim: int | None = None, dtype: Any = "int64",
) -> tuple[Any, Any]:
    """How often each place is drawn in n draws with the probabilities of the last axis."""
    pvals = as_tensor_variable(np.asarray(pvals) if isinstance(pvals, list | tuple) and not any(
        hasattr(p, "node") for p in pvals) else pvals)
    return drawn("multinomial", random_state, size, [n, pvals], dtype_name(dtype), ndim)


def permutation(
    random_state: Any, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: Any = "int64"
) -> tuple[Any, Any]:
    """The numbers below n in random orders."""
    size = () if size is None else size
    return drawn("permutation", random_state, size, [n], dtype_name(dtype), ndim)


def choice(
    random_state: Any, size: Any = None, a: Any = 2, replace: bool = True, p: Any = None,
    ndim: int | None = None, dtype: Any = "int64",
) -> tuple[Any, Any]:
    """Numbers below a, drawn with the probabilities p, with or without replacement."""
    a = as_tensor_variable(a)
    if a.ndim > 1:
        raise ValueError(static.message("a must be a number or a vector", got=str(a.type)))
    values = a if a.ndim == 1 else None
    count = a.shape[0] if values is not None else a
    if p is None:
        from pentad.frontends.theano.tensor.creation import arange

        p = arange(count) * 0.0 + 1.0
    size = () if size is None else size
    state, found = drawn("choice", random_state, size, [count, p, int(bool(replace))],
                         "int64" if values is not None else dtype_name(dtype), ndim)
    return state, found if values is None else values[found]


def shuffle_row_elements(random_state: Any, mat: Any) -> tuple[Any, Any]:
    """A matrix with the elements of its rows, all in one random order."""
    mat = as_tensor_variable(mat)
    state, order = permutation(random_state, (), mat.shape[mat.ndim - 1])
    return state, mat[..., order]


__all__ = [
    "RandomFunction", "RandomStateType", "binomial", "choice", "multinomial", "normal",
    "permutation", "poisson", "random_integers", "random_state_type", "shuffle_row_elements",
    "uniform",
]
__getattr__ = absent(__name__)
