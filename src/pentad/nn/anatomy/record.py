"""One pass through a model, recorded: which modules were called, what they gave, what it cost.

The pass is traced, so that nothing is computed: values, buffers, random numbers and gradients stay
as they are. Modules are met by a `Module.__call__` that is put in place for the duration, in this
thread; their hooks, modes and attributes are not touched, and nothing is compiled anew afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.op import TensorType
from pentad.nn.anatomy.costs import multiply_adds
from pentad.nn.module import Module
from pentad.nn.parameter import UninitializedParameter
from pentad.tensor.capture.cells import Fixed
from pentad.tensor.capture.trace import Trace
from pentad.tensor.functions.creation import empty
from pentad.tensor.pytree import flatten
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import no_grad, state
from pentad.tensor.tensor import Tensor


@dataclass(eq=False)
class Call:
    """A call of a module: what came out, the multiply-adds of all inside, and who called it."""

    module: Module
    path: str
    parent: Call | None
    multiply_adds: int = 0
    outputs: list[TensorType] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(eq=False)
class Box:
    """A place that values flow through: a module taken as one, an operation, an input, the output.

    group: the calls around it, from the outermost; sources: the boxes that its operands come from.
    """

    kind: str
    name: str
    group: tuple[Call, ...]
    sources: list[Box] = field(default_factory=list)
    outputs: list[TensorType] = field(default_factory=list)
    call: Call | None = None


@dataclass
class Anatomy:
    """A recorded pass: calls by module in order, the flow of values, and which parameters and
    buffers were read."""

    model: Module
    calls: list[Call]
    boxes: list[Box]
    inputs: list[TensorType]
    used: set[int]

    def calls_of(self, module: Module) -> list[Call]:
        """The calls of a module, in order."""
        return [c for c in self.calls if c.module is module]


class _Recorder(Trace):
    """A trace that notes what each operation costs, and where its operands come from."""

    def __init__(self, model: Module, whole: Callable[[Module], bool]) -> None:
        super().__init__(type(model).__name__)
        self.paths = {id(m): path for path, m in model.named_modules()}
        self.whole = whole
        self.stack: list[Call] = []
        self.calls: list[Call] = []
        self.boxes: list[Box] = []
        self.made_by: dict[Any, Box] = {}
        self.costs: dict[int, int] = {}

    # -- modules -------------------------------------------------------------------------------

    def enter(self, module: Module, args: Any) -> Box | None:
        """A module is called; its box, if it is taken as one."""
        path = self.paths.get(id(module), type(module).__name__)
        closed = self._closed()
        call = Call(module, path, self.stack[-1] if self.stack else None)
        group = tuple(self.stack)
        self.stack.append(call)
        self.calls.append(call)
        if closed or not self.whole(module) or state.trace is not self:
            return None
        box = Box("module", call.name, group, self._sources(_tensors(args)), call=call)
        self.boxes.append(box)
        return box

    def leave(self, box: Box | None, result: Any) -> None:
        """The module that was called last has returned."""
        call = self.stack.pop()
        results = _tensors(result)
        call.outputs = [t.meta.type for t in results]
        if box is not None:
            box.outputs = call.outputs
            for t in results:
                if t.meta.traced is not None:
                    self.made_by[self.value(t)] = box

    def _closed(self) -> bool:
        """Is this inside of a module that is taken as one?"""
        return any(self.whole(c.module) for c in self.stack)

    def _sources(self, operands: Sequence[Tensor]) -> list[Box]:
        found: dict[int, Box] = {}
        for t in operands:
            box = self.made_by.get(self.value(t)) if t.meta.traced is not None else None
            if box is not None:
                found[id(box)] = box
        return list(found.values())

    # -- operations ----------------------------------------------------------------------------

    def run(self, spec: Specialised, operands: Sequence[Tensor]) -> list[Tensor]:
        sources = self._sources(operands)
        results = super().run(spec, operands)
        self._note(spec, sources, results)
        return results

    def write(self, spec: Specialised, operands: Sequence[Tensor]) -> Tensor:
        sources = self._sources(operands)
        result = super().write(spec, operands)
        self._note(spec, sources, [result])
        return result

    def view(self, function: Any, x: Tensor, args: tuple[Any, ...]) -> Tensor:
        out = super().view(function, x, args)
        box = self.made_by.get(self.value(x)) if x.meta.traced is not None else None
        if box is not None:
            self.made_by[self.value(out)] = box  # a view is where its base is
        return out

    def _note(self, spec: Specialised, sources: list[Box], results: Sequence[Tensor]) -> None:
        if id(spec.graph) not in self.costs:
            self.costs[id(spec.graph)] = multiply_adds(spec.graph)
            self.keep.append(spec.graph)
        for call in self.stack:
            call.multiply_adds += self.costs[id(spec.graph)]
        if self._closed() or not sources or all(t.meta.traced is None for t in results):
            return
        box = Box("operation", spec.name.rstrip("_"), tuple(self.stack), sources,
                  [t.meta.type for t in results])
        self.boxes.append(box)
        for t in results:
            if t.meta.traced is not None:
                self.made_by[self.value(t)] = box


def _tensors(tree: Any) -> list[Tensor]:
    found: list[Tensor] = []
    flatten(tree, found)
    return found


def anatomy(
    model: Module, inputs: Sequence[Any], dtypes: Sequence[Any] | None = None,
    whole: Callable[[Module], bool] | None = None,
) -> Anatomy:
    """Record a pass of the model, in evaluation mode, over inputs: tensors, or shapes of them.

    dtypes: of the inputs that are given as shapes, float32 unless said. whole: which modules are
    one box in the flow of values; those without parts, unless said.
    Raises ArgumentError for a model with lazy layers that have met no input yet, and what tracing
    raises (CaptureError for a model that branches on values).
    """
    _require_initialised(model)
    tensors = _inputs(inputs, dtypes)
    taken = whole or (lambda module: not any(True for _ in module.children()))
    recorder = _Recorder(model, taken)
    with _watched(recorder), _evaluating(model), no_grad(), recorder:
        given = [recorder.argument(i, t, t.meta.shape) for i, t in enumerate(tensors)]
        for i, t in enumerate(given):
            name = "input" if len(given) == 1 else f"input {i}"
            box = Box("input", name, (), outputs=[t.meta.type])
            recorder.boxes.append(box)
            recorder.made_by[recorder.value(t)] = box
        results = _tensors(model(*given))
        last = Box("output", "output", (), recorder._sources(results),
                   [t.meta.type for t in results])
        recorder.boxes.append(last)
    used = {id(c.source.tensor) for c in recorder.inputs if isinstance(c.source, Fixed)}
    return Anatomy(model, recorder.calls, recorder.boxes, [t.meta.type for t in tensors], used)


def _inputs(given: Sequence[Any], dtypes: Sequence[Any] | None) -> list[Tensor]:
    if len(given) == 1 and not isinstance(given[0], Tensor) and given[0] and not isinstance(
        given[0][0], int
    ):
        given = given[0]  # a list of shapes or tensors
    found: list[Any] = []
    for i, x in enumerate(given):
        if isinstance(x, Tensor):
            found.append(x.detach())  # type: ignore[attr-defined]
        elif isinstance(x, (tuple, list)) and all(isinstance(n, int) and n >= 0 for n in x):
            dtype = dtypes[i] if dtypes is not None and i < len(dtypes) else None
            found.append(empty(tuple(x), dtype=dtype))
        else:
            raise ArgumentError(
                message("the input of the model", expected="tensors, or their shapes such as "
                        "(1, 3, 224, 224)", got=repr(x))
            )
    return found


def _require_initialised(model: Module) -> None:
    lazy = [name for name, p in model.named_parameters() if isinstance(p, UninitializedParameter)]
    if lazy:
        raise ArgumentError(
            message("a layer of the model has met no input yet", expected="parameters with shapes",
                    got=", ".join(lazy[:3]), hint="call the model once, on a batch of data")
        )


@contextmanager
def _evaluating(model: Module) -> Iterator[None]:
    """Evaluation mode without a trace of it: compiled functions must not notice."""
    trained = [m for m in model.modules() if m.training]
    for m in trained:
        m.__dict__["training"] = False
    try:
        yield
    finally:
        for m in trained:
            m.__dict__["training"] = True


@contextmanager
def _watched(recorder: _Recorder) -> Iterator[None]:
    """Calls of modules in this thread tell the recorder."""
    usual, thread = Module.__call__, threading.get_ident()

    def call(self: Module, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != thread or not recorder.active:
            return usual(self, *args, **kwargs)
        box = recorder.enter(self, (args, kwargs))
        result = usual(self, *args, **kwargs)
        recorder.leave(box, result)
        return result

    Module.__call__ = call  # type: ignore[method-assign]
    try:
        yield
    finally:
        Module.__call__ = usual  # type: ignore[method-assign]
