"""The usual calls of an operation, short: a look-up by metas, an allocation, a native call.

A call that is not known goes the general way (dispatch.Surface) and is remembered. What is
remembered is a Specialised and, where numbers were passed for operands, these as tensors. Calls
that repeat are taken over by native code as a whole (native.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pentad.runtime.memory import allocate
from pentad.tensor.meta import overlaps_itself
from pentad.tensor.native import Route, learn
from pentad.tensor.nodes import record_one
from pentad.tensor.operands import C_TYPES, scalar_operand
from pentad.tensor.run import ranges_of, run
from pentad.tensor.specialise import Specialised, fail
from pentad.tensor.state import on_new_default_dtype, state
from pentad.tensor.tensor import Tensor
from pentad.tensor.writes import mark_written

_new = object.__new__
_LIMIT = 2048
REQUIRED = object()
"""Stands for an argument that was not given."""


class General(Protocol):
    """What a fast path asks of a Surface."""

    name: str
    names: tuple[str, ...]
    is_operand: list[bool]
    is_sequence: list[bool]

    def prepare(self, args: Any, kwargs: Any) -> tuple[list[Tensor], tuple[Any, ...]]: ...

    def arranged(self, args: Any, kwargs: Any) -> tuple[list[Tensor], tuple[Any, ...]]: ...

    def specialise(
        self, operands: Any, static: tuple[Any, ...], *, donate: bool = False
    ) -> Specialised: ...

    def inplace(self, args: Any, kwargs: Any) -> Tensor: ...


def fast_call(general: General) -> Any:
    """The function that users call."""
    count = len(general.names)
    plain = all(general.is_operand) and not any(general.is_sequence)
    if plain and count == 2:
        return _binary(general)
    if count and general.is_operand[0] and not general.is_sequence[0]:
        return _leading(general)

    def call(*args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs:
            return _into(call, general, args, kwargs)
        operands, static = general.arranged(args, kwargs)
        return _finish(general.specialise(operands, static), operands)

    return call


def _into(call: Any, general: General, args: Any, kwargs: dict[str, Any]) -> Any:
    """A call with `out=`."""
    from pentad.tensor.out import write_out

    rest = {k: v for k, v in kwargs.items() if k != "out"}
    result = call(*args, **rest)
    out = kwargs["out"]
    return result if out is None else write_out(general.name, out, result)


def _finish(spec: Specialised, operands: Any) -> Any:
    results = run(spec, operands)
    return tuple(results) if spec.multiple else results[0]


def _memory() -> dict[Any, Any]:
    quick: dict[Any, Any] = {}
    on_new_default_dtype(quick.clear)
    return quick


def _binary(general: General) -> Any:
    """A function of two operands."""
    quick = _memory()

    def usual(x: Any = REQUIRED, y: Any = REQUIRED, /, **kwargs: Any) -> Any:
        other = y
        if type(y) in C_TYPES:
            y = scalar_operand(y)
        try:
            spec = quick[x.meta, y.meta]
        except (KeyError, AttributeError):
            if "out" in kwargs:
                return _into(call, general, (x, y), kwargs)
            return _learn_binary(general, quick, (x, y), kwargs)
        if kwargs or state.mode is not None:
            if "out" in kwargs:
                return _into(call, general, (x, y), kwargs)
            return _learn_binary(general, quick, (x, y), kwargs)
        plan = None
        nodes = x.node, y.node
        if nodes != _NO_NODES and spec.differentiable and state.grad:
            plan = spec.plan((nodes[0] is not None, nodes[1] is not None))
            if plan.hidden:
                result = _finish(spec, (x, y))
                learn(route, (x, other), (x, y), spec)
                return result
        out = _new(Tensor)
        out.storage = storage = allocate(spec.nbytes)
        out.ptr = ptr = storage.ptr
        out.meta = spec.meta
        out.node = out.alias = out._grad = None
        if status := spec.call(x.ptr, y.ptr, ptr):
            fail(spec.name, status, ranges_of((x, y), spec.name))
        if plan is not None:
            record_one(plan, nodes, (x, y), out)
        learn(route, (x, other), (x, y), spec)
        return out

    route = Route(usual, general.is_operand)

    def call(x: Any = REQUIRED, y: Any = REQUIRED, /, **kwargs: Any) -> Any:
        native = route.function
        return usual(x, y, **kwargs) if kwargs or native is None else native(x, y)

    call.route = route  # type: ignore[attr-defined]
    return call


def _learn_binary(general: General, quick: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    given = tuple(v for v in args if v is not REQUIRED)
    operands, static = general.arranged(given, kwargs)
    spec = general.specialise(operands, static)
    if state.mode is None and spec.simple:
        _remember(quick, (operands[0].meta, operands[1].meta), spec)
    return _finish(spec, operands)


def _remember(quick: dict[Any, Any], key: Any, value: Any) -> None:
    if len(quick) >= _LIMIT:
        quick.clear()
    quick[key] = value


_NO_NODES = (None, None)


def _leading(general: General) -> Any:
    """A function of one tensor, perhaps with further arguments, which are part of the key."""
    quick = _memory()

    def usual(x: Any = REQUIRED, *rest: Any, **kwargs: Any) -> Any:
        key = None
        try:
            key = x.meta
            if rest:
                key = (key, rest, *map(type, rest))
            if kwargs:
                key = (key, *kwargs.items(), *map(type, kwargs.values()))
            spec, extra = quick[key]
        except (KeyError, AttributeError):
            if "out" in kwargs:
                return _into(call, general, (x, *rest), kwargs)
            return _learn_leading(general, quick, key, (x, *rest), kwargs, route)
        except TypeError:  # a list among the arguments
            if "out" in kwargs:
                return _into(call, general, (x, *rest), kwargs)
            return _learn_leading(general, quick, None, (x, *rest), kwargs)
        node = x.node
        if state.mode is not None:
            return _learn_leading(general, quick, None, (x, *rest), kwargs)
        plain = not extra and spec.simple
        plan = None
        if node is not None and plain and spec.differentiable and state.grad:
            plan = spec.plan(_NEEDED)
            plain = not plan.hidden
        if not plain:
            result = _finish(spec, (x, *extra))
            if not kwargs and spec.simple:
                learn(route, (x, *rest), (x, *extra), spec)
            return result
        out = _new(Tensor)
        out.storage = storage = allocate(spec.nbytes)
        out.ptr = ptr = storage.ptr
        out.meta = spec.meta
        out.node = out.alias = out._grad = None
        if status := spec.call(x.ptr, ptr):
            fail(spec.name, status)
        if plan is not None:
            record_one(plan, (node,), (x,), out)
        if not kwargs:
            learn(route, (x, *rest), (x,), spec)
        return out

    route = Route(usual, general.is_operand)

    def call(x: Any = REQUIRED, *rest: Any, **kwargs: Any) -> Any:
        native = route.function
        return usual(x, *rest, **kwargs) if kwargs or native is None else native(x, *rest)

    call.route = route  # type: ignore[attr-defined]
    return call


def _learn_leading(
    general: General, quick: Any, key: Any, args: Any, kwargs: dict[str, Any],
    route: Route | None = None,
) -> Any:
    given = tuple(v for v in args if v is not REQUIRED)
    operands, static = general.arranged(given, kwargs)
    spec = general.specialise(operands, static)
    extra = tuple(operands[1:])
    first = bool(operands) and bool(given) and operands[0] is given[0]
    if first and key is not None and state.mode is None and _numbers(extra):
        _remember(quick, key, (spec, extra))
    result = _finish(spec, operands)
    if route is not None and not kwargs and spec.simple and state.mode is None:
        learn(route, given, operands, spec)
    return result


_NEEDED = (True,)


def _numbers(operands: tuple[Tensor, ...]) -> bool:
    """Are all of them Python numbers, and no tensors that may differ at the next call?"""
    return all(t.meta.weak and t.meta.traced is None for t in operands)


def fast_inplace(general: General) -> Callable[..., Any]:
    """The in-place form; usual is another tensor or a number, and no gradient."""
    quick = _memory()

    def learn(x: Any, y: Any) -> Any:
        operands, static = general.prepare((x, y), {})
        written = general.inplace((x, y), {})
        whole = [t.meta for t in operands]
        if len(whole) == 2 and state.trace is None and not overlaps_itself(whole[0]):
            spec = general.specialise(operands, static, donate=True)
            _remember(quick, (whole[0], whole[1]), spec)
        return written

    def inplace(x: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) != 1 or kwargs:
            return general.inplace((x, *args), kwargs)
        y = args[0]
        if type(y) in C_TYPES and general.is_operand[1]:
            y = scalar_operand(y)
        try:
            spec = quick[x.meta, y.meta]
        except (KeyError, AttributeError):
            return learn(x, y)
        if x.node is not None or y.node is not None or x.alias is not None:
            return general.inplace((x, y), kwargs)
        if y.storage is x.storage:
            return general.inplace((x, y), kwargs)
        if state.trace is not None:
            return general.inplace((x, y), kwargs)
        if status := spec.call(x.ptr, y.ptr):
            fail(spec.name, status)
        mark_written(x)
        return x

    return inplace
