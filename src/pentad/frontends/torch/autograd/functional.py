"""torch.autograd.functional: derivatives of functions at given inputs.

inputs: a tensor or a tuple of tensors; results have that structure. create_graph: the results are
themselves differentiable. strict: AutogradError if an output does not depend on an input (else
zeros).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent
from pentad.static import message


def vjp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, v^T J); v may be left out for an output of one element."""
    given = _prepared("vjp", func, inputs, strict)
    outputs, pull = pt.vjp(func, *given)
    found = pull(_ones("vjp", outputs) if v is None else v)
    return _left(outputs, create_graph), _shaped(found, inputs, create_graph)


def jvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, J v); v may be left out for an input of one element."""
    given = _prepared("jvp", func, inputs, strict)
    tangents = tuple(_ones("jvp", t) for t in given) if v is None else _tuple(v)
    outputs, found = pt.jvp(func, given, tangents)
    return _left(outputs, create_graph), _left(found, create_graph)


def jacobian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian of each output with respect to each input (a tuple where these are tuples).

    strategy: "reverse-mode" or "forward-mode"; vectorize changes nothing.
    """
    given = _prepared("jacobian", func, inputs, strict)
    modes = {"reverse-mode": pt.jacrev, "forward-mode": pt.jacfwd}
    if strategy not in modes:
        raise pt.ArgumentError(message("jacobian: strategy", got=repr(strategy),
                                       expected=" or ".join(map(repr, modes))))
    found = modes[strategy](func, tuple(range(len(given))))(*given)
    if isinstance(inputs, pt.Tensor):
        several = isinstance(found[0], tuple)
        found = tuple(row[0] for row in found) if several else found[0]
    return _left(found, create_graph)


def hessian(
    func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with one result of one element."""
    given = _prepared("hessian", func, inputs, strict)
    found = pt.hessian(_scalar(func), tuple(range(len(given))))(*given)
    return _left(found[0][0] if isinstance(inputs, pt.Tensor) else found, create_graph)


def vhp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(output, v^T H) of a function with one result of one element."""
    given = _prepared("vhp", func, inputs, strict)
    wanted = tuple(_ones("vhp", t) for t in given) if v is None else _tuple(v)
    places = tuple(range(len(given)))
    _, pull = pt.vjp(pt.grad(_scalar(func), places), *given)
    return _left(func(*given), create_graph), _shaped(pull(wanted), inputs, create_graph)


def hvp(
    func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(output, H v) of a function with one result of one element."""
    given = _prepared("hvp", func, inputs, strict)
    wanted = tuple(_ones("hvp", t) for t in given) if v is None else _tuple(v)
    places = tuple(range(len(given)))
    _, found = pt.jvp(pt.grad(_scalar(func), places), given, wanted)
    return _left(func(*given), create_graph), _shaped(found, inputs, create_graph)


def _tuple(values: Any) -> tuple[Any, ...]:
    return (values,) if isinstance(values, pt.Tensor) else tuple(values)


def _scalar(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its one element as a number."""
    return lambda *given: func(*given).reshape(())


def _ones(name: str, t: Any) -> Any:
    if not isinstance(t, pt.Tensor) or t.numel() != 1:
        raise pt.AutogradError(message(f"{name}: v is missing", got="several elements",
                                       expected="v of the same shape, or one element"))
    return pt.ones_like(t)


def _prepared(
    name: str, func: Callable[..., Any], inputs: Any, strict: bool
) -> tuple[Any, ...]:
    given = _tuple(inputs)
    if strict:
        own = [t.detach().requires_grad_() for t in given]
        for i, out in enumerate(_tuple(func(*own))):
            used = out.requires_grad and None not in pt.autograd.grad(
                out.sum(), own, retain_graph=True, allow_unused=True)
            if not used:
                raise pt.AutogradError(message(
                    f"{name}: output {i} does not depend on all inputs",
                    expected="a dependence of each output on each input", got="none",
                    hint="strict=False gives zeros"))
    return given


def _left(found: Any, create_graph: bool) -> Any:
    """The results, without history unless it is wanted."""
    if isinstance(found, tuple):
        return tuple(_left(f, create_graph) for f in found)
    return found if create_graph else found.detach()


def _shaped(found: Any, inputs: Any, create_graph: bool) -> Any:
    return _left(_tuple(found)[0] if isinstance(inputs, pt.Tensor) else tuple(found), create_graph)


__getattr__ = absent(__name__)
