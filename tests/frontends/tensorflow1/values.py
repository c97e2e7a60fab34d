"""What the tables of calls share: a graph for each check, the values of tensors."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

import pentad.frontends.tensorflow1 as tf
from tests.frontends.names.table import Calls

A = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.25]], np.float32)
"""Numbers of both signs."""
P = np.array([[0.5, 1.5, 2.0], [1.25, 0.75, 0.25]], np.float32)
"""Positive numbers."""
U = np.array([[0.5, -0.25, 0.75], [0.125, 0.0, -0.5]], np.float32)
"""Numbers between -1 and 1."""
N = np.array([[3, -1, 4], [1, 5, -9]], np.int32)
B = np.array([[True, False, True], [False, False, True]])
S = np.array([[4.0, 1.0], [1.0, 3.0]], np.float32)
"""A symmetric, positive definite matrix."""
IMAGE = np.arange(2 * 4 * 4 * 3, dtype=np.float32).reshape(2, 4, 4, 3) / 96


@contextmanager
def fresh():
    """A graph of its own."""
    with tf.Graph().as_default():
        yield


def table() -> Calls:
    """The rows of a file."""
    return Calls("tensorflow1", fresh)


def value(fetches, feeds=None):
    """What a session gives, variables having their first values."""
    with tf.Session() as session:
        graph = tf.get_default_graph()
        if graph.get_collection("variables") or graph.get_collection("local_variables"):
            session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        return session.run(fetches, feeds)


def close(fetches, expected, tolerance=1e-5):
    """Is the value the expected one?"""
    found = value(fetches)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    return np.shape(found) == np.shape(expected)


def same(fetches, expected):
    """Is the value the expected one, exactly?"""
    np.testing.assert_array_equal(value(fetches), expected)


def refused(call, *errors):
    """Does the call, or running what it makes, raise one of these?"""
    errors = errors or (tf.errors.InvalidArgumentError, ValueError)
    try:
        made = call()
        if made is not None:
            value(made)
    except errors:
        return True
    return False
