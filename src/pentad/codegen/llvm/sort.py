"""Sorting kernels: the positions that sort each line, stably.

Elements become unsigned keys of the same order (NaN largest, both zeros equal). Short lines count
for each element how many stand before it; longer ones are sorted by radix, a byte at a time from
the lowest, without the bytes that all keys share (Knuth, The Art of Computer Programming 3,
5.2.5). A task is one line, so that any number of threads gives the same result.
"""

from __future__ import annotations

from pentad.codegen.llvm.expressions import Kernel
from pentad.codegen.llvm.ir import I64, Index, Module, Type, Value, constant
from pentad.codegen.llvm.loops import ARGUMENTS
from pentad.codegen.llvm.vmath import Lane
from pentad.schedule.size import Param
from pentad.schedule.spec import SortKernel
from pentad.target.cpu import CpuTarget

_LEADING = 4
"""Parameters before those of the dimensions, as in a ScanKernel."""
_SHORT = 40
"""Up to this length the elements are counted."""
_BYTES = 256


def emit_sort(module: Module, name: str, spec: SortKernel, target: CpuTarget) -> None:
    """Emit the kernel `name`: operand, result (int64), workspace (`spec.workspace` for a line)."""
    f = module.function(name, ARGUMENTS)
    kernel = Kernel(f, target, 3, False)
    sizes = [kernel.size(Param(i)) for i in range(_LEADING + 3 * spec.rank)]
    sort = _Sort(kernel, spec, sizes)
    f.loop(f.arguments[2], f.arguments[3], 1, lambda t, _: sort.line(t))
    f.ret()


class _Sort:
    """The emitter of one kernel's lines."""

    def __init__(self, kernel: Kernel, spec: SortKernel, sizes: list[Index]) -> None:
        self.kernel, self.spec, self.sizes = kernel, spec, sizes
        self.f, self.k = kernel.f, kernel.math
        self.n = sizes[0]
        self.key = Type(f"i{spec.key_bits}")
        element = self.k.memory_type(spec.dtype)
        self.operand = self.f.gep(kernel.buffer(0), sizes[1], element)
        self.result, self.space = kernel.buffer(1), kernel.buffer(2)
        self.counts = self.f.alloca(I64, _BYTES)

    def line(self, t: Value) -> None:
        """Sort line `t`."""
        f, spec = self.f, self.spec
        rest: Index = t
        source: Index = 0
        target: Index = 0
        for d in range(spec.rank - 1, -1, -1):
            size, a, b = self.sizes[_LEADING + 3 * d : _LEADING + 3 * d + 3]
            at = f.irem(rest, size) if d else rest
            rest = f.idiv(rest, size)
            source, target = f.iadd(source, f.imul(at, a)), f.iadd(target, f.imul(at, b))
        x = f.gep(self.operand, source, self.k.memory_type(spec.dtype))
        out = f.gep(self.result, target, I64)
        space = f.gep(self.space, f.imul(f.imul(t, self.n), spec.workspace), Type("i8"))
        order = [f.gep(space, f.imul(self.n, i), I64) for i in (0, 1)]
        start = f.gep(space, f.imul(self.n, 2), I64)
        keys = [f.gep(start, f.imul(self.n, i), self.key) for i in (0, 1)]
        f.loop(0, self.n, 1, lambda i, _: self._fill(x, keys[0], order[0], i))
        short = f.compare("icmp sle", f.index(self.n), constant(I64, _SHORT))
        f.choose(
            short,
            lambda: self._counted(keys[0], out),
            lambda: self._by_radix(keys, order, out),
        )

    # -- keys --------------------------------------------------------------------------------

    def _fill(self, x: Value, keys: Value, order: Value, i: Value) -> None:
        f, k, dtype = self.f, self.k, self.spec.dtype
        here = f.gep(x, f.imul(i, self.sizes[2]), k.memory_type(dtype))
        key = self._key(k.load(here, dtype, 0, None))
        f.store(key, f.gep(keys, i, self.key))
        f.store(i, f.gep(order, i, I64))

    def _key(self, x: Lane) -> Value:
        """The unsigned number that stands where `x` stands in order."""
        f, k, bits = self.f, self.k, self.spec.key_bits
        sign = constant(self.key, -(1 << (bits - 1)))
        ones = constant(self.key, -1)
        key = x.value
        if x.dtype.is_floating_point:
            zero = constant(key.type, 0.0)
            plain = f.select(f.compare("fcmp oeq", key, zero), zero, key)
            raw = f.convert("bitcast", plain, self.key.scalar)
            below = f.compare("icmp slt", raw, constant(self.key, 0))
            key = f.binary("xor", raw, f.select(below, ones, sign))
            key = f.select(k.isnan(x).value, ones, key)
        elif x.dtype.is_signed:
            key = f.binary("xor", key, sign)
        return f.binary("xor", key, ones) if self.spec.descending else key

    # -- the two ways ------------------------------------------------------------------------

    def _place(self, out: Value, at: Index, value: Value) -> None:
        self.f.store(value, self.f.gep(out, self.f.imul(at, self.sizes[3]), I64))

    def _counted(self, keys: Value, out: Value) -> list[Value]:
        f = self.f

        def element(i: Value, _: list[Value]) -> None:
            mine = f.load(self.key, f.gep(keys, i, self.key))

            def other(j: Value, before: list[Value]) -> list[Value]:
                theirs = f.load(self.key, f.gep(keys, j, self.key))
                less = f.compare("icmp ult", theirs, mine)
                same = f.compare("icmp eq", theirs, mine)
                earlier = f.binary("and", same, f.compare("icmp slt", j, i))
                one = f.convert("zext", f.binary("or", less, earlier), "i64")
                return [f.binary("add", before[0], one)]

            [rank] = f.loop(0, self.n, 1, other, [constant(I64, 0)])
            self._place(out, rank, i)

        f.loop(0, self.n, 1, element)
        return []

    def _by_radix(self, keys: list[Value], order: list[Value], out: Value) -> list[Value]:
        f = self.f
        state = [keys[0], order[0], keys[1], order[1]]
        for shift in range(0, self.spec.key_bits, 8):
            state = self._pass(state, shift)
        final = state[1]
        f.loop(
            0, self.n, 1,
            lambda i, _: self._place(out, i, f.load(I64, f.gep(final, i, I64))),
        )  # fmt: skip
        return []

    def _digit(self, keys: Value, i: Index, shift: int) -> tuple[Value, Value]:
        """A key and where its byte is counted."""
        f = self.f
        key = f.load(self.key, f.gep(keys, i, self.key))
        byte = f.binary("lshr", key, constant(self.key, shift)) if shift else key
        if self.spec.key_bits > 8:
            byte = f.binary("and", byte, constant(self.key, _BYTES - 1))
        wide = byte if self.spec.key_bits == 64 else f.convert("zext", byte, "i64")
        return key, f.gep(self.counts, wide, I64)

    def _pass(self, state: list[Value], shift: int) -> list[Value]:
        """One byte: the arrays that are sorted by it and those below, then the spare ones."""
        f = self.f
        keys, order, new_keys, new_order = state
        zero, one = constant(I64, 0), constant(I64, 1)
        f.loop(0, _BYTES, 1, lambda i, _: f.store(zero, f.gep(self.counts, i, I64)))

        def count(i: Value, _: list[Value]) -> None:
            _, at = self._digit(keys, i, shift)
            f.store(f.binary("add", f.load(I64, at), one), at)

        f.loop(0, self.n, 1, count)
        _, first = self._digit(keys, 0, shift)
        shared = f.compare("icmp eq", f.load(I64, first), f.index(self.n))

        def move(i: Value, _: list[Value]) -> None:
            key, at = self._digit(keys, i, shift)
            place = f.load(I64, at)
            f.store(f.binary("add", place, one), at)
            f.store(key, f.gep(new_keys, place, self.key))
            f.store(f.load(I64, f.gep(order, i, I64)), f.gep(new_order, place, I64))

        def moved() -> list[Value]:
            f.loop(0, _BYTES, 1, self._start_of, [zero])
            f.loop(0, self.n, 1, move)
            return [new_keys, new_order, keys, order]

        return f.choose(shared, lambda: state, moved)

    def _start_of(self, i: Value, total: list[Value]) -> list[Value]:
        """Counts become the places where each byte begins."""
        f = self.f
        at = f.gep(self.counts, i, I64)
        here = f.load(I64, at)
        f.store(total[0], at)
        return [f.binary("add", total[0], here)]
