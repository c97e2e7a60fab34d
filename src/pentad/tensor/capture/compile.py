"""pentad.compile: a function as one native call, by the capture contract.

The first call with arguments of a kind traces the function (trace.py) into a Program, which is
bound to the sizes and made native; later calls of that kind run the native code. A call is traced
again when something that was read while tracing has changed; `recompiles` says what. A size that
differs from the one traced becomes symbolic, so that further sizes need no tracing, and its kernels
take it at run time, so that they need hardly any further machine code.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.graph.sizes import Dim, symbol
from pentad.runtime.profiling.spans import span
from pentad.tensor.capture.bound import Bound
from pentad.tensor.capture.epoch import current_epoch as epoch
from pentad.tensor.capture.guards import Guard, guards_of
from pentad.tensor.capture.native_call import CallRecord, Recorded, install, record_for
from pentad.tensor.capture.program import Program
from pentad.tensor.capture.trace import Trace
from pentad.tensor.pytree import flatten, plain_values, unflatten
from pentad.tensor.state import get_default_dtype, state
from pentad.tensor.tensor import Leaf, Tensor

_MANY, _MANY_BYTES = 256, 1 << 30
"""Sizes that are kept bound, and the bytes of the memory that they work in."""
_OFTEN = 64
"""Calls in a row with the same sizes after which these get kernels of their own."""


class Signature:
    """The kind of a call: structure, metas, who requires a gradient, who shares memory, modes."""

    __slots__ = ("aliases", "key", "metas", "modes", "needs", "structure")

    def __init__(self, structure: Any, tensors: Sequence[Tensor]) -> None:
        self.structure = structure
        self.metas = tuple([t.meta for t in tensors])
        self.needs = tuple(
            [0 if t.node is None else 1 if type(t.node) is Leaf else 2 for t in tensors]
        )
        self.aliases = _aliases(tensors) if len(tensors) > 1 else ()
        self.modes = (state.grad, get_default_dtype(), state.autocast)
        self.key = (structure, self.metas, self.needs, self.aliases, self.modes)

    def differs(self, other: Signature) -> str | None:
        """Why a Program for `other` cannot serve, sizes aside; None if it can."""
        if self.structure != other.structure:
            return "the structure of the arguments or a Python value among them changed"
        for i, (a, b) in enumerate(zip(self.metas, other.metas, strict=True)):
            if a.dtype is not b.dtype or a.ndim != b.ndim:
                return f"tensor argument {i} changed from {b.type} to {a.type}"
        if self.needs != other.needs:
            return "requires_grad of a tensor argument changed"
        if self.aliases != other.aliases:
            return "arguments share memory in another way"
        if self.modes != other.modes:
            return "the grad mode, the autocast mode or the default dtype changed"
        return None


def _aliases(tensors: Sequence[Tensor]) -> tuple[int, ...]:
    """For each tensor the first one on the same storage, and the same place or not."""
    first: dict[Any, int] = {}
    found = []
    for i, t in enumerate(tensors):
        at = first.setdefault(id(t.storage), i)
        same = t.ptr == tensors[at].ptr
        found.append(at if same else -1 - at)
    return tuple(found)


class Traced:
    """A Program with what has to hold for it to serve a call."""

    def __init__(
        self, program: Program, signature: Signature, shapes: Sequence[tuple[Any, ...]],
        guards: list[Guard],
    ) -> None:
        self.program = program
        self.signature = signature
        self.shapes = list(shapes)
        self.guards = guards
        self.epoch = epoch()

    def sizes_for(self, signature: Signature) -> dict[str, int] | None:
        """The values of the symbolic sizes in such a call; None if it does not fit."""
        sizes: dict[str, int] = {}
        for shape, new, old in zip(
            self.shapes, signature.metas, self.signature.metas, strict=True
        ):
            symbolic = False
            for want, n in zip(shape, new.shape, strict=True):
                if isinstance(want, Dim):
                    symbolic = True
                    if n < 2 or sizes.setdefault(str(want), n) != n:
                        return None
                elif want != n:
                    return None
            if (not new.contiguous) if symbolic else new is not old:
                return None
        if all(g.satisfied(sizes) for g in self.program.guards):
            return sizes
        return None


class Repeat:
    """A call whose arguments were tensors by position, each on memory of its own: what the next
    one like it is recognised by, without taking it apart."""

    __slots__ = ("bound", "dtype", "grad", "known", "traced")

    def __init__(self, arguments: Sequence[Tensor], traced: Traced, bound: Bound) -> None:
        self.known = [(t.meta, type(t.node)) for t in arguments]
        self.grad, self.dtype = state.grad, get_default_dtype()
        self.traced, self.bound = traced, bound

    @staticmethod
    def possible(args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
        """Is it such a call?"""
        if kwargs or any(type(t) is not Tensor for t in args):
            return False
        return len({id(t.storage) for t in args}) == len(args)

    def matches(self, args: Sequence[Any]) -> bool:
        """Is this a call like it?"""
        known = self.known
        if (
            len(args) != len(known)
            or state.grad is not self.grad
            or get_default_dtype() is not self.dtype
        ):
            return False
        for t, (meta, kind) in zip(args, known, strict=True):
            if type(t) is not Tensor or t.meta is not meta or type(t.node) is not kind:
                return False
        return len(args) < 2 or len({id(t.storage) for t in args}) == len(args)


class CompiledFunction(Recorded):
    """What `pentad.compile` returns; called like the function.

    recompiles: why the function was traced again, one line each time; traces: how often it was
    traced in all; executables: how many sizes were made native; compiles: how many of them needed
    new machine code.
    """

    def __init__(
        self, function: Callable[..., Any], keep_grads: bool, dynamic: Sequence[Sequence[int]]
    ) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.keep_grads, self.dynamic = keep_grads, dynamic
        self.name = getattr(function, "__name__", type(function).__name__)
        self.recompiles: list[str] = []
        self.traces = self.executables = self.compiles = 0
        self._traced: list[Traced] = []
        self._bound: dict[Any, tuple[Traced, Bound]] = {}
        self._repeat: Repeat | None = None
        self._general: Bound | None = None
        self._in_a_row = 0
        self.record = None
        self._lock = threading.RLock()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "function":
            raise AttributeError(name)
        return getattr(self.function, name)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else functools.partial(self, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, as native code."""
        if state.trace is not None or state.watch is not None:
            return self.function(*args, **kwargs)
        last = self._repeat if state.mode is None else None
        if last is not None and not kwargs and last.matches(args):
            if self._holds(last.traced, last.bound, args):
                result = self._run(last.bound, args)
                if self.record is None:
                    self.record = self._record(args, last.traced, last.bound)
                return result
        tensors: list[Tensor] = []
        signature = Signature(flatten((args, kwargs), tensors), tensors)
        found = self._bound.get(signature.key)
        if found is None or not self._holds(*found, tensors):
            with self._lock:
                found = self._prepare(signature, tensors)
        result = self._run(found[1], tensors)
        usual = state.mode is None and Repeat.possible(args, kwargs)
        self._repeat = Repeat(tensors, *found) if usual else None
        self.record = self._record(tensors, *found) if usual else None
        return result

    def _run(self, bound: Bound, tensors: Sequence[Tensor]) -> Any:
        if bound.general:
            with self._lock:
                self._in_a_row = self._in_a_row + 1 if bound is self._general else 1
                self._general = bound
                if self._in_a_row == _OFTEN:
                    bound.specialise()
                    self.compiles += bound.native.executable.compiled
        return bound.run(tensors)

    def _record(
        self, tensors: Sequence[Tensor], traced: Traced, bound: Bound
    ) -> CallRecord | None:
        """By what native code knows such a call; made at the second call of a kind."""
        if bound.general:
            return None
        bound.calls += 1
        if bound.calls == 2 and install(CompiledFunction, _python_call):
            bound.record = record_for(bound, traced.guards, tensors)
        return bound.record

    def _holds(self, traced: Traced, bound: Bound, tensors: Sequence[Tensor]) -> bool:
        if traced.epoch != epoch():
            return False
        for guard in traced.guards:
            if not guard.holds():
                return False
        return bound.holds(tensors)

    def _prepare(
        self, signature: Signature, tensors: Sequence[Tensor]
    ) -> tuple[Traced, Bound]:
        """Find a Program that serves the call, or trace one; bind it to the sizes."""
        reason = self._drop_outdated(signature)
        for traced in self._traced:
            if reason is None and signature.differs(traced.signature) is None:
                sizes = traced.sizes_for(signature)
                if sizes is not None:
                    return self._bind(traced, signature, sizes, tensors)
        shapes = self._shapes(signature)
        if self.traces:
            self.recompiles.append(reason or self._why(signature))
        with span("compile", f"trace {self.name}"):
            traced, sizes = self._trace(signature, shapes, tensors)
        self._traced.insert(0, traced)
        return self._bind(traced, signature, sizes, tensors)

    def _drop_outdated(self, signature: Signature) -> str | None:
        """Forget what no longer holds; why the call cannot be served, if that is the reason."""
        reason = None
        stale = self._bound.pop(signature.key, None)
        for traced in list(self._traced):
            changed = [g for g in traced.guards if not g.holds()]
            if traced.epoch != epoch():
                reason = "a module changed (an attribute, a parameter, train or eval mode)"
            elif changed and signature.differs(traced.signature) is None:
                reason = changed[0].reason()
                continue
            elif stale is not None and stale[0] is traced:
                reason = "a tensor found outside, or its .grad, is another one"
            else:
                continue
            self._traced.remove(traced)
        self._bound = {k: v for k, v in self._bound.items() if v[0] in self._traced}
        self._repeat = self._general = self.record = None
        return reason

    def _why(self, signature: Signature) -> str:
        last = self._traced[0].signature if self._traced else None
        if last is None:
            return "nothing was left of earlier traces"
        found = signature.differs(last)
        if found is not None:
            return found
        for i, (a, b) in enumerate(zip(signature.metas, last.metas, strict=True)):
            if a.shape != b.shape:
                return f"tensor argument {i} changed its shape from {b.shape} to {a.shape}"
        return "the memory layout of a tensor argument changed"

    def _shapes(self, signature: Signature) -> list[tuple[Any, ...]]:
        """The shapes to trace with: sizes that have varied are symbolic."""
        shapes: list[tuple[Any, ...]] = [m.shape for m in signature.metas]
        last = next(
            (t for t in self._traced if signature.differs(t.signature) is None), None
        )
        if last is None and not self.dynamic:
            return shapes
        old_shapes = shapes if last is None else last.shapes
        varying = dict(enumerate(self.dynamic))
        names: dict[Any, Dim] = {}
        for i, (new, old) in enumerate(zip(signature.metas, old_shapes, strict=True)):
            if not new.contiguous:
                continue
            shape = list(new.shape)
            for axis, (n, before) in enumerate(zip(new.shape, old, strict=True)):
                varied = isinstance(before, Dim) or before != n or axis in varying.get(i, ())
                if varied and n >= 2:
                    key = (n, "" if last is None else str(before))
                    if key not in names:
                        names[key] = symbol(f"s{len(names)}", n, None)
                    shape[axis] = names[key]
            shapes[i] = tuple(shape)
        return shapes

    def _trace(
        self, signature: Signature, shapes: Sequence[tuple[Any, ...]], tensors: Sequence[Tensor]
    ) -> tuple[Traced, dict[str, int]]:
        sizes: dict[str, int] = {}
        with Trace(self.name) as trace:
            scoped = [
                tuple(_scoped(n, trace, m, sizes) for n, m in zip(s, meta.shape, strict=True))
                for s, meta in zip(shapes, signature.metas, strict=True)
            ]
            proxies = iter(
                [trace.argument(i, t, s) for i, (t, s) in enumerate(zip(tensors, scoped))]
            )
            args, kwargs = unflatten(signature.structure, lambda: next(proxies))
            result = self.function(*args, **kwargs)
            # Only now, for the function's own side effects happen once.
            plain = plain_values(signature.structure)
            guards = guards_of(self.function, trace.host_functions, plain)
            program = Program(self.name, trace, result, self.keep_grads)
        self.traces += 1
        return Traced(program, signature, scoped, guards), sizes

    def _bind(
        self, traced: Traced, signature: Signature, sizes: Mapping[str, int],
        tensors: Sequence[Tensor],
    ) -> tuple[Traced, Bound]:
        bound = Bound(traced.program, sizes, tensors)
        self.executables += 1
        self.compiles += bound.native.executable.compiled
        self._bound[signature.key] = traced, bound
        self._forget_first()
        if bound.holds(tensors):
            return traced, bound
        return self._prepare(signature, tensors)

    def _forget_first(self) -> None:
        """Drop the sizes that were bound first, if there are too many."""
        total = sum(b.native.executable.program.arena_bytes for _, b in self._bound.values())
        for key, (_, bound) in list(self._bound.items())[:-1]:
            if len(self._bound) <= _MANY and total <= _MANY_BYTES:
                return
            del self._bound[key]
            total -= bound.native.executable.program.arena_bytes

    def __repr__(self) -> str:
        return f"<compiled {self.name}: {self.traces} traces, {self.executables} executables>"


_python_call = CompiledFunction.__call__


def _scoped(size: Any, trace: Trace, value: int, sizes: dict[str, int]) -> Any:
    """A symbolic size that leaves its guards with the trace."""
    if not isinstance(size, Dim):
        return size
    sizes[str(size)] = value
    return symbol(str(size), value, trace.scope)


def compile(
    function: Any = None, *, keep_grads: bool = False, dynamic: Sequence[Sequence[int]] = ()
) -> Any:
    """Make a function, a module or a whole training step one native call.

    Everything that the function does with tensors is captured, backward and the optimiser's update
    too; what cannot be captured raises CaptureError with the line and the remedy. keep_grads: leave
    gradients that the function used up in `.grad`, as eager code does. dynamic: for each tensor
    among the arguments, in their order, the axes whose sizes vary: they are symbolic from the first
    call on (sizes of 0 and 1 are not), where others become so when they first differ.
    """
    if function is None:
        return functools.partial(compile, keep_grads=keep_grads, dynamic=dynamic)
    if not callable(function):
        raise ArgumentError(
            message("compile: not a function", expected="a callable", got=repr(function))
        )
    if isinstance(function, CompiledFunction):
        return function
    return CompiledFunction(function, keep_grads, dynamic)
