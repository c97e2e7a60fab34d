"""Values of tensor functions against NumPy, over dtypes, layouts and Python numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt

RNG = np.random.default_rng(0)


def arrays(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def check(found, expected, rtol=1e-5, atol=1e-6):
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=rtol, atol=atol)


UNARY = {
    "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "neg": np.negative,
    "abs": np.abs, "floor": np.floor, "ceil": np.ceil, "round": np.round, "trunc": np.trunc,
    "sign": np.sign, "square": np.square, "expm1": np.expm1, "atan": np.arctan,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0),
}


@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_one_tensor(name):
    x = arrays(3, 5)
    check(getattr(pt.tensor(x), name)(), UNARY[name](x))
    check(getattr(pt, name)(pt.tensor(x)), UNARY[name](x))
    check(getattr(pt.tensor(x).t(), name)(), UNARY[name](x.T))


@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2,))])
def test_arithmetic_broadcasts(shapes):
    a, b = (arrays(*s) + 3 for s in shapes)
    x, y = pt.tensor(a), pt.tensor(b)
    check(x + y, a + b)
    check(x - y, a - b)
    check(x * y, a * b)
    check(x / y, a / b)
    check(x // y, a // b)
    check(x % y, a % b, atol=1e-5)
    check(x**y, a**b, rtol=1e-4)
    check(pt.maximum(x, y), np.maximum(a, b))
    check(pt.atan2(x, y), np.arctan2(a, b))


def test_python_numbers_on_either_side():
    a = arrays(4) + 2
    x = pt.tensor(a)
    check(2 + x, 2 + a)
    check(2 - x, 2 - a)
    check(x * 3, a * 3)
    check(2 / x, 2 / a)
    check(2**x, 2**a)
    check(x**2, a**2)
    check(x**0.5, a**0.5)
    check(x**-1, a**-1.0)
    check(pt.add(x, x, alpha=2), 3 * a)
    check(pt.sub(x, x, alpha=0.5), 0.5 * a)


def test_signed_zero_is_kept_apart():
    zero = pt.zeros(1)
    assert np.signbit((zero * -0.0).numpy())[0]
    assert not np.signbit((zero * 0.0).numpy())[0]


@pytest.mark.parametrize(
    "a, b, expected",
    [
        (pt.int64, pt.float32, pt.float32), (pt.int32, pt.int64, pt.int64),
        (pt.uint8, pt.int8, pt.int16), (pt.bool, pt.uint8, pt.uint8),
        (pt.float16, pt.bfloat16, pt.float32), (pt.float32, pt.float64, pt.float64),
        (pt.bool, pt.bool, pt.bool),
    ],
)
def test_dtypes_promote_as_in_pytorch(a, b, expected):
    assert (pt.ones(2, dtype=a) + pt.ones(2, dtype=b)).dtype is expected
    assert pt.promote_types(a, b) is expected


def test_numbers_and_0d_tensors_give_way():
    assert (pt.ones(2, dtype=pt.int32) + 1).dtype is pt.int32
    assert (pt.ones(2, dtype=pt.int32) + 1.5).dtype is pt.float32
    assert (pt.ones(2, dtype=pt.float64) * 2.5).dtype is pt.float64
    assert (pt.ones(2, dtype=pt.bool) + 1).dtype is pt.int64
    assert (pt.ones(2, dtype=pt.float16) * pt.tensor(2.0, dtype=pt.float64)).dtype is pt.float16
    assert (pt.ones(2, dtype=pt.int32) * pt.tensor(2.0)).dtype is pt.float32
    assert (pt.ones(2, dtype=pt.int32) / 2).dtype is pt.float32
    assert pt.ones(2, dtype=pt.uint8).sum().dtype is pt.int64


def test_integers():
    a, b = np.array([-7, 7, 5, -5]), np.array([2, -2, 3, 3])
    x, y = pt.tensor(a), pt.tensor(b)
    check(x // y, a // b)
    check(x % y, a % b)
    check(pt.div(x, y, rounding_mode="trunc"), np.trunc(a / b).astype(int))
    check(pt.fmod(x, y), np.fmod(a, b))
    check(x**2, a**2)
    check((x & y) | (x ^ y), (a & b) | (a ^ b))
    check(~x, ~a)
    check(x << 2, a << 2)
    check(x >> 1, a >> 1)


def test_comparisons_and_logic():
    a, b = arrays(5), arrays(5)
    x, y = pt.tensor(a), pt.tensor(b)
    for name in ("lt", "le", "gt", "ge", "eq", "ne"):
        assert (getattr(x, name)(y).numpy() == getattr(np, _NUMPY[name])(a, b)).all()
    assert ((x > 0) & (y > 0)).tolist() == ((a > 0) & (b > 0)).tolist()
    assert ((x > 0) | ~(y > 0)).tolist() == ((a > 0) | ~(b > 0)).tolist()
    assert pt.equal(x, x)
    assert not pt.equal(x, y)
    assert pt.allclose(x, x + 1e-7)
    assert not pt.allclose(x, x + 1)
    assert (x == "text") is False
    nan = pt.tensor([float("nan"), float("inf"), 1.0])
    assert nan.isnan().tolist() == [True, False, False]
    assert nan.isinf().tolist() == [False, True, False]
    assert nan.isfinite().tolist() == [False, False, True]


_NUMPY = {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal",
    "ne": "not_equal",
}


def test_clamp_where_lerp():
    a = arrays(6)
    x = pt.tensor(a)
    check(x.clamp(min=0), np.maximum(a, 0))
    check(x.clamp(max=0.5), np.minimum(a, 0.5))
    check(x.clamp(-0.5, 0.5), np.clip(a, -0.5, 0.5))
    check(pt.where(x > 0, x, 0.0), np.where(a > 0, a, 0))
    check(pt.where(x > 0, 1.0, x), np.where(a > 0, 1, a))
    check(x.lerp(pt.zeros(6), 0.25), a * 0.75)
    check(pt.addcmul(x, x, x, value=2), a + 2 * a * a)
    check(pt.addcdiv(x, x, x, value=2), a + 2)


REDUCTIONS = {
    "sum": np.sum, "mean": np.mean, "prod": np.prod, "amax": np.max, "amin": np.min,
    "all": np.all, "any": np.any,
}


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dim", [None, 0, 1, -1])
def test_reductions(name, dim):
    a = arrays(3, 4, 2)
    x, f = pt.tensor(a), REDUCTIONS[name]
    found = getattr(x, name)() if dim is None else getattr(x, name)(dim)
    assert np.allclose(found.numpy(), f(a, axis=dim), rtol=1e-5)
    if dim is not None:
        kept = getattr(x, name)(dim, keepdim=True)
        assert np.allclose(kept.numpy(), f(a, axis=dim, keepdims=True), rtol=1e-5)


def test_reductions_over_several_dims():
    a = arrays(3, 4, 2)
    check(pt.tensor(a).sum((0, 2)), a.sum((0, 2)))
    check(pt.tensor(a).mean([0, 1]), a.mean((0, 1)))
    check(pt.tensor(a).var(1), a.var(1, ddof=1), rtol=1e-4)
    check(pt.tensor(a).std(correction=0), a.std(), rtol=1e-4)
    check(pt.tensor(a).norm(), np.linalg.norm(a.ravel()))
    check(pt.tensor(a).norm(1, dim=0), np.abs(a).sum(0))
    check(pt.tensor(a).logsumexp(1), np.log(np.exp(a).sum(1)))
    check(pt.tensor(a).cumsum(1), a.cumsum(1), rtol=1e-4)
    assert pt.zeros(0).sum().item() == 0
    assert np.isnan(pt.zeros(0).mean().item())


def test_extrema_with_indices():
    a = arrays(3, 5)
    x = pt.tensor(a)
    values, indices = x.max(1)
    check(values, a.max(1))
    assert indices.tolist() == a.argmax(1).tolist()
    found = x.min(dim=0, keepdim=True)
    check(found.values, a.min(0, keepdims=True))
    assert x.argmax().item() == a.argmax()
    assert x.argmin(1, keepdim=True).shape == (3, 1)
    check(pt.max(x, pt.zeros(3, 5)), np.maximum(a, 0))
    assert x.max().item() == a.max()


def test_softmax_and_sorting():
    a = arrays(3, 5)
    e = np.exp(a - a.max(1, keepdims=True))
    check(pt.softmax(pt.tensor(a), 1), e / e.sum(1, keepdims=True))
    check(pt.log_softmax(pt.tensor(a), 1), np.log(e / e.sum(1, keepdims=True)), rtol=1e-4)
    values, order = pt.sort(pt.tensor(a), 1, descending=True)
    check(values, -np.sort(-a, 1))
    assert order.tolist() == np.argsort(-a, 1, kind="stable").tolist()
    top = pt.tensor(a).topk(2, 1)
    check(top.values, -np.sort(-a, 1)[:, :2])


def test_matrix_products():
    a, b, v, w = arrays(3, 4), arrays(4, 5), arrays(4), arrays(3)
    x, y = pt.tensor(a), pt.tensor(b)
    check(x @ y, a @ b, rtol=1e-4)
    check(x.mm(y), a @ b, rtol=1e-4)
    check(x.t().t() @ pt.tensor(v), a @ v, rtol=1e-4)
    check(pt.tensor(w) @ x, w @ a, rtol=1e-4)
    check(pt.dot(pt.tensor(v), pt.tensor(v)), v @ v, rtol=1e-4)
    check(pt.outer(pt.tensor(v), pt.tensor(w)), np.outer(v, w))
    c, d = arrays(2, 3, 4), arrays(2, 4, 5)
    check(pt.bmm(pt.tensor(c), pt.tensor(d)), c @ d, rtol=1e-4)
    check(pt.matmul(pt.tensor(c), y), c @ b, rtol=1e-4)
    check(pt.matmul(x, pt.tensor(d)), a @ d, rtol=1e-4)
    check(pt.matmul(pt.tensor(v), pt.tensor(d)), v @ d, rtol=1e-4)
    check(pt.addmm(pt.tensor(arrays(5) * 0 + 1), x, y, alpha=2), 1 + 2 * (a @ b), rtol=1e-4)


@pytest.mark.parametrize(
    "equation, shapes",
    [
        ("ij,jk->ik", [(3, 4), (4, 5)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
        ("ij->ji", [(3, 4)]), ("ii->i", [(3, 3)]), ("ii", [(3, 3)]), ("i,j->ij", [(3,), (4,)]),
        ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
        ("ij,ij->", [(3, 4), (3, 4)]), ("ij,kj->ik", [(3, 4), (2, 4)]), ("ijk->j", [(2, 3, 4)]),
    ],
)
def test_einsum(equation, shapes):
    given = [arrays(*s) for s in shapes]
    expected = np.einsum(equation, *given)
    check(pt.einsum(equation, *map(pt.tensor, given)), expected, rtol=1e-4, atol=1e-5)


def test_joining_and_rearranging():
    a, b = arrays(2, 3), arrays(2, 3)
    x, y = pt.tensor(a), pt.tensor(b)
    check(pt.cat([x, y], 1), np.concatenate([a, b], 1))
    check(pt.cat((x, y)), np.concatenate([a, b]))
    check(pt.stack([x, y], -1), np.stack([a, b], -1))
    check(x.flip(1), a[:, ::-1])
    check(x.roll(1, 1), np.roll(a, 1, 1))
    check(x.roll(-2, 1), np.roll(a, -2, 1))
    check(x.repeat(2, 1, 2), np.tile(a, (2, 1, 2)))
    check(x.tile(2), np.tile(a, 2))
    check(pt.tril(x), np.tril(a))
    check(x.triu(1), np.triu(a, 1))
    assert pt.cat([pt.zeros(0), x]).shape == (2, 3)
    assert pt.cat([pt.ones(1, dtype=pt.int32), pt.ones(1)]).dtype is pt.float32


def test_half_types():
    x = pt.tensor([1.0, 2.5, -3.0], dtype=pt.bfloat16)
    assert (x * 2).tolist() == [2.0, 5.0, -6.0]
    assert x.float().dtype is pt.float32
    assert x.half().tolist() == [1.0, 2.5, -3.0]
    assert x.sum().dtype is pt.bfloat16


def test_varying_numbers_are_run_time_operands():
    from pentad.tensor.functions import pointwise

    x = pt.ones(7, 11, 3)
    x * 1.5
    before = len(pointwise.mul.surface.cache)
    for i in range(20):
        assert (x * (i + 0.25)).sum().item() == pytest.approx(231 * (i + 0.25), rel=1e-6)
    assert len(pointwise.mul.surface.cache) == before


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "int64"])
def test_powers_of_integers_are_exact_and_wrap(dtype):
    rng = np.random.default_rng(3)
    low = 0 if dtype == "uint8" else -9
    x = rng.integers(low, 100, (3, 40)).astype(dtype)
    y = rng.integers(0, 64, 40).astype(dtype)
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    power = lambda a, b: a**b  # noqa: E731
    a, b = pt.tensor(x), pt.tensor(y)
    for found in (power(a, b), pt.compile(power)(a, b), pt.vmap(power, (0, None))(a, b)):
        np.testing.assert_array_equal(found.numpy(), expected)
    assert pt.pow(a[:0], b).shape == (0, 40)


def test_powers_of_integers_beyond_what_a_float_holds():
    assert (pt.tensor([3]) ** 39).tolist() == [3**39]
    assert (pt.tensor(7) ** pt.tensor(25)).item() == (7**25 + 2**63) % 2**64 - 2**63
    assert (3 ** pt.tensor([39, -1])).tolist() == [3**39, 0]
    bases, negative = pt.tensor([1, -1, -1, 0, 5]), pt.tensor([-4, -4, -3, -1, -2])
    assert (bases**negative).tolist() == [1, 1, -1, 0, 0]
    with pytest.raises(pt.ArgumentError, match="negative power"):
        pt.tensor([3]) ** -1


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_hypot_at_the_ends_of_a_dtype(dtype):
    inf, nan = math.inf, math.nan
    x = pt.tensor([inf, nan, nan, 3.0, 0.0, -0.0], dtype=getattr(pt, dtype))
    y = pt.tensor([nan, -inf, 1.0, 4.0, 0.0, 2.0], dtype=getattr(pt, dtype))
    np.testing.assert_array_equal(pt.hypot(x, y).tolist(), [inf, inf, nan, 5.0, 0.0, 2.0])
    large = pt.tensor([3 * 2.0**13, 3 * 2.0**-22], dtype=getattr(pt, dtype))
    assert pt.hypot(large, large / 3 * 4).tolist() == [5 * 2.0**13, 5 * 2.0**-22]


def test_rounding_to_decimals_and_of_complex_numbers():
    x = pt.tensor([1.25, -0.375, 1234.5], dtype=pt.float64)
    assert pt.round(x, decimals=1).tolist() == [1.2, -0.4, 1234.5]
    assert x.round(decimals=-2).tolist() == [0.0, -0.0, 1200.0]
    for name in ("round", "floor", "ceil", "trunc"):
        with pytest.raises(pt.DTypeError, match=name):
            getattr(pt, name)(pt.tensor([1.5 + 2.5j]))
