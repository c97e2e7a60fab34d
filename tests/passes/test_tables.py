"""Products of rows of a table are made once for each row; so are their gradients."""

import numpy as np
import pytest

import pentad as pt
from pentad import nn, ops
from pentad.graph import dtypes
from pentad.graph.node import Graph, input_node
from pentad.graph.sizes import symbol
from pentad.graph.verify import verify
from pentad.passes.canonicalise import canonicalise
from pentad.passes.cse import cse
from pentad.passes.tables import tables
from pentad.runtime.interpreter import run

F32, F64, I64 = dtypes.float32, dtypes.float64, dtypes.int64
ROWS, WIDTH, OUT, STEPS, BATCH = 5, 64, 70, 4, 6


def layer(*, order=(0, 1), rows=ROWS, width=WIDTH, dtype=F64, steps=STEPS):
    """y = E[i] @ w' with the indices' axes in an order, and dE, dw for a cotangent of y."""
    table = input_node("table", (rows, width), dtype)
    weight = input_node("weight", (OUT, width), dtype)
    index = input_node("index", (steps, BATCH), I64)
    taken = ops.gather(table, index, axes=(0,))
    moved = ops.transpose(taken, (*order, 2))
    y = ops.dot_general(moved, weight, contract=((2,), (1,)))
    g = input_node("g", y.shape, dtype)
    dw = ops.dot_general(g, moved, contract=((0, 1), (0, 1)))
    back = ops.transpose(ops.dot_general(g, weight, contract=((2,), (0,))), (*order, 2))
    de = ops.scatter(ops.full_like(0, table), back, index, axes=(0,))
    return Graph([table, weight, index, g], [y, dw, de])


def rewritten(graph):
    after = cse(tables(cse(canonicalise(graph))))
    verify(after)
    return after


def left_rows(graph):
    """The rows of each product's first operand, its contracted axes being the last or first."""
    return [n.inputs[0].shape for n in graph.nodes if n.op.name == "dot_general"]


def arrays_for(graph, seed=0, rows=ROWS):
    rng = np.random.default_rng(seed)
    return [
        rng.integers(-rows, rows - 1, n.shape) if n.dtype is I64
        else rng.standard_normal(n.shape).astype(n.dtype.numpy)
        for n in graph.inputs
    ]  # fmt: skip


def assert_same_values(before, after, arrays, tolerance=1e-12):
    for a, b in zip(run(before, arrays), run(after, arrays), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_layer_and_its_gradients_are_made_row_by_row(order):
    before = layer(order=order)
    after = rewritten(before)
    assert all(ROWS in shape and STEPS not in shape for shape in left_rows(after))
    assert_same_values(before, after, arrays_for(before))


def test_both_gradients_share_one_sum_over_rows():
    added = [n for n in rewritten(layer(order=(1, 0))).nodes if n.op.name == "scatter"]
    assert [n.attrs["kind"] for n in added].count("add") == 1


@pytest.mark.parametrize(
    "changed",
    [{"rows": STEPS * BATCH // 2 + 1}, {"width": 63}, {"steps": 1}],
    ids=["a larger table", "short products", "fewer rows"],
)
def test_what_would_not_pay_stays(changed):
    graph = cse(canonicalise(layer(**changed)))
    assert list(tables(graph).nodes) == list(graph.nodes)


def test_sums_of_short_floats_stay_products():
    graph = cse(canonicalise(layer(dtype=dtypes.bfloat16)))
    after = tables(graph)
    assert not any(n.op.name == "where" for n in after.nodes)
    assert any(n.shape == (ROWS, OUT) for n in after.nodes)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("axes", [(0,), (1,), (0, 2), (2,)])
def test_any_axes_of_a_table_on_either_side(side, axes):
    shape = (2, 8, 4, 9)
    table = input_node("table", shape, F64)
    indices = [input_node(f"i{a}", (7, 9), I64) for a in axes]
    taken = ops.gather(table, *indices, axes=axes)
    rest = [n for a, n in enumerate(shape) if a not in axes]
    other = input_node("other", (*rest, 2), F64)
    free = tuple(range(2, 2 + len(rest)))
    y = ops.dot_general(taken, other, contract=(free, tuple(range(len(rest)))))
    z = input_node("z", (rest[-1], 3), F64)
    partly = ops.dot_general(taken, z, contract=((free[-1],), (0,)))
    g = input_node("g", (9, 4, 7), F64)
    pair, contract = (taken, g), ((0, 1), (2, 0))
    if side == 0:
        pair, contract = pair[::-1], contract[::-1]
    dw = ops.dot_general(*pair, contract=contract)
    graph = Graph([table, *indices, other, z, g], [y, partly, dw])
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(shape)]
    arrays += [rng.integers(0, shape[a], (7, 9)) for a in axes]
    arrays += [rng.standard_normal(n.shape) for n in graph.inputs[1 + len(axes) :]]
    after = rewritten(graph)
    assert any(n.op.name == "scatter" for n in after.nodes)
    assert_same_values(graph, after, arrays)


def test_rows_that_are_not_taken_spoil_nothing():
    before = layer()
    arrays = arrays_for(before)
    arrays[2] = np.abs(arrays[2]) % (ROWS - 2)
    arrays[0][-1], arrays[0][-2] = np.nan, np.inf
    assert_same_values(before, rewritten(before), arrays)
    arrays[1][3] = np.inf  # now every taken row's gradient is spoilt, but of the others none
    *_, de = run(rewritten(before), arrays)
    assert np.all(de[-2:] == 0)


def test_an_index_out_of_range_is_still_found():
    after = rewritten(layer())
    arrays = arrays_for(after)
    arrays[2][0, 0] = ROWS
    with pytest.raises(pt.IndexOutOfRange):
        run(after, arrays)


def test_a_sum_onto_other_numbers_stays():
    graph = layer()
    table, _, index, _ = graph.inputs
    de = graph.outputs[2]
    onto = ops.scatter(ops.exp(table), de.inputs[1], index, axes=(0,))
    after = tables(cse(canonicalise(Graph(graph.inputs, [onto]))))
    [product] = [n for n in after.nodes if n.op.name == "dot_general"]
    assert STEPS in product.shape


def test_sizes_that_are_not_known_go_by_their_hints():
    count = symbol("n", 40)
    table = input_node("table", (ROWS, WIDTH), F64)
    weight = input_node("weight", (WIDTH, OUT), F64)
    index = input_node("index", (count,), I64)
    y = ops.dot_general(ops.gather(table, index, axes=(0,)), weight, contract=((1,), (0,)))
    after = tables(Graph([table, weight, index], [y]))
    verify(after)
    assert left_rows(after) == [(ROWS, WIDTH)]


def test_a_compiled_layer_has_the_bits_of_an_eager_one():
    pt.manual_seed(0)
    table, layer = nn.Embedding(9, 64), nn.Linear(64, 33)
    words = pt.randint(0, 9, (12, 5))

    def forward(i):
        return layer(table(i).transpose(0, 1))

    with pt.no_grad():
        compiled, eager = pt.compile(forward)(words), forward(words)
    np.testing.assert_array_equal(compiled.numpy(), eager.numpy())


def test_a_compiled_step_has_the_gradients_of_an_eager_one():
    pt.manual_seed(0)
    table, layer = nn.Embedding(9, 64), nn.Linear(64, 80)
    words, aims = pt.randint(0, 7, (12, 5)), pt.randn(5, 12, 80)
    parameters = [table.weight, layer.weight, layer.bias]

    def step(i, g):
        return pt.autograd.grad((layer(table(i).transpose(0, 1)) * g).sum(), parameters)

    for a, b in zip(pt.compile(step)(words, aims), step(words, aims), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-5)
