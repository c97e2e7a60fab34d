"""Machine code of kernel specs: equal specs are compiled once in a process."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pentad.codegen.llvm.kernels import emit_module
from pentad.graph.config import config
from pentad.runtime import jit
from pentad.runtime.profiling.spans import span
from pentad.runtime.thread_pool import get_num_threads
from pentad.schedule.spec import KernelSpec
from pentad.schedule.spec_text import describe
from pentad.target.cpu import CpuTarget

_addresses: dict[tuple[CpuTarget, KernelSpec], int] = {}


def addresses(specs: Sequence[KernelSpec], target: CpuTarget) -> list[int]:
    """The entry point of each spec, compiled if it is new. Code stays for the process's life."""
    keys = [(target, spec) for spec in specs]
    new = dict.fromkeys(key for key in keys if key not in _addresses)
    if new:
        with span("compile", "machine code"):
            found = _compile([spec for _, spec in new], target)
        _addresses.update(zip(new, found, strict=True))
    return [_addresses[key] for key in keys]


def _compile(specs: Sequence[KernelSpec], target: CpuTarget) -> list[int]:
    """A module for each kernel: what the disk cache holds must not depend on what came before."""
    texts = (_emit(spec, target) for spec in specs)
    found = jit.load_all(texts, ["kernel"], target=target.code, threads=get_num_threads())
    for library in found:
        library.keep_forever()
    return [library.address("kernel") for library in found]


def _emit(spec: KernelSpec, target: CpuTarget) -> str:
    if config.debug >= 4:
        sys.stderr.write(f"kernel: {describe(spec)}\n")
    return emit_module({"kernel": spec}, target)
