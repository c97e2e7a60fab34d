"""What the ops promise at the edges: total arithmetic, saturation, NaN, ties, empty operands."""

from __future__ import annotations

import numpy as np
import pytest

from pentad import ops
from pentad.autodiff.reverse import vjp_graph
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, IndexOutOfRange, ShapeError
from pentad.graph.node import Graph, input_node
from pentad.graph.sizes import SizeScope, symbol
from pentad.runtime.interpreter import run, run_node

INF, NAN = np.inf, np.nan


def _gradient(function: object, *arrays: list[float], **attrs: object) -> list[np.ndarray]:
    values = [np.array(a, np.float64) for a in arrays]
    inputs = [input_node(f"x{i}", v.shape, dtypes.float64) for i, v in enumerate(values)]
    graph = Graph(inputs, [function(*inputs, **attrs)])  # type: ignore[operator]
    seed = np.ones(graph.outputs[0].shape)
    return run(vjp_graph(graph, range(len(values))), [*values, seed])


# -- integers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.int64])
def test_signed_division_is_total(dtype: type) -> None:
    low = np.iinfo(dtype).min
    x = np.array([7, -7, 7, -7, 5, low], dtype)
    y = np.array([2, 2, -2, -2, 0, -1], dtype)
    assert run_node(ops.floor_divide, x, y).tolist() == [3, -4, -4, 3, 0, low]
    assert run_node(ops.remainder, x, y).tolist() == [1, 1, -1, -1, 0, 0]


def test_integers_wrap() -> None:
    x = np.array([127, -128], np.int8)
    one = np.array([1, 1], np.int8)
    assert run_node(ops.add, x, one).tolist() == [-128, -127]
    assert run_node(ops.neg, x).tolist() == [-127, -128]
    assert run_node(ops.abs, x).tolist() == [127, -128]
    assert run_node(ops.reduce_sum, np.full(3, 100, np.int8), axes=(0,)) == 300 - 256


def test_shifts_by_all_bits_and_more() -> None:
    x, by = np.array([1, -8, 3, -1], np.int32), np.array([32, 1, -31, 40], np.int32)
    assert run_node(ops.shift_left, x, by).tolist() == [0, -16, 0, 0]
    assert run_node(ops.shift_right, x, by).tolist() == [0, -4, 0, -1]
    high = np.array([0x80000000], np.uint32)
    assert run_node(ops.shift_right, high, np.array([31], np.uint32)).tolist() == [1]


# -- conversions -------------------------------------------------------------------------------


@pytest.mark.parametrize("target", dtypes.INTEGERS, ids=lambda d: d.name)
def test_floats_saturate(target: dtypes.DType) -> None:
    limits = np.iinfo(target.numpy)
    x = np.array([INF, 1e30, -INF, -1e30, NAN, 1.9, -0.9, 2.0**62])
    found = run_node(ops.cast, x, dtype=target)
    top = min(2**62, limits.max)
    assert found.tolist() == [limits.max] * 2 + [limits.min] * 2 + [0, 1, 0, top]


def test_casts_to_bool_and_between_integers() -> None:
    x = np.array([0.0, -0.0, NAN, 0.3])
    assert run_node(ops.cast, x, dtype=dtypes.bool_).tolist() == [False, False, True, True]
    wide = np.array([300, -1], np.int64)
    assert run_node(ops.cast, wide, dtype=dtypes.uint8).tolist() == [44, 255]


def test_bitcast_of_bfloat16_sees_its_own_bits() -> None:
    x = input_node("x", (2,), dtypes.bfloat16)
    bits = ops.bitcast(x, dtypes.uint16)
    graph = Graph([x], [bits, ops.bitcast(bits, dtypes.bfloat16)])
    found, back = run(graph, [np.array([1.0, -2.0], np.float32)])
    assert found.tolist() == [0x3F80, 0xC000]
    assert back.tolist() == [1.0, -2.0]


def test_numbers_beside_nodes_take_their_type() -> None:
    x = input_node("x", (2,), dtypes.int32)
    y = 3 - x * 2 + 1
    assert y.dtype is dtypes.int32
    assert run(Graph([x], [y, -x]), [np.array([1, 2], np.int32)])[0].tolist() == [2, 0]
    with pytest.raises(ArgumentError, match="no element of the dtype"):
        x * 0.5


# -- NaN, ties, kinks --------------------------------------------------------------------------


def test_nan_wins_in_extrema() -> None:
    x, y = np.array([NAN, 1.0]), np.array([0.0, NAN])
    assert np.isnan(run_node(ops.maximum, x, y)).all()
    assert np.isnan(run_node(ops.minimum, x, y)).all()
    assert np.isnan(run_node(ops.reduce_max, x, axes=(0,)))
    assert run_node(ops.argmax, np.array([3.0, NAN, 5.0, NAN]), axis=0) == 1


def test_rounding_goes_to_even() -> None:
    x = np.array([0.5, 1.5, -0.5, -2.5, 2.6])
    assert run_node(ops.round, x).tolist() == [0, 2, 0, -2, 3]


# The expected numbers are PyTorch's.
@pytest.mark.parametrize(
    "function,x,expected",
    [
        (ops.relu, [-1, 0, 2], [0, 0, 1]),
        (ops.relu6, [0, 6, 3], [0, 0, 1]),
        (ops.hardtanh, [-1, 1, 0], [0, 0, 1]),
        (ops.abs, [-2, 0, 2], [-1, 0, 1]),
        (ops.leaky_relu, [0, 1], [0.01, 1]),
        (ops.elu, [0, 1], [1, 1]),
        (ops.hardsigmoid, [-3, 3, 0], [0, 0, 1 / 6]),
        (ops.hardswish, [-3, 3, 0], [0, 1, 0.5]),
        (ops.softsign, [0, 1], [1, 0.25]),
        (ops.softplus, [0, 800, -800], [0.5, 1, 0]),
        (ops.log_sigmoid, [0, 800, -800], [0.5, 0, 1]),
        (ops.floor, [0.5, 2.0], [0, 0]),
    ],
)
def test_gradients_at_kinks(function: object, x: list[float], expected: list[float]) -> None:
    assert _gradient(function, x)[0] == pytest.approx(expected)


def test_clamp_passes_its_gradient_at_the_borders() -> None:
    assert _gradient(ops.clamp, [-2, -1, 0, 1, 2], low=-1, high=1)[0].tolist() == [0, 1, 1, 1, 0]


def test_equal_operands_share_the_gradient() -> None:
    for function in (ops.maximum, ops.minimum):
        a, b = _gradient(function, [1, 1], [1, 1])
        assert a.tolist() == b.tolist() == [0.5, 0.5]
    assert _gradient(ops.maximum, [1, 3], [2, 2])[0].tolist() == [0, 1]
    assert _gradient(ops.reduce_max, [2, 1, 2], axes=(0,))[0].tolist() == [0.5, 0, 0.5]


def test_power_at_zero() -> None:
    base, exponent = _gradient(ops.pow, [0, 0, 0, 2], [0, 1, 2, 3])
    assert base.tolist() == [0, 1, 0, 12]
    assert exponent == pytest.approx([0, 0, 0, 8 * np.log(2)])


@pytest.mark.parametrize(
    "x,expected", [([2, 3, 4], [12, 8, 6]), ([0, 3, 4], [12, 0, 0]), ([0, 3, 0], [0, 0, 0])]
)
def test_product_with_zeros(x: list[float], expected: list[float]) -> None:
    assert _gradient(ops.reduce_prod, x, axes=(0,))[0].tolist() == expected


def test_product_with_zeros_to_second_order() -> None:
    x = input_node("x", (3,), dtypes.float64)
    first = vjp_graph(Graph([x], [ops.reduce_prod(x, [0])]), [0])
    second = run(vjp_graph(first, [0]), [np.array([0.0, 0, 3]), np.array(1.0), np.ones(3)])[0]
    # d2/dx2 of x0 x1 x2, summed over rows, at (0, 0, 3).
    assert second.tolist() == [3, 3, 0]


@pytest.mark.parametrize("exponent", [0, 1, 2, 5, 10, -1, -3])
def test_whole_powers(exponent: int) -> None:
    x = np.array([-1.5, 0.5, 2.0])
    assert run_node(ops.integer_pow, x, exponent=exponent) == pytest.approx(x**exponent)


# -- sums --------------------------------------------------------------------------------------


def test_half_precision_is_summed_in_single() -> None:
    x = np.full(4096, 1.0, np.float16)
    assert run_node(ops.reduce_sum, x, axes=(0,)) == 4096
    assert run_node(ops.mean, np.full(8, 60000, np.float16), axes=(0,)) == 60000
    row = np.full((1, 4096), 0.25, np.float16)
    product = run_node(ops.dot_general, row, row, contract=((1,), (1,)))
    assert product.tolist() == [[256]]


def test_nothing_sums_to_zero_and_multiplies_to_one() -> None:
    x = np.zeros((2, 0), np.float32)
    assert run_node(ops.reduce_sum, x, axes=(1,)).tolist() == [0, 0]
    assert run_node(ops.reduce_prod, x, axes=(1,)).tolist() == [1, 1]


def test_running_product() -> None:
    x = np.array([[2.0, 0.5, 3.0, -1.0, 2.0]])
    assert np.allclose(run_node(ops.running_product, x, axis=1), np.cumprod(x, 1))


def test_mean_over_a_symbolic_size_leaves_no_guard() -> None:
    scope = SizeScope()
    x = input_node("x", (symbol("n", 4, scope), 3), dtypes.float32)
    graph = Graph([x], [ops.mean(x, [0, 1]), ops.var(x, [0], correction=1)])
    assert scope.guards == []
    value = np.arange(15, dtype=np.float32).reshape(5, 3)
    mean, var = run(graph, [value], {"n": 5})
    assert mean == 7
    assert np.allclose(var, value.var(0, ddof=1))


# -- products ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "a,b",
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 4)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((3,), (5, 3, 4)),
        ((5, 1, 2, 3), (6, 3, 4)),
        ((5, 2, 3), (3,)),
    ],
)
def test_matmul_follows_numpy(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(a), rng.standard_normal(b)
    assert np.allclose(run_node(ops.matmul, x, y), np.matmul(x, y))


@pytest.mark.parametrize(
    "a,b,text",
    [
        ((), (3,), "has no axes"),
        ((2, 3), (4, 5), "inner sizes differ"),
        ((2, 2, 3), (3, 3, 4), "broadcast"),
    ],
)
def test_matmul_refuses(a: tuple[int, ...], b: tuple[int, ...], text: str) -> None:
    x, y = (input_node(n, s, dtypes.float32) for n, s in (("a", a), ("b", b)))
    with pytest.raises(ShapeError, match=text):
        ops.matmul(x, y)


# -- indices -----------------------------------------------------------------------------------


def _indexed(function: object, *arrays: np.ndarray, **attrs: object) -> np.ndarray:
    return run_node(function, *arrays, **attrs)


def test_gather_counts_negative_indices_from_the_end() -> None:
    x = np.arange(12.0).reshape(4, 3)
    rows, columns = np.array([[0, -1], [2, -4]]), np.array([[0, 1], [-1, 2]])
    assert np.array_equal(_indexed(ops.gather, x, rows, axes=(0,)), x[rows])
    both = _indexed(ops.gather, x, rows, columns, axes=(0, 1))
    assert np.array_equal(both, x[rows, columns])


@pytest.mark.parametrize("bad", [4, -5])
def test_an_index_out_of_range_is_an_error_or_clipped(bad: int) -> None:
    x, index = np.arange(4.0), np.array([0, bad])
    with pytest.raises(IndexOutOfRange, match=f"-4 <= index < 4(.|\n)*{bad}"):
        _indexed(ops.gather, x, index, axes=(0,))
    clipped = _indexed(ops.gather, x, index, axes=(0,), mode="clip")
    assert clipped.tolist() == [0, 3 if bad > 0 else 0]
    with pytest.raises(IndexOutOfRange):
        _indexed(ops.scatter, x, np.ones(2), index, axes=(0,))


def test_a_huge_unsigned_index_does_not_wrap() -> None:
    with pytest.raises(IndexOutOfRange):
        _indexed(ops.gather, np.arange(4.0), np.array([2**64 - 1], np.uint64), axes=(0,))


def test_scatter_adds_duplicates_and_lets_the_last_one_win() -> None:
    x, index = np.zeros(3), np.array([1, 1, 2])
    updates = np.array([1.0, 2.0, 3.0])
    assert _indexed(ops.scatter, x, updates, index, axes=(0,)).tolist() == [0, 3, 3]
    last = _indexed(ops.scatter, x, updates, index, axes=(0,), kind="set")
    assert last.tolist() == [0, 2, 3]


def test_along_axis_follows_numpy() -> None:
    x = np.random.default_rng(0).standard_normal((3, 4))
    index = np.argsort(x, 1)
    assert np.array_equal(
        _indexed(ops.take_along_axis, x, index, axis=-1), np.take_along_axis(x, index, 1)
    )
    back = _indexed(ops.put_along_axis, np.zeros((3, 4)), index, np.sort(x, 1), axis=1)
    assert np.array_equal(back, x)


def test_descending_sort_is_stable_and_puts_nan_first() -> None:
    x = np.array([1.0, NAN, 2.0, 1.0, 2.0])
    order = run_node(ops.argsort, x, axis=0, descending=True)
    assert order.tolist() == [1, 2, 4, 0, 3]
    assert np.array_equal(run_node(ops.sort, x, axis=0, descending=True), x[order], equal_nan=True)


# -- pooling -----------------------------------------------------------------------------------


def test_the_first_maximum_gets_the_gradient() -> None:
    x = input_node("x", (4,), dtypes.float64)
    pooled = ops.reduce_window(x, (2,), stride=(2,), kind="max")
    graph = vjp_graph(Graph([x], [pooled]), [0])
    assert run(graph, [np.array([1.0, 1, NAN, 2]), np.ones(2)])[0].tolist() == [1, 0, 1, 0]
