"""cond, case and switch_case: branches that are chosen when the graph runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes, nest
from pentad.frontends.tensorflow1.framework.convert import (
    constant_value,
    convert_to_tensor_or_leave,
)
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.tensor import Tensor


def outside_controls(body: Any, nodes: Any, graph: Any) -> tuple[Any, ...]:
    """The operations outside of a body after which its nodes run, and those of the context."""
    found = dict.fromkeys(graph.control)
    found.update(dict.fromkeys(c for n in nodes for c in n.control if not body.holds(c)))
    return tuple(found)


def built(graph: Any, function: Callable[[], Any]) -> tuple[Any, Any, list[Any], list[Any]]:
    """What a function makes within a body: (body, its result, tensors of it, operations of it)."""
    kept, graph._control = graph._control, []
    try:
        with graph.inside() as body:
            result = function()
            leaves = nest.flatten(result) if result is not None else []
            elements = [convert_to_tensor_or_leave(v) for v in leaves]
    finally:
        graph._control = kept
    tensors = [e for e in elements if isinstance(e, Tensor)]
    operations = [e for e in elements if isinstance(e, static.Node)]
    return body, result, tensors, operations


def cond(
    pred: Any, true_fn: Any = None, false_fn: Any = None, strict: bool = False,
    name: str | None = None, fn1: Any = None, fn2: Any = None,
) -> Any:
    """What true_fn gives if pred is true, else what false_fn gives; only one of them runs."""
    true_fn, false_fn = fn1 or true_fn, fn2 or false_fn
    for label, function in (("true_fn", true_fn), ("false_fn", false_fn)):
        if not callable(function):
            raise TypeError(static.message(f"{label} must be callable."))
    if isinstance(pred, bool):
        raise TypeError(static.message("pred must not be a Python bool", got=repr(pred),
                                       hint="use a Python `if`, or tf.constant"))
    graph = get_default_graph()
    with name_scope(name, "cond", [pred]) as scope:
        pred = convert_to_tensor_or_leave(pred)
        parts = [built(graph, function) for function in (true_fn, false_fn)]
        _alike(parts)
        types = [_common(a, b) for a, b in zip(parts[0][2], parts[1][2])]
        blocks = tuple(static.block(body, (), tensors, also) for body, _, tensors, also in parts)
        made = static.cond(pred, blocks, types, name=graph.unique_name_in(scope))
    controls = [outside_controls(p[0], b.nodes, graph) for p, b in zip(parts, blocks)]
    made.control = tuple(dict.fromkeys(c for found in controls for c in found))
    if any(t.dtype is static.STRING for t in types):
        made.extra["eager"] = "texts come out of a branch"
    keep_types(made, parts[0][2])
    return _returned(made, parts[0][1], strict)


def keep_types(made: Any, tensors: Any) -> None:
    """Let the results of a node be called what these tensors are called: resources, qint8, ..."""
    kinds = tuple(t.dtype.base_dtype for t in tensors)
    if any(dtypes.of_tensor(k.tensor_dtype) is not k for k in kinds):
        made.extra["dtypes"] = kinds


def _returned(made: Any, result: Any, strict: bool) -> Any:
    """The outputs in the structure of a branch; operations become the branch itself."""
    if result is None:
        return None
    outputs = list(made.outputs)
    leaves = [
        outputs.pop(0) if isinstance(convert_to_tensor_or_leave(v), Tensor) else
        (None if v is None else made) for v in nest.flatten(result)
    ]
    if not strict and isinstance(result, list | tuple) and len(result) == 1:
        return nest.pack_sequence_as(result, leaves)[0]
    return nest.pack_sequence_as(result, leaves) if nest.is_nested(result) else leaves[0]


def _alike(parts: Any) -> None:
    (_, first, a, _), (_, second, b, _) = parts
    if (first is None) != (second is None) or len(a) != len(b):
        raise pt.ArgumentError(static.message(
            "true_fn and false_fn must return the same structure", expected=repr(first)[:200],
            got=repr(second)[:200]))
    for x, y in zip(a, b):
        if x.dtype.base_dtype is not y.dtype.base_dtype:
            raise pt.ArgumentError(static.message(
                "Outputs of true_fn and false_fn must have the same type", expected=repr(x),
                got=repr(y)))


def _common(x: Any, y: Any) -> static.Type:
    shape = x.shape.most_specific_compatible_shape(y.shape)
    return static.Type(x.static_type.dtype, shape.known())


# -- more than two -----------------------------------------------------------------------------


def case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False,
    name: str = "case",
) -> Any:
    """What the function of the first true predicate gives, else what the default gives."""
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs)
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(static.message("Each entry in pred_fn_pairs must be a 2-tuple",
                                           got=repr(pair)))
        if not callable(pair[1]):
            raise TypeError(static.message("fn for pred must be callable", got=repr(pair[1])))
    with name_scope(name, "case", []):
        if default is None:
            *pairs, (_, default) = pairs
        function = default
        for pred, branch in reversed(pairs):
            function = _chosen(pred, branch, function, strict)
        return function()


def _chosen(pred: Any, branch: Any, other: Any, strict: bool) -> Callable[[], Any]:
    return lambda: cond(pred, branch, other, strict=strict)


def switch_case(
    branch_index: Any, branch_fns: Any, default: Any = None, name: str = "switch_case"
) -> Any:
    """What the function of a number gives; the default, or the last one, for other numbers."""
    from pentad.frontends.tensorflow1.ops.comparison import equal

    if isinstance(branch_fns, Mapping):
        pairs = sorted(branch_fns.items())
    elif branch_fns and callable(branch_fns[0]):
        pairs = list(enumerate(branch_fns))
    else:
        pairs = sorted(branch_fns)
    with name_scope(name, "switch_case", []):
        function = pairs[-1][1] if default is None else default
        for number, branch in reversed(pairs):
            function = _chosen_at(equal, branch_index, number, branch, function)
        return function()


def _chosen_at(equal: Any, index: Any, number: int, branch: Any, other: Any) -> Any:
    return lambda: cond(equal(index, number), branch, other)


def smart_cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: Any = None) -> Any:
    """As cond; a predicate that is known chooses while the graph is built."""
    known = smart_constant_value(pred)
    if known is None:
        return cond(pred, true_fn, false_fn, name=name)
    return (true_fn if known else false_fn)()


def smart_constant_value(pred: Any) -> Any:
    """The truth value of a predicate if it is known, else None."""
    if isinstance(pred, bool):
        return pred
    if isinstance(pred, int) and pred in (0, 1):
        return bool(pred)
    if isinstance(pred, Tensor):
        found = constant_value(pred)
        return None if found is None else bool(found)
    if hasattr(pred, "_dense_tensor"):
        return None
    raise TypeError(static.message("`pred` must be a Tensor, or a Python bool, or 1 or 0.",
                                   got=repr(pred)))
