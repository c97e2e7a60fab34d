"""What a pass over a row keeps for the next: the same bits as if it were computed again."""

from __future__ import annotations

import pytest

import pentad as pt
from pentad.codegen.llvm import kept
from pentad.codegen.llvm.ir import Module
from pentad.codegen.llvm.loops import emit_loop
from pentad.graph import dtypes
from pentad.schedule.spec import Access, Instr, LoopSpec, Reduction, Stage, Store
from pentad.target import cpu

FUNCTIONS = {
    "softmax": lambda x: x.softmax(-1),
    "softmax over two axes": lambda x: x.exp() / x.exp().sum((-2, -1), keepdim=True),
    "three passes": lambda x: (
        (x.tanh() - x.tanh().amax(-1, keepdim=True)) / x.tanh().sum(-1, keepdim=True)
    ),
    "two values": lambda x: (
        x.exp() * x.sin() - x.exp().mean(-1, keepdim=True) * x.sin().amax(-1, keepdim=True)
    ),
    "a part of another": lambda x: (
        x.exp() - (x.exp() * 2).sin().sum(-1, keepdim=True) + (x.exp() * 2).sin()
    ),
    "conditions": lambda x: pt.where(
        x.exp() > x.exp().mean(-1, keepdim=True), x.exp().sin(), x
    ),
    "the largest": lambda x: (x.sin().argmax(-1, keepdim=True) + x.sin()),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("dtype", [pt.float32, pt.float64, pt.bfloat16], ids=str)
@pytest.mark.parametrize("shape", [(3, 1), (2, 7, 5), (3, 64), (2, 3, 100), (2, 4099)], ids=str)
def test_kept_values_are_those_that_would_be_computed(monkeypatch, function, dtype, shape):
    pt.manual_seed(1)
    x = (pt.randn(*shape) * 2).to(dtype)
    result = pt.compile(function)(x)
    monkeypatch.setattr(kept, "_MOST", 0)
    again = pt.compile(lambda x: function(x) * 1.0)(x)  # another kernel, which keeps nothing
    assert result.tolist() == again.tolist()


@pytest.mark.parametrize(("n", "kept_rows"), [(50, 1), (50_001, 0)])
def test_a_long_row_is_computed_again(n, kept_rows):
    load = Instr("load", (), dtypes.float32, access=Access(0, dtypes.float32, (n, 1), 0))
    exp, total = Instr("exp", (0,), dtypes.float32), Instr("reduced", (1,), dtypes.float32)
    ratio = Instr("div", (1, 2), dtypes.float32)
    store = Store(Access(1, dtypes.float32, (n, 1), 0), 3)
    stages = (Stage((Reduction("sum", 1, 2),), (), ()), Stage((), (store,), ()))
    spec = LoopSpec((2, n), 1, 1, 1, (), (load, exp, total, ratio), stages, 2)
    module = Module()
    emit_loop(module, "rows", spec, cpu.host())
    assert module.text().count(" = alloca float, ") == kept_rows
