"""The classes of operations: they tell nodes, and make them."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T
from pentad.frontends.theano.tensor import elemwise, extra_ops, subtensor
from pentad.frontends.theano.tensor.opt import Assert

A = np.arange(6.0).reshape(2, 3)


def value(expression):
    """Its value, run node by node."""
    return theano.function([], expression, mode="FAST_COMPILE")()


def test_classes_tell_nodes():
    x = T.dmatrix("x")
    for made, kind in (
        (T.dot(x, x), T.Dot), (x.sum(), T.Sum), (x[0], T.Subtensor), (x.T, T.DimShuffle),
        (T.join(0, x, x), T.Join), (x.reshape((-1,)), T.Reshape), (T.argmax(x), T.Argmax),
        (T.set_subtensor(x[0], 1), subtensor.IncSubtensor), (x + x, T.Elemwise),
    ):
        assert isinstance(made.owner.op, kind), kind
        assert not isinstance(made.owner.op, T.Alloc)
    assert isinstance(T.Sum(axis=0), T.Sum)
    assert T.Sum(axis=0) == T.Sum(axis=0)
    assert T.Sum(axis=0) != T.Sum(axis=1)
    assert str(T.Reshape(2)) == "Reshape{ndim=2, name=None}"


def test_classes_make_nodes():
    a, i = T.constant(A), T.constant(np.array([3, 1, 3, 0]))
    cases = [
        (elemwise.CAReduce(theano.scalar.add, axis=0)(a), A.sum(0)),
        (elemwise.DimShuffle((False, False), [1, "x", 0])(a), A.T[:, None]),
        (T.Reshape(1)(a, [-1]), A.ravel()), (T.Join()(0, a, a), np.vstack([A, A])),
        (T.MaxAndArgmax([1])(a)[1], [2, 2]), (T.Rebroadcast((0, False))(a), A),
        (T.Subtensor([slice(None, T.lscalar), 1])(a, T.constant(1)), A[:1, 1]),
        (T.MakeVector("float32")(T.constant(1), T.constant(2)), [1, 2]),
        (T.AdvancedIncSubtensor1(set_instead_of_inc=True)(a, a[:1], [1]), [A[0], A[0]]),
        (extra_ops.CumOp(axis=1)(a), A.cumsum(1)), (T.SortOp()(-a, 1), np.sort(-A, 1)),
        (extra_ops.DiffOp(axis=1)(a), np.diff(A)), (T.Split(2)(a, 1, [1, 2])[1], A[:, 1:]),
        (extra_ops.Unique()(i), [0, 1, 3]),
        (extra_ops.Unique(True, True, True)(i)[2], [2, 1, 2, 0]),
        (extra_ops.Unique(return_counts=True)(i)[1], [1, 1, 2]), (T.xlogx.xlogx(a)[0, 0], 0),
        (T.inplace.exp_inplace(a), np.exp(A)), (T.basic.exp(a), np.exp(A)),
        (T.nlinalg.SVD(compute_uv=False)(a), np.linalg.svd(A, compute_uv=False)),
        (T.nlinalg.svd(a, compute_uv=False), np.linalg.svd(A, compute_uv=False)),
    ]
    values = value([expression for expression, _ in cases])
    for place, (found, (_, expected)) in enumerate(zip(values, cases, strict=True)):
        np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=str(place))
    with pytest.raises(ValueError, match="non-broadcastable"):
        elemwise.DimShuffle((False, False), [0])
    with pytest.raises(NotImplementedError, match="not supported"):
        elemwise.CAReduce(theano.scalar.sub)


def test_conditions_of_sizes_and_of_values():
    x = T.dmatrix("x")
    f = theano.function([x], Assert("two rows")(x, T.eq(x.shape[0], 2)), mode="FAST_COMPILE")
    np.testing.assert_array_equal(f(A), A)
    with pytest.raises(AssertionError, match="two rows"):
        f(A.T)
    f = theano.function([x], Assert("positive")(x, T.all(x >= 0), x.sum() > 0))
    np.testing.assert_array_equal(f(A), A)
    with pytest.raises(AssertionError, match="positive"):
        f(-A)
    with pytest.raises(AssertionError, match="scalar"):
        Assert("matrix")(x, x > 0)


def test_parts_that_are_all_of_a_tensor_and_axes_in_arrays():
    a = T.constant(A)
    n = T.constant(np.array([3, 1]))
    cases = [
        (T.inc_subtensor(a[...], 1), A + 1), (T.set_subtensor(a[:], 2), A * 0 + 2),
        (a[[slice(0, 1), slice(1, 3)]], A[0:1, 1:3]), (T.sum(a, np.array(1)), A.sum(1)),
        (T.max(a, [np.array(0)]), A.max(0)), (T.mean(n, dtype="int32"), 2.0),
        (T.mean(T.constant(3), dtype="int8"), 3.0), (T.arange(0, -1), []),
        (a[a[:, 0] > 2, a[0] > 0], A[[1, 1], [1, 2]]),
        (T.signal.pool.pool_2d(T.constant(np.ones((1, 1, 2, 2))), (3, 3), ignore_border=True),
         np.zeros((1, 1, 0, 0))),
    ]
    values = value([expression for expression, _ in cases])
    for place, (found, (_, expected)) in enumerate(zip(values, cases, strict=True)):
        np.testing.assert_allclose(found, expected, err_msg=str(place))
    assert T.mean(n, dtype="int32").dtype == "float64"
    assert value(T.mean(T.constant(np.full(5000, 20, "float16")))) == 20
    x = T.dmatrix("x")
    f = theano.function([x], T.sum(x).shape, mode="FAST_COMPILE")
    assert f(A).tolist() == []
    assert a[...].owner.op.name == "Subtensor"
    assert str(theano.scalar.all_types[0]) == "bool"


def test_classes_of_batch_normalization():
    rng = np.random.RandomState(0)
    x, dy = rng.randn(4, 3, 2), rng.randn(4, 3, 2)
    scale, bias, mean, var = (rng.rand(1, 3, 1) + i for i in range(4))
    bn, axes = T.nnet.bn, (0, 2)
    found = value(bn.AbstractBatchNormTrain(axes)(x, scale, bias, 1e-3, 0.25, mean, var))
    expected = value(list(bn.batch_normalization_train(
        x, scale, bias, axes, 1e-3, 0.25, mean, var)))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert len(bn.AbstractBatchNormTrain(axes)(x, scale, bias)) == 3
    np.testing.assert_allclose(
        value(bn.AbstractBatchNormInference(axes)(x, scale, bias, mean, var, 1e-3)),
        (x - mean) * scale / np.sqrt(var + 1e-3) + bias, rtol=1e-12)
    vs = [T.constant(v) for v in (x, scale, bias)]
    out, middle, inverse = bn.AbstractBatchNormTrain(axes)(*vs)
    slopes = T.grad(None, vs, known_grads={out: T.constant(dy)})
    found, expected = value(bn.AbstractBatchNormTrainGrad(axes)(
        vs[0], dy, scale, middle, inverse)), value(slopes)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    with pytest.raises(AssertionError, match="axes"):
        bn.AbstractBatchNormTrain(())
    with pytest.raises(AssertionError, match="as many axes"):
        bn.AbstractBatchNormInference(axes)(x, scale[0], bias, mean, var)


def test_classes_that_change_gradients():
    G, x = theano.gradient, T.dscalar("x")
    for op, kind, expected in (
        (G.GradClip(-1.0, 1.0), G.GradClip, 1.0), (G.GradScale(0.5), G.GradScale, 6.0),
        (G.ZeroGrad(), G.ZeroGrad, 0.0), (G.ConsiderConstant(), G.ConsiderConstant, 0.0),
    ):
        y = op(x) ** 2
        assert isinstance(y.owner.inputs[0].owner.op, kind)
        slope = T.grad(y * 2, x, disconnected_inputs="ignore")
        assert theano.function([x], slope, on_unused_input="ignore")(3.0) == expected
    with pytest.raises(G.NullTypeGradError):
        T.grad(G.UndefinedGrad()(x), x)
    with pytest.raises(G.DisconnectedInputError):
        T.grad(G.DisconnectedGrad()(x), x)
    assert T.verify_grad.E_grad is G.GradientError


def test_least_squares_and_raw_factors():
    rng = np.random.RandomState(0)
    a, b, c = rng.randn(5, 3), rng.randn(5, 2), rng.randn(5)
    for y in (b, c):
        expected = np.linalg.lstsq(a, y, -1)
        found = value(list(T.nlinalg.lstsq()(a, y, -1)))
        for u, v in zip(found, expected, strict=True):
            np.testing.assert_allclose(u, v)
    for u, v in zip(value(T.nlinalg.qr(a, "raw")), np.linalg.qr(a, "raw"), strict=True):
        np.testing.assert_allclose(u, v)
    found = value(T.tensordot(a, b, np.array([[0], [0]])))
    np.testing.assert_allclose(found, a.T @ b)
    with pytest.raises(ValueError, match="a number or two lists"):
        T.tensordot(a, b, np.array([0, 1, 2]))
