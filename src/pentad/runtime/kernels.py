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

_PER_MODULE = 16
"""Kernels of one LLVM module: few modules are quick to link, small ones quick to compile."""

_addresses: dict[tuple[CpuTarget, KernelSpec], int] = {}


def addresses(specs: Sequence[KernelSpec], target: CpuTarget) -> list[int]:
    """The entry point of each spec, compiled if it is new. Code stays for the process's life."""
    missing = list(dict.fromkeys(s for s in specs if (target, s) not in _addresses))
    for at in range(0, len(missing), _PER_MODULE):
        _compile(missing[at : at + _PER_MODULE], target)
    return [_addresses[target, s] for s in specs]


def _compile(specs: Sequence[KernelSpec], target: CpuTarget) -> None:
    named = {f"kernel{i}": spec for i, spec in enumerate(specs)}
    if config.debug >= 4:
        for name, spec in named.items():
            sys.stderr.write(f"{name}: {describe(spec)}\n")
    library = jit.load(emit_module(named, target), list(named), target=target.code)
    library.keep_forever()
    for name, spec in named.items():
        _addresses[target, spec] = library.address(name)
