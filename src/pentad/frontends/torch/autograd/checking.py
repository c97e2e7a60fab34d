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
    rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0,
    check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
    check_batched_grad: bool = False, check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False, check_backward_ad: bool = True, fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Are the gradients of a function those that central differences of step eps give?

    inputs: tensors, best of float64; those that require a gradient are checked. GradcheckError (or
    False) at the first that differs; also where no output has a gradient, but one of them changes
    with an input. Always whole, whatever fast_mode says; each output's gradient is asked for alone,
    so that those of the others are undefined. ArgumentError for checks of forward mode and batches.
    """
    _require_done("gradcheck", {"check_batched_grad": check_batched_grad,
                                "check_batched_forward_grad": check_batched_forward_grad,
                                "check_forward_ad": check_forward_ad})
    _require_backward("gradcheck", "check_backward_ad", check_backward_ad)
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    wanted = [t for t in given if isinstance(t, pt.Tensor) and t.requires_grad]
    if not wanted:
        raise pt.ArgumentError(message("gradcheck: nothing to check", got="none",
                                       expected="an input with requires_grad=True"))
    try:
        for t in wanted:
            _compare(func, given, t, eps, (rtol, atol), nondet_tol, check_grad_dtypes)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
    atol: float = 1e-5, rtol: float = 1e-3, gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True, fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """The same of the gradients of a function, for cotangents (by default random ones;
    gen_non_contig_grad_outputs: with gaps between their elements)."""
    _require_done("gradgradcheck", {"check_batched_grad": check_batched_grad,
                                    "check_fwd_over_rev": check_fwd_over_rev})
    _require_backward("gradgradcheck", "check_rev_over_rev", check_rev_over_rev)
    given = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    if grad_outputs is None:
        gap = 2 if gen_non_contig_grad_outputs else 1
        cots = tuple(pt.randn((*y.shape, gap), dtype=y.dtype)[..., 0].requires_grad_()
                     for y in _differentiable(func(*given)))
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
                     raise_exception=raise_exception, nondet_tol=nondet_tol,
                     check_grad_dtypes=check_grad_dtypes)


def _require_done(name: str, options: dict[str, bool]) -> None:
    for option, wanted in options.items():
        if wanted:
            raise pt.ArgumentError(message(
                f"{name}: {option} is not done here", expected=f"{option}=False", got=repr(wanted),
                hint="derivatives in reverse mode are checked, one after the other"))


def _require_backward(name: str, option: str, wanted: bool) -> None:
    if not wanted:
        raise pt.ArgumentError(message(f"{name}: without {option} nothing is checked",
                                       expected=f"{option}=True", got=repr(wanted)))


def _inexact(outputs: Any) -> list[Any]:
    listed = [outputs] if isinstance(outputs, pt.Tensor) else list(outputs)
    return [y for y in listed if isinstance(y, pt.Tensor) and y.dtype.is_inexact]


def _differentiable(outputs: Any) -> list[Any]:
    return [y for y in _inexact(outputs) if y.requires_grad]


def _compare(
    func: Callable[..., Any], given: tuple[Any, ...], t: Any, eps: float,
    tolerances: tuple[float, float], nondet_tol: float, check_grad_dtypes: bool,
) -> None:
    number = next(i for i, g in enumerate(given) if g is t)
    outputs = _inexact(func(*given))
    numeric = _numeric(func, given, number, eps, len(outputs))
    if not any(y.requires_grad for y in outputs):
        _require_constant(numeric, number)
        return
    for index, y in enumerate(outputs):
        if not y.requires_grad:  # beside others that have a gradient: left out by intention
            continue
        found = np.stack([_parts(row) for row in _rows(y, t, check_grad_dtypes)], 1)
        again = np.stack([_parts(row) for row in _rows(y, t, check_grad_dtypes)], 1)
        if np.abs(found - again).max(initial=0.0) > nondet_tol:
            raise GradcheckError(message("gradcheck: two passes give different gradients",
                                         expected=f"differences up to {nondet_tol}", got="more"))
        if not np.allclose(found, numeric[index], *tolerances, equal_nan=True):
            worst = float(np.abs(found - numeric[index]).max())
            raise GradcheckError(message(
                f"gradcheck: the gradient of output {index} with respect to input {number}",
                expected=f"{np.array2string(numeric[index], threshold=12)}",
                got=f"{np.array2string(found, threshold=12)}, {worst:.3g} apart",
                hint="float64 inputs are needed for the default tolerances"))


def _require_constant(numeric: list[np.ndarray], number: int) -> None:
    """GradcheckError if an output changes with an input, though none has a gradient."""
    for index, slopes in enumerate(numeric):
        if (slopes != 0).any():
            raise GradcheckError(message(
                f"gradcheck: output {index} has no gradient, but changes with input {number}: "
                "Numerical gradient for function expected to be zero",
                expected="zeros", got=np.array2string(slopes, threshold=12),
                hint="was it made of x.detach(), x.data or in no_grad()?"))


def _rows(y: Any, t: Any, check_dtype: bool) -> Iterator[Any]:
    """The gradient for each part of each element of the output."""
    units = (1, 1j) if y.is_complex() else (1,)
    for place in range(y.numel()):
        for unit in units:
            cot = pt.zeros(y.numel(), dtype=y.dtype)
            cot[place] = unit
            [found] = pt.autograd.grad(y, t, cot.reshape(y.shape), retain_graph=True,
                                       allow_unused=True, materialize_grads=True)
            if check_dtype and found.dtype is not t.dtype:
                raise GradcheckError(message("gradcheck: Gradient has dtype mismatch",
                                             expected=t.dtype.name, got=found.dtype.name))
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
    return [_parts(y) for y in _inexact(func(*changed))]
