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


def test_tags_that_stand_for_the_compiler_turn_it_on_and_off():
    x = T.dvector("x")
    off = theano.compile.mode.FAST_RUN.excluding("fast_run")
    on = theano.compile.mode.FAST_COMPILE.including("stabilize")
    same = theano.compile.mode.FAST_RUN.excluding("inplace")
    assert [m.eager_first > 0 for m in (off, on, same)] == [True, False, False]
    guard = NanGuardMode(True, False, False).including("fast_run")
    assert (guard.nan_is_error, guard.inf_is_error) == (True, False)
    f = theano.function([x], 1 / (1 - x), mode=guard)
    assert np.isinf(f(np.ones(1)))


def test_settings_come_from_files(tmp_path, monkeypatch):
    from pentad.frontends.theano.configparser import from_environment

    file = tmp_path / "rc"
    file.write_text("[global]\nfloatX = float32\n[scan]\nallow_gc = True\n[cuda]\nroot = /a\n"
                    "[nothing]\nof = this\n")
    monkeypatch.setenv("THEANORC", str(file))
    monkeypatch.setenv("THEANO_FLAGS", "")
    made = from_environment()
    assert (made.floatX, made.scan.allow_gc, made.cuda.root) == ("float32", True, "/a")
    monkeypatch.setenv("THEANO_FLAGS", "floatX=float64")
    assert from_environment().floatX == "float64"
    file.write_text("floatX = no section")
    monkeypatch.setenv("THEANO_FLAGS", "")
    with pytest.warns(UserWarning, match="are not read"):
        assert from_environment().floatX == "float64"
    file.write_text("[global]\nfloatX = float31\n")
    with pytest.raises(ValueError, match="floatX"):
        from_environment()


def test_settings_of_modes():
    x = T.dvector("x")
    with theano.config.change(NanGuardMode__nan_is_error=False):
        f = theano.function([x], T.sqrt(x), mode=NanGuardMode())
    assert np.isnan(f([-1.0])).all()
    f = theano.function([x], T.sqrt(x), mode=NanGuardMode())
    with theano.config.change(NanGuardMode__action="warn"), pytest.warns(UserWarning, match="NaN"):
        f([-1.0])
    with theano.config.change(optimizer_excluding="fast_run"):
        assert theano.compile.get_mode(None).eager_first
    with theano.config.change(optimizer="fast_compile", optimizer_including="stabilize"):
        assert theano.compile.get_mode(None).eager_first == 0
    assert theano.function([x], x + 1, mode="Unsafe")([1.0]) == 2.0


def test_errors_of_nodes_say_as_much_as_is_asked():
    x, y = T.dmatrix("left"), T.dmatrix("right")
    f = theano.function([x, y], T.dot(x, T.exp(y)), mode="FAST_COMPILE")
    given = np.ones((2, 3)), np.ones((2, 3))
    with pytest.raises(ValueError, match=r"Apply node that caused the error: dot.*\n"
                                         r"Inputs types: .TensorType.float64, matrix.*\nHINT"):
        f(*given)
    with theano.config.change(exception_verbosity="high"), pytest.raises(
            ValueError, match=r"Debugprint of the apply node:\ndot(?s:.*)exp(?s:.*)right"):
        f(*given)
