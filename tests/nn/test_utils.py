"""Parametrizations, norms of weights, fusion, first values."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, ShapeError
from pentad.nn.utils import parametrizations, parametrize
from tests.nn.numeric import close, normal


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).mT

    def right_inverse(self, a):
        return a.triu()


def test_a_parametrized_weight_is_computed_at_each_access():
    layer = nn.Linear(3, 3)
    held = layer.weight
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert parametrize.is_parametrized(layer)
    assert parametrize.is_parametrized(layer, "weight")
    assert isinstance(layer, nn.Linear)
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    assert layer.parametrizations.weight.original is held
    assert layer.weight.tolist() == layer.weight.mT.tolist()
    layer(pt.ones(2, 3)).sum().backward()
    assert held.grad.tril(-1).abs().max().item() == 0
    layer.weight = pt.eye(3) * 2
    assert layer.weight.tolist() == [[2, 0, 0], [0, 2, 0], [0, 0, 2]]
    with parametrize.cached():
        assert layer.weight is layer.weight
    assert layer.weight is not layer.weight
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert layer.weight is held
    assert not parametrize.is_parametrized(layer)


def test_errors_of_parametrizations():
    layer = nn.Linear(3, 2)
    with pytest.raises(ArgumentError):
        parametrize.register_parametrization(layer, "weights", Symmetric())
    with pytest.raises(ShapeError):
        parametrize.register_parametrization(layer, "bias", nn.Unflatten(0, (2, 1)))
    with pytest.raises(ArgumentError):
        parametrize.remove_parametrizations(layer, "weight")


def test_weight_norm():
    for dim in (0, 1, None):
        layer = nn.Linear(4, 3)
        before, x = layer.weight.detach().clone(), pt.tensor(normal(2, 4)).float()
        y = layer(x)
        parametrizations.weight_norm(layer, dim=dim)
        close(layer(x), y.detach().numpy())
        keys = ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
        assert list(layer.state_dict()) == keys
        with pt.no_grad():
            layer.parametrizations.weight.original0.mul_(2)
        close(layer.weight, 2 * np.asarray(before.numpy()))
        old = nn.utils.weight_norm(nn.Linear(4, 3), dim=dim)
        assert {"weight_g", "weight_v"} <= set(old.state_dict())
        z = old(x).detach()
        z_again = nn.utils.remove_weight_norm(old)(x)
        close(z_again, z.numpy())
        assert set(old.state_dict()) == {"weight", "bias"}


@pytest.mark.parametrize("norm", [parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm_makes_the_largest_singular_value_one(norm):
    pt.manual_seed(0)
    layer = norm(nn.Linear(5, 4).double())
    x = pt.tensor(normal(2, 5))
    for _ in range(60):
        y = layer(x)
    top = np.linalg.svd(np.asarray(layer.weight.detach().numpy()), compute_uv=False)[0]
    assert abs(top - 1) < 1e-6
    y.sum().backward()
    layer.eval()
    assert layer(x).tolist() == layer(x).tolist()
    if norm is nn.utils.spectral_norm:
        assert set(layer.state_dict()) == {"bias", "weight_orig", "weight_u", "weight_v"}
        close(nn.utils.remove_spectral_norm(layer)(x), y.detach().numpy(), 1e-6)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
def test_orthogonal_matrices_stay_orthogonal(kind, shape):
    pt.manual_seed(0)
    layer = nn.Linear(shape[1], shape[0]).double()
    parametrizations.orthogonal(layer, orthogonal_map=kind)

    def apart():
        w = np.asarray(layer.weight.detach().numpy())
        small = w @ w.T if shape[0] <= shape[1] else w.T @ w
        return np.abs(small - np.eye(len(small))).max()

    assert apart() < 1e-12
    before = layer.weight.detach().clone()
    layer(pt.tensor(normal(2, shape[1]))).square().sum().backward()
    original = layer.parametrizations.weight.original
    with pt.no_grad():
        original.add_(original.grad * -0.1)
        original.add_(pt.tensor(normal(*shape) * (1 - np.eye(*shape))) * 0.1)
    assert apart() < 1e-12
    assert np.abs((layer.weight - before).detach().numpy()).max() > 1e-3
    with pytest.raises(ArgumentError):
        parametrizations.orthogonal(nn.Linear(2, 2), orthogonal_map="qr")


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
@pytest.mark.parametrize("kind", ["householder", "matrix_exp"])
def test_an_orthogonal_weight_can_be_assigned(kind, shape):
    layer = nn.Linear(shape[1], shape[0]).double()
    based = kind == "matrix_exp"
    parametrizations.orthogonal(layer, orthogonal_map=kind, use_trivialization=based)
    wanted = np.linalg.qr(normal(5, 5))[0][: shape[0], : shape[1]]
    wanted = np.linalg.svd(wanted, full_matrices=False)
    wanted = wanted[0] @ wanted[2]
    layer.weight = pt.tensor(wanted)
    close(layer.weight, wanted, 1e-10)


def warm(layer, norm, x):
    for _ in range(3):
        norm(layer(x))
    return layer.eval(), norm.eval()


def test_fusion_with_batch_norm():
    pt.manual_seed(0)
    x = pt.tensor(normal(4, 3, 6, 6))
    for conv, transpose in ((nn.Conv2d(3, 4, 3), False), (nn.ConvTranspose2d(3, 4, 3), True)):
        conv, norm = warm(conv.double(), nn.BatchNorm2d(4).double(), x)
        fused = nn.utils.fuse_conv_bn_eval(conv, norm, transpose)
        close(fused(x), norm(conv(x)).detach().numpy(), 1e-9)
    flat = pt.tensor(normal(5, 3))
    linear, norm = warm(nn.Linear(3, 4, bias=False).double(), nn.BatchNorm1d(4).double(), flat)
    close(nn.utils.fuse_linear_bn_eval(linear, norm)(flat), norm(linear(flat)).detach().numpy(),
          1e-9)
    with pytest.raises(ArgumentError):
        nn.utils.fuse_linear_bn_eval(linear.train(), norm)


def test_skip_init_draws_nothing():
    pt.manual_seed(3)
    layer = nn.utils.skip_init(nn.Linear, 3, 4)
    drawn = pt.rand(2).tolist()
    pt.manual_seed(3)
    assert pt.rand(2).tolist() == drawn
    assert layer.weight.shape == (4, 3)
    with pytest.raises(ArgumentError):
        nn.utils.skip_init(int)


def test_functional_call_by_the_older_name():
    layer = nn.Linear(2, 1, bias=False)
    found = nn.utils.stateless.functional_call(layer, {"weight": pt.ones(1, 2)}, pt.ones(2))
    assert found.tolist() == [2.0]


def test_sparse_first_values():
    w = nn.init.sparse_(pt.empty(10, 6), 0.25)
    assert ((w == 0).sum(0) == 3).all().item()
    with pytest.raises(ShapeError):
        nn.init.sparse_(pt.empty(3), 0.5)


def test_older_names_work_and_warn():
    w = pt.zeros(2, 2)
    with pytest.warns(FutureWarning, match=r"use nn\.init\.constant_"):
        assert nn.init.constant(w, 3.0) is w
    with pytest.warns(FutureWarning, match=r"use nn\.init\.eye_"):
        assert nn.init.eye(w).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    p = nn.Parameter(pt.ones(4))
    p.grad = pt.ones(4)
    with pytest.warns(FutureWarning, match="clip_grad_norm_"):
        assert nn.utils.clip_grad_norm([p], 1.0).item() == 2.0
    assert p.grad.tolist() == pytest.approx([0.5] * 4, rel=1e-5)


def test_parametrizations_move_to_another_module():
    a, b = nn.Linear(3, 3), nn.Linear(3, 3)
    parametrize.register_parametrization(a, "weight", Symmetric())
    nn.utils.parametrizations.weight_norm(a, "bias", dim=None)
    assert parametrize.transfer_parametrizations_and_params(a, b) is b
    assert b.weight.tolist() == a.weight.tolist()
    assert b.bias.tolist() == a.bias.tolist()
    assert set(b.state_dict()) == set(a.state_dict())
    c = nn.Linear(3, 3)
    assert parametrize.transfer_parametrizations_and_params(c, b) is b
    parametrize.transfer_parametrizations_and_params(a, c, "weight")
    assert not parametrize.is_parametrized(c, "bias")
    with pytest.raises(ArgumentError, match="a parametrized tensor"):
        parametrize.transfer_parametrizations_and_params(a, c, "gain")


def test_arguments_of_factories():
    assert nn.factory_kwargs({"dtype": pt.float64, "factory_kwargs": {"device": "cpu"}}) == {
        "dtype": pt.float64, "device": "cpu"}
    assert nn.factory_kwargs(None) == {}
    with pytest.raises(TypeError, match="each once"):
        nn.factory_kwargs({"size": 3})
