from __future__ import annotations

import copy

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError
from pentad.tensor.capture.epoch import current_epoch
from tests.nn.numeric import close


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.rest = nn.ModuleList([nn.Linear(4, 4), nn.BatchNorm1d(4)])
        self.scale = nn.Parameter(pt.ones(1))
        self.register_buffer("seen", pt.zeros(1))
        self.register_buffer("scratch", pt.zeros(2), persistent=False)

    def forward(self, x):
        x = self.first(x)
        for part in self.rest:
            x = part(x)
        return x * self.scale


KEYS = ["scale", "seen", "first.weight", "first.bias", "rest.0.weight", "rest.0.bias",
        "rest.1.weight", "rest.1.bias", "rest.1.running_mean", "rest.1.running_var",
        "rest.1.num_batches_tracked"]


def test_names_of_parameters_buffers_and_parts():
    net = Net()
    assert list(net.state_dict()) == KEYS
    assert [n for n, _ in net.named_parameters()] == [
        k for k in KEYS if "running" not in k and "num" not in k and k != "seen"]
    assert [n for n, _ in net.named_modules()] == ["", "first", "rest", "rest.0", "rest.1"]
    assert [n for n, _ in net.named_children()] == ["first", "rest"]
    assert "scratch" in dict(net.named_buffers())
    assert net.get_submodule("rest.0") is net.rest[0]
    assert net.get_parameter("first.weight") is net.first.weight


def test_repr_is_pytorchs_tree():
    assert repr(Net()) == (
        "Net(\n"
        "  (first): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (rest): ModuleList(\n"
        "    (0): Linear(in_features=4, out_features=4, bias=True)\n"
        "    (1): BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True, "
        "bias=True, track_running_stats=True)\n"
        "  )\n"
        ")")
    assert repr(nn.ReLU()) == "ReLU()"


def test_a_state_dict_shares_memory_and_loads_into_another_model():
    a, b = Net(), Net()
    x = pt.randn(5, 3)
    a.eval(), b.eval()
    assert b.load_state_dict(a.state_dict()) == ([], [])
    np.testing.assert_array_equal(a(x).detach().numpy(), b(x).detach().numpy())
    a.state_dict()["scale"].fill_(3.0)
    assert a.scale.item() == 3.0
    assert b.scale.item() == 1.0


def test_a_state_that_does_not_fit_changes_nothing_and_names_every_fault():
    net = Net()
    state = dict(net.state_dict())
    before = net.first.bias.detach().clone().numpy()
    state["first.bias"] = pt.ones(4)
    state["scale"] = pt.ones(2)
    del state["seen"]
    state["extra"] = pt.ones(1)
    with pytest.raises(ArgumentError) as caught:
        net.load_state_dict(state)
    for words in ("Error(s) in loading state_dict for Net\n",
                  "size mismatch for scale: copying a param with shape [2] from checkpoint, the "
                  "shape in current model is [1].",
                  'Missing key(s) in state_dict: "seen".',
                  'Unexpected key(s) in state_dict: "extra".'):
        assert words in str(caught.value)
    np.testing.assert_array_equal(net.first.bias.detach().numpy(), before)
    del state["scale"]
    assert net.load_state_dict(state, strict=False) == (["scale", "seen"], ["extra"])
    close(net.first.bias, np.ones(4))


def test_arrays_and_other_dtypes_can_be_loaded():
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1, np.float64)})
    assert layer.weight.dtype is pt.float32
    close(layer.weight, [[1, 1]])


def test_tied_parameters_are_one():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    assert len(list(net.parameters())) == 3
    assert len(net.state_dict()) == 4
    twin = copy.deepcopy(net)
    assert twin[0].weight is twin[1].weight
    assert twin[0].weight is not net[0].weight


def test_train_eval_zero_grad_and_freezing():
    net = Net()
    assert net.training
    assert net.rest[1].training
    net.eval()
    assert not net.rest[1].training
    net.train()
    net(pt.randn(4, 3)).sum().backward()
    assert net.first.weight.grad is not None
    net.zero_grad(set_to_none=False)
    assert not net.first.weight.grad.numpy().any()
    net.zero_grad()
    assert net.first.weight.grad is None
    net.requires_grad_(False)
    assert not net(pt.randn(4, 3)).requires_grad


def test_to_converts_floats_only_and_keeps_the_parameters():
    net = Net()
    weight = net.first.weight
    net.double()
    assert net.first.weight is weight
    assert weight.dtype is pt.float64
    assert weight.is_leaf
    assert net.rest[1].running_mean.dtype is pt.float64
    assert net.rest[1].num_batches_tracked.dtype is pt.int64
    assert net(pt.randn(4, 3, dtype=pt.float64)).dtype is pt.float64


def test_every_change_is_a_new_epoch_and_going_back_to_training_the_old_one():
    net = Net()
    changes = [
        lambda: setattr(net, "flag", 1), lambda: setattr(net, "flag", 2),
        lambda: setattr(net.first, "bias", None), lambda: delattr(net, "flag"),
        lambda: setattr(net, "scale", nn.Parameter(pt.zeros(1))),
        lambda: net.register_buffer("more", pt.zeros(1)), lambda: net.rest.append(nn.ReLU()),
        lambda: net.register_forward_hook(lambda m, a, r: None), lambda: net.half(),
        lambda: net.requires_grad_(False), lambda: net.eval(),
    ]
    for change in changes:
        before = current_epoch()
        change()
        assert current_epoch() != before
    now = current_epoch()
    net.train()
    other = current_epoch()
    net.eval()
    assert current_epoch() == now != other
    net.flag = 5
    now = current_epoch()
    net.flag = net.flag
    assert current_epoch() == now


@pytest.mark.parametrize("kind", [nn.Sequential, nn.ModuleList])
def test_slicing_a_container_is_no_new_epoch(kind):
    """An eager forward that does it would have all compiled functions traced again."""
    parts = [nn.ReLU(), nn.Tanh(), nn.ReLU()]
    whole = kind(*parts) if kind is nn.Sequential else kind(parts)
    before = current_epoch()
    part = whole[1:]
    assert current_epoch() == before
    assert type(part) is kind
    assert list(part) == parts[1:]
    names = ["1", "2"] if kind is nn.Sequential else ["0", "1"]
    assert [name for name, _ in part.named_children()] == names


def test_a_slice_of_a_container_of_ones_own_is_made_by_its_constructor():
    class Chain(nn.Sequential):
        def __init__(self, *args):
            super().__init__(*args)
            self.made = len(self)

    assert Chain(nn.ReLU(), nn.Tanh(), nn.ReLU())[:2].made == 2


def test_copies_of_a_module_count_apart():
    copies = [nn.Dropout()]
    copies.append(copy.deepcopy(copies[0]))
    before = current_epoch()
    for m in copies:
        m.eval()
    assert current_epoch() != before


def test_hooks_see_and_change_arguments_and_results():
    layer = nn.Linear(2, 2)
    seen = []
    pre = layer.register_forward_pre_hook(lambda m, args: (args[0] * 0,))
    post = layer.register_forward_hook(lambda m, args, result: seen.append(args) or result + 1)
    close(layer(pt.ones(1, 2)), layer.bias.detach().numpy()[None] + 1)
    assert not seen[0][0].numpy().any()
    pre.remove()
    post.remove()
    post.remove()
    close(layer(pt.zeros(1, 2)), layer.bias.detach().numpy()[None])


def test_assigning_what_is_no_part_is_refused():
    net = Net()
    with pytest.raises(DTypeError, match="'scale' of Net is a Parameter"):
        net.scale = pt.ones(1)
    with pytest.raises(DTypeError, match="is a Module"):
        net.first = 3
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        net.absent  # noqa: B018

    class Early(nn.Module):
        def __init__(self):
            self.part = nn.ReLU()

    with pytest.raises(AttributeError, match="super"):
        Early()
    with pytest.raises(ArgumentError, match="without dots"):
        net.add_module("a.b", nn.ReLU())


def test_an_error_names_the_layer():
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    with pytest.raises(ShapeError) as caught:
        net(pt.zeros(2, 5, 5))
    assert caught.value.__notes__ == ["  in layer: Linear(in_features=64, out_features=10, "
                                      "bias=True)"]


def test_containers():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net[:2]) == 2
    assert list(net[1:].state_dict()) == ["2.weight", "2.bias"]
    net.append(nn.Tanh()).insert(1, nn.Sigmoid())
    assert [type(m).__name__ for m in net] == ["Linear", "Sigmoid", "ReLU", "Linear", "Tanh"]
    del net[1]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    with pytest.raises(IndexError):
        net[9]
    parts = nn.ModuleDict({"a": nn.ReLU()})
    parts["b"] = nn.Linear(1, 1)
    assert list(parts) == ["a", "b"]
    assert "b.weight" in parts.state_dict()
    assert list(nn.ParameterList([pt.ones(2), pt.ones(3)]).state_dict()) == ["0", "1"]
    assert list(nn.ParameterDict({"w": pt.ones(2)}).state_dict()) == ["w"]


def test_parameters():
    p = nn.Parameter(pt.ones(2))
    assert p.requires_grad
    assert p.is_leaf
    assert "Parameter containing" in repr(p)
    assert not nn.Parameter(pt.ones(2), requires_grad=False).requires_grad
    with pytest.raises(DTypeError, match="not a tensor"):
        nn.Parameter([1.0, 2.0])


def test_parts_and_buffers_at_paths():
    net = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.BatchNorm1d(3)))
    assert net.get_buffer("1.0.running_mean") is net[1][0].running_mean
    net.set_submodule("1.0", nn.ReLU())
    assert isinstance(net[1][0], nn.ReLU)
    for call in (lambda: net.get_buffer("0.weight"), lambda: net.set_submodule("1.7", nn.ReLU())):
        with pytest.raises(AttributeError):
            call()
