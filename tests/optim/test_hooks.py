"""Hooks of optimisers, optimisers that users write, and what a group may hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pentad as pt
from pentad import nn, optim
from pentad.graph.errors import ArgumentError, CaptureError, DTypeError, ShapeError


def parameter(*values):
    p = nn.Parameter(pt.tensor(values or (1.0, 2.0)))
    p.grad = pt.ones_like(p)
    return p


def test_hooks_before_and_after_a_step():
    o, seen = optim.SGD([parameter()], 0.1), []

    def before(optimizer, args, kwargs):
        seen.append(("before", args[0] is optimizer, len(args), kwargs))

    with optim.register_optimizer_step_pre_hook(lambda *a: seen.append("all, before")), \
            optim.register_optimizer_step_post_hook(lambda *a: seen.append("all, after")):
        handle = o.register_step_pre_hook(before)
        o.register_step_post_hook(lambda optimizer, args, kwargs: seen.append("after"))
        o.step()
    assert seen == ["all, before", ("before", True, 1, {}), "after", "all, after"]
    handle.remove()
    o.step()
    assert seen[4:] == ["after"]
    o.register_step_pre_hook(lambda optimizer, args, kwargs: 3)
    with pytest.raises(ArgumentError, match=r"None or \(args, kwargs\)"):
        o.step()


def test_a_hook_may_change_the_arguments():
    o = optim.SGD([parameter()], 0.1)
    o.register_step_pre_hook(lambda optimizer, args, kwargs: ((*args, lambda: 7), kwargs))
    assert o.step() == 7


def test_hooks_of_states():
    o, seen = optim.Adam([parameter()]), []
    o.step()
    o.register_state_dict_pre_hook(lambda optimizer: seen.append("pre"))
    o.register_state_dict_post_hook(lambda optimizer, state: {**state, "note": 1})
    o.register_load_state_dict_pre_hook(
        lambda optimizer, state: {k: v for k, v in state.items() if k != "note"})
    o.register_load_state_dict_post_hook(lambda optimizer: seen.append("post"))
    state = o.state_dict()
    assert state["note"] == 1
    o.load_state_dict(state)
    assert seen == ["pre", "post"]
    assert "note" in state


class Halving(optim.Optimizer):
    """What users write: no check, state of any shape, a step in tensor operations."""

    def __init__(self, params, by=2.0):
        super().__init__(params, {"by": by})

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["seen"] = state.get("seen", 0) + 1
                state["row"] = pt.zeros(3)
                p.data.div_(group["by"])


@pytest.mark.parametrize("compiled", [False, True])
def test_an_optimiser_of_ones_own(compiled):
    p = parameter(8.0)
    o, seen = Halving([p]), []
    o.register_step_post_hook(lambda *a: seen.append(1))
    step = pt.compile(lambda: o.step()) if compiled else o.step
    step()
    step()
    assert p.item() == 2.0
    assert seen == ([1] if compiled else [1, 1])
    if not compiled:
        other = Halving([parameter(1.0)], by=3.0)
        other.load_state_dict(o.state_dict())
        assert other.param_groups[0]["by"] == 2.0
        assert next(iter(other.state.values()))["seen"] == 2


def test_what_does_not_define_a_step_says_so():
    class Nothing(optim.Optimizer):
        pass

    with pytest.raises(NotImplementedError, match="Nothing does not define step"):
        Nothing([parameter()], {}).step()


def test_a_subclass_that_calls_its_parents_step_has_its_hooks_called_once():
    class Loud(optim.SGD):
        def step(self, closure=None):
            return super().step(closure)

    o, seen = Loud([parameter()], 0.1), []
    o.register_step_post_hook(lambda *a: seen.append(1))
    o.step()
    assert seen == [1]


def test_names_of_parameters_are_kept_in_the_state():
    layer = nn.Linear(2, 1)
    o = optim.SGD(layer.named_parameters(), 0.1)
    assert o.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ArgumentError, match="names for all"):
        o.add_param_group({"params": [parameter()]})
    with pytest.raises(DTypeError, match="got:      set"):
        optim.SGD({parameter()}, 0.1)
    with pytest.raises(DTypeError, match='a dict with "params"'):
        o.add_param_group([parameter()])


def test_a_rate_may_be_a_tensor_that_schedules_write_to():
    p, rate = parameter(), pt.tensor(0.5)
    o = optim.SGD([p], rate)
    schedule = optim.lr_scheduler.ExponentialLR(o, 0.5)
    o.step()
    schedule.step()
    assert o.param_groups[0]["lr"] is rate
    assert rate.item() == 0.25
    o.step()
    assert p.tolist() == [0.25, 1.25]
    with pytest.raises(ArgumentError, match="lr is out of range"):
        optim.SGD([p], pt.ones(2))


@pytest.mark.parametrize(("make", "options"), [
    (optim.SGD, {"momentum": 0.9, "nesterov": True}), (optim.Adam, {"amsgrad": True}),
    (optim.NAdam, {}), (optim.Adafactor, {}), (optim.Rprop, {}),
])
def test_a_step_that_is_differentiable(make, options):
    """The gradient of the parameters after a step by those before it is the slope."""
    if make is not optim.Adafactor:
        options = {**options, "differentiable": True}

    def stepped(values):
        p = values * 1
        p.grad = values * values
        o = make([nn.Parameter(pt.ones_like(values))], lr=0.1, **options)
        o.defaults["differentiable"] = True
        o.param_groups[0]["params"] = [p]
        o.step()
        return p.sum()

    x = pt.tensor([[0.5, 1.5]], dtype=pt.float64, requires_grad=True)
    stepped(x).backward()
    for i in range(2):
        ends = []
        for sign in (1, -1):
            moved = x.detach().clone()
            moved[0, i] += sign * 1e-6
            ends.append(stepped(moved).item())
        assert math.isclose(x.grad[0, i].item(), (ends[0] - ends[1]) / 2e-6, rel_tol=1e-5)


def test_options_that_mean_nothing_here_are_accepted_and_shown():
    o = optim.AdamW([parameter()], foreach=True, capturable=True, fused=None)
    assert "foreach: True" in repr(o)
    assert o.state_dict()["param_groups"][0]["capturable"] is True


@pytest.mark.parametrize(("make", "options", "error"), [
    (optim.Adamax, {"betas": (0.9, 1.0)}, ArgumentError), (optim.NAdam, {"lr": -1}, ArgumentError),
    (optim.NAdam, {"momentum_decay": -1}, ArgumentError),
    (optim.RAdam, {"eps": math.nan}, ArgumentError),
    (optim.Rprop, {"etas": (1.5, 2.0)}, ArgumentError), (optim.ASGD, {"lr": -1}, ArgumentError),
    (optim.Adafactor, {"d": 0.5}, ArgumentError),
    (optim.Adafactor, {"beta2_decay": 0.5}, ArgumentError),
    (optim.LBFGS, {"line_search_fn": "armijo"}, ArgumentError), (optim.Muon, {}, ShapeError),
    (optim.SparseAdam, {"eps": -1}, ArgumentError),
])
def test_hyper_parameters_out_of_range_are_refused(make, options, error):
    with pytest.raises(error, match="expected"):
        make([parameter()], **options)


def test_lbfgs_needs_a_closure_one_group_and_values():
    p = parameter()
    o = optim.LBFGS([p])
    with pytest.raises(ArgumentError, match="needs a closure"):
        o.step()
    with pytest.raises(ArgumentError, match="a second one"):
        o.add_param_group({"params": [parameter()]})

    def closure():
        o.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with pytest.raises(CaptureError, match=r"LBFGS\.step while"):
        pt.compile(lambda: o.step(closure))()
    assert o.step(pt.compile(closure, keep_grads=True)).item() == 5.0
    assert np.allclose(p.detach().numpy(), 0, atol=1e-3)


def test_lbfgs_goes_on_from_its_state():
    def run(p, o, steps):
        for _ in range(steps):
            def closure():
                o.zero_grad()
                loss = (p.sin() + (p - 2) ** 2).sum()
                loss.backward()
                return loss

            o.step(closure)

    first = pt.tensor([5.0, -3.0], dtype=pt.float64)
    p = nn.Parameter(first.clone())
    o = optim.LBFGS([p], lr=0.3, max_iter=2)
    run(p, o, 2)
    q = nn.Parameter(p.detach().clone())
    other = optim.LBFGS([q], lr=0.3, max_iter=2)
    other.load_state_dict(o.state_dict())
    run(p, o, 2)
    run(q, other, 2)
    assert p.tolist() == q.tolist()


def test_other_parameters_for_a_while():
    p, q = parameter(1.0), parameter(5.0)
    o = optim.SGD([p], 0.5, momentum=0.9)
    o.step()
    state = o.state_dict()
    given = {"state": {0: {"momentum_buffer": pt.tensor([2.0])}},
             "param_groups": [{**state["param_groups"][0], "lr": 0.1}]}
    with optim.swap_in_optimizer_params_and_state(o, {"weight": q}, given):
        o.step()
    assert p.item() == 0.5
    assert math.isclose(q.item(), 5 - 0.1 * (2 * 0.9 + 1), rel_tol=1e-6)
    assert math.isclose(given["state"][0]["momentum_buffer"].item(), 2.8, rel_tol=1e-6)
    assert o.param_groups[0]["lr"] == 0.5
    with pytest.raises(ArgumentError, match="groups of"), \
            optim.swap_in_optimizer_params_and_state(o, {}, given):
        pass


@pytest.mark.parametrize(("make", "counts"), [
    (optim.Adam, {"step": 3}), (optim.NAdam, {"step": 3, "mu_product": None}),
    (optim.ASGD, {"step": 3, "eta": None, "mu": None}),
])
def test_counters_are_written_back_to_the_state_that_was_swapped_in(make, counts):
    p, q = parameter(1.0), parameter(5.0)
    o = make([p], 0.1)
    o.step()
    given = o.state_dict()
    with optim.swap_in_optimizer_params_and_state(o, {"weight": q}, given):
        o.step()
        o.step()
        held = dict(o.state[q])
    assert {name: given["state"][0][name].item() for name in counts} == {
        name: pytest.approx(held[name] if count is None else count)
        for name, count in counts.items()}
    assert o.state_dict()["state"][0]["step"].item() == 1


def test_a_state_of_something_else_is_refused():
    o = optim.Adam([parameter()])
    with pytest.raises(ArgumentError, match="no state of an optimiser"):
        o.load_state_dict(nn.Linear(2, 1).state_dict())
    o.step()
    state = o.state_dict()
    state["state"][0]["exp_avg"] = pt.zeros(3)
    with pytest.raises(ArgumentError, match="exp_avg does not fit"):
        o.load_state_dict(state)
