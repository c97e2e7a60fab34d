"""Writing to variables: assignments, and updates of some of their rows."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.make import op, variable_node
from pentad.frontends.tensorflow1.framework.shapes import TensorShape


class _Assign(static.StateOp):
    """It checks the shape of the value when the graph runs, where it was unknown before."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        value = replay.tensor(inputs[0])
        wanted = TensorShape(node.extra["variables"][0].outputs[0].static_type.shape)
        given = [n if isinstance(n, int) else None for n in value.shape]
        if node.attrs["validate_shape"] and not wanted.is_compatible_with(given):
            raise pt.ShapeError(static.message(
                "Assign requires shapes of both tensors to match.", expected=str(wanted),
                got=str(TensorShape(given))))
        return super().evaluate(replay, node, inputs)


def _stored(before: Any, value: Any, validate_shape: bool, use_locking: bool) -> Any:
    return (value,), value


def _updated(rule: Any) -> Any:
    def run(before: Any, value: Any, use_locking: bool) -> Any:
        after = rule(before[0], value)
        return (after,), after

    return run


def _assign_types(value: Any, variable: Any, validate_shape: bool, use_locking: bool) -> Any:
    symbol = variable.outputs[0]
    if validate_shape and not symbol.shape.is_compatible_with(value.shape):
        raise pt.ShapeError(static.message(
            f"Dimensions must be equal: cannot assign to '{variable.name}'",
            expected=str(symbol.shape), got=str(value.shape)))
    kept = symbol.static_type.shape
    return [(symbol.dtype, kept if kept is not None else value.static_type.shape)]


_ASSIGN = op(
    "Assign", "ref: &T, value: T; validate_shape=True, use_locking=True -> output_ref: &T",
    _stored, kind=_Assign, reads=False, types=_assign_types)
_ASSIGN_ADD, _ASSIGN_SUB = (
    op(name, "ref: &T, value: T; use_locking=False -> output_ref: &T", _updated(rule),
       kind=static.StateOp)
    for name, rule in (("AssignAdd", operator.add), ("AssignSub", operator.sub))
)


def assign(
    ref: Any, value: Any, validate_shape: bool | None = None, use_locking: bool | None = None,
    name: str | None = None,
) -> Any:
    """Store a value in a variable; the value."""
    return _ASSIGN(ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name)


def _checked(ref: Any, value: Any) -> None:
    wanted = variable_node(ref).outputs[0].shape
    shape = getattr(value, "shape", np.shape(value) if not hasattr(value, "graph") else None)
    shape = TensorShape(shape)
    if not wanted.is_compatible_with(shape) and shape.ndims:
        raise pt.ShapeError(static.message(
            "Shapes must be equal", expected=str(wanted), got=str(shape)))


def assign_add(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Add a value to a variable; what it is then."""
    _checked(ref, value)
    return _ASSIGN_ADD(ref, value, use_locking=use_locking, name=name)


def assign_sub(
    ref: Any, value: Any, use_locking: bool | None = None, name: str | None = None
) -> Any:
    """Subtract a value from a variable; what it is then."""
    _checked(ref, value)
    return _ASSIGN_SUB(ref, value, use_locking=use_locking, name=name)


# -- rows --------------------------------------------------------------------------------------


def scattered(rule: str) -> Any:
    """The function that combines rows of x, those at indices, with updates."""
    def run(x: Any, indices: Any, updates: Any) -> Any:
        flat = indices.reshape(-1).to(pt.int64)
        rows = updates.broadcast_to((*indices.shape, *x.shape[1:]))
        rows = rows.reshape(flat.shape[0], *x.shape[1:])
        return _combined(rule, x, flat, rows)

    return run


def _combined(rule: str, x: Any, flat: Any, rows: Any) -> Any:
    if rule == "update":
        return x.index_copy(0, flat, rows)
    if rule in ("add", "sub"):
        return x.index_add(0, flat, rows if rule == "add" else -rows)
    if rule == "div":
        return x.index_reduce(0, flat, 1 / rows if rows.dtype.is_floating_point else rows, "prod")
    kind = {"mul": "prod", "min": "amin", "max": "amax"}[rule]
    return x.index_reduce(0, flat, rows, kind)


def _scatter_state(name: str, rule: str) -> Any:
    function = scattered(rule)

    def run(before: Any, indices: Any, updates: Any, use_locking: bool) -> Any:
        after = function(before[0], indices, updates)
        return (after,), after

    return op(name, "ref: &T, indices: Tindices, updates: T; use_locking=False -> "
              "output_ref: &T", run, kind=static.StateOp, allow={"Tindices": dtypes.INDEX})


scatter_update, scatter_add, scatter_sub, scatter_mul, scatter_div, scatter_min, scatter_max = (
    _scatter_state(f"Scatter{rule.capitalize()}", rule)
    for rule in ("update", "add", "sub", "mul", "div", "min", "max")
)


def nd_scattered(rule: str) -> Any:
    """The same for indices whose last axis holds places of several axes."""
    def run(x: Any, indices: Any, updates: Any) -> Any:
        depth = indices.shape[-1]
        lead, tail = x.shape[:depth], tuple(x.shape[depth:])
        place: Any = 0
        for axis in range(depth):
            place = place * lead[axis] + indices[..., axis].to(pt.int64)
        total: Any = 1
        for n in lead:
            total = total * n
        flat = place.reshape(-1)
        rows = updates.reshape(flat.shape[0], *tail)
        return _combined(rule, x.reshape(total, *tail), flat, rows).reshape(x.shape)

    return run


def _scatter_nd_state(name: str, rule: str) -> Any:
    function = nd_scattered(rule)

    def run(before: Any, indices: Any, updates: Any, use_locking: bool) -> Any:
        after = function(before[0], indices, updates)
        return (after,), after

    return op(name, "ref: &T, indices: Tindices, updates: T; use_locking=False -> "
              "output_ref: &T", run, kind=static.StateOp, allow={"Tindices": dtypes.INDEX})


scatter_nd_update, scatter_nd_add, scatter_nd_sub = (
    _scatter_nd_state(f"ScatterNd{rule.capitalize()}", rule) for rule in ("update", "add", "sub")
)


def batch_scatter_update(
    ref: Any, indices: Any, updates: Any, use_locking: bool = True, name: str | None = None
) -> Any:
    """Replace rows of a variable, the leading axes of which are batches."""
    from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
    from pentad.frontends.tensorflow1.ops.creation import range as range_
    from pentad.frontends.tensorflow1.ops.elementwise import multiply
    from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims, reshape, shape

    indices = convert_to_tensor(indices)
    whole, rank = shape(indices), indices.shape.ndims
    parts = []
    for axis in range(rank - 1):
        sizes = [1] * rank
        size = whole[axis]
        line = reshape(range_(size), [*sizes[:axis], -1, *sizes[axis + 1:]])
        parts.append(multiply(line, reshape(range_(1, 2), sizes)) + indices * 0)
    places = [expand_dims(p, -1) for p in (*parts, indices)]
    return scatter_nd_update(ref, concat(places, -1), updates, name=name)


# -- is there a value? -------------------------------------------------------------------------


def _has_value(replay: Any, variable: Any) -> bool:
    store = replay.store
    return store is not None and (variable in replay.state or variable in store.values)


class _IsInitialized(static.Op):
    """Code is made anew when a variable gets its first value, so that the answer may be known."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        found = all(_has_value(replay, v) for v in node.extra["variables"])
        return static.Known(np.asarray(found), pt.bool)


class _FirstValue(static.Op):
    """The value of a variable if it has one, else what it begins with."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        [variable] = node.extra["variables"]
        return replay.read(variable) if _has_value(replay, variable) else replay.tensor(inputs[0])


class _Unset(static.Op):
    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        names = [v.name.encode() for v in node.extra["watched"] if not _has_value(replay, v)]
        array = np.empty(len(names), object)
        array[:] = names
        return static.Known(array, static.STRING)


_IS_INITIALIZED = op("IsVariableInitialized", "ref: &dtype -> is_initialized: bool",
                     kind=_IsInitialized, types=lambda v: [(dtypes.bool_, ())])
_FIRST = op("InitializedValue", "ref: &T, initial: T -> output: T", kind=_FirstValue,
            types=lambda x, v: [(v.outputs[0].dtype, v.outputs[0].static_type.shape)])


def is_variable_initialized(variable: Any, name: str | None = None) -> Any:
    """Has the variable a value?"""
    return _IS_INITIALIZED(variable, name=name)


def initialized_value(variable: Any) -> Any:
    """The value of a variable, or what it begins with if it has none yet."""
    return _FIRST(variable, variable.initial_value)


def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables"
) -> Any:
    """The names of variables without a value, as a tensor of texts."""
    from pentad.frontends.tensorflow1.framework.graph import get_default_graph
    from pentad.frontends.tensorflow1.variables.lists import global_variables, local_variables

    watched = global_variables() + local_variables() if var_list is None else list(var_list)
    graph = get_default_graph()
    made = static.apply(
        graph, _UNSET, [], name=graph.operation_name(name),
        types=[static.Type(static.STRING, (None,))],
        extra={"watched": [variable_node(v) for v in watched]}, control=graph.control)
    return made.outputs[0]


_UNSET = _Unset("ReportUninitializedVariables")


def assert_variables_initialized(var_list: Any = None) -> Any:
    """An operation that fails unless all variables have values."""
    from pentad.frontends.tensorflow1.ops.identity import group
    from pentad.frontends.tensorflow1.variables.lists import global_variables, local_variables

    found = global_variables() + local_variables() if var_list is None else list(var_list)
    return group(*[v.value() for v in found]) if found else None


class _CountUp(static.StateOp):
    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        from pentad.frontends.tensorflow1.errors import OutOfRangeError

        [variable] = node.extra["variables"]
        before, limit = replay.read(variable), node.attrs["limit"]
        if replay.store is not None and before.item() >= limit:
            raise OutOfRangeError(None, node, static.message(
                f"Reached limit of {limit}", got=f"'{variable.name}' is {before.item()}"))
        replay.write(variable, before + 1)
        return before.clone()


count_up_to = op("CountUpTo", "ref: &T; limit -> output: T", lambda before: before, kind=_CountUp,
                 dynamic=True, types=lambda v, limit: [(v.outputs[0].dtype, ())])
