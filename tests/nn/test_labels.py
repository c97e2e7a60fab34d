"""Labels, indices and lengths out of range never read memory: they are errors that show them."""

from __future__ import annotations

import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import IndexOutOfRange, ShapeError
from pentad.nn import functional as F


def scores(*shape):
    pt.manual_seed(0)
    return pt.randn(*shape)


ADAPTIVE = nn.AdaptiveLogSoftmaxWithLoss(3, 10, [4], div_value=1.0)
CASES = {
    "cross_entropy": (lambda y: F.cross_entropy(scores(4, 3), y), [[0, 1, 2, 3], [0, 1, 2, -1]]),
    "smoothed": (lambda y: F.cross_entropy(scores(2, 3), y, label_smoothing=0.1), [[0, 3]]),
    "weighted": (lambda y: F.cross_entropy(scores(2, 3), y, weight=pt.ones(3)), [[0, 2**40]]),
    "nll_loss": (lambda y: F.nll_loss(scores(2, 3), y), [[0, 3], [0, -1]]),
    "pixels": (lambda y: F.nll_loss(scores(1, 3, 1, 2), y), [[[[0, 7]]]]),
    "embedding": (lambda y: F.embedding(y, scores(5, 2)), [[5], [-1], [2**62]]),
    "bag": (lambda y: F.embedding_bag(y, scores(5, 2)), [[[5, 1]], [[-1, 0]]]),
    "offsets": (lambda y: F.embedding_bag(pt.arange(4), scores(5, 2), y), [[0, 9], [0, -1]]),
    "one_hot": (lambda y: F.one_hot(y, 3), [[3], [-1]]),
    "multi_margin_loss": (lambda y: F.multi_margin_loss(scores(2, 3), y), [[0, 3], [-1, 0]]),
    "multilabel": (lambda y: F.multilabel_margin_loss(scores(1, 3), y), [[[0, 1, 3]]]),
    "adaptive": (lambda y: ADAPTIVE(scores(2, 3), y).loss, [[0, 10], [0, -1]]),
    "linear": (lambda y: F.linear_cross_entropy(scores(2, 3), scores(4, 3), y), [[0, 4]]),
    "ctc targets": (lambda y: F.ctc_loss(scores(5, 1, 3).log_softmax(-1), y, (5,), (2,)),
                    [[[1, 3]], [[-1, 2]]]),
    "ctc lengths": (lambda y: F.ctc_loss(scores(5, 1, 3).log_softmax(-1), pt.ones(1, 2).long(), y,
                                         (2,)), [[6], [-1]]),
    "ctc target lengths": (lambda y: F.ctc_loss(scores(5, 1, 3).log_softmax(-1),
                                                pt.ones(1, 2).long(), (5,), y), [[3], [-1]]),
    "max_unpool1d": (lambda y: F.max_unpool1d(scores(1, 1, 1), y, 2), [[[[2]]], [[[-1]]]]),
}


@pytest.mark.parametrize("name", CASES)
def test_out_of_range(name):
    function, bad = CASES[name]
    for labels in bad:
        with pytest.raises(IndexOutOfRange, match="is out of range"):
            function(pt.tensor(labels))


@pytest.mark.parametrize("name", ["cross_entropy", "embedding", "one_hot", "nll_loss"])
def test_out_of_range_in_a_compiled_function(name):
    function, bad = CASES[name]
    compiled = pt.compile(function)
    for labels in bad:
        with pytest.raises(IndexOutOfRange, match="is out of range"):
            compiled(pt.tensor(labels))


def test_the_error_shows_the_labels():
    words = r"int64\[4\] from 0 to 3 beside float32\[4, 3\]"
    with pytest.raises(IndexOutOfRange, match=words):
        F.cross_entropy(scores(4, 3), pt.tensor([0, 1, 2, 3]))
    compiled = pt.compile(lambda y: F.cross_entropy(scores(4, 3), y))
    with pytest.raises(IndexOutOfRange, match=r"int64\[4\] from -7 to 2"):
        compiled(pt.tensor([0, -7, 2, 1]))


@pytest.mark.parametrize("loss", [
    F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.poisson_nll_loss, F.soft_margin_loss,
    F.hinge_embedding_loss, F.kl_div, F.binary_cross_entropy, F.multilabel_soft_margin_loss,
])
def test_shapes_that_do_not_broadcast_are_an_error_without_a_warning(loss):
    with pytest.raises(ShapeError, match=r"\[2, 5\]"):
        loss(scores(3, 4).sigmoid(), pt.ones(2, 5))


def test_the_native_way_of_repeated_calls_shows_them_too():
    x, good, bad = scores(4, 3), pt.tensor([0, 1, 2, 0]), pt.tensor([0, 1, 2, 3])
    for _ in range(3):
        F.cross_entropy(x, good)
    for _ in range(3):
        with pytest.raises(IndexOutOfRange, match="from 0 to 3 beside"):
            F.cross_entropy(x, bad)
    assert F.cross_entropy(x, good).item() > 0
