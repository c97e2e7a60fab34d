"""Every workload, in the order of the report; one file for each group."""

from __future__ import annotations

from bench.workload import Workload
from bench.workloads import (
    adam,
    calls,
    convolution,
    eager,
    elementwise,
    gemm,
    inference,
    layers,
    loading,
    loops,
    random_shapes,
    reductions,
    steps,
)

WORKLOADS: tuple[Workload, ...] = (
    *steps.WORKLOADS,
    *inference.WORKLOADS,
    *loops.WORKLOADS,
    *loading.WORKLOADS,
    *gemm.WORKLOADS,
    *convolution.WORKLOADS,
    *elementwise.WORKLOADS,
    *adam.WORKLOADS,
    *reductions.WORKLOADS,
    *layers.WORKLOADS,
    *eager.WORKLOADS,
    *calls.WORKLOADS,
)


def select(names: tuple[str, ...], seed: int | None = None) -> tuple[Workload, ...]:
    """The workloads whose name or group begins with one of `names`; all for none.

    seed: of those with random shapes instead.
    """
    every = WORKLOADS if seed is None else random_shapes.drawn(seed)
    return tuple(
        w for w in every if not names or w.name.startswith(names) or w.group.startswith(names)
    )
