"""The native short way of eager operations: what it knows, and how it learns.

Each operation has a Route; `learn`, called when an operation has run the long way, writes what to
do in this very case into the table that the machine code of runtime/eager_ir.py reads. Where what
it takes for granted of the interpreter does not hold (`unavailable` says why), everything goes the
long way, which gives the same results.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.dtypes import DType
from pentad.runtime import call_ir
from pentad.runtime import eager_ir as ir
from pentad.runtime.memory import Storage, free_list
from pentad.tensor.devices import Size
from pentad.tensor.meta import WEAK
from pentad.tensor.native_layout import CLASSES, slot_offsets, unavailable
from pentad.tensor.operands import scalar_operand
from pentad.tensor.specialise import Plan, Specialised, fail
from pentad.tensor.state import known_modes, on_new_default_dtype, state
from pentad.tensor.tensor import Tensor, empty_tensor
from pentad.tensor.views import register_view

_FASTCALL, _NOARGS, _ONE = 0x80, 0x04, 0x08
_MASK = (1 << 64) - 1
_BUDGET = 4096
"""So often an operation learns; what then is still new comes too often to be worth it."""

_STATIC = (bool, int, float, str, type(None), DType)


class Route:
    """One operation as native code sees it.

    fallback: the same operation in Python; operands: which arguments are operands; function: the
    native function, None until the first use (it brings in the code generator).
    """

    __slots__ = ("budget", "fallback", "function", "operands", "words")

    def __init__(
        self, fallback: Callable[..., Any], operands: Sequence[bool], same_as: Route | None = None
    ) -> None:
        self.fallback = fallback
        self.operands = tuple(operands)
        places = sum(1 << i for i, is_operand in enumerate(operands[:60]) if is_operand)
        self.words = array("q", [id(fallback), places, 0])
        self.words[2] = self.address if same_as is None else same_as.address
        self.function: Callable[..., Any] | None = None
        self.budget = _BUDGET

    @property
    def address(self) -> int:
        """Where its words are."""
        return self.words.buffer_info()[0]

    def through(self, fallback: Callable[..., Any]) -> Route:
        """The same operation under another name, which has its own way round."""
        return Route(fallback, self.operands, same_as=self)


def modes() -> int:
    """The modes of this thread, in the bits that native code knows."""
    found = ir.USUAL if state.mode is None else 0
    found |= ir.RECORDS if state.grad else 0
    return found | (0 if state.anomaly else ir.NAMELESS)


def _failed(keep: tuple[Any, ...], status: int) -> None:
    fail(keep[0], status)


# -- the table -------------------------------------------------------------------------------------


class Engine:
    """The machine code, its table, and what keeps alive that to which the table points."""

    def __init__(self, methods: Sequence[tuple[str, Route, int]] = ()) -> None:
        self.board = array("q", bytes(8 * ir.BOARD_WORDS))
        self.table = array("q", bytes(8 * 2 * ir.SETS * ir.ENTRY_WORDS))
        self.scalars = array("q", bytes(8 * ir.SCALARS * ir.SCALAR_WORDS))
        helpers = (modes, scalar_operand, empty_tensor, _failed, 0)
        for i, helper in enumerate(helpers, ir.MANY_TYPES):
            self.board[i] = id(helper)
        self.board[ir.ENTER_VIEW] = id(register_view)
        self.types: list[type] = [Tensor]
        self.kept: dict[int, Any] = {}
        self.turn = 0
        self._learning = threading.Lock()
        self._definitions: list[Any] = []
        self._link(methods)
        on_new_default_dtype(self.forget)

    def _link(self, methods: Sequence[tuple[str, Route, int]]) -> None:
        parts = [ir.text(slot_offsets(CLASSES))]
        exports = list(ir.EXPORTS)
        imports: dict[str, int] = {}
        for i, (_, route, arguments) in enumerate(methods):
            parts.append(ir.method_text(f"method_{i}", f"route_{i}", arguments))
            imports[f"route_{i}"] = route.address
            exports.append(f"method_{i}")
        library = self.load("".join(parts), exports, imports)
        self._call = self._definition("call", library.address("call"), _FASTCALL)
        self.method(Storage, "__del__", library.address("storage_del"), _NOARGS)
        for i, (name, _, arguments) in enumerate(methods):
            flags = _ONE if arguments else _NOARGS
            self.method(Tensor, name, library.address(f"method_{i}"), flags)

    def load(self, text: str, exports: Sequence[str], more: dict[str, int]) -> Any:
        """The library of a text that eager_ir.text made; more: what it imports of its own."""
        from pentad.runtime import jit
        from pentad.runtime.launch import launcher
        from pentad.target.code_target import CodeTarget, host

        imports = {n: ctypes.cast(getattr(ctypes.pythonapi, n), ctypes.c_void_p).value or 0
                   for n in (*ir.PYTHON_API, *call_ir.PYTHON_API)}
        imports |= {f"type_{n}": id(c) for n, c in CLASSES.items()}
        imports |= {"type_float": id(float), "type_int": id(int), "none": id(None)}
        imports["launch_released"] = launcher().released_address
        for name, words in (("board", self.board), ("table", self.table),
                            ("scalars", self.scalars), ("known_modes", known_modes)):
            imports[name] = words.buffer_info()[0]
        plain = CodeTarget(host().triple, "", "")
        library = jit.load(text, exports, target=plain, imports=imports | more, passes=True)
        library.keep_forever()
        return library

    def _definition(self, name: str, address: int, flags: int) -> int:
        from pentad.runtime.launch import MethodDef

        made = MethodDef(name.encode(), address, flags, None)
        self._definitions.append(made)
        return ctypes.addressof(made)

    def method(self, kind: type, name: str, address: int, flags: int) -> None:
        """Give a class a native method."""
        make = ctypes.pythonapi.PyDescr_NewMethod
        make.restype, make.argtypes = ctypes.py_object, [ctypes.py_object, ctypes.c_void_p]
        setattr(kind, name, make(kind, self._definition(name, address, flags)))

    def function(self, route: Route) -> Callable[..., Any]:
        """The native function of a route."""
        make = ctypes.pythonapi.PyCFunction_NewEx
        make.restype = ctypes.py_object
        make.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p]
        return make(self._call, route.address, None)  # type: ignore[no-any-return]

    # -- learning --------------------------------------------------------------------------------

    def learn(
        self, route: Route, arguments: Sequence[Any], operands: Sequence[Tensor], spec: Specialised
    ) -> None:
        """Do by itself what was just done with these arguments; several results make a tuple."""
        if not 0 < len(arguments) <= ir.MAX_ARGUMENTS or route.budget <= 0 or state.anomaly:
            return
        # Not to wait: who has the lock may be this thread, interrupted by a collection of garbage.
        if self._learning.acquire(blocking=False):
            try:
                self._learn(route, arguments, operands, spec)
            finally:
                self._learning.release()

    def learn_view(self, route: Route, arguments: Sequence[Any], out: Tensor) -> None:
        """Make by itself the view `out` of the first argument, which is no view."""
        x, alias = arguments[0], out.alias
        of_x = alias is not None and alias.base is x and x.alias is None
        if not of_x or len(arguments) > ir.MAX_ARGUMENTS or route.budget <= 0 or state.anomaly:
            return
        needs = x.node is not None and state.grad
        plan = out.node.plan if needs else None
        if plan is not None and (plan.saved or out.node.parents != (x.node,)):
            return
        if self._learning.acquire(blocking=False):
            try:
                keys = self._keys(route, arguments, [x])
                if keys is not None:
                    route.budget -= 1
                    case = [len(arguments) | needs << 8, *map(_key_word, keys)]
                    shown = [id(out.meta), id(alias.steps), out.ptr - x.ptr]
                    keep = ("view", route, plan, out.meta, alias.steps, *keys)
                    self._write(route, case, 0, keep, plan, [0, 1, 0, *shown])
            finally:
                self._learning.release()

    def _learn(
        self, route: Route, arguments: Sequence[Any], operands: Sequence[Tensor], spec: Specialised
    ) -> None:
        keys = self._keys(route, arguments, operands)
        needs = sum(1 << i for i, t in enumerate(operands) if t.node is not None)
        needs = needs if state.grad else 0
        plan = None
        if needs and spec.differentiable:
            plan = spec.plan(tuple([t.node is not None for t in operands]))
        forward = spec if plan is None else plan.forward
        if keys is None or not _suits(forward, plan) or (plan is not None and spec.multiple):
            return
        route.budget -= 1
        saved = 0
        for i, s in enumerate(plan.saved if plan is not None else ()):
            saved |= (s.index + 1 if s.is_input else s.index + 9) << 4 * i
        outputs = [(m, free_list(m.nbytes), m.nbytes) for m in forward.metas]
        keep = (forward.name, route, forward, plan, *keys, *outputs)
        count = 0 if plan is None else len(plan.saved)
        rest = [saved, len(outputs), count, *[id(x) for out in outputs for x in out]]
        case = [len(arguments) | needs << 8, *map(_key_word, keys)]
        several = int(forward.multiple) if plan is None else 0
        self._write(route, case, forward.block, keep, plan, rest, several)

    def _keys(
        self, route: Route, arguments: Sequence[Any], operands: Sequence[Tensor]
    ) -> list[Any] | None:
        """What the case is recognised by, in order; None if it cannot be."""
        rest = iter(operands)
        keys: list[Any] = []
        for i, value in enumerate(arguments):
            if isinstance(value, Tensor):
                if next(rest, None) is not value or not self._admit(type(value)):
                    return None
                keys.append(value.meta)
            elif type(value) in (int, float) and i < len(route.operands) and route.operands[i]:
                found = next(rest, None)
                if found is None or found.meta is not WEAK[type(value)]:
                    return None
                keys.append(found.meta)
            elif _is_static(value):
                keys.append(value)
            else:
                return None
        return keys if next(rest, None) is None else None

    def _admit(self, kind: type) -> bool:
        """May tensors of this class go the native way? Their slots must be those of Tensor."""
        if kind in self.types:
            return True
        slots = vars(Tensor)
        own = any(getattr(kind, n, None) is not slots[n] for n in Tensor.__slots__ if n[0] != "_")
        if own or kind._grad is not slots["_grad"] or len(self.types) > ir.MANY_TYPES:
            return False
        self.board[len(self.types) - 1] = id(kind)
        self.types.append(kind)
        return True

    def _write(
        self, route: Route, case: Sequence[int], block: int | None, keep: Any, plan: Plan | None,
        rest: Sequence[int], several: int = 0,
    ) -> None:
        """Write an entry; rest: its words from the saved values on."""
        words = [
            0, *case, *[0] * (ir.MAX_ARGUMENTS + 1 - len(case)), block, id(keep),
            several if plan is None else id(plan), *rest,
        ]
        at = self._place(route.address, case)
        self.table[at] = 0  # from here on nobody finds it, and who runs it holds on to `keep`
        self.kept[at] = keep
        self.table[at : at + len(words)] = array("q", words)  # type: ignore[arg-type]
        self.table[at] = route.address

    def _place(self, route: int, case: Sequence[int]) -> int:
        """The place for a case: its own, a free one, or one of the two in turn."""
        h = route ^ case[0]
        for key in case[1:]:
            h = (h ^ key) * ir.MIX & _MASK
            h ^= h >> 32
        first = (h & ir.SETS - 1) * 2 * ir.ENTRY_WORDS
        ways = (first, first + ir.ENTRY_WORDS)
        for at in ways:
            if self.table[at] == route and self.table[at + 1 : at + 1 + len(case)] == array(
                "q", case
            ):
                return at
        for at in ways:
            if self.table[at] == 0:
                return at
        self.turn ^= 1
        return ways[self.turn]

    def forget(self) -> None:
        """Forget all cases."""
        with self._learning:
            for at in range(0, len(self.table), ir.ENTRY_WORDS):
                self.table[at] = 0
            self.kept.clear()


def _is_static(value: Any) -> bool:
    """Is the same object always the same value?"""
    if type(value) in (tuple, Size):
        return all(_is_static(v) for v in value)
    return isinstance(value, _STATIC)


def _key_word(key: Any) -> int:
    """A key as native code has it: small whole numbers by value, all else by identity."""
    if type(key) is int and -(1 << 62) <= key < 1 << 62:
        return key << 1 | 1
    return id(key)


def _suits(forward: Specialised, plan: Plan | None) -> bool:
    """Can native code do it: is it short, does it have few results, none of them in place?"""
    if forward.block is None or forward.donated or len(forward.metas) > ir.MAX_OUTPUTS:
        return False
    return plan is None or (plan.refusal is None and len(plan.saved) <= ir.MAX_SAVED)


# -- the one engine --------------------------------------------------------------------------------

_METHODS: list[tuple[str, Route, int]] = []
_engine: Engine | None = None
_tried = False


def method(name: str, route: Route, arguments: int) -> None:
    """Have Tensor's method of this name (with so many arguments more) go by a route, later."""
    _METHODS.append((name, route, arguments))


def engine() -> Engine | None:
    """The engine, made at the first use; None where it is not available."""
    global _engine, _tried
    if not _tried:
        _tried = True
        if unavailable() is None:
            _engine = Engine(_METHODS)
    return _engine


def learn(
    route: Route, arguments: Sequence[Any], operands: Sequence[Tensor], spec: Specialised
) -> None:
    """Note that an operation with these arguments ran `spec` on these operands."""
    found = _engine if _tried else engine()
    if found is not None:
        if route.function is None:
            route.function = found.function(route)
        found.learn(route, arguments, operands, spec)


def short_view(function: Callable[..., Any]) -> Any:
    """A function whose result, where it is a view of its first argument, depends on that argument's
    meta and the others' values alone: repeated calls go the native way."""

    @functools.wraps(function)
    def usual(*args: Any, **kwargs: Any) -> Any:
        out = function(*args, **kwargs)
        if not kwargs and state.mode is None and type(out) is Tensor and out.alias is not None:
            found = _engine if _tried else engine()
            if found is not None:
                if route.function is None:
                    route.function = found.function(route)
                found.learn_view(route, args, out)
        return out

    route = Route(usual, (True,))

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        native = route.function
        return usual(*args, **kwargs) if kwargs or native is None else native(*args)

    call.route = route  # type: ignore[attr-defined]
    return call
