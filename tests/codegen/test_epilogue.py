"""Long epilogues take vectors in pairs: the bits are those of the same ops in a kernel apart."""

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from tests.runtime.native import run_native


def _gelu_and_slope(x):
    below = ops.erf(x * 0.7) * 0.5 + 0.5
    return [x * below, below + x * ops.exp(x * x * -0.5)]


@pytest.mark.parametrize("columns", [8, 16, 24, 37, 61])
@pytest.mark.parametrize("specialise", [True, False])
def test_pairs_of_vectors_give_the_bits_of_single_ones(columns, specialise):
    types = (29, 20), (20, columns)
    rng = np.random.default_rng(columns)
    arrays = [rng.standard_normal(t).astype("f") for t in types]
    inputs = [input_node(n, t, dtypes.float32) for n, t in zip("xw", types, strict=True)]
    product = ops.matmul(*inputs)
    _, fused = run_native(Graph(inputs, _gelu_and_slope(product)), arrays, specialise=specialise)
    _, alone = run_native(Graph(inputs, [product]), arrays, specialise=specialise)
    x = input_node("x", product.shape, dtypes.float32)
    _, apart = run_native(Graph([x], _gelu_and_slope(x)), alone, specialise=specialise)
    for a, b in zip(fused, apart, strict=True):
        assert a.tobytes() == b.tobytes()
