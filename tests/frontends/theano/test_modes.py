"""Modes that look at every value."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt
from pentad.frontends import theano
from pentad.frontends.theano import tensor as T
from pentad.frontends.theano.compile.debugmode import BadThunkOutput, DebugMode
from pentad.frontends.theano.compile.monitormode import MonitorMode, detect_nan
from pentad.frontends.theano.compile.nanguardmode import NanGuardMode
from pentad.frontends.theano.gof.op import Native, one


def test_debug_mode_compares_and_computes():
    x, w = T.dvector("x"), theano.shared(np.ones(3))
    cost = T.sum(T.tanh(x * w))
    f = theano.function([x], cost, updates=[(w, w - T.grad(cost, w))], mode="DebugMode")
    assert f(np.arange(3.0)) == pytest.approx(np.tanh(np.arange(3.0)).sum())
    np.testing.assert_allclose(w.get_value(), 1 - np.arange(3.0) / np.cosh(np.arange(3.0)) ** 2)


def test_debug_mode_finds_code_that_differs():
    calls = []

    def fickle(x):
        calls.append(1)
        return x * float(len(calls))

    x = T.dvector("x")
    node = one(Native("fickle", fickle), x)
    with pytest.raises(BadThunkOutput, match="fickle"):
        theano.function([x], node, mode=DebugMode())(np.ones(2))


def test_the_guard_names_the_node():
    x = T.dvector("x")
    f = theano.function([x], T.sum(T.log(x)), mode=NanGuardMode(True, True, True))
    assert f([1.0, 1.0]) == 0
    with pytest.raises(AssertionError, match="NaN detected") as error:
        f([1.0, -1.0])
    assert "log" in str(error.value)
    with pytest.raises(AssertionError, match="Inf detected"):
        f([1.0, 0.0])
    with pytest.raises(AssertionError, match="the input x"):
        f([1.0, np.nan])
    with pytest.raises(pt.PentadError, match="Big value"):
        f([1.0, 1e12])
    loose = theano.function([x], T.log(x), mode=NanGuardMode(False, False, False))
    assert np.isnan(loose([-1.0])[0])


def test_the_monitor_sees_every_node(capsys):
    x = T.dvector("x")
    seen = []

    def before(i, node, fn):
        seen.append((i, str(node.op), fn.inputs[0][0]))

    mode = MonitorMode(pre_func=before, post_func=detect_nan)
    f = theano.function([x], T.log(x) * 2, mode=mode)
    assert np.isnan(f([-1.0])[0])
    assert [i for i, *_ in seen] == list(range(len(seen)))
    assert seen[0][2].tolist() == [-1.0]
    assert "NaN detected" in capsys.readouterr().out
