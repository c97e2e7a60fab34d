"""while_loop, map_fn, scan, foldl and foldr."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes, nest
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.ops.branches import built, keep_types, outside_controls
from pentad.frontends.tensorflow1.ops.tensor_array import TensorArray, carried, entered, rewrapped


def while_loop(
    cond: Any, body: Any, loop_vars: Any, shape_invariants: Any = None,
    parallel_iterations: int = 10, back_prop: bool = True, swap_memory: bool = False,
    name: str | None = None, maximum_iterations: Any = None, return_same_structure: bool = False,
) -> Any:
    """loop_vars = body(*loop_vars), as long as cond(*loop_vars) is true.

    shape_invariants: what stays true of the shapes, where they change from step to step.
    """
    for label, function in (("cond", cond), ("body", body)):
        if not callable(function):
            raise TypeError(static.message(f"{label} must be callable."))
    if isinstance(loop_vars, list | tuple) and not loop_vars:
        raise pt.ArgumentError("No loop variables provided")
    graph = get_default_graph()
    with name_scope(name, "while", []) as scope:
        given = nest.flatten(loop_vars)
        init = [entered(v) if isinstance(v, TensorArray) else convert_to_tensor(v) for v in given]
        shapes = _invariants(init, shape_invariants, loop_vars)
        loop = _Loop(graph, loop_vars, given, init, shapes)
        made = loop.made(cond, body, _limit(maximum_iterations), graph.unique_name_in(scope))
    outputs = [rewrapped(g, s) if isinstance(g, TensorArray) else s
               for g, s in zip(given, made.outputs)]
    found = nest.pack_sequence_as(loop_vars, outputs) if nest.is_nested(loop_vars) else outputs[0]
    if not return_same_structure and isinstance(found, list | tuple) and len(found) == 1:
        return found[0]
    return found


def _limit(maximum_iterations: Any) -> int | None:
    if maximum_iterations is None:
        return None
    known = maximum_iterations if isinstance(maximum_iterations, int) else constant_value(
        convert_to_tensor(maximum_iterations))
    return None if known is None else int(known)


def _invariants(init: Any, shape_invariants: Any, loop_vars: Any) -> list[Any]:
    if shape_invariants is None:
        return [None] * len(init)
    flat = _flat_shapes(loop_vars, shape_invariants)
    for value, shape in zip(init, flat):
        if shape is not None and not shape.is_compatible_with(value.shape):
            raise pt.ShapeError(static.message(
                f"The shape invariant specified for {value.name} is not compatible with the "
                "initial shape of the loop variable.", expected=str(shape), got=str(value.shape)))
    return flat


def _flat_shapes(structure: Any, shapes: Any) -> list[Any]:
    if nest.is_nested(structure):
        parts = nest._parts(structure)
        return [f for s, p in zip(parts, nest._parts(shapes)) for f in _flat_shapes(s, p)]
    return [None if shapes is None else as_shape(shapes)]


class _Loop:
    """The making of a loop: parameters, condition, body."""

    def __init__(self, graph: Any, structure: Any, given: Any, init: Any, shapes: Any) -> None:
        self.graph, self.structure, self.given, self.init = graph, structure, given, init
        self.shapes = shapes
        self.types = [
            static.Type(v.static_type.dtype,
                        (s if s is not None else v.shape).known()
                        if not isinstance(g, TensorArray) else None)
            for v, s, g in zip(init, shapes, given)
        ]
        self.varying = any(s is not None and not s.is_fully_defined() for s in shapes)

    def _parameters(self) -> tuple[list[Any], Any]:
        found = [static.parameter(self.graph, t, "Identity") for t in self.types]
        for p, v in zip(found, self.init):
            keep_types(p.node, [v])
        values = [rewrapped(g, p) if isinstance(g, TensorArray) else p
                  for g, p in zip(self.given, found)]
        packed = nest.pack_sequence_as(self.structure, values) if nest.is_nested(
            self.structure) else values[0]
        return found, packed

    def _within(self, function: Any) -> Any:
        """A body that calls the function with parameters of its own."""
        holder: dict[str, Any] = {}

        def call() -> Any:
            holder["parameters"], packed = self._parameters()
            several = isinstance(packed, list | tuple)
            return self._flattened(function(*packed) if several else function(packed))

        return holder, call

    def _flattened(self, found: Any) -> list[Any]:
        if isinstance(found, list | tuple) and not isinstance(self.structure, list | tuple):
            found = found[0]
        leaves = nest.flatten(found)
        return [carried(v) for v in leaves]

    def made(self, cond: Any, body: Any, limit: int | None, name: str) -> Any:
        """The node of the loop."""
        graph = self.graph
        holder, call = self._within(lambda *v: [cond(*v)])
        asks_body, _, asks_found, _ = built(graph, call)
        asks = static.block(asks_body, holder["parameters"], asks_found)
        holder, call = self._within(body)
        inside, _, found, operations = built(graph, call)
        if len(found) != len(self.init):
            raise pt.ArgumentError(static.message(
                "The number of loop variables that the body gives is another",
                expected=str(len(self.init)), got=str(len(found))))
        self._check(found)
        step = static.block(inside, holder["parameters"], found, operations)
        arrays = [g for g in self.given if isinstance(g, TensorArray)]
        varying = self.varying or not all(a.box.dense for a in arrays)
        bound = _count(asks, step, self.init) if limit is None else limit
        made = static.while_loop(graph, asks, step, self.init, self.types, bound, name, varying)
        keep_types(made, self.init)
        if arrays:
            made.extra["holds_tensors"] = True
        made.control = (*outside_controls(inside, step.nodes, graph),
                        *outside_controls(asks_body, asks.nodes, graph))
        return made

    def _check(self, found: list[Any]) -> None:
        for before, after, wanted, given in zip(self.init, found, self.types, self.given):
            if before.dtype.base_dtype is not after.dtype.base_dtype:
                raise TypeError(static.message(
                    f"The body gives another type for the loop variable {before.name}",
                    expected=before.dtype.base_dtype.name, got=repr(after)))
            if isinstance(given, TensorArray) or wanted.shape is None:
                continue
            known = after.static_type.shape
            if known is None or len(known) != len(wanted.shape) or any(
                n is not None and n != m for n, m in zip(wanted.shape, known)
            ):
                raise pt.ShapeError(static.message(
                    f"The shape for {before.name} is not an invariant for the loop.",
                    expected=str(as_shape(wanted.shape)), got=str(after.shape),
                    hint="give shape_invariants for shapes that change from step to step"))


def _count(asks: Any, step: Any, init: Any) -> int | None:
    """How often a loop that counts to a constant runs: its gradient can be compiled then."""
    test = asks.results[0].node
    if test.op.name not in ("Less", "LessEqual") or test.inputs[0] not in asks.parameters:
        return None
    place = asks.parameters.index(test.inputs[0])
    after = step.results[place].node
    if after.op.name not in ("Add", "AddV2") or len(after.inputs) != 2:
        return None
    counter, other = after.inputs
    if counter is not step.parameters[place]:
        counter, other = other, counter
    if counter is not step.parameters[place]:
        return None
    known = [constant_value(s) for s in (init[place], test.inputs[1], other)]
    if any(k is None for k in known) or known[2] <= 0:
        return None
    first, last, stride = (float(k) for k in known)
    last += stride * (test.op.name == "LessEqual") * 1e-9
    return max(0, int(-(-(last - first) // stride)))


# -- over the first axis -----------------------------------------------------------------------


def _rows(elems: Any) -> tuple[list[Any], Any]:
    flat = [convert_to_tensor(e, name="elem") for e in nest.flatten(elems)]
    for e in flat:
        if e.shape.ndims == 0:
            raise pt.ArgumentError(static.message(
                "elements in elems must be 1+ dimensional Tensors, not scalars", got=repr(e)))
    from pentad.frontends.tensorflow1.ops.shaping import shape

    return flat, shape(flat[0])[0]


def _row_type(t: Any) -> static.Type:
    known = t.static_type.shape
    return static.Type(t.static_type.dtype, None if known is None else known[1:])


def _whole_type(t: Any, count: Any) -> static.Type:
    known = t.static_type.shape
    return static.Type(t.static_type.dtype, None if known is None else (count, *known))


def scanned(
    graph: Any, name: str, rows: Any, steps: Any, init: Any, function: Any, collect: bool,
    reverse: bool,
) -> tuple[list[Any], list[Any], Any]:
    """A scan: what is carried at the end, what was collected, the structure of a step's result."""
    holder: dict[str, Any] = {}

    def call() -> Any:
        items = [static.parameter(graph, _row_type(t), "item") for t in rows]
        carry = [static.parameter(graph, t.static_type, "carry") for t in init]
        holder["parameters"] = [*items, *carry]
        carried_next, collected, structure = function(items, carry)
        holder["structure"], holder["carried"] = structure, len(carried_next)
        return [*carried_next, *collected]

    body, _, found, operations = built(graph, call)
    block = static.block(body, holder["parameters"], found, operations)
    for before, after in zip(init, found):
        if before.dtype.base_dtype is not after.dtype.base_dtype:
            raise TypeError(static.message("a step gives another type than it was given",
                                           expected=repr(before), got=repr(after)))
    count = rows[0].static_type.shape[0] if rows[0].static_type.shape else None
    types = [t.static_type for t in init]
    types += [_whole_type(t, count) for t in found[len(init):]]
    made = static.scan(graph, block, steps, rows, init, types, reverse, name)
    made.control = outside_controls(body, block.nodes, graph)
    return list(made.outputs[:len(init)]), list(made.outputs[len(init):]), holder["structure"]


def map_fn(
    fn: Any, elems: Any, dtype: Any = None, parallel_iterations: Any = None,
    back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    name: str | None = None,
) -> Any:
    """fn for each row of elems, the results as rows. dtype: the types of the results."""
    graph = get_default_graph()
    with name_scope(name, "map", nest.flatten(elems)) as scope:
        rows, steps = _rows(elems)

        def step(items: Any, carry: Any) -> Any:
            packed = nest.pack_sequence_as(elems, items) if nest.is_nested(elems) else items[0]
            found = fn(packed)
            structure = found if dtype is None else dtype
            leaves = [convert_to_tensor(v) for v in nest.flatten(found)]
            for v, wanted in zip(leaves, nest.flatten(dtype) if dtype is not None else ()):
                if v.dtype.base_dtype is not dtypes.as_dtype(wanted).base_dtype:
                    raise TypeError(static.message(
                        "map_fn: fn gives another type than dtype says",
                        expected=dtypes.as_dtype(wanted).name, got=repr(v)))
            return [], leaves, structure

        _, found, structure = scanned(
            graph, graph.unique_name_in(scope), rows, steps, [], step, True, False)
        return nest.pack_sequence_as(structure, found) if nest.is_nested(structure) else found[0]


def scan(
    fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
    back_prop: bool = True, swap_memory: bool = False, infer_shape: bool = True,
    reverse: bool = False, name: str | None = None,
) -> Any:
    """value = fn(value, row) for each row of elems; all values, as rows."""
    from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims

    graph = get_default_graph()
    with name_scope(name, "scan", nest.flatten(elems)) as scope:
        first = None if initializer is not None else _first(elems, reverse)
        structure, init, rest = _begin(elems, initializer, reverse)
        rows, steps = _rows(rest)
        step = _folding(fn, elems, structure, True)
        _, found, _ = scanned(
            graph, graph.unique_name_in(scope), rows, steps, init, step, True, reverse)
        if first is not None:
            found = [
                concat([v, expand_dims(f, 0)] if reverse else [expand_dims(f, 0), v], 0)
                for f, v in zip(first, found)
            ]
        return nest.pack_sequence_as(structure, found) if nest.is_nested(structure) else found[0]


def _first(elems: Any, last: bool) -> list[Any]:
    return [convert_to_tensor(e)[-1 if last else 0] for e in nest.flatten(elems)]


def _begin(elems: Any, initializer: Any, from_end: bool) -> tuple[Any, list[Any], Any]:
    """The structure of what is carried, its first values, the rows that are left."""
    if initializer is not None:
        return initializer, [convert_to_tensor(v) for v in nest.flatten(initializer)], elems
    flat = [convert_to_tensor(e) for e in nest.flatten(elems)]
    rest = [e[:-1] if from_end else e[1:] for e in flat]
    packed = nest.pack_sequence_as(elems, rest) if nest.is_nested(elems) else rest[0]
    return elems, _first(elems, from_end), packed


def _folding(fn: Any, elems: Any, structure: Any, collect: bool) -> Any:
    def packed(kind: Any, values: Any) -> Any:
        return nest.pack_sequence_as(kind, values) if nest.is_nested(kind) else values[0]

    def step(items: Any, carry: Any) -> Any:
        found = fn(packed(structure, carry), packed(elems, items))
        nest.assert_same_structure(structure, found, check_types=False)
        after = [
            convert_to_tensor(v, c.dtype.base_dtype if not isinstance(v, Tensor) else None)
            for v, c in zip(nest.flatten(found), carry)
        ]
        return after, after if collect else [], structure

    return step


def _fold(public: str, reverse: bool) -> Any:
    def call(
        fn: Any, elems: Any, initializer: Any = None, parallel_iterations: int = 10,
        back_prop: bool = True, swap_memory: bool = False, name: str | None = None,
    ) -> Any:
        graph = get_default_graph()
        with name_scope(name, public, nest.flatten(elems)) as scope:
            structure, init, rest = _begin(elems, initializer, reverse)
            rows, steps = _rows(rest)
            step = _folding(fn, elems, structure, False)
            found, _, _ = scanned(
                graph, graph.unique_name_in(scope), rows, steps, init, step, False, reverse)
            return nest.pack_sequence_as(structure, found) if nest.is_nested(
                structure) else found[0]

    call.__name__ = public
    side = "last" if reverse else "first"
    call.__doc__ = f"value = fn(value, row) for each row, the {side} one first; the last value."
    return call


foldl, foldr = _fold("foldl", False), _fold("foldr", True)
