"""nn.utils.prune: masks, what is left, and how they are taken away."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.nn.utils import prune

WEIGHT = [[0.5, -3.0, 1.0, -0.1], [2.0, 0.2, -0.3, 4.0], [0.6, 0.7, -0.8, 0.9]]


def _layer():
    layer = nn.Linear(4, 3)
    with pt.no_grad():
        layer.weight.copy_(pt.tensor(WEIGHT))
    return layer


def _zeros(layer):
    return int((layer.weight == 0).sum())


def test_the_least_elements_go():
    layer = _layer()
    assert prune.l1_unstructured(layer, "weight", 3) is layer
    wanted = np.array(WEIGHT, np.float32)
    wanted[[0, 1, 1], [3, 1, 2]] = 0
    np.testing.assert_array_equal(layer.weight.numpy(force=True), wanted)
    assert [n for n, _ in layer.named_parameters()] == ["bias", "weight_orig"]
    assert [n for n, _ in layer.named_buffers()] == ["weight_mask"]
    np.testing.assert_array_equal(layer.weight_orig.numpy(force=True), np.float32(WEIGHT))
    assert prune.is_pruned(layer)


def test_calls_use_the_mask_and_gradients_stop_at_it():
    layer = _layer()
    prune.l1_unstructured(layer, "weight", amount=0.25)
    x = pt.randn(5, 4)
    got = layer(x)
    np.testing.assert_allclose(
        got.numpy(force=True),
        x.numpy() @ layer.weight.numpy(force=True).T + layer.bias.numpy(force=True), rtol=1e-5,
        atol=1e-6,
    )
    got.sum().backward()
    grad, mask = layer.weight_orig.grad.numpy(), layer.weight_mask.numpy()
    assert (grad[mask == 0] == 0).all()
    assert (grad[mask == 1] != 0).all()
    with pt.no_grad():
        layer.weight_orig.fill_(1.0)
    layer(x)  # makes the product anew
    np.testing.assert_array_equal(layer.weight.numpy(force=True), mask)


def test_pruning_again_acts_on_what_is_left():
    layer = _layer()
    prune.l1_unstructured(layer, "weight", amount=4)
    prune.l1_unstructured(layer, "weight", amount=4)
    assert _zeros(layer) == 8
    prune.ln_structured(layer, "weight", amount=1, n=2, dim=0)
    kept = layer.weight.numpy(force=True)
    assert (kept[[0, 2]] == 0).all()  # nothing was left of the last row: the first went
    assert kept[1].tolist() == [2.0, 0.0, 0.0, 4.0]
    assert len(layer._hooks["forward_pre"]) == 1


@pytest.mark.parametrize(("dim", "gone"), [(0, 0), (1, 0), (-1, 0)])
def test_channels_of_least_norm_go(dim, gone):
    layer = nn.Linear(3, 3)
    with pt.no_grad():
        layer.weight.copy_(pt.tensor([[0.1, 1, 1], [0.2, 5, 6], [0.3, 7, 8]]))
    prune.ln_structured(layer, "weight", amount=0.34, n=2, dim=dim)
    zero = (layer.weight.numpy(force=True) == 0).all(axis=1 - dim % 2)
    assert zero.tolist() == [i == gone for i in range(3)]


@pytest.mark.parametrize("structured", [False, True])
def test_random_ones_are_as_many_as_asked_for(structured):
    pt.manual_seed(0)
    layer = nn.Linear(10, 20)
    if structured:
        prune.random_structured(layer, "weight", amount=0.3, dim=1)
        assert int((layer.weight == 0).all(0).sum()) == 3
    else:
        prune.random_unstructured(layer, "weight", amount=0.3)
        assert _zeros(layer) == 60


def test_remove_makes_it_permanent():
    layer = _layer()
    prune.l1_unstructured(layer, "weight", amount=0.5)
    pruned = layer.weight.numpy(force=True).copy()
    original = layer.weight_orig
    assert prune.remove(layer, "weight") is layer
    assert layer.weight is original
    np.testing.assert_array_equal(layer.weight.numpy(force=True), pruned)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    assert not prune.is_pruned(layer)
    with pytest.raises(pt.ArgumentError, match="no mask"):
        prune.remove(layer, "weight")


def test_all_layers_as_one():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    with pt.no_grad():
        net[0].weight.fill_(0.1)
        net[1].weight.fill_(1.0)
    prune.global_unstructured(
        [(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, amount=16,
    )
    assert _zeros(net[0]) == 16
    assert _zeros(net[1]) == 0
    prune.global_unstructured(
        [(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, amount=0.5,
    )
    assert _zeros(net[1]) == 8


def test_masks_and_importances_are_given():
    layer = _layer()
    prune.l1_unstructured(layer, "weight", 4, importance_scores=pt.arange(12.0).reshape(3, 4))
    assert (layer.weight[0] == 0).all()
    other = _layer()
    prune.custom_from_mask(other, "bias", pt.tensor([1.0, 0.0, 1.0]))
    assert float(other.bias[1]) == 0.0
    prune.identity(other, "weight")
    assert other.weight_mask.min() == 1


def test_a_method_of_the_users():
    class EveryOther(prune.BasePruningMethod):
        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    layer = _layer()
    EveryOther.apply(layer, "weight")
    assert _zeros(layer) == 6
    state = layer.state_dict()
    fresh = nn.Linear(4, 3)
    EveryOther.apply(fresh, "weight")
    fresh.load_state_dict(state)
    fresh(pt.ones(1, 4))
    np.testing.assert_array_equal(fresh.weight.numpy(force=True), layer.weight.numpy(force=True))


@pytest.mark.parametrize(("call", "text"), [
    (lambda m: prune.l1_unstructured(m, "weight", 1.5), "share between"),
    (lambda m: prune.l1_unstructured(m, "weight", -1), "share between"),
    (lambda m: prune.l1_unstructured(m, "weight", 13), "at most 12"),
    (lambda m: prune.l1_unstructured(m, "wait", 1), "no such parameter"),
    (lambda m: prune.ln_structured(m, "bias", 1, 2, 0), "2 dimensions"),
    (lambda m: prune.l1_unstructured(m, "weight", 1, importance_scores=pt.ones(3)), "shape"),
    (lambda m: prune.global_unstructured([], prune.L1Unstructured, amount=1), "parameters"),
])
def test_what_cannot_be_pruned_is_refused(call, text):
    with pytest.raises(pt.PentadError, match=text):
        call(_layer())
