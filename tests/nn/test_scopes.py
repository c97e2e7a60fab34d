"""Which module an operation belongs to, from the trace through the passes."""

from __future__ import annotations

import pytest

import pentad as pt
from pentad import nn
from pentad.graph.lines import ScopedLine, in_scope, user_line


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3)

    def forward(self, x):
        return self.inner(x).tanh() + self.inner(x)


def scopes(graph):
    return {node.source.scope for node in graph.nodes if isinstance(node.source, ScopedLine)}


def test_operations_know_their_modules_before_and_after_the_passes():
    model = nn.Sequential(Twice(), nn.Softmax(1))
    with pt.no_grad(), nn.utils.module_scopes(model):
        captured = pt.capture(model, pt.ones(2, 3))
    want = {"Sequential/Twice[0]", "Sequential/Twice[0]/Linear[inner]", "Sequential/Softmax[1]"}
    assert scopes(captured.graph) == want
    found = captured.explain()
    assert scopes(found.after) == want
    assert scopes(found.scheduled) == want
    tanh = next(n for n in captured.graph.nodes if n.op.name == "tanh")
    assert tanh.source.scope == "Sequential/Twice[0]"
    assert tanh.source.startswith(f"{__file__}:")
    assert scopes(pt.capture(model, pt.ones(2, 3)).graph) == set()


def test_a_module_that_fails_leaves_no_scope():
    model = nn.Sequential(nn.Linear(3, 3))
    with pytest.raises(pt.ShapeError), nn.utils.module_scopes(model):
        model(pt.ones(2, 4))
    assert not isinstance(user_line(), ScopedLine)
    assert scopes(pt.capture(model, pt.ones(2, 3)).graph) == set()


class Trying(nn.Module):
    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Linear(3, 3), nn.Linear(4, 4)

    def forward(self, x):
        try:
            return self.small(x)
        except pt.ShapeError:
            return self.large(x) * 2


def test_a_module_whose_failing_part_is_caught_stays_in_its_own_scope():
    model = Trying()
    with pt.no_grad(), nn.utils.module_scopes(model):
        captured = pt.capture(model, pt.ones(2, 4))
    assert scopes(captured.graph) == {"Trying", "Trying/Linear[large]"}
    times = next(n for n in captured.graph.nodes if n.op.name == "mul")
    assert times.source.scope == "Trying"


def test_a_module_whose_hook_fails_before_it_leaves_no_other_scope():
    model = Trying()
    model.small.register_forward_pre_hook(lambda module, args: pt.ones(2) @ pt.ones(3))
    with pt.no_grad(), nn.utils.module_scopes(model):
        captured = pt.capture(model, pt.ones(2, 4))
    times = next(n for n in captured.graph.nodes if n.op.name == "mul")
    assert times.source.scope == "Trying"


def test_a_scope_without_a_line_of_the_user_stands_for_it(monkeypatch):
    from pentad.graph import lines

    monkeypatch.setattr(lines, "calling_line", lambda: None)
    assert user_line() is None
    with in_scope("Net"):
        assert (user_line(), user_line().scope) == ("Net", "Net")
