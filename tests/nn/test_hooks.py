"""Hooks of modules, with PyTorch's arguments and order."""

from __future__ import annotations

import copy

import pytest

import pentad as pt
from pentad import nn
from pentad.graph.errors import ArgumentError


def layer():
    made = nn.Linear(2, 1, bias=False)
    made.load_state_dict({"weight": pt.tensor([[2.0, 3.0]])})
    return made


def test_forward_hooks_in_their_order_with_keywords():
    class Scaled(nn.Module):
        def forward(self, x, by=1.0):
            return x * by

    m, seen = Scaled(), []
    m.register_forward_pre_hook(lambda m, args: seen.append("second"))
    m.register_forward_pre_hook(lambda m, args: seen.append("first"), prepend=True)
    m.register_forward_pre_hook(lambda m, args, kwargs: (args, {"by": kwargs["by"] + 1}),
                                with_kwargs=True)
    m.register_forward_hook(lambda m, args, kwargs, y: y + kwargs["by"], with_kwargs=True)
    assert m(pt.tensor([5.0]), by=1.0).tolist() == [12.0]
    assert seen == ["first", "second"]
    m.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(ArgumentError, match=r"None or \(args, kwargs\)"):
        m(pt.tensor([5.0]), by=1.0)


def test_a_hook_that_is_always_called():
    class Wrong(nn.Module):
        def forward(self, x):
            raise RuntimeError("no")

    m, seen = Wrong(), []
    m.register_forward_hook(lambda m, args, y: seen.append("plain"))
    m.register_forward_hook(lambda m, args, y: seen.append(y), always_call=True)
    with pytest.raises(RuntimeError, match="no"):
        m(pt.ones(1))
    assert seen == [None]


def test_a_hook_is_removed_once_or_at_the_end_of_a_context():
    m, seen = layer(), []
    handle = m.register_forward_hook(lambda *a: seen.append(1))
    handle.remove()
    handle.remove()
    with m.register_forward_hook(lambda *a: seen.append(2)):
        m(pt.ones(2))
    m(pt.ones(2))
    assert seen == [2]


@pytest.mark.parametrize("compiled", [False, True])
def test_backward_hooks_see_and_change_gradients(compiled):
    m, seen = layer(), []

    def after(module, grad_input, grad_output):
        seen.append((len(grad_input), len(grad_output)))
        return (grad_input[0] * 10,)

    m.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 2,))
    m.register_full_backward_hook(after)
    x = pt.tensor([[1.0, 1.0]], requires_grad=True)

    def run(x):
        m(x).sum().backward()

    if compiled:
        run = pt.compile(run, keep_grads=True)
    run(x)
    assert x.grad.tolist() == [[40.0, 60.0]]
    assert m.weight.grad.tolist() == [[2.0, 2.0]]
    assert seen == [(1, 1)]


def test_backward_hooks_of_inputs_without_gradients_and_of_several_results():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.part = layer()

        def forward(self, x, flag):
            return self.part(x), x.sum(), flag

    m, seen = Two(), []
    m.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    y, _, flag = m(pt.ones(1, 2), "flag")
    assert flag == "flag"
    y.sum().backward()
    [(grad_input, grad_output)] = seen
    assert grad_input == (None,)
    assert grad_output[0].tolist() == [[1.0]]
    assert grad_output[1:] == (None, None)
    with pt.no_grad():
        m(pt.ones(1, 2), 1)
    assert len(seen) == 1


def test_hooks_of_states():
    m, order = nn.Sequential(layer(), nn.ReLU()), []
    m.register_state_dict_pre_hook(lambda module, prefix, keep_vars: order.append("before"))
    m.register_state_dict_post_hook(lambda module, state, prefix, local: state.update(extra=1))
    state = m.state_dict()
    assert list(state) == ["0.weight", "extra"]
    assert order == ["before"]

    def rename(module, state, prefix, local, strict, missing, unexpected, errors):
        state[prefix + "weight"] = state.pop(prefix + "w")

    m[0].register_load_state_dict_pre_hook(rename)
    given = {"0.w": pt.tensor([[7.0, 8.0]])}
    m.load_state_dict(given)
    assert m[0].weight.tolist() == [[7.0, 8.0]]
    assert list(given) == ["0.w"]
    m.register_load_state_dict_post_hook(lambda module, keys: keys.unexpected_keys.clear())
    m.load_state_dict({**given, "more": pt.ones(1)})
    m[0].bias = nn.Parameter(pt.ones(1))
    with pytest.raises(ArgumentError, match=r'Missing key.*"0\.bias"'):
        m.load_state_dict(given)


def test_extra_state_is_saved_and_taken_back():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.count = 0

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    m = nn.Sequential(Counting(), layer())
    m[0].count = 5
    state = m.state_dict()
    assert list(state) == ["0._extra_state", "1.weight"]
    other = nn.Sequential(Counting(), layer())
    other.load_state_dict(state)
    assert other[0].count == 5
    del state["0._extra_state"]
    with pytest.raises(ArgumentError, match=r'Missing key.*"0\._extra_state"'):
        other.load_state_dict(state)


def test_a_part_may_save_in_its_own_way():
    class Halved(nn.Linear):
        def _save_to_state_dict(self, destination, prefix, keep_vars):
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "weight"] = destination[prefix + "weight"] / 2

    m = nn.Sequential(Halved(1, 1, bias=False))
    m[0].weight.data.fill_(4.0)
    held = {}
    m.state_dict(held, "net.", False)
    assert {k: v.item() for k, v in held.items()} == {"net.0.weight": 2.0}


def test_copies_have_hooks_of_their_own():
    m, seen = layer(), []
    m.register_forward_hook(lambda *a: seen.append(1))
    other = copy.deepcopy(m)
    other._hooks["forward"].clear()
    other(pt.ones(2))
    m(pt.ones(2))
    assert seen == [1]
