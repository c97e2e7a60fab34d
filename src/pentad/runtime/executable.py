"""Executables: a graph made runnable on memory.

Calling order of pointers everywhere: the inputs in order, then the outputs that do not take the
memory of an input, in order.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.node import Graph
from pentad.graph.op import TensorType
from pentad.runtime import interpreter

Strides = tuple[int, ...]


def contiguous_strides(shape: Sequence[int]) -> Strides:
    """Row-major strides, in elements."""
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * max(shape[i + 1], 1)
    return tuple(strides)


class InterpretedExecutable:
    """Runs a graph by its NumPy references on the memory that the pointers name."""

    def __init__(
        self, graph: Graph, input_strides: Sequence[Strides | None], donated: Mapping[int, int]
    ) -> None:
        self.graph = graph
        self.input_strides = [
            s if s is not None else contiguous_strides(n.shape)
            for s, n in zip(input_strides, graph.inputs, strict=True)
        ]
        self.donated = dict(donated)

    def run(self, pointers: Sequence[int]) -> int:
        """Compute; 0 means that every index was in range."""
        n = len(self.graph.inputs)
        memory = [
            memory_view(p, i.type, s)
            for p, i, s in zip(pointers[:n], self.graph.inputs, self.input_strides, strict=True)
        ]
        arrays = [
            dtypes.from_memory(m, i.dtype).copy()
            for m, i in zip(memory, self.graph.inputs, strict=True)
        ]
        results = interpreter.run(self.graph, arrays)
        fresh = iter(pointers[n:])
        for at, (node, value) in enumerate(zip(self.graph.outputs, results, strict=True)):
            if at in self.donated:
                target = memory[self.donated[at]]
            else:
                target = memory_view(next(fresh), node.type, contiguous_strides(node.shape))
            target[...] = dtypes.to_memory(value, node.dtype)
        return 0


def memory_view(pointer: int, type: TensorType, strides: Strides) -> np.ndarray:
    """A NumPy view of memory; the caller keeps the memory alive."""
    shape = type.shape
    if any(d == 0 for d in shape):
        return np.empty(shape, dtype=type.dtype.memory)
    low = sum(s * (d - 1) for s, d in zip(strides, shape, strict=True) if s < 0)
    high = sum(s * (d - 1) for s, d in zip(strides, shape, strict=True) if s > 0)
    size = type.dtype.itemsize
    raw = (ctypes.c_char * ((high - low + 1) * size)).from_address(pointer + low * size)
    flat = np.frombuffer(raw, dtype=type.dtype.memory)
    return np.lib.stride_tricks.as_strided(flat[-low:], shape, [s * size for s in strides])


def build(
    graph: Graph,
    input_strides: Sequence[Strides | None],
    *,
    donated: Mapping[int, int] | None = None,
    specialise: bool = False,
) -> InterpretedExecutable:
    """Make a graph of concrete sizes runnable.

    input_strides: of each input in elements; None means row-major contiguous.
    donated: output index -> index of the input whose memory (and strides) it is written to.
    specialise: kernels may know the sizes (compiled mode); otherwise they take them at run time.
    """
    return InterpretedExecutable(graph, input_strides, donated or {})
