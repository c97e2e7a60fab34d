"""vmap: a function for one example becomes a function for many, without a loop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pentad import ops
from pentad.autodiff.batching import batch_graph
from pentad.graph.errors import ArgumentError, CaptureError, ShapeError, message
from pentad.graph.node import Graph, Node, topological
from pentad.graph.op import TensorType
from pentad.ops.batching import repeated
from pentad.passes.pattern import attribute_key
from pentad.tensor.functions.shaping import cat
from pentad.tensor.inplace import copy_into
from pentad.tensor.meta import Meta, concrete, plain_meta
from pentad.tensor.pytree import flatten, unflatten
from pentad.tensor.run import run
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import set_grad_enabled, state
from pentad.tensor.tensor import Tensor
from pentad.tensor.transforms.batch_trace import BatchTrace, Bound, Rules
from pentad.tensor.transforms.ruled import Ruled

_KEPT = 512
_specs: dict[Any, Specialised] = {}


def vmap(
    func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error",
    *, chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function over a further dimension of its arguments (torch.func.vmap).

    in_dims: for each argument the dimension of the examples, None where all share it; an integer
    for all arguments, or a nested structure like that of the arguments. out_dims: where that
    dimension is put in the results. randomness: what random operations do: 'error', 'different'
    numbers for each example, or the 'same'. chunk_size: so many examples at a time, to save memory.
    Keyword arguments are shared.

    The function is traced once for one example; the values of examples cannot be branched on
    (CaptureError), and sizes that depend on values are refused. ShapeError if the examples are not
    equally many in all arguments.

    >>> import pentad as pt
    >>> dot = lambda x, y: (x * y).sum()
    >>> pt.vmap(dot)(pt.ones(3, 2), pt.ones(3, 2))
    tensor([2., 2., 2.])
    >>> pt.vmap(pt.grad(lambda x: x ** 3))(pt.tensor([1.0, 2.0]))
    tensor([ 3., 12.])
    """
    if randomness not in ("error", "different", "same"):
        raise ArgumentError(
            message("vmap: randomness", expected="'error', 'different' or 'same'",
                    got=repr(randomness))
        )
    if chunk_size is not None and (not isinstance(chunk_size, int) or chunk_size < 1):
        raise ArgumentError(
            message("vmap: chunk_size", expected="None, or at least 1", got=repr(chunk_size))
        )

    @functools.wraps(func)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves: list[Tensor] = []
        structure = flatten(args, leaves)
        dims = list(_dims(in_dims, args))
        n = _examples(dims, leaves)
        moved = [t if d is None else t.movedim(d, 0) for t, d in zip(leaves, dims)]  # type: ignore

        def call(tensors: Sequence[Tensor], count: Any) -> _Mapped:
            flags = [d is not None for d in dims]
            made = _Call(func, structure, flags, kwargs, randomness, count)
            return made.run(tensors, out_dims)

        if chunk_size is None or (isinstance(n, int) and n <= chunk_size):
            return call(moved, n).tree()
        return _in_chunks(call, moved, dims, int(n), chunk_size)

    return mapped


def _in_chunks(
    call: Callable[..., _Mapped], moved: Sequence[Tensor], dims: Sequence[Any], n: int, size: int
) -> Any:
    parts: list[_Mapped] = []
    for start in range(0, n, size):
        end = min(start + size, n)
        piece: list[Any] = [
            t if d is None else t[start:end]  # type: ignore[index]
            for t, d in zip(moved, dims, strict=True)
        ]
        parts.append(call(piece, end - start))
    first = parts[0]
    joined = [
        t if d is None else cat([p.tensors[i] for p in parts], d)
        for i, (t, d) in enumerate(zip(first.tensors, first.dims, strict=True))
    ]
    return _Mapped(first.structure, joined, first.dims).tree()


# -- where the examples are ------------------------------------------------------------------------


def _dims(dims: Any, args: Any) -> Iterator[int | None]:
    """The dimension of the examples for each tensor in the arguments, None where shared."""
    if isinstance(dims, list):
        dims = tuple(dims)
    if not isinstance(dims, (int, tuple, type(None))) or isinstance(dims, bool):
        raise ArgumentError(
            message("vmap: in_dims", expected="an integer, None, or a tuple for the arguments",
                    got=repr(dims))
        )
    if isinstance(dims, tuple) and len(dims) != len(args):
        raise ArgumentError(
            message("vmap: in_dims does not fit the arguments",
                    expected=f"{len(args)} entries, one for each argument", got=repr(dims))
        )
    yield from _spread("in_dims", dims, args)


def _spread(name: str, dims: Any, tree: Any) -> Iterator[int | None]:
    """The entry of `dims`, a structure that is a prefix of the tree's, for each tensor in it."""
    if isinstance(tree, Tensor):
        if dims is not None and (not isinstance(dims, int) or isinstance(dims, bool)):
            raise _misfit(name, dims, tree)
        ndim = tree.ndim + (name == "out_dims")
        if dims is not None and not -ndim <= dims < ndim:
            raise ArgumentError(
                message(f"vmap: {name} is out of range",
                        expected=f"a dimension in [{-ndim}, {ndim})", got=str(dims))
            )
        yield dims if dims is None else dims % ndim
    elif isinstance(tree, (tuple, list, dict)):
        for part, inner in _parts(name, dims, tree):
            yield from _spread(name, part, inner)
    elif dims is not None and name == "out_dims" and tree is not None:
        raise ArgumentError(
            message("vmap: a result is no tensor",
                    expected="tensors in tuples, lists or dicts, or None in out_dims",
                    got=type(tree).__name__)
        )
    elif dims is not None and name == "in_dims":
        raise ArgumentError(
            message(
                "vmap over an argument that is no tensor",
                expected="tensors, or None in in_dims for what all examples share",
                got=f"{type(tree).__name__} with in_dims {dims!r}",
                hint="bind it first, for example with functools.partial",
            )
        )


def _parts(name: str, dims: Any, tree: Any) -> list[tuple[Any, Any]]:
    if dims is None or isinstance(dims, int):
        inner = tree.values() if isinstance(tree, dict) else tree
        return [(dims, v) for v in inner]
    if isinstance(tree, dict) and isinstance(dims, dict) and dims.keys() == tree.keys():
        return [(dims[k], v) for k, v in tree.items()]
    both = isinstance(tree, (tuple, list)) and isinstance(dims, (tuple, list))
    if both and len(dims) == len(tree):
        return list(zip(dims, tree, strict=True))
    raise _misfit(name, dims, tree)


def _misfit(name: str, dims: Any, tree: Any) -> ArgumentError:
    kind = "arguments" if name == "in_dims" else "results"
    return ArgumentError(
        message(f"vmap: {name} does not fit the {kind}",
                expected=f"the structure of the {kind}, or integers in place of parts of it",
                got=f"{dims!r} for {type(tree).__name__}")
    )


def _examples(dims: Sequence[int | None], leaves: Sequence[Tensor]) -> Any:
    """How many examples there are."""
    sizes = [t.shape[d] for t, d in zip(leaves, dims, strict=True) if d is not None]
    if not sizes:
        raise ArgumentError(
            message("vmap: nothing to map over", expected="at least one tensor with a dimension "
                    "in in_dims", got="none")
        )
    if any(n != sizes[0] for n in sizes[1:]):
        raise ShapeError(
            message("vmap: the examples are not equally many in all arguments",
                    expected=f"{sizes[0]} examples, as in the first", got=str(sizes))
        )
    return sizes[0]


# -- one call --------------------------------------------------------------------------------------


class _Mapped:
    """The results of a call: their structure, and where each has its examples."""

    def __init__(
        self, structure: Any, tensors: Sequence[Tensor], dims: Sequence[int | None]
    ) -> None:
        self.structure = structure
        self.tensors = tensors
        self.dims = dims

    def tree(self) -> Any:
        """The results as the function arranged them."""
        each = iter(self.tensors)
        return unflatten(self.structure, lambda: next(each))


class _Call:
    """One call of a mapped function on `n` examples."""

    def __init__(
        self, func: Callable[..., Any], structure: Any, batched: Sequence[bool],
        kwargs: dict[str, Any], randomness: str, n: Any,
    ) -> None:
        self.func = func
        self.structure = structure
        self.batched = batched
        self.kwargs = kwargs
        self.name = f"vmap_{getattr(func, '__name__', 'function').strip('<>')}"
        self.trace = BatchTrace(n, randomness)

    def run(self, tensors: Sequence[Tensor], out_dims: Any) -> _Mapped:
        """Trace the function for one example, batch its graph, run that."""
        trace = self.trace
        with trace:
            inside = [
                trace.bind(t, True).inside if b else t
                for t, b in zip(tensors, self.batched, strict=True)
            ]
            stand_ins = iter(inside)
            args = unflatten(self.structure, lambda: next(stand_ins))
            result = self.func(*args, **self.kwargs)
            leaves: list[Tensor] = []
            structure = flatten(result, leaves)
            dims = list(_spread("out_dims", out_dims, result))
            outputs = [trace.value(t) for t in leaves]
            rules = Rules(trace, [trace.own(t) for t in leaves]) if trace.custom else None
        found = self._finish(outputs, [d is not None for d in dims], rules)
        placed = [
            t if d is None or d == 0 else t.movedim(0, d)  # type: ignore[attr-defined]
            for t, d in zip(found, dims, strict=True)
        ]
        return _Mapped(structure, placed, dims)

    def _finish(
        self, outputs: Sequence[Node], wanted: Sequence[bool], rules: Rules | None
    ) -> list[Tensor]:
        """Run the graph over all examples; what was written to from outside gets its values."""
        written = [b for b in self.trace.bound if b.written is not None]
        every = [*outputs, *(b.written for b in written if b.written is not None)]
        given = [] if rules is None else [c for c in rules.cotangents if c is not None]
        gradients = {} if rules is None else rules.gradients
        used = set(topological([*every, *gradients.values()]))
        bound = [b for b in self.trace.bound if b.node in used]
        asked = [w for w, c in zip(wanted, rules.cotangents, strict=True) if c is not None] \
            if rules is not None else []
        graph = Graph([*(b.node for b in bound), *given], [*every, *gradients.values()])
        batched = batch_graph(graph, [*(b.batched for b in bound), *asked], self.trace.n)
        made = list(batched.graph.outputs)
        for i, (has, want) in enumerate(zip(batched.outputs, wanted)):
            made[i] = self._arranged(made[i], has, want)
        for i, b in enumerate(written, len(wanted)):
            made[i] = self._arranged(made[i], batched.outputs[i], b.batched, b)
        for i, b in enumerate(gradients, len(every)):
            made[i] = self._gradient(made[i], batched.outputs[i], b.batched)
        whole = Graph(batched.graph.inputs, made)
        metas = [b.outside.meta for b in bound]
        spec = specialised(self.name, whole, metas, len(every), _places(rules, bound, len(every)))
        moving = _depending(every, {b.node for b in bound if b.leaf is not None})
        if rules is not None:
            moving[: len(wanted)] = [c is not None for c in rules.cotangents]
        with set_grad_enabled(state.grad and any(moving)):
            results = run(spec, [b.outside for b in bound])
        for t, moves in zip(results, moving, strict=True):
            if not moves:
                t.node = None
        for b, value in zip(written, results[len(wanted) :], strict=True):
            copy_into(b.outside, value)
        return results[: len(wanted)]

    def _gradient(self, value: Node, has: bool, batched: bool) -> Node:
        """The gradient of what all examples share is the sum over them."""
        if has == batched:
            return value
        return repeated(value, self.trace.n) if batched else ops.reduce_sum(value, [0])

    def _arranged(
        self, value: Node, has: bool, wanted: bool, written: Bound | None = None
    ) -> Node:
        """The value with the dimension of the examples if wanted; CaptureError if it has one and
        should not."""
        if has == wanted:
            return value
        if wanted:
            return repeated(value, self.trace.n)
        if written is not None:
            raise CaptureError(
                message(
                    "vmap: values that differ between examples are written to a tensor that all "
                    "examples share",
                    expected="a write of what all examples share",
                    got=f"a tensor of type {written.outside.meta.type}",
                    hint="use the operation that is not in place, or map over the tensor too",
                )
            )
        raise ArgumentError(
            message("vmap: out_dims is None for a result that differs between examples",
                    expected="a dimension for the examples", got=str(TensorType(
                        value.shape, value.dtype)))
        )


def _depending(outputs: Sequence[Node], variables: set[Node]) -> list[bool]:
    """For each output, does a gradient flow from it to one of the variables?"""
    reached = set(variables)
    for node in topological(outputs):
        if node.op.name != "stop_gradient" and any(i in reached for i in node.inputs):
            reached.add(node)
    return [n in reached and n.dtype.is_inexact for n in outputs]


# -- graphs seen before ----------------------------------------------------------------------------


def specialised(
    name: str, graph: Graph, metas: Sequence[Meta], count: int, places: Any = None
) -> Specialised:
    """The graph made runnable for operands of these metas; equal graphs share one.

    places: where rules give the gradient, (the output of each cotangent, the operand of each
    gradient); then the graph has the cotangents behind its operands and, after `count` outputs,
    the gradients.
    """
    metas = [plain_meta(m) for m in metas]

    def make() -> Specialised:
        if places is None:
            return Specialised(name, graph, metas, multiple=True)
        cotangents: list[Node | None] = [None] * count
        for i, c in zip(places[0], graph.inputs[len(metas) :], strict=True):
            cotangents[i] = c
        gradients: list[Node | None] = [None] * len(metas)
        for i, g in zip(places[1], graph.outputs[count:], strict=True):
            gradients[i] = g
        forward = Graph(graph.inputs[: len(metas)], graph.outputs[:count])
        return Ruled(name, forward, metas, cotangents, gradients)

    if not all(concrete(m.shape) for m in metas) or not all(concrete(n.shape) for n in graph.nodes):
        return make()
    key = (graph_key(graph), places, *metas)
    found = _specs.get(key)
    if found is None:
        if len(_specs) >= _KEPT:
            for old in list(_specs)[: _KEPT // 2]:
                del _specs[old]
        found = _specs[key] = make()
    return found


def _places(rules: Rules | None, bound: Sequence[Bound], count: int) -> Any:
    if rules is None:
        return None
    outputs = tuple(i for i, c in enumerate(rules.cotangents) if c is not None)
    return outputs, tuple(bound.index(b) for b in rules.gradients)


def graph_key(graph: Graph) -> tuple[Any, ...]:
    """What two graphs share that compute the same in the same way."""
    place = {n: i for i, n in enumerate(graph.nodes)}
    rows = []
    for n in graph.nodes:
        operands = tuple(place[i] for i in n.inputs)
        attrs = tuple((k, attribute_key(v)) for k, v in sorted(n.attrs.items()))
        rows.append((n.op, operands, attrs))
    return (*rows, tuple(place[o] for o in graph.outputs))
