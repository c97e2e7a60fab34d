"""Linkers: in Theano they choose how a function runs; here, whether it is compiled."""

from __future__ import annotations

from typing import Any


class Linker:
    """How a function runs. eager: node by node, never compiled."""

    eager = False

    def __init__(self, *args: Any, allow_gc: bool | None = None, **kwargs: Any) -> None:
        self.allow_gc = allow_gc

    def __str__(self) -> str:
        return type(self).__name__


class LocalLinker(Linker):
    """A linker of one process."""


class PerformLinker(LocalLinker):
    """Node by node."""

    eager = True


class CLinker(Linker):
    """All in one compiled function."""


class OpWiseCLinker(LocalLinker):
    """Compiled; Theano compiles each node apart."""


class DualLinker(Linker):
    """Both ways: what is compiled is compared with what is not (DebugMode does so)."""


class VM_Linker(LocalLinker):
    """Compiled; Theano runs compiled nodes by a machine of its own."""


predefined_linkers: dict[Any, Any] = {
    "py": PerformLinker(), "c": CLinker(), "c|py": OpWiseCLinker(),
    "c|py_nogc": OpWiseCLinker(allow_gc=False), "vm": VM_Linker(), "cvm": VM_Linker(),
    "vm_nogc": VM_Linker(allow_gc=False), "cvm_nogc": VM_Linker(allow_gc=False),
    None: PerformLinker(),
}
predefined_optimizers: dict[Any, Any] = {
    name: name for name in (
        None, "None", "merge", "o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_run_stable",
        "fast_compile", "stabilize",
    )
}
__all__ = [
    "CLinker", "DualLinker", "Linker", "LocalLinker", "OpWiseCLinker", "PerformLinker",
    "VM_Linker", "predefined_linkers", "predefined_optimizers",
]
