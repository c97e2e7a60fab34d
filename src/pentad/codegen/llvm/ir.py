"""A thin builder of LLVM IR text: modules, functions, control flow.

Sizes and strides are `Index = int | Value`: Python ints fold at once, so that one emitter
serves kernels specialised on sizes (ints) and kernels that take them at run time (i64 values).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pentad.codegen.llvm.values import (
    BFLOAT,
    DOUBLE,
    FLOAT,
    HALF,
    I1,
    I8,
    I16,
    I32,
    I64,
    PTR,
    VOID,
    Index,
    Type,
    Value,
    constant,
    constant_lanes,
    known_lanes,
    zero,
)

__all__ = [
    "BFLOAT", "DOUBLE", "FLOAT", "HALF", "I1", "I8", "I16", "I32", "I64", "PTR", "VOID",
    "Function", "Index", "Module", "Type", "Value", "constant", "constant_lanes", "zero",
]


class Module:
    """Functions and declarations of one compilation unit, printed in order of creation."""

    def __init__(self) -> None:
        self._declared: dict[str, str] = {}
        self._parts: list[Function | str] = []
        self._defined: set[str] = set()

    def declare(self, name: str, result: Type, arguments: Sequence[Type | str]) -> None:
        """Declare an external function or an intrinsic; repeating it is harmless."""
        text = f"declare {result} @{name}({', '.join(map(str, arguments))})"
        self._declared.setdefault(name, text)

    def raw(self, text: str) -> None:
        """Add text at module level (a global, a metadata line)."""
        self._parts.append(text)

    def has(self, name: str) -> bool:
        return name in self._defined

    def function(
        self,
        name: str,
        arguments: Sequence[tuple[Type, str]],
        result: Type = VOID,
        *,
        internal: bool = False,
        attributes: str = "nounwind",
    ) -> Function:
        """Begin a function; its arguments are `(type, "name")`, or `(type, "noalias name")`."""
        f = Function(self, name, arguments, result, internal, attributes)
        self._defined.add(name)
        self._parts.append(f)
        return f

    def text(self) -> str:
        parts = [*self._declared.values(), *(str(p) for p in self._parts)]
        return "\n".join(parts) + "\n"


class Function:
    """The body of one function, written from top to bottom."""

    def __init__(
        self,
        module: Module,
        name: str,
        arguments: Sequence[tuple[Type, str]],
        result: Type,
        internal: bool,
        attributes: str,
    ) -> None:
        self.module = module
        self.name = name
        self.result = result
        self.arguments = [Value(t, "%" + words.split()[-1]) for t, words in arguments]
        spelled = []
        for t, words in arguments:
            *modifiers, last = words.split()
            spelled.append(" ".join([str(t), *modifiers, "%" + last]))
        linkage = "internal " if internal else ""
        self._head = f"define {linkage}{result} @{name}({', '.join(spelled)}) {attributes} {{"
        self._lines: list[str] = ["entry:"]
        self._reserved: list[str] = []
        self._count = 0
        self.block = "entry"

    def __str__(self) -> str:
        entry, *rest = self._lines
        return "\n".join([self._head, entry, *self._reserved, *rest, "}"])

    # -- raw text ----------------------------------------------------------------------------

    def emit(self, text: str) -> None:
        """A line without a result."""
        self._lines.append("  " + text)

    def value(self, type: Type, text: str) -> Value:
        """A line whose result has `type`."""
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {text}")
        return Value(type, name)

    def new_label(self, stem: str = "block") -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def label(self, name: str) -> None:
        self._lines.append(name + ":")
        self.block = name

    # -- arithmetic --------------------------------------------------------------------------

    def binary(self, op: str, a: Value, b: Value) -> Value:
        """`op` is the LLVM opcode with its flags: `add nsw`, `fadd contract`, `and`."""
        return self.value(a.type, f"{op} {a}, {b.name}")

    def compare(self, op: str, a: Value, b: Value) -> Value:
        """`op` is `icmp slt`, `fcmp olt`, ...; the result has i1 lanes."""
        return self.value(a.type.with_scalar("i1"), f"{op} {a}, {b.name}")

    def select(self, condition: Value, a: Value, b: Value) -> Value:
        return self.value(a.type, f"select {condition}, {a}, {b}")

    def convert(self, op: str, a: Value, scalar: str) -> Value:
        """`op` is `sext`, `fptrunc`, `bitcast`, ... to the same number of lanes."""
        to = a.type.with_scalar(scalar)
        return self.value(to, f"{op} {a} to {to}")

    def intrinsic(self, name: str, result: Type, *arguments: Value, suffix: str = "") -> Value:
        """Call `llvm.name.<suffix>`, declared on the way; the suffix defaults to the result's."""
        full = f"llvm.{name}.{suffix or result.suffix}"
        return self.call(full, result, *arguments)

    def call(self, name: str, result: Type, *arguments: Value, attributes: str = "") -> Value:
        """Call a function of this module or an external one, declared on the way."""
        if not self.module.has(name):
            self.module.declare(name, result, [a.type for a in arguments])
        listed = ", ".join(map(str, arguments))
        text = f"call {result} @{name}({listed}){' ' + attributes if attributes else ''}"
        if result is VOID:
            self.emit(text)
            return Value(VOID, "void")
        return self.value(result, text)

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        return self.intrinsic("fma", a.type, a, b, c)

    # -- index arithmetic: folds Python ints ---------------------------------------------------

    def index(self, value: Index) -> Value:
        """An i64 value of an Index."""
        return value if isinstance(value, Value) else constant(I64, value)

    def iadd(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a + b
        if isinstance(a, int) and a == 0:
            return b
        if isinstance(b, int) and b == 0:
            return a
        return self.binary("add nsw", self.index(a), self.index(b))

    def isub(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a - b
        if isinstance(b, int) and b == 0:
            return a
        return self.binary("sub nsw", self.index(a), self.index(b))

    def imul(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a * b
        for x, y in ((a, b), (b, a)):
            if isinstance(x, int) and x in (0, 1):
                return y if x == 1 else 0
        return self.binary("mul nsw", self.index(a), self.index(b))

    def idiv(self, a: Index, b: Index) -> Index:
        """Division of non-negative numbers, rounding down."""
        if isinstance(a, int) and isinstance(b, int):
            return a // b
        if isinstance(b, int) and b == 1:
            return a
        return self.binary("udiv", self.index(a), self.index(b))

    def irem(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return a % b
        if isinstance(b, int) and b == 1:
            return 0
        return self.binary("urem", self.index(a), self.index(b))

    def imin(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return min(a, b)
        return self.intrinsic("smin", I64, self.index(a), self.index(b))

    def imax(self, a: Index, b: Index) -> Index:
        if isinstance(a, int) and isinstance(b, int):
            return max(a, b)
        return self.intrinsic("smax", I64, self.index(a), self.index(b))

    # -- memory ------------------------------------------------------------------------------

    def gep(self, pointer: Value, index: Index, element: Type) -> Value:
        """`pointer + index * sizeof(element)`."""
        if isinstance(index, int) and index == 0:
            return pointer
        text = f"getelementptr {element}, {pointer}, {self.index(index)}"
        return self.value(PTR, text)

    def opaque(self, value: Value) -> Value:
        """The same value, of which LLVM does not know how it was made.

        For addresses that a loop reads at many places: strength reduction would weigh every one
        against every other, in time quadratic in their number.
        """
        # The freeze of a loop's own counter would be moved out of the loop.
        same = f"getelementptr i8, {value}, i64 0" if value.type == PTR else f"add {value}, 0"
        return self.value(value.type, f"freeze {self.value(value.type, same)}")

    def load(self, type: Type, pointer: Value, align: int = 0, suffix: str = "") -> Value:
        """Load `type`; the default alignment is that of one element."""
        align = align or max(1, type.bits // 8)
        return self.value(type, f"load {type}, {pointer}, align {align}{suffix}")

    def store(self, value: Value, pointer: Value, align: int = 0, suffix: str = "") -> None:
        align = align or max(1, value.type.bits // 8)
        self.emit(f"store {value}, {pointer}, align {align}{suffix}")

    def masked_load(self, type: Type, pointer: Value, mask: Value) -> Value:
        """Lanes outside the mask are zero and their memory is not touched."""
        name = f"llvm.masked.load.{type.suffix}.p0"
        align = constant(I32, max(1, type.bits // 8))
        return self.call(name, type, pointer, align, mask, zero(type))

    def masked_store(self, value: Value, pointer: Value, mask: Value) -> None:
        """Memory of lanes outside the mask is not touched. A known first few are stored as one or
        two shorter vectors: masked stores take long on many processors."""
        count = known_lanes(mask)
        if count.bit_count() in (1, 2):
            low = count & -count
            for first, size in {0: count - low, count - low: low}.items():
                if size:
                    part = self.shuffle(value, value, range(first, first + size))
                    self.store(part, self.gep(pointer, first, value.type.element))
            return
        name = f"llvm.masked.store.{value.type.suffix}.p0"
        align = constant(I32, max(1, value.type.bits // 8))
        self.call(name, VOID, value, pointer, align, mask)

    def alloca(self, type: Type, count: int = 1, align: int = 64) -> Value:
        """Stack memory, reserved once at the function's entry."""
        self._count += 1
        name = f"%v{self._count}"
        self._reserved.append(f"  {name} = alloca {type}, i64 {count}, align {align}")
        return Value(PTR, name)

    # -- vectors -----------------------------------------------------------------------------

    def splat(self, scalar: Value, lanes: int) -> Value:
        """A scalar in every lane (lanes 0: the scalar itself)."""
        if not lanes:
            return scalar
        to = scalar.type.vector(lanes)
        one = self.value(to, f"insertelement {to} poison, {scalar}, i64 0")
        zeros = f"<{lanes} x i32> zeroinitializer"
        return self.value(to, f"shufflevector {one}, {to} poison, {zeros}")

    def extract(self, vector: Value, lane: int) -> Value:
        return self.value(vector.type.element, f"extractelement {vector}, i64 {lane}")

    def insert(self, vector: Value, scalar: Value, lane: int) -> Value:
        return self.value(vector.type, f"insertelement {vector}, {scalar}, i64 {lane}")

    def shuffle(self, a: Value, b: Value, lanes: Sequence[int]) -> Value:
        to = a.type.vector(len(lanes))
        mask = ", ".join(f"i32 {i}" for i in lanes)
        return self.value(to, f"shufflevector {a}, {b}, <{len(lanes)} x i32> <{mask}>")

    def lane_mask(self, count: Index, lanes: int) -> Value:
        """i1 lanes, true where lane < count."""
        if isinstance(count, int):
            return constant_lanes(Type("i1", lanes), [i < count for i in range(lanes)])
        iota = constant_lanes(Type("i64", lanes), range(lanes))
        return self.compare("icmp slt", iota, self.splat(count, lanes))

    # -- control flow ------------------------------------------------------------------------

    def branch(self, label: str) -> None:
        self.emit(f"br label %{label}")

    def branch_if(self, condition: Value, then: str, otherwise: str) -> None:
        self.emit(f"br {condition}, label %{then}, label %{otherwise}")

    def phi(self, type: Type, *incoming: tuple[Value, str]) -> Value:
        pairs = ", ".join(f"[{v.name}, %{block}]" for v, block in incoming)
        return self.value(type, f"phi {type} {pairs}")

    def ret(self, value: Value | None = None) -> None:
        self.emit("ret void" if value is None else f"ret {value}")

    def loop(
        self,
        low: Index,
        high: Index,
        step: Index,
        body: Callable[[Value, list[Value]], Sequence[Value] | None],
        carried: Sequence[Value] = (),
    ) -> list[Value]:
        """`for (i = low; i < high; i += step)`; `body(i, carried)` gives the next carried values.

        The result is the carried values after the loop. A loop of ints that cannot run is not
        emitted; one that surely runs has no test before its first turn.
        """
        known = isinstance(low, int) and isinstance(high, int)
        if known and low >= high:  # type: ignore[operator]
            return list(carried)
        head, done, before = self.new_label("loop"), self.new_label("done"), self.block
        low_value, high_value = self.index(low), self.index(high)
        if known:
            self.branch(head)
        else:
            self.branch_if(self.compare("icmp slt", low_value, high_value), head, done)
        self.label(head)
        i = self._fresh(I64)
        inside = [self._fresh(c.type) for c in carried]
        at = len(self._lines)
        after = list(body(i, inside) or ())
        following = self.index(self.iadd(i, step))
        latch = self.block
        self.branch_if(self.compare("icmp slt", following, high_value), head, done)
        phis = [f"  {i.name} = phi i64 [{low_value.name}, %{before}], [{following.name}, %{latch}]"]
        for new, start, nxt in zip(inside, carried, after, strict=True):
            ends = f"[{start.name}, %{before}], [{nxt.name}, %{latch}]"
            phis.append(f"  {new.name} = phi {new.type} {ends}")
        self._lines[at:at] = phis
        self.label(done)
        if known:
            return after
        return [
            self.phi(s.type, (s, before), (n, latch)) for s, n in zip(carried, after, strict=True)
        ]

    def _fresh(self, type: Type) -> Value:
        self._count += 1
        return Value(type, f"%v{self._count}")

    @contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Run the body only if the scalar condition holds."""
        then, done = self.new_label("then"), self.new_label("done")
        self.branch_if(condition, then, done)
        self.label(then)
        yield
        self.branch(done)
        self.label(done)

    def choose(
        self,
        condition: Value,
        then: Callable[[], Sequence[Value]],
        otherwise: Callable[[], Sequence[Value]],
    ) -> list[Value]:
        """Both branches of a scalar condition, and the values that they give."""
        yes, no, done = self.new_label("yes"), self.new_label("no"), self.new_label("done")
        self.branch_if(condition, yes, no)
        self.label(yes)
        first = list(then())
        first_end = self.block
        self.branch(done)
        self.label(no)
        second = list(otherwise())
        second_end = self.block
        self.branch(done)
        self.label(done)
        return [
            self.phi(a.type, (a, first_end), (b, second_end))
            for a, b in zip(first, second, strict=True)
        ]
