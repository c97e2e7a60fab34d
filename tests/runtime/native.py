"""Running graphs natively on NumPy arrays, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pentad.graph import dtypes
from pentad.graph.node import Graph
from pentad.runtime.executable import build
from pentad.target.cpu import CpuTarget


def run_native(
    graph: Graph,
    arrays: Sequence[np.ndarray],
    *,
    specialise: bool,
    donated: Mapping[int, int] | None = None,
    target: CpuTarget | None = None,
) -> tuple[int, list[np.ndarray]]:
    """The status and the outputs of native code for arrays in NumPy's carriers."""
    donated = donated or {}
    memory = [
        np.ascontiguousarray(dtypes.to_memory(a, n.dtype)).reshape(np.shape(a)).copy()
        for a, n in zip(arrays, graph.inputs, strict=True)
    ]
    executable = build(
        graph, [None] * len(memory), donated=donated, specialise=specialise, target=target
    )
    fresh = {
        i: np.full(n.shape, 99, n.dtype.memory)
        for i, n in enumerate(graph.outputs)
        if i not in donated
    }
    status = executable.run([m.ctypes.data for m in (*memory, *fresh.values())])
    outputs = [fresh[i] if i in fresh else memory[donated[i]] for i in range(len(graph.outputs))]
    return status, [
        dtypes.from_memory(o, n.dtype) for o, n in zip(outputs, graph.outputs, strict=True)
    ]


def assert_close(
    found: Sequence[np.ndarray], expected: Sequence[np.ndarray], tolerance: float
) -> None:
    """Equal up to `tolerance`, relative to each output's largest finite magnitude or 1."""
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        if np.iscomplexobj(b):
            assert_close([a.real, a.imag], [b.real, b.imag], tolerance)
            continue
        wide_a, wide_b = np.asarray(a, np.float64), np.asarray(b, np.float64)
        finite = np.abs(wide_b[np.isfinite(wide_b)])
        scale = max(1.0, float(finite.max())) if finite.size else 1.0
        np.testing.assert_allclose(wide_a, wide_b, rtol=tolerance, atol=tolerance * scale)
