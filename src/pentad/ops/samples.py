"""Arrays for the samples of op records: what the tests of every backend feed to an op."""

from __future__ import annotations

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import Node, apply, input_node
from pentad.graph.op import Op, Sample


def sample_types(sample: Sample) -> list[tuple[tuple[int, ...], DType]]:
    """Shape and dtype of each operand of a sample."""
    return [
        (x.shape, dtypes.from_numpy(x.dtype)) if isinstance(x, np.ndarray) else x
        for x in sample.inputs
    ]


def sample_arrays(sample: Sample, seed: int = 0) -> list[np.ndarray]:
    """The operands of a sample in NumPy, random but the same for equal seeds.

    Numbers are distinct enough to have no ties in floats; bfloat16 is carried as float32.
    """
    rng = np.random.default_rng(seed)
    arrays = []
    for i, given in enumerate(sample.inputs):
        if isinstance(given, np.ndarray):
            arrays.append(given)
            continue
        bounds = sample.ranges[i] if i < len(sample.ranges) else None
        shape, dtype = given
        arrays.append(random_array(rng, shape, dtype, bounds))
    return arrays


def random_array(
    rng: np.random.Generator,
    shape: tuple[int, ...],
    dtype: DType,
    bounds: tuple[float, float] | None = None,
) -> np.ndarray:
    """Random values of a dtype: floats normal or uniform within bounds, integers small,
    complex numbers of two such floats."""
    if dtype is dtypes.bool_:
        return np.asarray(rng.random(shape) < 0.5)
    if dtype.is_integer:
        low, high = bounds or ((-9, 10) if dtype.is_signed else (0, 10))
        return np.asarray(rng.integers(int(low), int(high), shape)).astype(dtype.numpy)
    if dtype.is_complex:
        real, imaginary = (random_array(rng, shape, dtype.real, bounds) for _ in range(2))
        return np.asarray(real + 1j * imaginary).astype(dtype.numpy)
    drawn = rng.uniform(*bounds, shape) if bounds else rng.standard_normal(shape)
    values = np.asarray(drawn).astype(dtype.numpy)
    return dtypes.round_bfloat16(values) if dtype is dtypes.bfloat16 else values


def sample_node(op: Op, sample: Sample) -> Node:
    """The sample's call as a node on inputs called x0, x1, ...; raises what the op raises."""
    types = sample_types(sample)
    inputs = [input_node(f"x{i}", shape, dtype) for i, (shape, dtype) in enumerate(types)]
    return apply(op, *inputs, **sample.attrs)
