"""Sizes against Python integers: arithmetic, questions, guards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pentad.graph.errors import ShapeError
from pentad.graph.sizes import (
    Dim,
    Size,
    SizeScope,
    evaluate,
    hint_of,
    product,
    same,
    symbol,
    symbols_of,
)

NAMES = ("a", "b", "c")
VALUES = st.fixed_dictionaries({n: st.integers(2, 40) for n in NAMES})

OPERATIONS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
}

leaf = st.sampled_from(NAMES) | st.integers(-6, 12)
expressions = st.recursive(
    leaf, lambda inner: st.tuples(st.sampled_from(sorted(OPERATIONS)), inner, inner), max_leaves=6
)


def compute(expression: object, names: dict[str, Size]) -> Size:
    """The value of an expression tree; ZeroDivisionError as Python raises it."""
    if isinstance(expression, tuple):
        name, left, right = expression
        return OPERATIONS[name](compute(left, names), compute(right, names))
    return names[expression] if isinstance(expression, str) else expression


def symbols(values: dict[str, int], scope: SizeScope | None = None) -> dict[str, Size]:
    return {n: symbol(n, v, scope) for n, v in values.items()}


@given(expressions, VALUES, VALUES)
def test_arithmetic_is_that_of_python_integers(expression, values, others):
    try:
        size = compute(expression, symbols(values))
        number = compute(expression, values)
        other = compute(expression, others)
    except ZeroDivisionError:
        return
    assert hint_of(size) == number
    assert evaluate(size, values) == number
    assert evaluate(size, others) == other
    assert symbols_of(size) <= set(NAMES)


@given(expressions, expressions, VALUES, VALUES)
def test_a_question_holds_wherever_its_guards_hold(left, right, values, others):
    scope = SizeScope()
    try:
        a, b = (compute(e, symbols(values, scope)) for e in (left, right))
        x, y = (compute(e, values) for e in (left, right))
        p, q = (compute(e, others) for e in (left, right))
    except ZeroDivisionError:
        return
    answers = (a == b, a < b, a <= b, a > b, a >= b, a != b)
    assert answers == (x == y, x < y, x <= y, x > y, x >= y, x != y)
    assert all(g.satisfied(values) for g in scope.guards)
    if all(g.satisfied(others) for g in scope.guards):
        assert answers == (p == q, p < q, p <= q, p > q, p >= q, p != q)


@given(expressions, VALUES, VALUES)
def test_structural_equality_never_depends_on_hints(expression, values, others):
    try:
        a, b = (compute(expression, symbols(v)) for v in (values, others))
    except ZeroDivisionError:
        return
    assert same(a, b)
    assert hash(a) == hash(b)


def test_quotients_of_different_symbols_with_equal_hints_differ():
    scope = SizeScope()
    a, b = symbol("a", 6, scope), symbol("b", 6, scope)
    assert not same(a // 4, b // 4)
    assert str(a // 4 + b // 4) == "(a//4) + (b//4)"
    assert not scope.guards


def test_facts_that_algebra_decides_leave_no_guard():
    scope = SizeScope()
    n = symbol("n", 5, scope)
    assert n != 0
    assert n >= 2
    assert n + 1 > n
    assert 2 * n != 1
    assert n * 3 // 3 == n
    assert (n * n) // n == n
    assert bool(n)
    assert not scope.guards


def test_a_question_leaves_one_guard_however_often_it_is_asked():
    scope = SizeScope()
    n, m = symbol("n", 64, scope), symbol("m", 64, scope)
    for _ in range(3):
        assert n == 64
        assert n == m
    assert [str(g) for g in scope.guards] == ["n - 64 == 0", "-m + n == 0"]
    assert scope.guards[0].satisfied({"n": 64, "m": 3})
    assert not scope.guards[1].satisfied({"n": 64, "m": 3})


def test_a_guard_within_a_quotient_is_recorded():
    scope = SizeScope()
    assert symbol("n", 7, scope) // 2 == 3
    assert [str(g) for g in scope.guards] == ["(n//2) - 3 == 0"]


def test_a_quotient_may_be_negative():
    scope = SizeScope()
    out = (symbol("n", 9, scope) - 5) // 2 + 1
    assert out >= 0
    assert [str(g) for g in scope.guards] == ["((n - 5)//2) + 1 >= 0"]
    assert not scope.guards[0].satisfied({"n": 2})


def test_a_size_used_as_a_python_integer_is_guarded():
    scope = SizeScope()
    n = symbol("n", 3, scope)
    assert [10, 20, 30, 40][n] == 40
    assert [str(g) for g in scope.guards] == ["n - 3 == 0"]


def test_a_size_without_a_hint_cannot_be_asked():
    with pytest.raises(ShapeError, match="size n is not known here"):
        bool(symbol("n") == 64)


def test_division_by_zero_is_pythons_error():
    n = symbol("n", 3)
    for divide in (lambda: n // 0, lambda: n % 0):
        with pytest.raises(ZeroDivisionError):
            divide()


def test_products_and_text():
    n, m = symbol("n", 3), symbol("m", 4)
    assert str(product((n, 2, m, 3))) == "6*m*n"
    assert product(()) == 1
    assert product((n, 0)) == 0
    assert isinstance(product((n, 1)), Dim)


def test_where_a_number_is_asked_the_hint_answers_under_a_guard() -> None:
    scope = SizeScope()
    n = symbol("n", 8, scope)
    assert (float(n), n / 2, 4 / n) == (8.0, 4.0, 0.5)
    assert [str(guard) for guard in scope.guards] == ["n - 8 == 0"]


def test_no_size_is_divided_by_zero() -> None:
    with pytest.raises(ZeroDivisionError, match="size n is divided by zero"):
        symbol("n", 8) // 0


def test_a_size_is_no_word() -> None:
    assert symbol("n", 8) != "n"
