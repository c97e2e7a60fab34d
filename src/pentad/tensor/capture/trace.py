"""Tracing: while a Trace is active, operations on tensors add nodes to a graph.

The trace is an overlay over the tensors, thrown away when it ends. A *Cell* is the value of one
storage in it: traced tensors have a Cell for storage, and concrete tensors that are met get one,
whose node is an input of the graph. A write replaces the cell's node; a view whose cell has changed
is taken anew. What is left in the cells of inputs at the end is written back by each call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import AutogradError, CaptureError, message
from pentad.graph.lines import user_line
from pentad.graph.node import Graph, Node, input_node
from pentad.graph.sizes import Dim, SizeScope, evaluate
from pentad.tensor.capture.cells import (
    Argument,
    Cell,
    Fixed,
    GradOf,
    HostNumber,
    Touched,
    Traced,
    history,
    overlap,
)
from pentad.tensor.meta import Meta, concrete, row_major
from pentad.tensor.nodes import record
from pentad.tensor.operands import scalar_value
from pentad.tensor.run import leaked
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import set_trace, state
from pentad.tensor.tensor import Alias, ConsumedGrad, Leaf, Tensor, notes_of, same_value, wrap
from pentad.tensor.views import apply_steps, put_through, record_view, register_view, step_from
from pentad.tensor.writes import finish_write

_new = object.__new__


class Trace:
    """One trace of a function; see the module's text."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.active = False
        self.outer, self.custom = None, False
        self.scope = SizeScope()
        self.inputs: list[Cell] = []
        self.proxies: list[Tensor] = []
        self.given: dict[Any, Cell] = {}
        self.merged: dict[int, Any] = {}
        self.cells: dict[Any, Cell] = {}
        self.by_storage: dict[int, list[Cell]] = {}
        self.keep: list[Any] = []
        self.memo: dict[Any, tuple[int, Node]] = {}
        self.program: list[tuple[Callable[[Any], Any], Cell | None]] = []
        self.host_functions: list[Any] = []
        self.touched: dict[int, Touched] = {}
        self.assigned: set[int] = set()
        self.consumed: set[int] = set()
        self.entry_grads: dict[int, tuple[Tensor, Meta | None]] = {}
        self.versions: dict[int, tuple[Any, int]] = {}

    def __enter__(self) -> Trace:
        self.active = True
        self.outer = state.trace
        set_trace(self)
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.active = False
        set_trace(self.outer)
        for t in self.touched.values():
            became = t.tensor.node
            t.tensor.node, t.tensor._grad, t.tensor.alias = t.node, t.grad, t.alias
            if kind is None and (became is None or type(became) is Leaf):
                t.tensor.node = became
        if kind is not None:
            for storage, version in self.versions.values():
                storage.version = version

    # -- inputs --------------------------------------------------------------------------------

    def argument(self, index: int, t: Tensor, shape: tuple[Any, ...]) -> Tensor:
        """The tensor that stands for an argument; `shape` may have symbolic sizes."""
        geometry = (id(t.storage), t.ptr, t.meta)
        strides = t.meta.strides if concrete(shape) else row_major(shape)
        meta = Meta(shape, strides, t.dtype)
        cell = self.given.get(geometry)
        if cell is None:
            cell = self.given[geometry] = Cell(None, meta, Argument(index))
            self._claim(cell, t.storage)
        meta.traced = Traced(self, user_line(), None, -1)
        self.cells[id(meta)] = cell
        proxy = wrap(t.storage, meta, 0)
        proxy.ptr = None  # type: ignore[assignment]
        proxy._grad = t._grad
        if t.node is not None:
            proxy.node = Leaf(proxy)
        self.proxies.append(proxy)
        return proxy

    def _claim(self, cell: Cell, storage: Any) -> None:
        """Note that a cell stands for (part of) a storage."""
        cell.storage = storage
        self.keep.append(storage)
        others = self.by_storage.setdefault(id(storage), [])
        others.append(cell)
        if any(c.changes for c in others):
            raise overlap()

    def _node(self, cell: Cell) -> Node:
        if cell.node is None:
            assert cell.root is not None
            name = f"x{len(self.inputs)}"
            cell.node = cell.first = input_node(name, cell.root.shape, cell.root.dtype)
            self.inputs.append(cell)
        return cell.node

    def _cell(self, t: Tensor) -> Cell:
        storage: Any = t.storage
        if type(storage) is Cell:
            return storage
        root = t.meta if t.alias is None else t.alias.root
        if root.traced is not None:
            return self.cells[id(root)]
        given = self.given.get((id(storage), t.ptr, t.meta))
        if given is not None:
            if t.meta.traced is None:
                self.merged[given.source.index] = storage
            return given
        key = (id(storage), root)
        cell = self.cells.get(key)
        if cell is None:
            if t.node is not None and not t.is_leaf and state.grad:
                raise history(t)
            cell = self.cells[key] = Cell(None, root, Fixed(t))
            self._claim(cell, storage)
        return cell

    def _steps(self, t: Tensor, cell: Cell) -> tuple[Any, ...]:
        if t.alias is None or (t.meta.traced is None and isinstance(cell.source, Argument)):
            return ()
        return t.alias.steps

    def value(self, t: Tensor) -> Node:
        """The node of a tensor's present value."""
        meta = t.meta
        info = meta.traced
        if info is None:
            return self._met(t)
        if info.trace is not self:
            raise leaked([t])
        cell = self._cell(t)
        if info.seen != cell.changes:
            info.node = apply_steps(self._node(cell), self._steps(t, cell))
            info.seen = cell.changes
        return info.node  # type: ignore[no-any-return]

    def _met(self, t: Tensor) -> Node:
        if t.meta.weak:
            return ops.full(scalar_value(t), (), t.dtype)
        cell = self._cell(t)
        key = (id(cell), t.ptr, t.meta)
        found = self.memo.get(key)
        if found is None or found[0] != cell.changes:
            node = apply_steps(self._node(cell), self._steps(t, cell))
            found = self.memo[key] = cell.changes, node
        return found[1]

    # -- operations ----------------------------------------------------------------------------

    def fresh(self, node: Node, line: str | None) -> Tensor:
        """A traced tensor with a value."""
        meta = Meta(node.shape, row_major(node.shape), node.dtype)
        meta.traced = Traced(self, line, node, 0)
        t = _new(Tensor)
        t.storage = Cell(node)  # type: ignore[assignment]
        t.ptr = None  # type: ignore[assignment]
        t.meta = meta
        t.node = t.alias = t._grad = None
        return t

    def source(self, node: Node) -> Tensor:
        """A traced tensor of a node without operands."""
        return self.fresh(node, user_line())

    def literal(self, t: Tensor) -> Tensor:
        """A tensor of constants made while tracing: each call begins with its values."""
        return self.fresh(self._met(t), user_line())

    def run(self, spec: Specialised, operands: Sequence[Tensor]) -> list[Tensor]:
        """Add an operation; it is recorded as in eager mode."""
        needs = tuple([t.node is not None for t in operands])
        recording = state.grad and spec.differentiable and True in needs
        line = user_line()
        if not recording:
            return [self.fresh(n, line) for n in self._inlined(spec.graph, operands, line)]
        plan = spec.plan(needs)
        nodes = self._inlined(plan.forward.graph, operands, line)
        results = [self.fresh(n, line) for n in nodes]
        record(plan, operands, results)
        return results[: plan.visible]

    def _inlined(self, graph: Graph, operands: Sequence[Tensor], line: str | None) -> list[Node]:
        new: dict[Node, Node] = {
            x: self.value(t) for x, t in zip(graph.inputs, operands, strict=True)
        }
        for node in graph.nodes:
            if node not in new:
                inputs = [new[i] for i in node.inputs]
                new[node] = Node(node.op, inputs, node.attrs, node.type, line)
        return [new[n] for n in graph.outputs]

    def view(self, function: Any, x: Tensor, args: tuple[Any, ...]) -> Tensor:
        """Add a view, which shares the cell of its operand."""
        node = function.node(self.value(x), *args)
        shape, strides, _ = function.layout(x.meta, *args)
        meta = Meta(shape, strides, function.dtype(x.dtype))
        meta.traced = Traced(self, user_line(), node, self._cell(x).changes)
        out = _new(Tensor)
        out.storage = x.storage
        out.ptr = None  # type: ignore[assignment]
        out.meta = meta
        out.alias = step_from(self._rooted(x), function, args)
        out.node = out._grad = None
        if x.node is not None and state.grad:
            record_view(x, out, ((function, args),))
        register_view(out)
        return out

    def _rooted(self, x: Tensor) -> Tensor:
        """A concrete tensor that is an argument itself counts as that argument."""
        cell = self._cell(x)
        if x.meta.traced is None and isinstance(cell.source, Argument):
            return self.proxies[cell.source.index]
        return x

    def detach(self, x: Tensor) -> Tensor:
        """The same cell without history, for the user."""
        return self.unrecorded(x)

    def unrecorded(self, x: Tensor) -> Tensor:
        """The same cell without history."""
        out, alias = same_value(x, None), x.alias
        steps = () if alias is None else alias.steps
        out.alias = Alias(None, x.meta if alias is None else alias.root, steps, len(steps))
        return out

    # -- writes --------------------------------------------------------------------------------

    def write(self, spec: Specialised, operands: Sequence[Tensor]) -> Tensor:
        """Add an in-place operation on the first operand."""
        target = operands[0]
        needs = tuple([t.node is not None for t in operands])
        line = user_line()
        if not (state.grad and spec.differentiable and True in needs):
            [value] = self._inlined(spec.graph, operands, line)
            self.put(target, value, line)
            return target
        plan = spec.plan(needs)
        before = self.fresh(self.value(target), line)
        before.node = target.node
        value, *hidden = self._inlined(plan.forward.graph, operands, line)
        self.put(target, value, line)
        results = [same_value(target, None), *(self.fresh(n, line) for n in hidden)]
        finish_write(plan, [before, *operands[1:]], results, target)
        return target

    def put(self, target: Tensor, value: Node, line: str | None) -> None:
        """Replace the value of a tensor in its cell."""
        cell = self._cell(target)
        whole = self._node(cell)
        if cell.storage is not None and len(self.by_storage[id(cell.storage)]) > 1:
            raise overlap()
        steps = self._steps(target, cell)
        cell.node = put_through(whole, steps, value) if steps else value
        cell.changes += 1
        storage: Any = target.storage
        if type(storage) is not Cell:
            self.versions.setdefault(id(storage), (storage, storage.version))
        storage.version += 1
        notes_of(storage).written_at = line

    def replace_data(self, target: Tensor, value: Tensor) -> None:
        """`target.data = value`: a write, where shape and dtype stay what they are."""
        if value.shape != target.shape or value.dtype is not target.dtype:
            raise CaptureError(
                message(
                    "assigning .data of another shape or dtype while tracing",
                    expected=str(target.meta.type),
                    got=str(value.meta.type),
                    hint="do it outside the compiled function",
                )
            )
        self.put(target, self.value(value), user_line())

    # -- tensors' attributes -------------------------------------------------------------------

    def touch(self, t: Tensor) -> None:
        """Remember a tensor as it is, before its attributes change."""
        if id(t) not in self.touched:
            self.touched[id(t)] = Touched(t)

    def set_grad(self, t: Tensor, value: Tensor | None) -> None:
        """`t.grad = value`."""
        self.touch(t)
        self.assigned.add(id(t))
        t._grad = value

    def read_grad(self, t: Tensor) -> Any:
        """`t.grad` as the function reads it: a gradient made here counts as consumed here."""
        if id(t) in self.assigned:
            if t._grad is not None:
                self.consumed.add(id(t))
            return t._grad
        return self.entry_grad(t)

    def entry_grad(self, t: Tensor) -> Any:
        """The gradient to accumulate into; one from before the call becomes an input."""
        grad = t._grad
        if id(t) in self.assigned:
            return grad
        self.touch(t)
        if isinstance(grad, ConsumedGrad):
            raise AutogradError(grad.explain())
        index = self.argument_index(t)
        outside = t.meta.traced is None or index is not None
        if outside and id(t) not in self.entry_grads:
            self.entry_grads[id(t)] = (t, None if grad is None else grad.meta)
            if grad is not None:
                cell = Cell(None, grad.meta, GradOf(index, t, grad.meta))
                self.cells[id(grad.storage), grad.meta] = cell
                self._claim(cell, grad.storage)
        return grad

    def argument_index(self, t: Tensor) -> int | None:
        """Which argument a traced tensor stands for."""
        for i, proxy in enumerate(self.proxies):
            if proxy is t:
                return i
        return None

    # -- numbers of the host -------------------------------------------------------------------

    def _number(self, code: str, dtype: Any, read: Callable[..., Any], sized: bool) -> Tensor:
        """A number that `read()` gives at each call; sized: that `read(sizes)` gives."""
        cell = Cell(None, Meta((), (), dtype), HostNumber(code))
        self.program.append((read, cell, sized))
        return self.fresh(self._node(cell), user_line())

    def host_scalar(self, read: Callable[[], float]) -> Tensor:
        """A weak operand that is read at each call."""
        self.host_functions.append(read)
        number = self._number("d", dtypes.float64, read, False)
        number.meta.weak = True
        return number

    def each_call(self, action: Callable[[], object]) -> None:
        """Do an action at each call."""
        self.host_functions.append(action)
        self.program.append((action, None, False))

    def draw(self, generator: Any, count: Any) -> tuple[Tensor, Tensor]:
        """Reserve random numbers at each call, whether or not they turn out to be needed."""

        def advance(sizes: Any) -> int:
            first: int = generator.offset
            generator.offset = (first + evaluate(count, sizes)) & ((1 << 64) - 1)
            return first

        u64 = dtypes.uint64
        key = self._number("Q", u64, lambda: generator.seed_value, False)
        return key, self._number("Q", u64, advance, True)

    def size_operand(self, size: Dim) -> Tensor:
        """A symbolic size as a weak integer operand."""
        t = self.fresh(ops.full(size, (), dtypes.int64), user_line())
        t.meta.weak = True
        return t

    def require_values(self, what: str, t: Tensor) -> None:
        """CaptureError: while tracing, no values are known."""
        traced = t.meta.traced is not None
        line = t.meta.traced.line if traced else None
        raise CaptureError(
            message(
                f"{what} needs the values of a tensor while {self.name} is traced",
                expected="operations on tensors only",
                got=f"a {'traced' if traced else 'captured'} tensor of type {t.meta.type}"
                + (f", made at {line}" if line else ""),
                hint="use pentad.where(condition, a, b) instead of a branch, "
                "or compute the number outside and pass it in",
            )
        )
