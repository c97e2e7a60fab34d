"""Functions that measure themselves."""

from __future__ import annotations

import io

import numpy as np

import pentad as pt
import pentad.frontends.theano as theano
import pentad.frontends.theano.tensor as T


def test_a_profile_counts_calls_and_names_kernels():
    x = T.dmatrix("x")
    stats = theano.ProfileStats(atexit_print=False)
    f = theano.function([x], T.exp(T.dot(x, x)), profile=stats, name="squared")
    for _ in range(3):
        np.testing.assert_allclose(f(np.zeros((4, 4))), np.ones((4, 4)))
    assert f.profile is stats
    out = io.StringIO()
    stats.summary(out)
    text = out.getvalue()
    assert "Message: squared" in text
    assert "Time in 3 calls to Function.__call__" in text
    for part in ("Class\n---", "Ops\n---", "Apply\n---", "dot_general", "test_profiling.py"):
        assert part in text, part
    with pt.profile():
        f(np.zeros((4, 4)))
    assert stats.fct_callcount == 4


def test_modes_and_settings_ask_for_it():
    x = T.dscalar("x")
    assert theano.function([x], x, mode="FAST_COMPILE").profile is None
    with theano.config.change(profile=True):
        assert theano.function([x], x, mode="FAST_COMPILE").profile is not None
    assert theano.function([x], x, profile=False, mode="ProfileMode").profile is None
    assert theano.function([x], x, mode="ProfileMode").profile is not None


def test_memory_and_the_compiler_are_listed_if_asked():
    x = T.dmatrix("x")
    stats = theano.ProfileStats(atexit_print=False)
    f = theano.function([x], T.dot(x, x), profile=stats)
    f(np.zeros((4, 4)))
    out = io.StringIO()
    with theano.config.change(profile_memory=True, profile_optimizer=True):
        stats.summary(out)
    memory, compiled = out.getvalue().split("Memory Profile")[1].split("Optimizer Profile")
    assert "dot_general" in memory
    assert compiled.count("\n") > 2
