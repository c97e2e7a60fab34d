"""Machine code of kernel specs: equal specs are compiled once in a process."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pentad.codegen.llvm.kernels import emit_module
from pentad.graph.config import config
from pentad.runtime import jit
from pentad.schedule.spec import KernelSpec
from pentad.schedule.spec_text import describe
from pentad.target.cpu import CpuTarget

_addresses: dict[tuple[CpuTarget, KernelSpec], int] = {}


def addresses(specs: Sequence[KernelSpec], target: CpuTarget) -> list[int]:
    """The entry point of each spec, compiled if it is new. Code stays for the process's life."""
    for spec in specs:
        if (target, spec) not in _addresses:
            _addresses[target, spec] = _compile(spec, target)
    return [_addresses[target, s] for s in specs]


def _compile(spec: KernelSpec, target: CpuTarget) -> int:
    """A module for each kernel: what the disk cache holds must not depend on what came before."""
    if config.debug >= 4:
        sys.stderr.write(f"kernel: {describe(spec)}\n")
    library = jit.load(emit_module({"kernel": spec}, target), ["kernel"], target=target.code)
    library.keep_forever()
    return library.address("kernel")
