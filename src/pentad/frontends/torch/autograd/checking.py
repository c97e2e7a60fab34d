"""torch.autograd.gradcheck: derivatives against differences of values.

Complex numbers are pairs of real ones: the gradient for a cotangent v is that of the real part of
conj(v) y, its real and imaginary part being the slopes along the parts of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import pentad as pt
from pentad.static import message


class GradcheckError(pt.PentadError, RuntimeError):
    """A gradient that is not what differences of values say."""


def gradcheck(
    func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5,
    rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0, **options: Any,
) -> bool:
    """Are the gradients of a function those that central differences of step eps give?

    inputs: tensors, best of float64; those that require a gradient are checked. GradcheckError (or
    False) at the first that differs. Further options of PyTorch's change nothing.
    """
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    wanted = [t for t in given if isinstance(t, pt.Tensor) and t.requires_grad]
    if not wanted:
        raise pt.ArgumentError(message("gradcheck: nothing to check", got="none",
                                       expected="an input with requires_grad=True"))
    try:
        for t in wanted:
            _compare(func, given, t, eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
    atol: float = 1e-5, rtol: float = 1e-3, gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True, nondet_tol: float = 0.0, **options: Any,
) -> bool:
    """The same of the gradients of a function, for cotangents (by default random ones)."""
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    if grad_outputs is None:
        cots = tuple(pt.randn_like(y).requires_grad_() for y in _differentiable(func(*given)))
    else:
        cots = (grad_outputs,) if isinstance(grad_outputs, pt.Tensor) else tuple(grad_outputs)
    places = [i for i, t in enumerate(given) if isinstance(t, pt.Tensor) and t.requires_grad]

    def slopes(*both: Any) -> tuple[Any, ...]:
        own, weights = both[:len(given)], both[len(given):]
        # Inputs that come without a history are asked for gradients here, too.
        own = tuple(t if i not in places or t.requires_grad else t.detach().requires_grad_()
                    for i, t in enumerate(own))
        found = pt.autograd.grad(
            _differentiable(func(*own)), [own[i] for i in places], weights, create_graph=True,
            allow_unused=True, materialize_grads=True)
        return tuple(found)

    return gradcheck(slopes, (*given, *cots), eps=eps, atol=atol, rtol=rtol,
                     raise_exception=raise_exception, nondet_tol=nondet_tol)


def _differentiable(outputs: Any) -> list[Any]:
    listed = [outputs] if isinstance(outputs, pt.Tensor) else list(outputs)
    return [y for y in listed if isinstance(y, pt.Tensor) and y.requires_grad]


def _compare(
    func: Callable[..., Any], given: tuple[Any, ...], t: Any, eps: float, atol: float,
    rtol: float, nondet_tol: float,
) -> None:
    number = next(i for i, g in enumerate(given) if g is t)
    outputs = _differentiable(func(*given))
    numeric = _numeric(func, given, number, eps, len(outputs))
    for index, y in enumerate(outputs):
        found = np.stack([_parts(row) for row in _rows(y, t)], 1)
        again = np.stack([_parts(row) for row in _rows(y, t)], 1)
        if np.abs(found - again).max(initial=0.0) > nondet_tol:
            raise GradcheckError(message("gradcheck: two passes give different gradients",
                                         expected=f"differences up to {nondet_tol}", got="more"))
        if not np.allclose(found, numeric[index], rtol, atol, equal_nan=True):
            worst = float(np.abs(found - numeric[index]).max())
            raise GradcheckError(message(
                f"gradcheck: the gradient of output {index} with respect to input {number}",
                expected=f"{np.array2string(numeric[index], threshold=12)}",
                got=f"{np.array2string(found, threshold=12)}, {worst:.3g} apart",
                hint="float64 inputs are needed for the default tolerances"))


def _rows(y: Any, t: Any) -> Iterator[Any]:
    """The gradient for each part of each element of the output."""
    units = (1, 1j) if y.is_complex() else (1,)
    for place in range(y.numel()):
        for unit in units:
            cot = pt.zeros(y.numel(), dtype=y.dtype)
            cot[place] = unit
            [found] = pt.autograd.grad(y, t, cot.reshape(y.shape), retain_graph=True,
                                       allow_unused=True, materialize_grads=True)
            yield found.detach()


def _parts(t: Any) -> np.ndarray:
    """All real numbers in a tensor, one after the other."""
    array = np.ascontiguousarray(t.detach().numpy()).reshape(-1)
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], -1).reshape(-1)
    return array.astype(np.float64)


def _numeric(
    func: Callable[..., Any], given: tuple[Any, ...], number: int, eps: float, count: int
) -> list[np.ndarray]:
    """For each output [parts of the input, parts of the output]: central differences."""
    base = given[number].detach()
    steps = (eps, eps * 1j) if base.is_complex() else (eps,)
    tables: list[list[np.ndarray]] = [[] for _ in range(count)]
    for place in range(base.numel()):
        for step in steps:
            sides = [_moved(func, given, number, place, s) for s in (step, -step)]
            for table, up, down in zip(tables, *sides, strict=True):
                table.append((up - down) / (2 * eps))
    return [np.stack(t) if t else np.zeros((0, 0)) for t in tables]


def _moved(
    func: Callable[..., Any], given: tuple[Any, ...], number: int, place: int, step: Any
) -> list[np.ndarray]:
    moved = given[number].detach().clone().reshape(-1)
    moved[place] = moved[place] + step
    changed = list(given)
    changed[number] = moved.reshape(given[number].shape).requires_grad_()
    return [_parts(y) for y in _differentiable(func(*changed))]
