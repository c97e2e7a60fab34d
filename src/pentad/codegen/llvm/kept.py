"""Values of a row that one pass computes and a later pass wants again: kept on the stack.

A softmax sums exponentials in one pass over a row and divides them in the next; a short row of
them costs less to keep than to compute twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pentad.codegen.llvm.expressions import Environment, Kernel
from pentad.codegen.llvm.ir import Index, Value
from pentad.codegen.llvm.vmath import Lane
from pentad.ops.weights import weight_of
from pentad.schedule.spec import LoopSpec, Stage

_WORTH = 10
"""The weight from which a value is kept rather than computed again."""
_ROW_BYTES = 128 * 1024
_MOST = 2


class KeptRows:
    """What of a spec is kept, and where; nothing, if a row is long or its length not known.

    varies: over which dimensions each instruction does.
    """

    def __init__(
        self, kernel: Kernel, spec: LoopSpec, varies: Sequence[frozenset[int]], lanes: int
    ) -> None:
        self._kernel, self._spec, self._lanes = kernel, spec, lanes
        self._inner = frozenset(range(len(spec.dims) - spec.reduced, len(spec.dims)))
        self._varies = varies
        self._memory: dict[int, Value] = {}
        self._made: dict[int, int] = {}
        if spec.vector not in self._inner:
            return
        length = 1
        for d in self._inner:
            size = spec.dims[d]
            if not isinstance(size, int):
                return
            length *= size
        for i in self._wanted_again()[:_MOST]:
            kind = kernel.math.register_type(spec.instrs[i].dtype, 0)
            if length * kind.bits <= 8 * _ROW_BYTES:
                self._memory[i] = kernel.f.alloca(kind, length + lanes)

    def known(self, stage: Stage, position: Index) -> Environment:
        """The values that an earlier pass than `stage` has kept, from `position` on."""
        f, number = self._kernel.f, self._number(stage)
        found = {}
        for i, memory in self._memory.items():
            if self._made[i] < number:
                dtype = self._spec.instrs[i].dtype
                kind = self._kernel.math.register_type(dtype, 0)
                place = f.gep(memory, position, kind)
                found[i] = Lane(f.load(kind.vector(self._lanes), place), dtype)
        return found

    def keep(self, stage: Stage, env: Environment, position: Index) -> None:
        """Keep what `stage` has computed, if it is the first to do so."""
        f, number = self._kernel.f, self._number(stage)
        for i, memory in self._memory.items():
            if self._made[i] == number:
                value = env[i].value
                f.store(value, f.gep(memory, position, value.type.element))

    def _number(self, stage: Stage) -> int:
        return next(i for i, s in enumerate(self._spec.stages) if s is stage)

    def _wanted_again(self) -> list[int]:
        """Heavy instructions of several passes, none of which is a part of another."""
        found: dict[int, None] = {}
        for number, stage in enumerate(self._spec.stages):
            wanted = [r.value for r in stage.reductions]
            wanted += [i for s in stage.stores for i in (s.value, *s.indices)]
            for i in self._needed(wanted, below_kept=False):
                if i in self._made and self._heavy(i):
                    found[i] = None
            for i in self._needed(wanted):
                self._made.setdefault(i, number)
        return list(found)

    def _needed(self, wanted: Collection[int], *, below_kept: bool = True) -> list[int]:
        """What `wanted` need that varies along the row; below what an earlier pass has made and is
        worth keeping only if asked for."""
        found: dict[int, None] = {}
        stack = list(wanted)
        while stack:
            i = stack.pop()
            if i in found or not self._varies[i] & self._inner:
                continue
            found[i] = None
            if below_kept or i not in self._made or not self._heavy(i):
                stack.extend(self._spec.instrs[i].args)
        return list(found)

    def _heavy(self, i: int) -> bool:
        """Does it cost more to compute than to keep?"""
        instr = self._spec.instrs[i]
        if not instr.dtype.is_floating_point or self._spec.vector not in self._varies[i]:
            return False
        return sum(weight_of(self._spec.instrs[j].op) for j in self._needed([i])) >= _WORTH
