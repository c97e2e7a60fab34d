"""Kernel specs -> one LLVM IR module."""

from __future__ import annotations

from collections.abc import Mapping

from pentad.codegen.llvm.attention import emit_attention
from pentad.codegen.llvm.conv import emit_stage
from pentad.codegen.llvm.epilogue import EpilogueCode
from pentad.codegen.llvm.gemm import emit_gemm
from pentad.codegen.llvm.gemm_pack import emit_pack_a, emit_pack_b
from pentad.codegen.llvm.ir import Module
from pentad.codegen.llvm.loops import emit_loop
from pentad.codegen.llvm.scan import emit_scan
from pentad.codegen.llvm.sort import emit_sort
from pentad.schedule.spec import (
    AttentionKernel,
    ConvKernel,
    GemmKernel,
    KernelSpec,
    LoopSpec,
    ScanKernel,
    SortKernel,
)
from pentad.target.cpu import CpuTarget


def emit_module(kernels: Mapping[str, KernelSpec], target: CpuTarget) -> str:
    """The text of a module that defines each kernel under its name."""
    module = Module()
    for name, spec in kernels.items():
        emit_kernel(module, name, spec, target)
    return module.text()


def emit_kernel(module: Module, name: str, spec: KernelSpec, target: CpuTarget) -> None:
    """Emit one kernel."""
    if isinstance(spec, LoopSpec):
        emit_loop(module, name, spec, target)
    elif isinstance(spec, GemmKernel):
        along_m = spec.plan.along == "m"
        finish = EpilogueCode(spec.epilogue, spec.gemm.accumulator, target, lane_axis=2 - along_m)
        emit_gemm(module, name, spec.gemm, spec.plan, finish)
    elif isinstance(spec, ConvKernel):
        finish = EpilogueCode(spec.epilogue, spec.conv.accumulator, target, lane_axis=2)
        emit_stage(module, name, spec.conv, spec.plan, spec.stage, finish)
    elif isinstance(spec, ScanKernel):
        emit_scan(module, name, spec, target)
    elif isinstance(spec, AttentionKernel):
        emit_attention(module, name, spec, target)
    elif isinstance(spec, SortKernel):
        emit_sort(module, name, spec, target)
    else:
        pack = emit_pack_a if spec.operand == "a" else emit_pack_b
        pack(module, name, spec.gemm, spec.plan)
