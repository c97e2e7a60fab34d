"""Compile a module of kernels and run them on NumPy arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from pentad.codegen.llvm.ir import Module
from pentad.runtime import jit
from pentad.target.cpu import CpuTarget

_SIGNATURE = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
)


class Kernels:
    """The exported kernels of a module, compiled for `target`."""

    def __init__(self, module: Module, names: Sequence[str], target: CpuTarget) -> None:
        self._library = jit.load(module.text(), names, target=target.code)
        self._functions = {n: _SIGNATURE(self._library.address(n)) for n in names}

    def run(
        self,
        name: str,
        buffers: Sequence[np.ndarray],
        n: int,
        params: Sequence[int] = (),
        cuts: Sequence[int] = (),
    ) -> None:
        """Run the whole index space [0, n), cut at `cuts`, the last piece first."""
        table = (ctypes.c_void_p * len(buffers))(*(b.ctypes.data for b in buffers))
        values = (ctypes.c_int64 * max(1, len(params)))(*params)
        edges = [0, *sorted(c for c in cuts if 0 < c < n), n]
        for begin, end in reversed(list(zip(edges, edges[1:]))):
            self._functions[name](table, values, begin, end)


def guarded(values: np.ndarray, margin: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """A copy of `values` between margins of NaN; returns (array, the memory with its margins)."""
    flat = np.ascontiguousarray(values).ravel()
    memory = np.full(flat.size + 2 * margin, np.nan, flat.dtype)
    memory[margin : margin + flat.size] = flat
    return memory[margin : margin + flat.size].reshape(values.shape), memory


def margins_hold(memory: np.ndarray, margin: int = 16) -> bool:
    """True if nothing was written outside the array that `guarded` made."""
    return bool(np.isnan(memory[:margin]).all() and np.isnan(memory[-margin:]).all())
