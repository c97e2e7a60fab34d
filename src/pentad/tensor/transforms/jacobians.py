"""Jacobians and Hessians: vmap over the basis vectors of a vjp or a jvp."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.errors import AutogradError, message
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.ranges import eye
from pentad.tensor.functions.shaping import cat
from pentad.tensor.pytree import flatten, unflatten
from pentad.tensor.tensor import Tensor
from pentad.tensor.transforms.derivatives import _chosen, jvp, vjp
from pentad.tensor.transforms.vmap import vmap


def _leaves(tree: Any) -> tuple[list[Tensor], Any]:
    found: list[Tensor] = []
    return found, flatten(tree, found)


def _rebuilt(structure: Any, parts: Sequence[Any]) -> Any:
    each = iter(parts)
    return unflatten(structure, lambda: next(each))


def _basis(name: str, leaves: Sequence[Tensor]) -> list[Tensor]:
    """The unit vectors of the space of all leaves together, along a new first dimension."""
    for t in leaves:
        if not t.dtype.is_inexact:
            raise AutogradError(
                message(f"{name}: a derivative of integers", expected="floating-point tensors",
                        got=str(t.meta.type))
            )
    total = sum(t.numel() for t in leaves)
    found, start = [], 0
    for t in leaves:
        n = t.numel()
        rows = [
            zeros(start, n, dtype=t.dtype), eye(n, dtype=t.dtype),
            zeros(total - start - n, n, dtype=t.dtype),
        ]
        whole = cat([r for r in rows if r.shape[0] != 0] or rows[:1], 0)
        found.append(whole.reshape(total, *t.shape))
        start += n
    return found


def _blocks(t: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    """What belongs to each leaf along the first dimension, in the shape of the leaf."""
    found, start = [], 0
    for leaf in leaves:
        n = leaf.numel()
        found.append(t[start : start + n].reshape(*leaf.shape, *t.shape[1:]))  # type: ignore
        start += n
    return found


def jacrev(
    func: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that gives the Jacobian with respect to arguments, in reverse mode: one
    pullback for each element of the result, all at once (torch.func.jacrev).

    For a result of shape R and an argument of shape A it is of shape R + A. Results and arguments
    may be nested structures: for each tensor in the result comes a structure like the argument (a
    tuple of such for several argnums). chunk_size: so many pullbacks at a time.

    >>> import pentad as pt
    >>> pt.jacrev(lambda x: x * x)(pt.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        at, chosen = _selected(func, argnums, args, kwargs)
        result, pull, *aux = vjp(at, *chosen, has_aux=has_aux)
        outs, structure = _leaves(result)
        basis = _basis("jacrev", outs)

        def rows(*cotangents: Tensor) -> Any:
            return pull(_rebuilt(structure, cotangents))

        found, of_inputs = _leaves(vmap(rows, chunk_size=chunk_size)(*basis))
        blocks = [_blocks(t, outs) for t in found]
        of_outputs = [
            _one_or_all(argnums, _rebuilt(of_inputs, [b[i] for b in blocks]))
            for i in range(len(outs))
        ]
        whole = _rebuilt(structure, of_outputs)
        return (whole, aux[0]) if has_aux else whole

    return jacobian


def jacfwd(
    func: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, *,
    randomness: str = "error", chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function that gives the Jacobian with respect to arguments, in forward mode: one
    tangent for each element of the arguments, all at once (torch.func.jacfwd).

    Shapes and structures are those of jacrev; it is the better choice where there are fewer
    arguments than results.

    >>> import pentad as pt
    >>> pt.jacfwd(lambda x: pt.stack([x, x * x, x ** 3]))(pt.tensor(2.0))
    tensor([ 1.,  4., 12.])
    """

    @functools.wraps(func)
    def jacobian(*args: Any, **kwargs: Any) -> Any:
        at, chosen = _selected(func, argnums, args, kwargs)
        ins, structure = _leaves(chosen)
        basis = _basis("jacfwd", ins)

        def columns(*tangents: Tensor) -> Any:
            given = _rebuilt(structure, tangents)
            _, tangent, *aux = jvp(at, chosen, given, has_aux=has_aux)
            return (tangent, aux[0]) if has_aux else tangent

        out_dims = (0, None) if has_aux else 0
        mapped = vmap(columns, 0, out_dims, randomness, chunk_size=chunk_size)(*basis)
        tangent, aux = mapped if has_aux else (mapped, None)
        outs, of_outputs = _leaves(tangent)
        found = []
        for t in outs:
            blocks = [
                b.permute(*range(x.ndim, b.ndim), *range(x.ndim))  # type: ignore[attr-defined]
                for b, x in zip(_blocks(t, ins), ins, strict=True)
            ]
            found.append(_one_or_all(argnums, _rebuilt(structure, blocks)))
        whole = _rebuilt(of_outputs, found)
        return (whole, aux) if has_aux else whole

    return jacobian


def hessian(func: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives the second derivatives of a function: jacfwd of jacrev.

    >>> import pentad as pt
    >>> pt.hessian(lambda x: (x ** 3).sum())(pt.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


def _selected(
    func: Callable[..., Any], argnums: int | Sequence[int], args: Sequence[Any], kwargs: Any
) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """(the function of the chosen arguments alone, these arguments)."""
    places = _chosen(argnums, args)

    def at(*chosen: Any) -> Any:
        given = list(args)
        for i, value in zip(places, chosen, strict=True):
            given[i] = value
        return func(*given, **kwargs)

    return at, tuple(args[i] for i in places)


def _one_or_all(argnums: int | Sequence[int], found: Any) -> Any:
    return found[0] if isinstance(argnums, int) else tuple(found)
