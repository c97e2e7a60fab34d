"""What cond, while_loop, scan, map and fori_loop refuse, eager and compiled."""

from __future__ import annotations

from typing import Any

import pytest

import pentad as pt
from tests.tensor.test_control import same

X = pt.zeros(3, 2)
BAD = {
    "scan-shape": (lambda: pt.scan(lambda c, x: (c.sum(), x), X, X), pt.ShapeError, "changes the"),
    "scan-dtype": (lambda: pt.scan(lambda c, x: (c.double(), x), X, X), pt.DTypeError, "changes"),
    "scan-structure": (
        lambda: pt.scan(lambda c, x: ((c, c), x), X, X), pt.ArgumentError, "changes"),
    "scan-pair": (lambda: pt.scan(lambda c, x: c, X, X), pt.ArgumentError, "pair"),
    "scan-scalar": (lambda: pt.scan(lambda c, x: (c, x), X, pt.tensor(1.0)), pt.ShapeError, "dim"),
    "scan-lengths": (
        lambda: pt.scan(lambda c, x: (c, x), X, (X, pt.zeros(4))), pt.ShapeError, "lengths differ"),
    "scan-negative": (
        lambda: pt.scan(lambda c, x: (c, x), X, length=-1), pt.ArgumentError, "at least 0"),
    "scan-none": (lambda: pt.scan(lambda c, x: (c, x), X), pt.ArgumentError, "neither"),
    "scan-leaf": (lambda: pt.scan(lambda c, x: (c, "y"), X, X), pt.ArgumentError, "no tensor"),
    "while-pred": (lambda: pt.while_loop(lambda c: c > 0, lambda c: c, X), pt.ShapeError, "bool"),
    "while-type": (
        lambda: pt.while_loop(lambda c: c.sum(), lambda c: c, X), pt.DTypeError, "bool"),
    "while-carry": (
        lambda: pt.while_loop(lambda c: (c >= 0).all(), lambda c: c[0], X),
        pt.ShapeError, "changes"),
    "while-bound": (
        lambda: pt.while_loop(lambda c: c, lambda c: c, X, max_steps=-2),
        pt.ArgumentError, "least"),
    "while-random": (
        lambda: pt.while_loop(lambda c: pt.rand(1).sum() < 2, lambda c: c, X),
        pt.CaptureError, "random"),
    "cond-pred": (lambda: pt.cond(X, lambda: X, lambda: X), pt.DTypeError, "single bool"),
    "cond-function": (lambda: pt.cond(True, 1, lambda: X), pt.ArgumentError, "function"),
    "fori-bound": (lambda: pt.fori_loop(0.5, 2, lambda i, c: c, X), pt.DTypeError, "bound"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("compiled", [False, True])
def test_misuse_is_refused_in_both_modes(name: str, compiled: bool) -> None:
    call, error, text = BAD[name]
    with pytest.raises(error, match=text) as caught:
        (pt.compile(call) if compiled else call)()
    lines = str(caught.value).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["expected:", "got:", "at:"]
    assert "test_control_errors.py" in lines[3]


def test_branches_that_differ_are_refused_when_compiled() -> None:
    for other, error in ((lambda: X[0], pt.ShapeError), (lambda: X.int(), pt.DTypeError),
                         (lambda: (X, X), pt.ArgumentError)):
        with pytest.raises(error, match="branches"):
            pt.compile(lambda x, other=other: pt.cond(x > 0, lambda: X, other))(pt.tensor(1.0))


def test_changes_outside_of_a_body_are_refused_when_compiled() -> None:
    total = pt.zeros(2)

    def writes(xs: Any) -> Any:
        def step(c: Any, x: Any) -> Any:
            total.add_(x)
            return c, x

        return pt.scan(step, pt.tensor(0.0), xs)

    with pytest.raises(pt.CaptureError, match="writes to a tensor from outside"):
        pt.compile(writes)(X)
    assert total.tolist() == [0.0, 0.0]
    kept: list[Any] = []

    def leaks(xs: Any) -> Any:
        pt.map(lambda x: kept.append(x) or x, xs)
        return kept[0] + 1

    with pytest.raises(pt.CaptureError, match="after tracing"):
        pt.compile(leaks)(X)
    writes(X + 1)
    assert total.tolist() == [3.0, 3.0]


def test_writes_to_what_is_carried_stay_inside() -> None:
    def f(x: Any) -> Any:
        def step(c: Any, i: Any) -> Any:
            c = c.clone()
            c[i] = c[i] + i
            c += 1
            return c, c.sum()

        return pt.scan(step, x, pt.arange(3))

    same(pt.compile(f)(pt.zeros(3)), f(pt.zeros(3)))


def test_an_index_error_in_a_body_is_raised() -> None:
    def f(x: Any, i: Any) -> Any:
        return pt.map(lambda j: x[j], i)

    compiled = pt.compile(f)
    assert compiled(pt.arange(3.0), pt.tensor([0, 2])).tolist() == [0.0, 2.0]
    with pytest.raises(pt.IndexOutOfRange):
        compiled(pt.arange(3.0), pt.tensor([0, 5]))
    assert compiled(pt.arange(3.0), pt.tensor([1, 2])).tolist() == [1.0, 2.0]
