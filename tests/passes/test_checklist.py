"""Theano's optimisations, one by one: in functions as users write them, values and gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import pentad as pt
from pentad.passes.rewrite import Fired
from pentad.runtime import interpreter
from tests.passes.checklist import FORMULAS, PAGE, STRUCTURES, Formula, Structure, page

TOLERANCE = {"rtol": 1e-12, "atol": 1e-300}


def gradient_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """As users take it: requires_grad, a sum, autograd.grad."""

    def gradient(*given: Any) -> Any:
        floats = [x.is_floating_point() for x in given]
        xs = [x.detach().requires_grad_() if f else x for x, f in zip(given, floats)]
        wanted = [x for x, f in zip(xs, floats) if f]
        return pt.autograd.grad(function(*xs).sum(), wanted)

    return gradient


def run(function: Callable[..., Any], inputs: Sequence[np.ndarray]) -> tuple[set[str], list[Any]]:
    """The rules that fire, and what the rewritten graph gives."""
    found = pt.explain(function, *(pt.tensor(a) for a in inputs))
    with np.errstate(all="ignore"):
        return {f.rule for f in found.rules}, interpreter.run(found.after, inputs)


def named(row: Formula | Structure) -> str:
    return row.written


def expected(values: Any) -> tuple[Any, ...]:
    return values if isinstance(values, tuple) else (values,)


@pytest.mark.parametrize("row", FORMULAS, ids=named)
def test_values_of_an_unstable_formula(row):
    rules, [value] = run(row.function, row.inputs)
    assert set(row.rules) <= rules
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(value, row.truth(*row.inputs), **TOLERANCE)


@pytest.mark.parametrize("row", [r for r in FORMULAS if r.slopes], ids=named)
def test_gradients_of_an_unstable_formula(row):
    rules, slopes = run(gradient_of(row.function), row.inputs)
    assert set(row.gradient_rules) <= rules
    with np.errstate(all="ignore"):
        truth = expected(row.slopes(*row.inputs))
    for slope, exact in zip(slopes, truth, strict=True):
        np.testing.assert_allclose(slope, exact, **TOLERANCE)


@pytest.mark.parametrize("row", STRUCTURES, ids=named)
def test_what_a_function_becomes(row):
    found = pt.explain(row.function, *(pt.tensor(a) for a in row.inputs))
    assert row.fact(found), str(found)
    results = [interpreter.run(g, row.inputs) for g in (found.before, found.after)]
    for before, after in zip(*results, strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-14)


@pytest.mark.parametrize("name", ["log(1 + exp(x))", "-log(softmax(x)[rows, y]).mean()"])
def test_compiled_code_has_these_values(name):
    [row] = [r for r in FORMULAS if r.written == name]
    inputs = [pt.tensor(a) for a in row.inputs]
    value = pt.compile(row.function)(*inputs)
    slopes = pt.compile(gradient_of(row.function))(*inputs)
    np.testing.assert_allclose(value.numpy(), row.truth(*row.inputs), **TOLERANCE)
    np.testing.assert_allclose(slopes[0].numpy(), row.slopes(*row.inputs), **TOLERANCE)


def test_rules_are_told_with_the_user_line():
    found = pt.explain(lambda x: pt.log(1 + pt.exp(x)), pt.zeros(3))
    assert any(isinstance(f, Fired) and f.line.startswith(__file__) for f in found.rules)


def test_the_page_is_made_of_the_rows():
    assert PAGE.read_text(encoding="utf-8") == page()
