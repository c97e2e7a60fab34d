"""Hooks of all modules at once, and what converts or compiles a module in place."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import pentad as pt
from pentad import nn
from pentad.nn import functional as F
from pentad.nn import hooks


def net():
    pt.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


# -- hooks -----------------------------------------------------------------------------------------


def test_hooks_of_all_modules_come_before_their_own():
    model, seen = nn.Sequential(nn.Linear(2, 3), nn.ReLU()), []

    def note(kind):
        return lambda module, *rest: seen.append((kind, type(module).__name__))

    own = model[1].register_forward_hook(note("own"))
    handles = [
        hooks.register_module_forward_pre_hook(note("before")),
        hooks.register_module_forward_hook(note("after")),
        hooks.register_module_full_backward_pre_hook(note("backward before")),
        hooks.register_module_full_backward_hook(note("backward")),
    ]
    try:
        model(pt.ones(1, 2, requires_grad=True)).sum().backward()
        forward = [("before", "Sequential"), ("before", "Linear"), ("after", "Linear"),
                   ("before", "ReLU"), ("after", "ReLU"), ("own", "ReLU"), ("after", "Sequential")]
        assert seen[:7] == forward
        assert sorted(seen[7:]) == sorted(
            (kind, name) for name in ("ReLU", "Linear", "Sequential")
            for kind in ("backward before", "backward"))
    finally:
        for handle in handles:
            handle.remove()
    seen.clear()
    own.remove()
    model(pt.ones(1, 2))
    assert seen == []


def test_a_hook_of_all_modules_changes_results_and_is_called_after_errors():
    with hooks.register_module_forward_hook(lambda module, args, result: result * 2):
        assert nn.ReLU()(pt.ones(2)).tolist() == [2, 2]
    seen = []
    always = hooks.register_module_forward_hook(
        lambda module, args, kwargs, result: seen.append((kwargs, result)), with_kwargs=True,
        always_call=True)
    with always, pytest.raises(pt.ShapeError):
        nn.Linear(2, 1)(input=pt.ones(3))
    assert [(list(kwargs), result) for kwargs, result in seen] == [(["input"], None)]


def test_compiled_functions_notice_hooks_of_all_modules():
    layer = nn.ReLU()
    compiled = pt.compile(lambda x: layer(x))
    assert compiled(pt.ones(2)).tolist() == [1, 1]
    with hooks.register_module_forward_hook(lambda module, args, result: result + 5):
        assert compiled(pt.ones(2)).tolist() == [6, 6]
    assert compiled(pt.ones(2)).tolist() == [1, 1]


# -- conversions -----------------------------------------------------------------------------------


def test_type_converts_whole_numbers_too():
    model = net()
    model.type(pt.float64)
    assert {t.dtype for t in model.state_dict().values()} == {pt.float64}
    model = net()
    model(pt.ones(4, 2)).sum().backward()
    assert model.type("torch.DoubleTensor") is model
    assert model[0].weight.grad.dtype is pt.float64
    assert net().double()[1].num_batches_tracked.dtype is pt.int64


def test_to_empty_makes_memory_of_the_same_kind():
    model = net()
    weight, before = model[0].weight, model[0].weight.data_ptr()
    assert model.to_empty(device="cpu") is model
    assert model[0].weight is weight
    assert (weight.shape, weight.requires_grad, weight.is_leaf) == ((3, 2), True, True)
    assert weight.data_ptr() != before
    outer = nn.Sequential(nn.Linear(1, 1))
    held = outer[0].weight.data_ptr()
    assert outer.to_empty(device=None, recurse=False)[0].weight.data_ptr() == held
    with pytest.raises(pt.ArgumentError, match="device"):
        model.to_empty(device="cuda")


def test_apply_of_a_subclass_sees_the_conversion():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = pt.ones(2)

        def _apply(self, fn, recurse=True):
            super()._apply(fn, recurse)
            self.table = fn(self.table)
            return self

    model = nn.Sequential(Own()).double()
    assert model[0].table.dtype is pt.float64


def test_compile_in_place():
    model = net()
    wanted = model(pt.ones(4, 2)).tolist()
    keys = list(model.state_dict())
    again = net()
    again.compile()
    np.testing.assert_allclose(again(pt.ones(4, 2)).tolist(), wanted, atol=1e-6)
    assert list(again.state_dict()) == keys
    assert again.forward.compiled is not None
    again(pt.ones(4, 2)).sum().backward()
    assert again[0].weight.grad.shape == (3, 2)
    other = copy.deepcopy(again)
    with pt.no_grad():
        other[1].bias.fill_(7)
    assert other(pt.ones(4, 2)).tolist() != again(pt.ones(4, 2)).tolist()


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def test_compile_in_place_falls_back_or_refuses():
    model = Branching()
    model.compile()
    with pytest.warns(UserWarning, match=r"forward is not compiled(?s:.)*test_everywhere\.py"):
        assert model(-pt.ones(2)).tolist() == [1, 1]
    assert model(pt.ones(2)).tolist() == [1, 1]
    whole = Branching()
    whole.compile(fullgraph=True)
    with pytest.raises(pt.CaptureError):
        whole(pt.ones(2))


# -- values of losses ------------------------------------------------------------------------------

HALF = pt.tensor([0.5, 0.5])


@pytest.mark.parametrize("bad", [[1.5, 0.0], [-0.1, 0.0], [float("nan"), 0.0]])
def test_binary_cross_entropy_wants_probabilities(bad):
    for what, given in (("target", (HALF, pt.tensor(bad))), ("input", (pt.tensor(bad), HALF))):
        words = f"all elements of {what} should be between 0 and 1"
        with pytest.raises(RuntimeError, match=words):
            F.binary_cross_entropy(*given)
        with pytest.raises(pt.ArgumentError, match=words):
            nn.BCELoss()(*given)
    assert F.binary_cross_entropy_with_logits(HALF, pt.tensor([1.5, 0.0])).item() > 0


def test_gaussian_nll_loss_wants_a_variance():
    for var in (pt.tensor([-1.0, 1.0]), -1.0):
        with pytest.raises(ValueError, match="var has negative entry/entries"):
            F.gaussian_nll_loss(HALF, HALF, var)
    assert F.gaussian_nll_loss(HALF, HALF, 2.0).dtype is pt.float32
    found = F.gaussian_nll_loss(HALF, HALF, pt.ones(2), True, 1e-6, "sum").item()
    assert found == pytest.approx(1.8378770664)


def test_labels_out_of_range_are_named_in_torchs_words():
    scores = pt.zeros(3, 4)
    for loss in (F.nll_loss, F.cross_entropy):
        for label in (4, -1):
            with pytest.raises(IndexError, match=f"Target {label} is out of bounds"):
                loss(scores, pt.tensor([0, -100, label]))


def test_errors_are_those_that_programs_for_torch_catch():
    for call in (lambda: pt.ones(2) + pt.ones(3), lambda: pt.ones(2, 3) @ pt.ones(2, 3),
                 lambda: pt.linalg.inv(pt.ones(2, 2, dtype=pt.int64))):
        with pytest.raises(RuntimeError):
            call()
    with pytest.raises(IndexError):
        pt.ones(2).sum(3)
    with pytest.raises(pt.ShapeError):
        pt.ones(2).size(5)
