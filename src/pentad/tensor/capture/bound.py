"""Bound: a Program for sizes that are numbers, ready to be called."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from struct import Struct
from typing import Any

from pentad.graph.lines import user_line
from pentad.graph.node import Graph, bind_sizes
from pentad.graph.sizes import evaluate
from pentad.runtime.executable import Executable, build
from pentad.runtime.memory import Scratch, allocate
from pentad.tensor.capture.cells import Argument, Fixed, GradOf, HostNumber
from pentad.tensor.capture.program import CompiledPlan, Program, Returned
from pentad.tensor.capture.steady import Steady
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.nodes import GradNode, Port
from pentad.tensor.pytree import LEAF, Plain, unflatten
from pentad.tensor.run import leaked, ranges_of
from pentad.tensor.specialise import Source, fail, native_launch
from pentad.tensor.state import state
from pentad.tensor.tensor import ConsumedGrad, Tensor, notes_of, wrap

_new = object.__new__


class Native:
    """What runs a Bound: an executable, its launch if that takes one short native call, and what
    it computes of captured tensors alone."""

    __slots__ = ("executable", "launch", "steady")

    def __init__(self, executable: Executable, program: Program) -> None:
        self.executable = executable
        self.launch = partial(native_launch(), executable.block) if executable.short else None
        self.steady: Steady | None = None
        if executable.program.prologue:
            read = [program.sources[i].storage for i in executable.steady]
            self.steady = Steady(read, executable.prepare)


class Bound:
    """An executable of a Program for given sizes, with all that a call needs.

    general: its kernels take the sizes at run time, and so serve other sizes too. `specialise`
    gives it kernels of its own; the numbers stay the same.
    """

    def __init__(
        self, program: Program, sizes: Mapping[str, int], arguments: Sequence[Tensor]
    ) -> None:
        self.program = program
        self.sizes = dict(sizes)
        self.record: Any = None  # of native_call.py, after some calls
        self.calls = 0
        cotangents = [c for c in program.outside.cotangents if c is not None]
        whole = Graph(
            [*program.graph.inputs, *cotangents],
            [*program.graph.outputs, *program.outside.gradients],
        )
        if whole.symbols() or sizes:
            whole = bind_sizes(whole, sizes)
        n, m = len(program.graph.inputs), len(program.graph.outputs)
        self.graph = Graph(whole.inputs[:n], whole.outputs[:m])
        self.metas = [self._input_meta(i, arguments) for i in range(n)]
        fresh = m - len(program.written)
        self.fresh = [
            contiguous_meta(o.shape, o.dtype)  # type: ignore[arg-type]
            for o in self.graph.outputs[:fresh]
        ]
        self.general = bool(sizes)
        self.native = self._build()
        self.plan = self._plan(whole, n, m) if any(program.outside.differentiable) else None
        self._place_inputs()
        marked = self._writes or self._moving_writes
        self.more = bool(program.host or marked or program.effects)
        """Does a call do more than launch a block?"""
        self.structure = _numbers(program.structure, self.sizes) if sizes else program.structure
        places = [
            x.index for x in program.leaves if isinstance(x, Returned) and not x.is_argument
        ]
        usual = len(places) == len(program.leaves)
        self.only = places[0] if usual and program.structure is LEAF else None
        row = usual and program.structure == (tuple, *[LEAF] * len(places))
        self.row = places if row else None
        """Where the results lie that are returned, if that is a plain tuple of them."""

    def _build(self) -> Native:
        program = self.program
        donated = {len(self.fresh) + k: i for k, i in enumerate(program.written)}
        fixed = {i for i, s in enumerate(program.sources) if isinstance(s, Fixed)}
        executable = build(
            self.graph, [meta.strides for meta in self.metas], donated=donated,
            specialise=not self.general, varied=self.general,
            steady=fixed - set(program.written), name=program.name,
        )
        return Native(executable, program)

    def specialise(self) -> None:
        """Make kernels for these sizes alone."""
        with self._lock:
            self.general = False
            self.native = self._build()

    def _input_meta(self, i: int, arguments: Sequence[Tensor]) -> Any:
        source, root = self.program.sources[i], self.program.roots[i]
        if isinstance(source, Argument):
            return arguments[source.index].meta
        return root

    def _plan(self, whole: Graph, n: int, m: int) -> CompiledPlan:
        program = self.program
        count = len(program.returned) + len(program.outside.hidden)
        bound = iter(whole.inputs[n:])
        cotangents = [None if c is None else next(bound) for c in program.outside.cotangents]
        outputs = whole.outputs[:count]
        saved = []
        for s in program.outside.saved:
            copied = not s.is_input and s.node in program.graph.inputs
            at = program.graph.inputs.index(s.node) if copied else s.index
            node = whole.inputs[at] if s.is_input or copied else outputs[s.index]
            saved.append(Source(node, s.is_input, s.index))
        return CompiledPlan(
            program.name, self.metas, outputs, saved, cotangents, whole.outputs[m:],
            program.outside.refusal,
        )

    # -- calling -------------------------------------------------------------------------------

    def holds(self, arguments: Sequence[Tensor]) -> bool:
        """Are the tensors found outside what they were, apart from the arguments as they were, and
        the gradients present as they were?"""
        for tensor, storage in self.fixed:
            if tensor.storage is not storage:
                return False
        merged, found = self.program.merged, self.program.found
        for i, t in enumerate(arguments):
            if (merged.get(i) is not t.storage) if i in merged else id(t.storage) in found:
                return False
        for owner, meta in self.program.entry_grads:
            grad = owner.find(arguments)._grad
            if (grad is not None) if meta is None else getattr(grad, "meta", None) is not meta:
                return False
        return True

    def _place_inputs(self) -> None:
        """Work out once which pointers stay, and make room for the numbers of the host."""
        codes = [s.code for s in self.program.sources if isinstance(s, HostNumber)]
        self._numbers = Struct("=" + "".join(codes))
        self._room = allocate(8 * len(codes))
        self._memory = (ctypes.c_char * (8 * len(codes))).from_address(self._room.ptr)
        self._host = [
            (partial(read, self.sizes) if sized else read, cell is not None)
            for read, cell, sized in self.program.host
        ]
        self._lock = threading.RLock()
        self.fixed: list[tuple[Tensor, Any]] = []
        self.pointers: list[int] = []
        self._moving: list[tuple[int, Any]] = []
        at = self._room.ptr
        for i, source in enumerate(self.program.sources):
            self.pointers.append(source.storage.ptr if isinstance(source, Fixed) else at)
            if isinstance(source, HostNumber):
                at += 8
            elif isinstance(source, Fixed):
                self.fixed.append((source.tensor, source.storage))
            else:
                self._moving.append((i, source))

        written = [(i, self.program.sources[i]) for i in self.program.written]
        fixed = [source.storage for _, source in written if isinstance(source, Fixed)]
        self._writes = [(s, notes_of(s)) for s in fixed if type(s) is not Scratch]
        self._moving_writes = [i for i, source in written if not isinstance(source, Fixed)]

    def run(self, arguments: Sequence[Tensor]) -> Any:
        """One call: numbers of the host, the native code, then what a call does besides."""
        for t in arguments:
            if t.ptr is None:
                raise leaked(arguments)
        results = [wrap(allocate(meta.nbytes), meta) for meta in self.fresh]
        self.middle(arguments, results)
        if self.plan is not None:
            self._attach(self.plan, arguments, results)
        return self.finish(arguments, results)

    def middle(self, arguments: Sequence[Tensor], results: Sequence[Tensor]) -> None:
        """All of a call but its checks, its results' memory and their history."""
        pointers = self.pointers.copy()
        for i, source in self._moving:
            pointers[i] = _moving_tensor(source, arguments).ptr
        pointers += [t.ptr for t in results]
        native = self.native
        if native.steady is not None:
            native.steady.refresh(pointers)
        if not self._host and native.launch is not None:
            status = native.launch(*pointers)
        else:
            # Numbers of the host are read under a lock, and so are steps in Python.
            with self._lock:
                if self._host:
                    self._read_numbers()
                status = (
                    native.executable.run(pointers) if native.launch is None
                    else native.launch(*pointers)
                )
        if status:
            fail(self.program.name, status, ranges_of(arguments))
        if self._writes or self._moving_writes:
            self._mark_written(arguments)
        if self.program.effects:
            self._effects(arguments, results)

    def _read_numbers(self) -> None:
        """Do what the host does at each call, in the order in which it was traced."""
        numbers = []
        for read, counts in self._host:
            value = read()
            if counts:
                numbers.append(value)
        self._numbers.pack_into(self._memory, 0, *numbers)

    def _input(self, i: int, arguments: Sequence[Tensor]) -> Tensor:
        """The tensor of an input that is not a number of the host."""
        source = self.program.sources[i]
        if isinstance(source, Fixed):
            return wrap(source.storage, self.metas[i])
        if isinstance(source, HostNumber):
            # A copy, for the room is written over by the next call.
            t = wrap(allocate(8), self.metas[i])
            ctypes.memmove(t.ptr, self.pointers[i], 8)
            return t
        return _moving_tensor(source, arguments)

    def _mark_written(self, arguments: Sequence[Tensor]) -> None:
        line = user_line()
        for storage, notes in self._writes:
            storage.version += 1
            notes.written_at = line
        for i in self._moving_writes:
            storage = self._input(i, arguments).storage
            storage.version += 1
            notes_of(storage).written_at = line

    def _effects(self, arguments: Sequence[Tensor], results: Sequence[Tensor]) -> None:
        first = len(self.program.returned) + len(self.program.outside.hidden)
        for effect in self.program.effects:
            t = effect.owner.find(arguments)
            if effect.what == "none":
                t._grad = None
            elif effect.what == "consumed":
                t._grad = ConsumedGrad(self.program.name)
            else:
                t._grad = results[first + effect.output]

    def _attach(
        self, plan: CompiledPlan, arguments: Sequence[Tensor], results: Sequence[Tensor]
    ) -> None:
        """Give what is returned an autograd node that leads to the leaves outside."""
        node = _new(GradNode)
        node.plan = plan  # type: ignore[assignment]
        node.parents = tuple(o.find(arguments).node for o in self.program.outside.leaves)
        saved = [
            self._input(s.index, arguments) if s.is_input else results[s.index]
            for s in plan.saved
        ]
        node.saved = tuple(wrap(t.storage, t.meta, t.ptr) for t in saved)
        node.versions = tuple((t.storage, t.storage.version, t.ptr) for t in saved)
        node.hooks = None
        node.line = user_line() if state.anomaly else None
        for i, differentiable in enumerate(self.program.outside.differentiable):
            if differentiable:
                results[i].node = node if i == 0 else Port(node, i)

    def finish(self, arguments: Sequence[Tensor], results: Sequence[Tensor]) -> Any:
        if self.only is not None:
            return results[self.only]
        if self.row is not None:
            return tuple([results[i] for i in self.row])
        leaves = iter(self.program.leaves)

        def leaf() -> Tensor:
            what = next(leaves)
            if not isinstance(what, Returned):
                return what  # type: ignore[no-any-return]
            return arguments[what.index] if what.is_argument else results[what.index]

        return unflatten(self.structure, leaf)


def _moving_tensor(source: Argument | GradOf, arguments: Sequence[Tensor]) -> Tensor:
    """The tensor of an input that may be another one at each call."""
    if isinstance(source, Argument):
        return arguments[source.index]
    owner = source.tensor if source.index is None else arguments[source.index]
    return owner._grad  # type: ignore[no-any-return]


def _numbers(structure: Any, sizes: Mapping[str, int]) -> Any:
    """A structure with numbers in place of symbolic sizes."""
    if isinstance(structure, tuple):
        return tuple(_numbers(s, sizes) if not isinstance(s, type) else s for s in structure)
    if isinstance(structure, Plain) and hasattr(structure.value, "terms"):
        return Plain(evaluate(structure.value, sizes))
    return structure
