"""Views: functions whose result shares the operand's memory, computed on metas without a kernel.

Each view function has three sides: `layout` gives the new shape, strides and offset; the function
of nodes says the same in graph ops (for autograd and tracing); `put` writes a value back into the
place that the view shows (for in-place operations on the view).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ShapeError, message
from pentad.graph.node import Graph, Node, input_node
from pentad.tensor.meta import Meta, concrete, intern, plain_meta, row_major
from pentad.tensor.nodes import record
from pentad.tensor.run import leaked
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import state
from pentad.tensor.tensor import Alias, Tensor, notes_of, same_value

Layout = tuple[tuple[Any, ...], tuple[Any, ...], Any]
_new = object.__new__


class ViewFunction:
    """One kind of view; arguments after the tensor are static and normalised by the caller.

    The offset that `layout` gives counts elements of the view.
    """

    def __init__(
        self,
        name: str,
        layout: Callable[..., Layout],
        node: Callable[..., Node],
        put: Callable[..., Node],
    ) -> None:
        self.name = name
        self.layout = layout
        self.node = node
        self.put = put
        self.metas: dict[Any, tuple[Meta, int]] = {}

    def dtype(self, given: DType) -> DType:
        """The element type of a view of elements of another: the same, but for complex parts."""
        return given

    def __call__(self, x: Tensor, *args: Any) -> Tensor:
        """A view of `x`."""
        if state.trace is not None:
            return state.trace.view(self, x, args)  # type: ignore[no-any-return]
        meta = x.meta
        found = self.metas.get((meta, args))
        if found is None:
            if meta.traced is not None:
                raise leaked([x])
            if len(self.metas) > 4096:
                self.metas.clear()
            shape, strides, offset = self.layout(meta, *args)
            dtype = self.dtype(meta.dtype)
            found = intern(shape, strides, dtype), offset * dtype.itemsize
            self.metas[meta, args] = found
        out = _new(Tensor)
        out.storage = x.storage
        out.meta = found[0]
        out.ptr = x.ptr + found[1]
        out.alias = step_from(x, self, args)
        out.node = out._grad = None
        if x.node is not None and state.grad:
            record_view(x, out, ((self, args),))
        register_view(out)
        return out

    def __repr__(self) -> str:
        return f"<view function {self.name}>"


def step_from(x: Tensor, function: ViewFunction, args: tuple[Any, ...]) -> Alias:
    """The alias of a view of `x`."""
    alias = x.alias
    if alias is None:
        return Alias(x, x.meta, ((function, args),), 0)
    base = x if alias.base is None else alias.base
    return Alias(base, alias.root, (*alias.steps, (function, args)), alias.depth)


def register_view(view: Tensor) -> None:
    """Let the storage know its views, so that a recorded write can refresh their history."""
    views = notes_of(view.storage).views
    if len(views) >= 16 and len(views) & (len(views) - 1) == 0:
        views[:] = [r for r in views if r() is not None]
    views.append(ref(view))


def live_views(base: Tensor) -> list[Tensor]:
    """The views that share the autograd history of `base`."""
    notes: Any = base.storage.notes
    found = [] if notes is None else [r() for r in notes.views]
    return [v for v in found if v is not None and v.alias is not None and v.alias.base is base]


# -- history of views ------------------------------------------------------------------------------

_view_specs: dict[Any, Specialised] = {}
_put_specs: dict[Any, Specialised] = {}


def record_view(base: Tensor, view: Tensor, steps: Sequence[Any]) -> None:
    """Make `steps` from `base` the history of `view`."""
    spec = _remembered(_view_specs, (plain_meta(base.meta), tuple(steps)), _view_spec)
    record(spec.plan((True,)), [base], [view])


def _view_spec(meta: Meta, steps: Sequence[Any]) -> Specialised:
    x = input_node("x0", meta.shape, meta.dtype)
    name = steps[-1][0].name if steps else "alias"
    return Specialised(name, Graph([x], [apply_steps(x, steps)]), [meta])


def put_spec(meta: Meta, steps: Sequence[Any]) -> Specialised:
    """The operation (base, value) -> base with the value where the steps lead."""
    return _remembered(_put_specs, (plain_meta(meta), tuple(steps)), _put_spec)


def _put_spec(meta: Meta, steps: Sequence[Any]) -> Specialised:
    x = input_node("x0", meta.shape, meta.dtype)
    shown = apply_steps(x, steps)
    value = input_node("x1", shown.shape, shown.dtype)
    graph = Graph([x, value], [put_through(x, steps, value)])
    return Specialised("copy_slices", graph, [meta, _plain(shown)])


def _plain(node: Node) -> Meta:
    make = intern if concrete(node.shape) else Meta
    return make(node.shape, row_major(node.shape), node.dtype)


def _remembered(
    cache: dict[Any, Specialised], key: tuple[Meta, Any], make: Callable[..., Specialised]
) -> Specialised:
    if not concrete(key[0].shape):
        return make(*key)
    found = cache.get(key)
    if found is None:
        if len(cache) > 4096:
            cache.clear()
        found = cache[key] = make(*key)
    return found


def apply_steps(x: Node, steps: Sequence[Any]) -> Node:
    """The node of a view that is `steps` away from `x`."""
    for function, args in steps:
        x = function.node(x, *args)
    return x


def put_through(x: Node, steps: Sequence[Any], value: Node) -> Node:
    """`x` with `value` in the place that the steps show."""
    stages = [x]
    for function, args in steps[:-1]:
        stages.append(function.node(stages[-1], *args))
    for (function, args), stage in zip(reversed(steps), reversed(stages), strict=True):
        value = function.put(stage, value, *args)
    return value


# -- the kinds of views ----------------------------------------------------------------------------


def _transpose_layout(meta: Meta, axes: tuple[int, ...]) -> Layout:
    return tuple(meta.shape[a] for a in axes), tuple(meta.strides[a] for a in axes), 0


def _transpose_put(x: Node, value: Node, axes: tuple[int, ...]) -> Node:
    back = [0] * len(axes)
    for i, a in enumerate(axes):
        back[a] = i
    return ops.transpose(value, back)


permute_view = ViewFunction(
    "permute", _transpose_layout, lambda x, axes: ops.transpose(x, axes), _transpose_put
)


def reshape_strides(meta: Meta, shape: Sequence[Any]) -> tuple[Any, ...] | None:
    """The strides of a view under another shape, or None if it needs a copy."""
    if meta.contiguous:
        return row_major(shape)
    old = [(n, s) for n, s in zip(meta.shape, meta.strides, strict=True) if not _one(n)]
    strides: list[Any] = [0] * len(shape)
    j = len(shape) - 1
    chunk: Any = 1
    base: Any = old[-1][1] if old else 1
    for i in range(len(old) - 1, -1, -1):
        chunk = chunk * old[i][0]
        if i == 0 or old[i - 1][1] != old[i][0] * old[i][1]:
            room: Any = 1
            while j >= 0 and (_one(shape[j]) or room != chunk):
                strides[j] = base * room
                room = room * shape[j]
                j -= 1
            if room != chunk:
                return None
            if i > 0:
                base, chunk = old[i - 1][1], 1
    for k in range(j, -1, -1):
        strides[k] = base
    return tuple(strides)


def _one(n: Any) -> bool:
    return isinstance(n, int) and n == 1


def _reshape_layout(meta: Meta, shape: tuple[Any, ...]) -> Layout:
    strides = reshape_strides(meta, shape)
    if strides is None:
        raise ShapeError(
            message(
                "view: the shape does not fit the strides",
                expected="dimensions that lie together in memory",
                got=f"{list(meta.shape)} with strides {list(meta.strides)} as {list(shape)}",
                hint="use reshape(...), which copies where it must",
            )
        )
    return shape, strides, 0


reshape_view = ViewFunction(
    "view",
    _reshape_layout,
    lambda x, shape: ops.reshape(x, shape),
    lambda x, value, shape: ops.reshape(value, x.shape),
)


def _expand_layout(meta: Meta, shape: tuple[Any, ...]) -> Layout:
    new = len(shape) - meta.ndim
    strides: list[Any] = [0] * new
    for n, m, s in zip(shape[new:], meta.shape, meta.strides, strict=True):
        strides.append(0 if _one(m) and not _one(n) else s)
    return shape, tuple(strides), 0


def _expand_put(x: Node, value: Node, shape: tuple[Any, ...]) -> Node:
    raise ShapeError(
        message(
            "an expanded tensor is written to in place",
            expected="a tensor whose elements have memory of their own",
            got=f"{list(shape)}, expanded from {list(x.shape)}",
            hint="clone() it first",
        )
    )


expand_view = ViewFunction(
    "expand", _expand_layout, lambda x, shape: ops.broadcast(x, shape), _expand_put
)


def _slice_layout(
    meta: Meta, start: tuple[Any, ...], limit: tuple[Any, ...], step: tuple[int, ...]
) -> Layout:
    shape = tuple((b - a + s - 1) // s for a, b, s in zip(start, limit, step, strict=True))
    strides = tuple(n * s for n, s in zip(meta.strides, step, strict=True))
    offset: Any = 0
    for a, s in zip(start, meta.strides, strict=True):
        offset = offset + a * s
    if 0 in [n for n in shape if isinstance(n, int)]:
        offset = 0
    return shape, strides, offset


def _slice_put(
    x: Node, value: Node, start: tuple[Any, ...], limit: tuple[Any, ...], step: tuple[int, ...]
) -> Node:
    high = []
    for n, a, m, s in zip(x.shape, start, value.shape, step, strict=True):
        covered = (m - 1) * s + 1 if not (isinstance(m, int) and m == 0) else 0
        high.append(n - a - covered)
    inside = [s - 1 for s in step]
    spread = ops.pad(value, start, high, inside)
    if spread is value:
        return value
    ones = ops.full(True, value.shape, dtypes.bool_)
    return ops.where(ops.pad(ones, start, high, inside, False), spread, x)


slice_view = ViewFunction(
    "slice",
    _slice_layout,
    lambda x, start, limit, step: ops.slice_(x, start, limit, step),
    _slice_put,
)


def _select_layout(meta: Meta, at: int, position: Any) -> Layout:
    shape, strides = list(meta.shape), list(meta.strides)
    del shape[at]
    offset = position * strides.pop(at)
    empty = 0 in [n for n in shape if isinstance(n, int)]
    return tuple(shape), tuple(strides), 0 if empty else offset


def _bounds(x: Node, at: int, position: Any) -> tuple[list[Any], list[Any]]:
    start, limit = [0] * x.ndim, list(x.shape)
    start[at], limit[at] = position, position + 1
    return start, limit


def _select_node(x: Node, at: int, position: Any) -> Node:
    shape = (*x.shape[:at], *x.shape[at + 1 :])
    return ops.reshape(ops.slice_(x, *_bounds(x, at, position)), shape)


def _select_put(x: Node, value: Node, at: int, position: Any) -> Node:
    thin = ops.reshape(value, (*x.shape[:at], 1, *x.shape[at + 1 :]))
    start, limit = _bounds(x, at, position)
    return _slice_put(x, thin, tuple(start), tuple(limit), (1,) * x.ndim)


select_view = ViewFunction("select", _select_layout, _select_node, _select_put)

alias_view = ViewFunction(
    "alias", lambda meta: (meta.shape, meta.strides, 0), lambda x: x, lambda x, value: value
)

stop_view = ViewFunction(
    "detach", lambda meta: (meta.shape, meta.strides, 0), lambda x: ops.stop_gradient(x),
    lambda x, value: value,
)


def detached(x: Tensor) -> Tensor:
    """The same memory without history: the start of a history of its own."""
    if state.trace is not None:
        return state.trace.detach(x)  # type: ignore[no-any-return]
    if x.meta.traced is not None:
        raise leaked([x])
    out = same_value(x, None)
    alias = x.alias
    steps = () if alias is None else alias.steps
    root = x.meta if alias is None else alias.root
    out.alias = Alias(None, root, steps, len(steps))
    return out

