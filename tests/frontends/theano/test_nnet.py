"""Layers of Theano against formulas and finite differences, where Theano's own Python has none."""

from __future__ import annotations

import numpy as np
import pytest

from pentad.frontends import theano
from pentad.frontends.theano import tensor as T
from pentad.frontends.theano.tensor.nnet import abstract_conv, bn, neighbours
from pentad.frontends.theano.tensor.nnet.ctc import ctc
from pentad.frontends.theano.tensor.signal import conv, downsample, pool

RNG = np.random.RandomState(0)
EAGER = "FAST_COMPILE"


def slope_agrees(inputs, output, values):
    """The gradient of a weighted sum against differences, at one place of each input."""
    size = theano.function(inputs, output, mode=EAGER)(*values).shape
    total = (output * RNG.randn(*size)).sum()
    f = theano.function(inputs, total, mode=EAGER)
    slopes = theano.function(inputs, T.grad(total, inputs), mode=EAGER)(*values)
    for i, slope in enumerate(slopes):
        place = tuple(n // 2 for n in values[i].shape)
        step = np.zeros_like(values[i])
        step[place] = 1e-6
        up, down = ([v + s * step if j == i else v for j, v in enumerate(values)] for s in (1, -1))
        assert slope[place] == pytest.approx((f(*up) - f(*down)) / 2e-6, rel=1e-5, abs=1e-7)


def test_batch_normalization():
    x, g, b = T.dmatrix("x"), T.drow("g"), T.drow("b")
    m, v = theano.shared(np.ones(3)), theano.shared(np.full(3, 2.0))
    y, mean, inverse, new_m, new_v = bn.batch_normalization_train(
        x, g, b, running_mean=m, running_var=v)
    data = RNG.randn(5, 3)
    given = [data, RNG.randn(1, 3), RNG.randn(1, 3)]
    f = theano.function([x, g, b], [y, mean, inverse, new_m, new_v], mode=EAGER)
    found = f(*given)
    np.testing.assert_allclose(
        found[0], given[1] * (data - data.mean(0)) / np.sqrt(data.var(0) + 1e-4) + given[2])
    np.testing.assert_allclose(found[1], data.mean(0, keepdims=True))
    np.testing.assert_allclose(found[3], 0.9 + 0.1 * data.mean(0))
    np.testing.assert_allclose(found[4], 0.9 * 2 + 0.1 * data.var(0, ddof=1))
    slope_agrees([x, g, b], y, given)
    with pytest.raises(ValueError, match="epsilon"):
        bn.batch_normalization_train(x, g, b, epsilon=1e-7)
    with pytest.raises(ValueError, match="both be given"):
        bn.batch_normalization_train(x, g, b, running_mean=m)


def test_unshared_filters_are_filters_where_all_are_equal():
    x, w = T.dtensor4("x"), T.dtensor4("w")
    data, kernel = RNG.randn(2, 3, 5, 6), RNG.randn(4, 3, 2, 3)
    own = np.broadcast_to(kernel[:, None, None], (4, 4, 4, 3, 2, 3)).copy()
    many = T.TensorType("float64", (False,) * 6)("many")
    same = theano.function([x, w], T.nnet.conv2d(x, w), mode=EAGER)(data, kernel)
    found = theano.function([x, many], T.nnet.conv2d(x, many, unshared=True), mode=EAGER)
    np.testing.assert_allclose(found(data, own), same, rtol=1e-12)


def test_groups_and_separable_filters():
    x = RNG.randn(1, 2, 4, 4)
    depth, point = RNG.randn(4, 1, 2, 2), RNG.randn(3, 4, 1, 1)
    f = T.nnet.separable_conv2d(T.constant(x), T.constant(depth), T.constant(point), 2).eval()
    first = np.concatenate([
        T.nnet.conv2d(T.constant(x[:, i:i + 1]), T.constant(depth[2 * i:2 * i + 2])).eval()
        for i in range(2)], 1)
    np.testing.assert_allclose(f, np.einsum("bchw,oc->bohw", first, point[:, :, 0, 0]))


def test_pools():
    x = T.dtensor4("x")
    value = RNG.randn(1, 2, 5, 6)
    slope_agrees([x], pool.pool_2d(x, (2, 3), ignore_border=True, pad=(1, 1)), [value])
    slope_agrees([x], pool.pool_2d(x, (2, 3), ignore_border=True, pad=(1, 1),
                                   mode="average_exc_pad"), [value])
    old = downsample.max_pool_2d(x, (2, 2), ignore_border=True).eval({x: value})
    np.testing.assert_array_equal(
        old, pool.Pool(True)(x, (2, 2)).eval({x: value}))
    assert pool.Pool.out_shape((1, 2, 5, 6), (2, 3)) == [1, 2, 3, 2]
    with pytest.raises(NotImplementedError, match="ignore_border"):
        pool.pool_2d(x, (2, 2), ignore_border=False, pad=(1, 1))
    with pytest.raises(ValueError, match="mode"):
        pool.pool_2d(x, (2, 2), ignore_border=True, mode="median")


@pytest.mark.parametrize("stride", [None, (1, 1)])
def test_the_largest_of_a_pool_may_be_infinite(stride):
    x = T.tensor4("x")
    found = pool.pool_2d(x, (2, 2), ignore_border=True, stride=stride)
    run = theano.function([x], [found, T.grad(found.sum(), x)])
    for _ in range(2):
        value, slope = run(np.array([[[[np.inf, 1.0], [2.0, 3.0]]]]))
        assert value.tolist() == [[[[np.inf]]]]
        assert slope.tolist() == [[[[1, 0], [0, 0]]]]


def test_single_images_and_patches():
    a, b = T.dmatrix("a"), T.dmatrix("b")
    image, kernel = RNG.randn(4, 5), RNG.randn(2, 2)
    found = conv.conv2d(a, b).eval({a: image, b: kernel})
    windows = np.lib.stride_tricks.sliding_window_view(image, (2, 2))
    np.testing.assert_allclose(found, (windows * kernel[::-1, ::-1]).sum((2, 3)))
    x = T.dtensor4("x")
    back = neighbours.neibs2images(neighbours.images2neibs(x, (2, 2)), (2, 2), x.shape)
    value = RNG.randn(1, 2, 4, 6)
    np.testing.assert_array_equal(back.eval({x: value}), value)
    with pytest.raises(Exception, match="evenly"):
        neighbours.images2neibs(x, (3, 2)).eval({x: value})


def test_the_cost_of_labels_without_times():
    a, labels, lengths = T.dtensor3("a"), T.imatrix("l"), T.ivector("n")
    value = RNG.randn(2, 1, 2)
    p = np.exp(value[:, 0]) / np.exp(value[:, 0]).sum(1, keepdims=True)
    cost = ctc(a, labels, lengths)
    f = theano.function([a, labels, lengths], [cost, T.grad(cost.sum(), a)], mode=EAGER)
    found, slope = f(value, np.array([[1, -1]], "int32"), np.array([2], "int32"))
    paths = p[0, 1] * p[1, 0] + p[0, 0] * p[1, 1] + p[0, 1] * p[1, 1]
    np.testing.assert_allclose(found, [-np.log(paths)])
    assert slope.shape == value.shape


def test_what_is_refused():
    x, w = T.dtensor4("x"), T.dtensor4("w")
    with pytest.raises(ValueError, match="border_mode"):
        T.nnet.conv2d(x, w, border_mode="same as ever")
    with pytest.raises(ValueError, match="another number of channels"):
        T.nnet.conv2d(x, w, input_shape=(1, 3, 4, 4), filter_shape=(2, 4, 2, 2))
    with pytest.raises(TypeError, match="axes"):
        T.nnet.conv2d(x[0], w)
    with pytest.raises(ValueError, match="1-d or 2-d"):
        T.nnet.softmax(x)
    assert abstract_conv.get_conv_output_shape((1, 2, 8, 8), (4, 2, 3, 3), "half", (2, 2)) == (
        1, 4, 4, 4)


def test_conv3d_with_time_before_the_channels():
    from pentad.frontends.theano.tensor.nnet import conv3d2d

    rng = np.random.RandomState(0)
    signals, filters = rng.rand(2, 3, 2, 5, 5), rng.rand(4, 2, 2, 3, 3)
    found = conv3d2d.conv3d(T.constant(signals), T.constant(filters)).eval()
    expected = sum(
        signals[:, 1 - t:3 - t, c, i:i + 3, j:j + 3][:, :, None]
        * filters[:, t, c, 2 - i, 2 - j][None, None, :, None, None]
        for t in range(2) for c in range(2) for i in range(3) for j in range(3)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_moments_of_batch_normalisation_have_the_axes_of_its_parameters():
    x, ones, row = T.matrix(), np.ones(3), np.ones((1, 3))
    for gamma, kind in ((ones, "vector"), (row, "row")):
        _, mean, inverse = bn.batch_normalization_train(x, gamma, gamma, [0])
        assert mean.type == inverse.type == getattr(T, kind)().type
        running = bn.batch_normalization_train(x, gamma, gamma, [0], 1e-4, 0.1, gamma, gamma)
        assert [v.ndim for v in running[1:]] == [gamma.ndim] * 4


def test_patches_that_do_not_fit_are_an_error_in_every_mode_that_pads():
    from pentad.frontends.theano.tensor.nnet.neighbours import images2neibs

    images = np.zeros((1, 1, 5, 5))
    for mode in ("valid", "half", "full"):
        with pytest.raises(TypeError, match="do not fit"):
            images2neibs(T.as_tensor_variable(images), (2, 2), mode=mode).eval()
    with pytest.raises(TypeError, match="smaller"):
        images2neibs(T.as_tensor_variable(images[:, :, :2]), (3, 3), mode="wrap_centered").eval()
