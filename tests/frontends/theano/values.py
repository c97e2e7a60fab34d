"""What the tables of calls share: arrays, the values of expressions."""

from __future__ import annotations

import numpy as np

import pentad.frontends.theano as theano  # noqa: F401  (the tables take it from here)
import pentad.frontends.theano.tensor as T
from tests.frontends.names.table import Calls

A = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.25]])
"""Numbers of both signs."""
P = np.array([[0.5, 1.5, 2.0], [1.25, 0.75, 0.25]])
"""Positive numbers."""
U = np.array([[0.5, -0.25, 0.75], [0.125, 0.0, -0.5]])
"""Numbers between -1 and 1."""
N = np.array([[3, -1, 4], [1, 5, -9]])
S = np.array([[4.0, 1.0], [1.0, 3.0]])
"""A symmetric, positive definite matrix."""


def table() -> Calls:
    """The rows of a file."""
    return Calls("theano")


def value(expression):
    """The value of an expression without inputs, computed without compiling."""
    return np.asarray(T.as_tensor_variable(expression).eval())


def values(expressions):
    """Those of several."""
    return [value(e) for e in expressions]


def close(expression, expected, tolerance=1e-7):
    """Is the value the expected one?"""
    found = value(expression)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    return np.shape(found) == np.shape(expected)


def same(expression, expected):
    """Is the value the expected one, exactly?"""
    np.testing.assert_array_equal(value(expression), expected)
    return True


def refused(call, *errors):
    """Does the call raise one of these?"""
    errors = errors or (ValueError, TypeError)
    try:
        call()
    except errors:
        return True
    return False
