"""Concrete kernel specs -> specs that take their sizes at run time, and the sizes.

So eager mode, and compiled functions whose sizes vary, share machine code between shapes. 0 and 1
stay as they are: as strides they choose other instructions. Blocks stay too.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from pentad.schedule.loops import map_accesses
from pentad.schedule.size import Param, Size
from pentad.schedule.spec import (
    Access,
    ConvKernel,
    Epilogue,
    GemmKernel,
    Indexed,
    Instr,
    LoopSpec,
    Store,
)


class Parameters:
    """The run-time parameters of one kernel call, in order."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def lift(self, size: Size) -> Size:
        """A parameter in place of a number above 1 (or below 0)."""
        if isinstance(size, Param) or size in (0, 1):
            return size
        self.values.append(size)
        return Param(len(self.values) - 1)

    def count(self, size: Size) -> Size:
        """The same for a size that is no stride."""
        if size != 1:
            return self.lift(size)
        self.values.append(1)
        return Param(len(self.values) - 1)

    def access(self, access: Access) -> Access:
        strides = tuple(map(self.lift, access.strides))
        return replace(access, strides=strides, offset=self.lift(access.offset))

    def instr(self, instr: Instr) -> Instr:
        """Constants become parameters too: 1/n of a mean must not make another kernel."""
        if instr.op != "full":
            return instr
        attrs = dict(instr.attrs)
        value = attrs["value"]
        if isinstance(value, bool) or value in (0, 1, -1):
            return instr
        if instr.dtype.is_floating_point:
            (bits,) = struct.unpack("<q", struct.pack("<d", float(value)))
        else:
            bits = int(value) if int(value) < 1 << 63 else int(value) - (1 << 64)
        self.values.append(bits)
        return replace(instr, op="scalar", attrs=(("param", Param(len(self.values) - 1)),))

    def epilogue(self, epilogue: Epilogue) -> Epilogue:
        instrs = []
        for i in map(self.instr, epilogue.instrs):
            access = self.access(i.access) if i.access is not None else None
            instrs.append(replace(i, access=access))
        stores = tuple(Store(self.access(s.access), s.value) for s in epilogue.stores)
        return replace(epilogue, instrs=tuple(instrs), stores=stores)

    def indexed(self, indexed: Indexed) -> Indexed:
        return replace(
            indexed,
            sizes=tuple(map(self.lift, indexed.sizes)),
            strides=tuple(map(self.lift, indexed.strides)),
        )


def generalise_loop(spec: LoopSpec, varied: bool = False) -> tuple[LoopSpec, tuple[int, ...]]:
    """A loop spec with parameters for sizes, strides and constants, and their values.

    varied: also for how many blocks there are, if it is one, and for how long those are that are
    reduced.
    """
    p = Parameters()
    outer = len(spec.dims) - spec.reduced
    blocks = {r.inner for r in spec.ragged if r.inner < outer or not varied}
    lift = p.count if varied else p.lift
    dims = tuple(n if d in blocks else lift(n) for d, n in enumerate(spec.dims))
    ragged = tuple(replace(r, total=p.lift(r.total)) for r in spec.ragged)
    known: dict[Access, Access] = {}

    def access(a: Access) -> Access:
        if a not in known:
            known[a] = p.access(a)
        return known[a]

    lifted = map_accesses(replace(spec, dims=dims, ragged=ragged), access)
    instrs = tuple(p.instr(i) for i in lifted.instrs)
    instrs = tuple(
        replace(i, indexed=p.indexed(i.indexed)) if i.indexed is not None else i for i in instrs
    )
    return replace(lifted, instrs=instrs), tuple(p.values)


def generalise_gemm(kernel: GemmKernel) -> tuple[GemmKernel, tuple[int, ...]]:
    """The same for a matrix product with its epilogue."""
    p = Parameters()
    gemm, values = kernel.gemm.generalised()
    p.values.extend(values)
    return replace(kernel, gemm=gemm, epilogue=p.epilogue(kernel.epilogue)), tuple(p.values)


def generalise_conv(kernel: ConvKernel) -> tuple[ConvKernel, tuple[int, ...]]:
    """The same for one stage of a convolution, of which only the batch varies."""
    p = Parameters()
    conv, values = kernel.conv.generalised()
    p.values.extend(values)
    plan, values = kernel.plan.generalised(len(p.values))
    p.values.extend(values)
    epilogue = p.epilogue(kernel.epilogue)
    return replace(kernel, conv=conv, plan=plan, epilogue=epilogue), tuple(p.values)
