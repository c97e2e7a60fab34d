"""pentad.explain on functions, compiled functions, modules and whole steps."""

from __future__ import annotations

import pytest

import pentad as pt
from pentad import nn, ops, optim
from pentad.graph import dtypes
from pentad.graph.config import config
from pentad.graph.node import Graph, input_node


def test_a_function_is_explained_and_printed(capsys):
    found = pt.explain(lambda x: pt.softmax(x, dim=1), pt.randn(8, 100))
    assert len(found.kernels) == 1
    assert capsys.readouterr().out == f"{found}\n"
    assert f"{__file__}:" in found.kernels[0].line


def test_a_module_is_explained():
    model = nn.Sequential(nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 4))
    found = pt.explain(model, pt.randn(5, 12))
    assert [k.ops[0] for k in found.kernels] == ["dot_general", "dot_general"]
    assert "maximum" in found.kernels[0].ops


def test_a_step_is_explained_without_being_taken():
    model = nn.Linear(12, 4)
    opt = optim.SGD(model.parameters(), lr=0.1)

    def step(x, y):
        loss = nn.functional.mse_loss(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    before = model.weight.tolist()
    found = pt.explain(step, pt.ones(5, 12), pt.ones(5, 4))
    assert model.weight.tolist() == before
    assert model.weight.grad is None
    assert found.name == "step"
    update = next(k for k in found.kernels if any("float32[4, 12]" in w for w in k.writes))
    assert update.ops[0] == "dot_general"  # the update is the epilogue of the gradient's product
    assert "sub" in update.ops


def test_a_compiled_function_is_traced_once():
    f = pt.compile(lambda x: pt.exp(x) + 1)
    x = pt.ones(4)
    pt.explain(f, x)
    assert f(x).tolist() == pytest.approx([3.7182817] * 4)
    assert f.traces == 1


def test_a_graph_is_explained():
    x = input_node("x", (4, 5), dtypes.float32)
    found = pt.explain(Graph([x], [ops.exp(x)]))
    assert found.kernels[0].reads == ("x float32[4, 5]",)


def test_what_is_no_function_is_refused():
    with pytest.raises(pt.ArgumentError, match="explain: not a function"):
        pt.explain(3)


def test_a_branch_on_a_value_is_refused_like_in_compile():
    with pytest.raises(pt.CaptureError):
        pt.explain(lambda x: x if x.sum() > 0 else -x, pt.ones(3))


def test_what_is_explained_is_what_the_configured_target_gets():
    x, kernel = pt.randn(1, 64, 16, 16), pt.randn(64, 64, 3, 3)
    default = pt.explain(lambda: nn.functional.conv2d(x, kernel, padding=1))
    with config.override(winograd=0):
        direct = pt.explain(lambda: nn.functional.conv2d(x, kernel, padding=1))
    assert "F(2x2, 3x3)" in str(default)
    assert "F(2x2, 3x3)" not in str(direct)


def test_the_rules_that_fired_are_told_with_their_lines(capsys):
    def loss(x):
        return pt.log(1 + pt.exp(x)).sum()

    found = pt.explain(loss, pt.zeros(3))
    [(rule, line)] = [f for f in found.rules if f[0] == "log(1 + exp(x))"]
    assert line.startswith(__file__)
    assert "softplus" not in str(found.before)
    assert f"  {rule}  at {line}" in capsys.readouterr().out
    assert "rewritten" not in str(pt.explain(lambda x: x + 1, pt.zeros(3)))


# -- pentad.capture --------------------------------------------------------------------------------


def test_a_captured_function_says_where_its_inputs_come_from():
    model = nn.Linear(12, 4)
    opt = optim.SGD(model.parameters(), lr=0.1)

    def step(x, y):
        loss = nn.functional.mse_loss(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        return loss

    captured = pt.capture(step, pt.ones(5, 12), pt.ones(5, 4))
    assert captured.name == "step"
    assert len(captured.inputs) == len(captured.graph.inputs)
    assert {i for i in captured.inputs if isinstance(i, int)} == {0, 1}
    assert [i for i in captured.inputs if i is model.weight or i is model.bias]
    assert None in captured.inputs  # the learning rate


def test_capturing_compiles_nothing_and_changes_nothing():
    model = nn.Linear(3, 2)
    compiled = pt.compile(model)
    x = pt.ones(1, 3)
    captured = pt.capture(compiled, x)
    assert compiled.traces == compiled.executables == 0
    found, explained = captured.explain(), pt.explain(model, x)
    assert [(k.ops, k.plan) for k in found.kernels] == [(k.ops, k.plan) for k in explained.kernels]
    assert [str(n.op.name) for k in found.kernels for n in k.nodes] == [
        name for k in found.kernels for name in k.ops]
    assert {n for k in found.kernels for n in k.nodes} <= set(found.scheduled.nodes)


def test_what_is_no_function_is_not_captured():
    with pytest.raises(pt.ArgumentError, match="capture: not a function"):
        pt.capture(3)
