"""LoopSpec -> LLVM IR: element-wise maps and reductions over rows or columns.

Three nests come out of one emitter. A map runs lanes along its last dimension. A reduction runs
lanes along the reduced dimension (several accumulators, joined in a fixed tree), or, when memory
runs along the results, along those (each lane sums its own column in order). The order of
summation depends on sizes and dtypes alone, and the ends of rows are done under a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pentad.codegen.llvm.accumulate import Accumulator
from pentad.codegen.llvm.expressions import Environment, Evaluator, Kernel, Point
from pentad.codegen.llvm.ir import I64, PTR, Index, Module, Value
from pentad.codegen.llvm.kept import KeptRows
from pentad.codegen.llvm.place import Place
from pentad.codegen.llvm.vmath import Lane
from pentad.ops.weights import weight_of
from pentad.schedule.analysis import sizes_of, variation
from pentad.schedule.loops import accesses
from pentad.schedule.spec import LoopSpec, Reduction, Stage, Store
from pentad.schedule.weights import pays_in_pairs
from pentad.target.cpu import CpuTarget

_LIGHT = 24
"""Up to this weight a loop body is repeated, so that independent chains overlap."""
_COPIES, _LEAN = 4, 6  # up to that weight columns take twice as many

ARGUMENTS = [(PTR, "bufs"), (PTR, "params"), (I64, "begin"), (I64, "end")]


def emit_loop(module: Module, name: str, spec: LoopSpec, target: CpuTarget) -> None:
    """Emit the kernel `name` of a loop spec, with the ABI of all kernels."""
    LoopEmitter(module, name, spec, target).emit()


def lanes_of(spec: LoopSpec, target: CpuTarget) -> int:
    """Lanes of the nest: those of float64 if the spec computes in it, else of 32-bit values."""
    wide = all(i.dtype.bits == 64 for i in spec.instrs)
    double = any(i.dtype.bits == 64 and i.dtype.is_floating_point for i in spec.instrs)
    return target.vector_bits // (64 if wide or double else 32)


class LoopEmitter:
    """Emits one nest."""

    def __init__(self, module: Module, name: str, spec: LoopSpec, target: CpuTarget) -> None:
        self.spec = spec
        self.f = module.function(name, ARGUMENTS)
        self.kernel = Kernel(self.f, target, spec.slots, spec.checked)
        self.evaluator = Evaluator(self.kernel, spec.instrs)
        self.lanes = lanes_of(spec, target)
        self.outer = len(spec.dims) - spec.reduced
        self.varies = variation(spec)
        self.accumulators = {
            r: Accumulator(self.kernel.math, r.kind, spec.instrs[r.value].dtype)
            for stage in spec.stages
            for r in stage.reductions
        }
        weight = sum(weight_of(i.op) for i in spec.instrs)
        self.copies = self._side_by_side(weight) if spec.reduced else 1
        self.wide = 2 if pays_in_pairs(i.op for i in spec.instrs) else 1

    def _side_by_side(self, weight: int) -> int:
        """Vectors that a reduction takes at a time: several chains, and of columns whole lines.

        weight: of all instructions; for columns, what is done once for each does not count.
        """
        if self.spec.vector >= self.outer:
            return _COPIES if weight <= _LIGHT else 1
        inner, found = range(self.outer, len(self.spec.dims)), zip(self.spec.instrs, self.varies)
        weight = sum(weight_of(i.op) for i, dims in found if dims.intersection(inner))
        if weight <= _LEAN and sum(a.width for a in self.accumulators.values()) == 1:
            return 2 * _COPIES
        return _COPIES if weight <= _LIGHT else 1

    def emit(self) -> None:
        f, spec = self.f, self.spec
        self.kernel.load_params(sizes_of(spec))
        place = Place.entry(self.kernel, accesses(spec))
        self.kept = KeptRows(self.kernel, spec, self.varies, self.lanes)
        constants = self._invariants(range(len(spec.instrs)), {}, self._point(place, 0, None), ())
        f.loop(f.arguments[2], f.arguments[3], 1, lambda t, _: self._task(t, place, constants))
        f.ret()

    def _task(self, t: Value, place: Place, constants: Environment) -> None:
        f, spec = self.f, self.spec
        rest: Index = t
        index: dict[int, Index] = {}
        for d in range(spec.parallel - 1, -1, -1):
            size = self.kernel.size(spec.dims[d])
            index[d] = f.irem(rest, size) if d else rest
            rest = f.idiv(rest, size) if d else rest
        for d in range(spec.parallel):
            place = place.enter(d, index[d])
        if spec.parallel == len(spec.dims):
            self._scalar(place, constants)
        elif not spec.reduced:
            self._map(place, index, constants)
        elif spec.vector < 0:
            self._column_block([place], index, constants, 0, [None])
        elif spec.vector >= self.outer:
            self._rows(place, index, constants)
        else:
            self._columns(place, index, constants)

    # -- the three nests -----------------------------------------------------------------------

    def _scalar(self, place: Place, constants: Environment) -> None:
        point = self._point(place, 0, None)
        for stage in self.spec.stages:
            self._stores(stage, constants, point)

    def _map(self, place: Place, index: dict[int, Index], known: Environment) -> list[Value]:
        v, d = self.spec.vector, len(index)
        if d < v:  # short lines

            def line(i: Value, _: list[Value]) -> list[Value]:
                return self._map(place.enter(d, i), {**index, d: i}, known)

            return self.f.loop(0, self._bound(d, index), 1, line)
        row = self._invariants(self._sinks(), known, self._point(place, 0, None), (v,))

        def body(j: Index, mask: Value | None, _: list[Value], copies: int) -> list[Value]:
            point = self._point(place.enter(v, j), self.lanes * copies, mask)
            for stage in self.spec.stages:
                self._stores(stage, row, point)
            return []

        return self._sweep(self._bound(v, index), body, [], self.wide)

    def _rows(self, place: Place, index: dict[int, Index], constants: Environment) -> None:
        inner = tuple(range(self.outer, len(self.spec.dims)))
        point = self._point(place, 0, None)
        row = self._invariants(self._sinks(), constants, point, inner)
        for stage in self.spec.stages:
            start = self._start(stage, self.lanes) * self.copies
            ends = self._row_loops(stage, place, row, index, inner, start, 0)
            row = self._finish_rows(stage, ends, row)
            row = self._invariants(self._sinks(), row, point, inner)
            for store in stage.outer_stores:
                point.store(store, row[store.value])

    def _row_loops(
        self,
        stage: Stage,
        place: Place,
        row: Environment,
        index: dict[int, Index],
        dims: tuple[int, ...],
        carried: list[Value],
        counted: Index,
    ) -> list[Value]:
        """Loops over the reduced dimensions, the last of which runs over lanes."""
        f, d = self.f, dims[0]
        size = self._bound(d, index)
        position = f.imul(counted, self.kernel.size(self.spec.dims[d]))
        if len(dims) > 1:

            def outer(i: Value, values: list[Value]) -> list[Value]:
                at = f.iadd(position, i)
                inner = place.enter(d, i)
                return self._row_loops(stage, inner, row, index, dims[1:], values, at)

            return f.loop(0, size, 1, outer, carried)

        def body(j: Index, mask: Value | None, values: list[Value], copies: int) -> list[Value]:
            result, lanes = [], self.lanes
            registers = max(1, len(carried) // self.copies)
            for c in range(copies):
                at = f.iadd(j, c * lanes)
                point = self._point(place.enter(d, at), lanes, mask)
                mine = values[c * registers : (c + 1) * registers]
                result += self._take(stage, row, point, f.iadd(position, at), mine, True)
            return result

        return self._sweep(size, body, carried, self.copies)

    def _finish_rows(
        self, stage: Stage, ends: list[Value], row: Environment
    ) -> Environment:
        row = dict(row)
        for r, copies in self._split(stage, ends, self.copies):
            acc = self.accumulators[r]
            while len(copies) > 1:
                copies = [acc.join(copies[i], copies[i + 1]) for i in range(0, len(copies), 2)]
            row[r.result] = self._settled(r, acc.result(acc.across(copies[0])))
        return row

    def _columns(self, place: Place, index: dict[int, Index], constants: Environment) -> None:
        f, v, lanes = self.f, self.spec.vector, self.lanes
        bound, most = self._bound(v, index), lanes * self.copies

        def block(j: Index, masks: Sequence[Value | None]) -> list[Value]:
            places = [place.enter(v, f.iadd(j, c * lanes)) for c in range(len(masks))]
            return self._column_block(places, index, constants, lanes, masks)

        if not isinstance(bound, int):
            self._sweep(bound, lambda j, m, _, n: block(j, [m] * n), [], self.copies)
            return
        rest = bound % most  # of which all are summed in one pass
        f.loop(0, bound - rest, most, lambda j, _: block(j, [None] * self.copies))
        if rest:
            last = [self._tail(bound, 0)] if rest % lanes else []
            block(bound - rest, [None] * (rest // lanes) + last)

    def _column_block(
        self, places: Sequence[Place], index: dict[int, Index], constants: Environment,
        lanes: int, masks: Sequence[Value | None],
    ) -> list[Value]:
        inner = tuple(range(self.outer, len(self.spec.dims)))
        points = [self._point(p, lanes, m) for p, m in zip(places, masks, strict=True)]
        envs = [self._invariants(self._sinks(), constants, p, inner) for p in points]
        for stage in self.spec.stages:
            envs = self._column_stage(stage, places, envs, index, lanes, masks)
            envs = [
                self._invariants(self._sinks(), e, p, inner)
                for e, p in zip(envs, points, strict=True)
            ]
            for env, point in zip(envs, points, strict=True):
                for store in stage.outer_stores:
                    point.store(store, env[store.value])
        return []

    def _column_stage(
        self, stage: Stage, places: Sequence[Place], envs: Sequence[Environment],
        index: dict[int, Index], lanes: int, masks: Sequence[Value | None],
    ) -> list[Environment]:
        """One pass over the reduced dimensions; the environments with its reductions' results."""
        inner = tuple(range(self.outer, len(self.spec.dims)))

        def turn(at: Sequence[Place], position: Index, values: list[Value]) -> list[Value]:
            result: list[Value] = []
            registers = len(values) // len(at)
            for c, place in enumerate(at):
                point = self._point(place, lanes, masks[c])
                mine = values[c * registers : (c + 1) * registers]
                result += self._take(stage, envs[c], point, position, mine, False)
            return result

        start = self._start(stage, lanes) * len(places)
        ends = self._column_loops(places, index, inner, start, 0, turn)
        found = [dict(e) for e in envs]
        for r, copies in self._split(stage, ends, len(places)):
            for env, values in zip(found, copies, strict=True):
                env[r.result] = self._settled(r, self.accumulators[r].result(values))
        return found

    def _column_loops(
        self,
        places: Sequence[Place],
        index: dict[int, Index],
        dims: tuple[int, ...],
        carried: list[Value],
        counted: Index,
        turn: Callable[[Sequence[Place], Index, list[Value]], list[Value]],
    ) -> list[Value]:
        f, d = self.f, dims[0]
        position = f.imul(counted, self.kernel.size(self.spec.dims[d]))

        def body(i: Value, values: list[Value]) -> list[Value]:
            at = f.iadd(position, i)
            inside = [p.enter(d, i) for p in places]
            if len(dims) == 1:
                return turn(inside, at, values)
            return self._column_loops(inside, index, dims[1:], values, at, turn)

        return f.loop(0, self._bound(d, index), 1, body, carried)

    # -- pieces --------------------------------------------------------------------------------

    def _sweep(
        self,
        bound: Index,
        body: Callable[[Index, Value | None, list[Value], int], list[Value]],
        carried: list[Value],
        copies: int,
    ) -> list[Value]:
        """Lanes along one dimension: `copies` vectors at a time, one at a time, the rest masked.

        `carried` holds the registers of copy 0, of copy 1, ...; single vectors go to copy 0.
        """
        f, lanes = self.f, self.lanes
        many = f.isub(bound, f.irem(bound, lanes * copies))
        full = f.isub(bound, f.irem(bound, lanes))
        values = f.loop(0, many, lanes * copies, lambda j, c: body(j, None, c, copies), carried)
        registers = len(values) // copies
        first = values[:registers]
        if copies > 1:
            first = f.loop(many, full, lanes, lambda j, c: body(j, None, c, 1), first)
        first = f.loop(full, bound, lanes, lambda j, c: body(j, self._tail(bound, j), c, 1), first)
        return first + values[registers:]

    def _tail(self, bound: Index, j: Index) -> Value:
        f = self.f
        if isinstance(bound, int):
            return f.lane_mask(bound % self.lanes, self.lanes)
        return f.lane_mask(f.isub(bound, j), self.lanes)

    def _take(
        self,
        stage: Stage,
        known: Environment,
        point: Point,
        position: Index,
        registers: Sequence[Value],
        along: bool,
    ) -> list[Value]:
        """Evaluate a stage at a point and do its stores; the registers after its reductions."""
        wanted = [r.value for r in stage.reductions]
        wanted += [i for s in stage.stores for i in (s.value, *s.indices)]
        before = self.kept.known(stage, position) if along else {}
        env = self.evaluator.evaluate(wanted, {**known, **before}, point)
        if along:
            self.kept.keep(stage, env, position)
        result: list[Value] = []
        mask = point.mask if along else None
        for r, mine in self._registers(stage, registers):
            result += self.accumulators[r].take(mine, env[r.value], position, mask, along)
        for store in stage.stores:
            self._store(store, env, point)
        return result

    def _start(self, stage: Stage, lanes: int) -> list[Value]:
        return [v for r in stage.reductions for v in self.accumulators[r].start(lanes)]

    def _registers(
        self, stage: Stage, registers: Sequence[Value]
    ) -> Iterable[tuple[Reduction, Sequence[Value]]]:
        """The registers of one copy, reduction by reduction."""
        at = 0
        for r in stage.reductions:
            size = self.accumulators[r].width
            yield r, registers[at : at + size]
            at += size

    def _stores(self, stage: Stage, known: Environment, point: Point) -> None:
        stores = (*stage.stores, *stage.outer_stores)
        wanted = [i for s in stores for i in (s.value, *s.indices)]
        env = self.evaluator.evaluate(wanted, known, point)
        for store in stores:
            self._store(store, env, point)

    def _store(self, store: Store, env: Environment, point: Point) -> None:
        if store.indexed is None:
            point.store(store, env[store.value])
        else:
            point.scatter(store, env[store.value], [env[i] for i in store.indices])

    def _split(
        self, stage: Stage, values: list[Value], copies: int
    ) -> Iterable[tuple[Reduction, list[list[Value]]]]:
        """For each reduction, its registers in every copy."""
        size = len(values) // copies
        split = [list(self._registers(stage, values[c * size :])) for c in range(copies)]
        for i, r in enumerate(stage.reductions):
            yield r, [list(split[c][i][1]) for c in range(copies)]

    def _settled(self, r: Reduction, lane: Lane) -> Lane:
        dtype = self.spec.instrs[r.result].dtype
        return lane if lane.dtype is dtype else self.kernel.math.cast(lane, dtype)

    def _sinks(self) -> list[int]:
        stages = self.spec.stages
        reduced = [r.value for s in stages for r in s.reductions]
        stores = [t for s in stages for t in (*s.stores, *s.outer_stores)]
        return reduced + [i for t in stores for i in (t.value, *t.indices)]

    def _invariants(
        self, wanted: Iterable[int], known: Environment, point: Point, inner: tuple[int, ...]
    ) -> Environment:
        """`known` and what `wanted` need that does not vary over `inner` (all dims, if empty)."""
        steady = []
        for i in self.evaluator.closure(wanted, known):
            varies = self.varies[i]
            if not varies if not inner else not varies.intersection(inner):
                steady.append(i)
        ready: list[int] = []
        done = set(known)
        for i in steady:
            instr = self.spec.instrs[i]
            if instr.op != "reduced" and all(a in done for a in instr.args):
                ready.append(i)
                done.add(i)
        return self.evaluator.evaluate(ready, known, point)

    def _point(self, place: Place, lanes: int, mask: Value | None) -> Point:
        return place.point(self.spec.vector, lanes, mask)

    def _bound(self, d: int, index: dict[int, Index]) -> Index:
        """The size of a dimension; of a block, what is left of the whole."""
        f, size = self.f, self.kernel.size(self.spec.dims[d])
        for ragged in self.spec.ragged:
            if ragged.inner == d:
                start = f.imul(index[ragged.outer], size)
                return f.imin(size, f.isub(self.kernel.size(ragged.total), start))
        return size
