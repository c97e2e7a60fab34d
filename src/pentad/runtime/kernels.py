"""Machine code of kernel specs: equal specs are compiled once in a process."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from pentad.codegen.llvm.kernels import emit_module
from pentad.graph.config import config
from pentad.runtime import jit
from pentad.runtime.profiling.spans import span
from pentad.runtime.thread_pool import get_num_threads
from pentad.schedule.program import Call
from pentad.schedule.spec import KernelSpec
from pentad.schedule.spec_text import describe
from pentad.schedule.stored import StoredCall
from pentad.target.cpu import CpuTarget

_addresses: dict[tuple[CpuTarget, KernelSpec], int] = {}
_keys: dict[tuple[CpuTarget, KernelSpec], str] = {}
_stored: dict[str, int] = {}


def compile_new(calls: Sequence[Call], target: CpuTarget) -> bool:
    """Compile the kernels that are new, side by side; False if there is none. Code stays for the
    process's life; see also `load_stored`."""
    specs = dict.fromkeys(c.spec for c in calls if _loaded(c) is None)
    new = [spec for spec in specs if (target, spec) not in _addresses]
    if new:
        with span("compile", "machine code"):
            _compile(new, target)
    return bool(new)


def addresses(calls: Sequence[Call], target: CpuTarget) -> list[int]:
    """The entry point of each call's kernel; `compile_new` has seen them all."""
    known = map(_loaded, calls)
    return [
        _addresses[target, c.spec] if at is None else at for c, at in zip(calls, known, strict=True)
    ]


def _loaded(call: Call) -> int | None:
    """The entry point of a kernel that came with a stored program."""
    return _stored.get(call.key) if isinstance(call, StoredCall) else None


def key_of(spec: KernelSpec, target: CpuTarget) -> str:
    """The key in the disk cache of a kernel that is compiled."""
    return _keys[target, spec]


def load_stored(keys: Iterable[str], target: CpuTarget) -> bool:
    """Load kernels by their keys in the disk cache; False, and nothing, if one is not there."""
    new = list(dict.fromkeys(key for key in keys if key not in _stored))
    found = jit.load_stored(new, ["kernel"], target=target.code)
    if found is None:
        return False
    for key, library in zip(new, found, strict=True):
        library.keep_forever()
        _stored[key] = library.address("kernel")
    return True


def _compile(specs: Sequence[KernelSpec], target: CpuTarget) -> None:
    """A module for each kernel: what the disk cache holds must not depend on what came before."""
    texts = (_emit(spec, target) for spec in specs)
    found = jit.load_all(texts, ["kernel"], target=target.code, threads=get_num_threads())
    for spec, library in zip(specs, found, strict=True):
        library.keep_forever()
        _addresses[target, spec] = _stored[library.key] = library.address("kernel")
        _keys[target, spec] = library.key


def _emit(spec: KernelSpec, target: CpuTarget) -> str:
    if config.debug >= 4:
        sys.stderr.write(f"kernel: {describe(spec)}\n")
    return emit_module({"kernel": spec}, target)
