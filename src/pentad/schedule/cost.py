"""The work of one kernel call, from its spec: operations and bytes, for the profiler.

Operations are flops; functions such as exp count the vector instructions that `weights` says.
Bytes are what has to come from memory and go there if each operand is moved once, so that a
kernel whose operands lie in a cache can seem faster than memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

from pentad.graph.dtypes import DType
from pentad.ops.weights import weight_of
from pentad.schedule.analysis import variation
from pentad.schedule.program import Call
from pentad.schedule.size import Param, Size
from pentad.schedule.spec import (
    Access,
    AttentionKernel,
    ConvKernel,
    Epilogue,
    GemmKernel,
    Instr,
    LoopSpec,
    PackKernel,
    ScanKernel,
    SortKernel,
    Store,
)

_FREE = frozenset(
    ("load", "load_at", "position", "reduced", "product", "full", "scalar", "copy")
)


class Cost(NamedTuple):
    """What a call computes: its kind and iteration space in words, flops, bytes, and whether its
    arithmetic is float64."""

    kind: str
    size: str
    flops: int
    bytes: int
    double: bool = False


def cost(call: Call) -> Cost:
    """The work of a call."""
    spec = call.spec
    if isinstance(spec, LoopSpec):
        return _loop(spec, call)
    if isinstance(spec, GemmKernel):
        return _gemm(spec, call)
    if isinstance(spec, ConvKernel):
        return _convolution(spec, call)
    if isinstance(spec, PackKernel):
        return _pack(spec, call)
    if isinstance(spec, AttentionKernel):
        return _attention(spec, call)
    return _lines(spec, call)


def _at(size: Size, call: Call) -> int:
    return call.params[size.index] if isinstance(size, Param) else size


def _text(sizes: Iterable[int], reduced: int = 0) -> str:
    found = list(sizes)
    outer = len(found) - reduced
    return "x".join(f"[{n}]" if i >= outer else str(n) for i, n in enumerate(found))


# -- loops -----------------------------------------------------------------------------------------


def _loop(spec: LoopSpec, call: Call) -> Cost:
    sizes = [_at(d, call) for d in spec.dims]
    blocks = [(r.inner, r.outer, _at(r.total, call)) for r in spec.ragged]

    def count(dims: Iterable[int]) -> int:
        """Points of the space of some dimensions; the blocks of a ragged pair make its total."""
        left, total = set(dims), 1
        for inner, outer, whole in blocks:
            if {inner, outer} <= left:
                left -= {inner, outer}
                total *= whole
        return int(total * prod(sizes[d] for d in left))

    varies = variation(spec)
    last = set(range(len(sizes) - spec.reduced, len(sizes)))
    flops = sum(
        weight_of(i.op) * count(v) for i, v in zip(spec.instrs, varies, strict=True)
        if i.op not in _FREE
    )
    reductions = [r for stage in spec.stages for r in stage.reductions]
    flops += sum(count(varies[r.value] | last) for r in reductions)
    stores = [s for stage in spec.stages for s in (*stage.stores, *stage.outer_stores)]
    traffic = _Traffic(call)
    for instr, dims in zip(spec.instrs, varies, strict=True):
        if instr.access is not None:
            traffic.read(instr.access, count(_moving(instr.access)))
        elif instr.indexed is not None:
            traffic.read(instr.indexed.access, count(dims))
    for store in stores:
        moving = _moving(store.access).union(*(varies[i] for i in store.indices))
        traffic.write(store, count(moving))
    double = any(i.dtype.bits == 64 and i.dtype.is_floating_point for i in spec.instrs)
    kind = "reduction" if reductions else "scatter" if any(s.combine for s in stores) else "loop"
    return Cost(kind, _text(sizes, spec.reduced) or "1", flops, traffic.bytes, double)


def _moving(access: Access) -> frozenset[int]:
    """The dimensions along which an access moves."""
    return frozenset(d for d, stride in enumerate(access.strides) if stride != 0)


class _Traffic:
    """The bytes that accesses move; what one buffer gives is at most its size."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._read: dict[int, dict[Access, int]] = {}
        self._written: dict[int, dict[Access, int]] = {}

    def read(self, access: Access, elements: int) -> None:
        found = self._read.setdefault(access.slot, {})
        found[access] = max(found.get(access, 0), elements * access.dtype.itemsize)

    def write(self, store: Store, elements: int) -> None:
        access = store.access
        self._written.setdefault(access.slot, {})[access] = elements * access.dtype.itemsize
        if store.combine:
            self.read(access, elements)

    @property
    def bytes(self) -> int:
        return sum(
            min(sum(moved.values()), self._call.buffers[slot].nbytes)
            for part in (self._read, self._written)
            for slot, moved in part.items()
            if slot < len(self._call.buffers)
        )


# -- products and convolutions ---------------------------------------------------------------------


def _epilogue(epilogue: Epilogue, space: Sequence[int], call: Call) -> tuple[int, int]:
    """(flops, bytes) of what follows a product over its three dimensions."""
    ops = (i for i in epilogue.instrs if i.op not in _FREE)
    flops = prod(space) * sum(weight_of(i.op) for i in ops)
    traffic = _Traffic(call)
    for instr in epilogue.instrs:
        access = _place(instr)
        if access is not None:
            traffic.read(access, prod(space[d] for d in _moving(access)))
    for store in epilogue.stores:
        traffic.write(store, prod(space[d] for d in _moving(store.access)))
    return flops, traffic.bytes


def _place(instr: Instr) -> Access | None:
    return instr.indexed.access if instr.indexed is not None else instr.access


def _gemm(spec: GemmKernel, call: Call) -> Cost:
    gemm = spec.gemm
    batch, m, n, k = (_at(s, call) for s in (gemm.batch, gemm.m, gemm.n, gemm.k))
    flops, moved = _epilogue(spec.epilogue, (batch, m, n), call)
    moved += (batch if gemm.a_strides[0] != 0 else 1) * m * k * gemm.a.itemsize
    moved += (batch if gemm.b_strides[0] != 0 else 1) * k * n * gemm.b.itemsize
    sizes = [m, n, k] if batch == 1 else [batch, m, n, k]
    flops += 2 * batch * m * n * k
    return Cost("gemm", _text(sizes), flops, moved, _double(gemm.accumulator))


def _pack(spec: PackKernel, call: Call) -> Cost:
    gemm, first = spec.gemm, spec.operand == "a"
    strides, dtype = (gemm.a_strides, gemm.a) if first else (gemm.b_strides, gemm.b)
    sizes = [_at(gemm.m if first else gemm.k, call), _at(gemm.k if first else gemm.n, call)]
    if strides[0] != 0 and gemm.batch != 1:
        sizes = [_at(gemm.batch, call), *sizes]
    return Cost("pack", _text(sizes), 0, 2 * prod(sizes) * dtype.itemsize)


def _convolution(spec: ConvKernel, call: Call) -> Cost:
    conv, stage = spec.conv, spec.stage
    batch = _at(conv.batch, call)
    image = batch * conv.source_channels * prod(conv.source) * conv.a.itemsize
    kernel = conv.kernels * conv.channels // conv.groups * conv.taps
    if conv.kind == "kernel_grad":
        second = batch * conv.kernels * prod(conv.output) * conv.b.itemsize
        space = (conv.taps, conv.channels // conv.groups, conv.kernels)
    else:
        second = kernel * conv.b.itemsize
        space = (batch, prod(conv.target), conv.target_channels)
    sizes = f"{_text((batch, conv.channels, *_spatial(conv.size)))}*" \
            f"{_text((conv.kernels, *_spatial(conv.kernel)))}"
    if stage in ("pack_image", "pack_kernel"):
        return Cost("pack", sizes, 0, 2 * (image if stage == "pack_image" else second))
    flops, moved = _epilogue(spec.epilogue, space, call)
    if stage == "reduce":
        parts = call.buffers[2].nbytes
        summed = parts // conv.accumulator.itemsize
        return Cost(f"conv {conv.kind} sum", sizes, flops + summed, moved + parts)
    flops += 2 * batch * prod(conv.output) * kernel
    return Cost(f"conv {conv.kind}", sizes, flops, moved + image + second,
                _double(conv.accumulator))


def _spatial(size: Sequence[int]) -> list[int]:
    """The sizes of a convolution's axes, without those before the first that counts."""
    first = next((i for i, n in enumerate(size) if n != 1), len(size) - 1)
    return list(size[first:])


def _double(dtype: DType) -> bool:
    return dtype.bits == 64


# -- lines -----------------------------------------------------------------------------------------


def _lines(spec: ScanKernel | SortKernel, call: Call) -> Cost:
    """Parameters: length, offset, two strides, then size and strides of each other dimension."""
    sizes = [call.params[4 + 3 * i] for i in range(spec.rank)]
    elements = prod(sizes) * call.params[0]
    text = _text([*sizes, call.params[0]], 1)
    moved = elements * spec.dtype.itemsize + call.buffers[1].nbytes
    if isinstance(spec, SortKernel):
        return Cost("sort", text, 0, moved)
    flops = elements * weight_of("exp" if spec.kind == "logsumexp" else "add")
    return Cost("scan", text, flops, moved, _double(spec.dtype))


# -- attention -------------------------------------------------------------------------------------


def _attention(spec: AttentionKernel, call: Call) -> Cost:
    """Parameters: queries, keys, the scale, then the sizes of the axes of heads."""
    rows, keys, _, *rest = call.params
    heads = rest[: spec.rank]
    pairs = prod(heads) * (rows * (rows + 1) // 2 if spec.causal else rows * keys)
    products = 6 * spec.width + 4 * spec.value_width if spec.gradient else \
        2 * spec.width + 2 * spec.value_width
    elements = rows * spec.width + keys * (spec.width + spec.value_width)
    own = call.buffers[-1].nbytes
    moved = prod(heads) * elements * spec.dtype.itemsize + (2 * own if spec.gradient else own)
    kind = "attention gradient" if spec.gradient else "attention"
    text = _text([*heads, rows, keys], 1)
    return Cost(kind, text, pairs * (products + weight_of("exp")), moved, _double(spec.dtype))
