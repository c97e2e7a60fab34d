"""Sizes that nobody chose: drawn from a seed, odd ones included, some work of each kind."""

from __future__ import annotations

import numpy as np

from bench.workload import Workload
from bench.workloads.convolution import DIRECTIONS, Layer, convolution
from bench.workloads.elementwise import chain
from bench.workloads.gemm import product
from bench.workloads.layers import softmax
from bench.workloads.reductions import reduction

EACH = 6
"""Workloads of each kind."""
_MOST_FLOPS, _MOST_ELEMENTS = 1e9, 4e6


def drawn(seed: int, each: int = EACH) -> tuple[Workload, ...]:
    """Matrix products, convolutions, chains, reductions and softmax of random sizes."""
    rng = np.random.default_rng(seed)
    kinds = (_product, _convolution, _chain, _reduction, _softmax)
    made = {w.name: w for kind in kinds for w in (kind(rng) for _ in range(each))}
    return tuple(made.values())


def _size(rng: np.random.Generator, low: int, high: int) -> int:
    """Uniform in its logarithm."""
    return int(np.exp(rng.uniform(np.log(low), np.log(high + 1))))


def _product(rng: np.random.Generator) -> Workload:
    while True:
        m, k, n = (_size(rng, 1, 3000) for _ in range(3))
        if m * k * n * 2.0 <= _MOST_FLOPS:
            return product(m, k, n)


def _convolution(rng: np.random.Generator) -> Workload:
    while True:
        layer = Layer(
            "", _size(rng, 1, 16), _size(rng, 1, 512), _size(rng, 1, 512),
            int(rng.choice([1, 3, 3, 5])), _size(rng, 7, 112), int(rng.integers(1, 3)),
        )  # fmt: skip
        if layer.flops <= _MOST_FLOPS:
            name = f"{layer.kernel}x{layer.kernel}/{layer.stride} "
            name += f"{layer.batch}x{layer.inputs}->{layer.outputs} @{layer.size}"
            return convolution(layer._replace(name=name), str(rng.choice(list(DIRECTIONS))))


def _matrix(rng: np.random.Generator) -> tuple[int, int]:
    while True:
        rows, columns = _size(rng, 1, 20_000), _size(rng, 1, 20_000)
        if rows * columns <= _MOST_ELEMENTS:
            return rows, columns


def _chain(rng: np.random.Generator) -> Workload:
    return chain(*_matrix(rng))


def _softmax(rng: np.random.Generator) -> Workload:
    return softmax(*_matrix(rng), gradients=False)[0]


def _reduction(rng: np.random.Generator) -> Workload:
    dim = int(rng.integers(2))
    name = f"sum of {('columns', 'rows')[dim]}"
    return reduction(name, _matrix(rng), lambda x: x.sum(dim), lambda np, x: x.sum(dim))
