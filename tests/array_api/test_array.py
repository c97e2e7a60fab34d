"""The array object: operators, indexing, scalars, promotion, memory shared with others."""

import copy
import pickle

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pentad as pt
import pentad.array_api as xp
from tests.array_api.oracle import same, values

QUIET = settings(
    max_examples=25, derandomize=True, deadline=None, database=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


def both(array):
    return xp.asarray(array.copy()), strict.asarray(array)


def counted(shape):
    return np.arange(int(np.prod(shape)), dtype="int64").reshape(shape)


# -- indexing --------------------------------------------------------------------------------------


def basic(shape):
    return hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)


@QUIET
@given(st.data())
def test_basic_indices_read_and_write(data):
    shape = data.draw(SHAPES)
    key = data.draw(basic(shape))
    ours, theirs = xp.asarray(counted(shape)), counted(shape)
    assert np.array_equal(values(ours[key]), theirs[key])
    ours[key], theirs[key] = -7, -7
    assert np.array_equal(values(ours), theirs)


@QUIET
@given(st.data())
def test_masks_read_and_write(data):
    shape = data.draw(SHAPES)
    mask = data.draw(hnp.arrays(bool, shape))
    ours, theirs = both(counted(shape))
    same(ours[xp.asarray(mask)], theirs[strict.asarray(mask)], 0, str(mask))
    ours[xp.asarray(mask)], theirs[strict.asarray(mask)] = -7, -7
    same(ours, theirs, 0, str(mask))


@QUIET
@given(st.data())
def test_integer_arrays_read(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    shown = data.draw(hnp.broadcastable_shapes((2, 3), max_dims=2))
    key = tuple(
        data.draw(st.one_of(
            st.integers(-n, n - 1),
            hnp.arrays("int64", shown, elements=st.integers(-n, n - 1)),
        ))
        for n in shape
    )
    array = counted(shape)
    got = xp.asarray(array)[tuple(xp.asarray(k) if isinstance(k, np.ndarray) else k for k in key)]
    assert np.array_equal(values(got), array[key])


def test_negative_steps_beside_integer_arrays():
    x = xp.asarray(counted((3, 4)))
    rows = xp.asarray(np.array([0, 2]))
    assert np.array_equal(values(x[rows, ::-2]), counted((3, 4))[[0, 2], ::-2])
    x[rows, ::-2] = xp.asarray(np.array([[1, 2], [3, 4]]))
    assert np.array_equal(values(x)[[0, 2], ::-2], [[1, 2], [3, 4]])


def test_a_basic_index_shares_memory():
    x = xp.zeros((2, 3))
    x[0, :][...] = 1
    assert np.array_equal(values(x), [[1, 1, 1], [0, 0, 0]])


@pytest.mark.parametrize("key, error", [
    (3, IndexError), ((0, 0, 0), IndexError), (1.5, TypeError), ("a", TypeError),
    (xp.asarray([True, False, True]), IndexError), (xp.asarray([9]), IndexError),
    (xp.asarray([1.0]), TypeError),
])
def test_bad_indices(key, error):
    x = xp.zeros((2, 3))
    with pytest.raises(error) as caught:
        x[key]
    assert isinstance(caught.value, pt.PentadError)


def test_values_of_a_higher_kind_are_refused():
    x = xp.zeros((2,), dtype=xp.int64)
    for value in (1.5, xp.asarray([1.0, 2.0]), 1j):
        with pytest.raises(TypeError):
            x[...] = value


# -- operators -------------------------------------------------------------------------------------

OPERATORS = {
    "add": "x + y", "sub": "x - y", "mul": "x * y", "truediv": "x / y", "floordiv": "x // y",
    "mod": "x % y", "pow": "x ** y", "lt": "x < y", "le": "x <= y", "gt": "x > y",
    "ge": "x >= y", "eq": "x == y", "ne": "x != y",
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_operators_both_ways_with_arrays_and_numbers(name, dtype):
    if name == "truediv" and dtype == "int16":
        with pytest.raises(TypeError):
            xp.asarray([1]) / xp.asarray([2])
        return
    a, b = np.asarray([5, 7, 3], dtype), np.asarray([2, 3, 4], dtype)
    (x, x_), (y, y_) = both(a), both(b)
    method = f"__{name}__"
    same(getattr(x, method)(y), getattr(x_, method)(y_), 8, name)
    same(getattr(x, method)(2), getattr(x_, method)(2), 8, name)
    if name not in ("lt", "le", "gt", "ge", "eq", "ne"):
        reflected = f"__r{name}__"
        same(getattr(x, reflected)(2), getattr(x_, reflected)(2), 8, reflected)
        place = x
        assert getattr(x, f"__i{name}__")(y) is place
        same(x, getattr(x_, method)(y_), 8, f"i{name}")
    assert getattr(x, method)("no operand") is NotImplemented


def test_bits_and_logic():
    x, y = xp.asarray([True, False]), xp.asarray([True, True])
    assert values(x & y).tolist() == [True, False]
    assert values(x | y).tolist() == [True, True]
    assert values(x ^ y).tolist() == [False, True]
    assert values(~x).tolist() == [False, True]
    i = xp.asarray([1, -2])
    assert values(i << 2).tolist() == [4, -8]
    assert values(i >> 1).tolist() == [0, -1]
    assert values(1 << xp.asarray([3])).tolist() == [8]


def test_operators_in_place_write_to_the_same_memory():
    x = xp.ones((2, 3))
    row = x[0, :]
    row += 4
    assert values(x).tolist() == [[5, 5, 5], [1, 1, 1]]
    with pytest.raises(pt.DTypeError):
        xp.asarray([1]).__iadd__(1.5)
    with pytest.raises(pt.ShapeError):
        xp.ones((3,)).__iadd__(xp.ones((2, 3)))


def test_kinds_do_not_mix():
    whole, real = xp.asarray([1]), xp.asarray([1.0])
    for f in (lambda: whole + real, lambda: whole + 1.5, lambda: real + 1j,
              lambda: xp.asarray([True]) + 1, lambda: xp.sin(whole), lambda: xp.add(1, 2),
              lambda: whole + xp.asarray([1], dtype=xp.uint64)):
        with pytest.raises(TypeError) as caught:
            f()
        assert isinstance(caught.value, pt.DTypeError)


def test_promotion_of_all_pairs():
    names = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128"
    for a in names.split():
        for b in names.split():
            try:
                expected = strict.result_type(getattr(strict, a), getattr(strict, b))
            except TypeError:
                with pytest.raises(TypeError):
                    xp.result_type(getattr(xp, a), getattr(xp, b))
                continue
            got = xp.result_type(getattr(xp, a), getattr(xp, b))
            assert got.name == str(np.dtype(expected._np_dtype))


def test_numbers_out_of_range_are_refused():
    with pytest.raises(pt.ArgumentError):
        xp.asarray([1], dtype=xp.int8) + 300


# -- scalars and attributes ------------------------------------------------------------------------


def test_scalars():
    assert float(xp.asarray(1.5)) == 1.5
    assert int(xp.asarray(3)) == 3
    assert complex(xp.asarray(1j)) == 1j
    assert bool(xp.asarray(True)) is True
    assert [10, 20, 30][xp.asarray(1)] == 20
    with pytest.raises(TypeError):
        float(xp.asarray([1.5]))
    with pytest.raises(TypeError):
        xp.asarray(1.0).__index__()


def test_attributes():
    x = xp.ones((2, 3, 4), dtype=xp.float64)
    assert (x.shape, x.ndim, x.size, x.dtype) == ((2, 3, 4), 3, 24, xp.float64)
    assert x.device == "cpu"
    assert x.to_device("cpu") is x
    assert x.mT.shape == (2, 4, 3)
    assert x[0, ...].T.shape == (4, 3)
    assert x.__array_namespace__() is xp
    assert x.__array_namespace__(api_version="2024.12") is xp
    assert len(x) == 2
    for f in (lambda: x.T, lambda: xp.ones((2,)).mT, lambda: x.to_device("gpu"),
              lambda: x.__array_namespace__(api_version="1999.1")):
        with pytest.raises((pt.ShapeError, pt.ArgumentError)):
            f()
    with pytest.raises(TypeError):
        hash(x)
    with pytest.raises(TypeError):
        xp.Array(3)
    assert repr(xp.asarray([1, 2])) == "Array([1, 2], dtype=int64)"


def test_limits():
    for name in ("float32", "float64", "complex64"):
        ours, theirs = xp.finfo(getattr(xp, name)), strict.finfo(getattr(strict, name))
        for field in ("bits", "eps", "max", "min", "smallest_normal"):
            assert getattr(ours, field) == getattr(theirs, field)
    assert xp.finfo(xp.complex64).dtype is xp.float32
    for name in ("int8", "uint16", "int64", "uint64"):
        ours, theirs = xp.iinfo(getattr(xp, name)), strict.iinfo(getattr(strict, name))
        assert (ours.bits, ours.max, ours.min) == (theirs.bits, theirs.max, theirs.min)


def test_inspection():
    info = xp.__array_namespace_info__()
    assert info.capabilities()["boolean indexing"] is True
    assert info.default_device() == "cpu"
    assert info.devices() == ["cpu"]
    assert info.default_dtypes()["real floating"] is xp.asarray(1.0).dtype
    assert info.default_dtypes()["complex floating"] is xp.asarray(1j).dtype
    assert set(info.dtypes()) == set(strict.__array_namespace_info__().dtypes())
    for kind in ("bool", "signed integer", "real floating", ("integral", "complex floating")):
        assert set(info.dtypes(kind=kind)) == set(
            strict.__array_namespace_info__().dtypes(kind=kind)
        )
    most = info.capabilities()["max dimensions"]
    assert (xp.ones((1,) * most) + 1).ndim == most


# -- factorisations, which are not unique ----------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 3), (3, 4), (0, 3, 3)])
def test_factors_multiply_to_the_matrix(dtype, shape):
    rng = np.random.default_rng(0)
    array = rng.normal(size=shape)
    if dtype.startswith("complex"):
        array = array + 1j * rng.normal(size=shape)
    array = array.astype(dtype)
    x = xp.asarray(array)
    bound = 1e3 * float(np.finfo(dtype).eps)
    for mode in ("reduced", "complete"):
        q, r = xp.linalg.qr(x, mode=mode)
        np.testing.assert_allclose(values(q @ r), array, atol=bound)
        assert np.allclose(values(r), np.triu(values(r)))
    for whole in (False, True):
        u, s, vh = xp.linalg.svd(x, full_matrices=whole)
        k = s.shape[-1]
        assert s.dtype.name == np.zeros(0, dtype).real.dtype
        product = values(u)[..., :k] * values(s)[..., None, :] @ values(vh)[..., :k, :]
        np.testing.assert_allclose(product, array, atol=bound)
    if shape[-1] == shape[-2]:
        square = array + np.swapaxes(array.conj(), -1, -2)
        w, v = xp.linalg.eigh(xp.asarray(square))
        np.testing.assert_allclose(
            square @ values(v), values(v) * values(w)[..., None, :], atol=bound
        )


def test_bounds_of_the_dtypes():
    assert values(xp.arange(2**63, 2**63 + 3, dtype=xp.uint64)).tolist() == [
        2**63, 2**63 + 1, 2**63 + 2
    ]
    assert int(xp.full((), 2**64 - 1, dtype=xp.uint64)) == 2**64 - 1
    assert int(xp.asarray(2**64 - 1, dtype=xp.uint64) - 1) == 2**64 - 2
    least = xp.asarray([-(2**63)], dtype=xp.int64)
    assert values(least // 3).tolist() == [-(2**63) // 3]
    assert values(xp.asarray([3], dtype=xp.int64) ** 39).tolist() == [3**39]
    assert float(xp.full((), 2**70, dtype=xp.float64)) == 2.0**70
    with pytest.raises(pt.ArgumentError):
        xp.arange(300, dtype=xp.int8)


def test_nothing_has_a_sum_and_no_mean():
    empty = xp.asarray([])
    assert (float(xp.sum(empty)), float(xp.prod(empty))) == (0, 1)
    for f in (xp.mean, xp.var, xp.std):
        assert np.isnan(float(f(empty)))
    with pytest.raises(pt.ShapeError):
        xp.max(empty)
    assert not xp.any(empty)
    assert xp.all(empty)
    assert values(xp.ones((2, 0)) @ xp.ones((0, 3))).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_an_axis_that_is_not_there_is_an_index_error():
    x = xp.ones((2, 3))
    for f in (lambda: xp.expand_dims(x, axis=4), lambda: xp.sum(x, axis=2),
              lambda: xp.squeeze(x, axis=5), lambda: xp.concat([x, x], axis=2),
              lambda: xp.stack([x, x], axis=3), lambda: xp.flip(x, axis=-3)):
        with pytest.raises(IndexError) as caught:
            f()
        assert isinstance(caught.value, pt.ShapeError)


def test_copies_and_formats():
    x = xp.asarray([1.5, 2.5])
    again = copy.deepcopy(x)
    x[0] = 9.0
    assert values(again).tolist() == [1.5, 2.5]
    assert values(pickle.loads(pickle.dumps(x))).tolist() == [9.0, 2.5]
    assert f"{xp.asarray(1.5):.2f}" == "1.50"
    assert f"{xp.asarray([1])}" == "Array([1], dtype=int64)"


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64"])
def test_a_shift_by_all_bits_and_more(dtype):
    x = np.array([1, 5, 100, 7], dtype)
    if np.issubdtype(x.dtype, np.signedinteger):
        x[2] = -100
    bits = 8 * x.dtype.itemsize
    for amount in (bits - 1, bits, bits + 1, 100):
        left, right = xp.bitwise_left_shift(xp.asarray(x), amount), xp.asarray(x) >> amount
        assert np.asarray(left).tolist() == np.left_shift(x, amount).tolist()
        assert np.asarray(right).tolist() == np.right_shift(x, amount).tolist()


def test_a_mask_without_elements_selects_nothing():
    x = xp.ones((1, 3))
    for shape, rest in (((0,), (3,)), ((1, 0), ()), ((0, 3), ())):
        mask = xp.zeros(shape, dtype=xp.bool)
        assert x[mask].shape == (0, *rest)
        x[mask] = 5.0
    assert xp.all(x == 1.0)
    with pytest.raises(IndexError):
        x[xp.zeros((0, 2), dtype=xp.bool)]


@pytest.mark.parametrize("name", ["cumulative_sum", "cumulative_prod"])
@pytest.mark.parametrize(("shape", "axis"), [((0, 2), 1), ((0, 2), 0), ((0,), 0), ((2, 0, 3), 2)])
def test_an_initial_value_beside_an_empty_axis(name, shape, axis):
    got = getattr(xp, name)(xp.zeros(shape), axis=axis, include_initial=True)
    wanted = getattr(np, name)(np.zeros(shape, np.float32), axis=axis, include_initial=True)
    assert np.asarray(got).tolist() == wanted.tolist()
    assert got.shape == wanted.shape


def test_numbers_that_are_equal_are_told_apart():
    x = xp.asarray([1.0, 2.0])
    assert np.signbit(np.asarray(xp.copysign(x, -0.0))).tolist() == [True, True]
    assert np.signbit(np.asarray(xp.copysign(x, 0.0))).tolist() == [False, False]
    for _ in range(2):
        assert (xp.asarray([1, 2], dtype=xp.int8) + 1).dtype == xp.int8
        assert (x + 1).dtype == xp.float32
        with pytest.raises(TypeError):
            x + True
    y = x + 3.0
    y += 4.0
    assert (x + 3.0).tensor.tolist() == [4.0, 5.0]
    compiled = pt.compile(lambda t: (xp.asarray(t) * 7.0).tensor)
    assert compiled(x.tensor).tolist() == [7.0, 14.0]
    assert (x * 7.0).tensor.tolist() == [7.0, 14.0]
