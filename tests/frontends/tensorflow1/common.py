"""What the tests of the TensorFlow 1 front end share."""

from __future__ import annotations

import numpy as np
import pytest

import pentad.frontends.tensorflow1 as tf


@pytest.fixture(autouse=True)
def graph():
    """A default graph of the test's own."""
    with tf.Graph().as_default() as made:
        yield made


def run(fetches, feed_dict=None):
    """The values of fetches in a session of their own, run once: eagerly."""
    with tf.Session() as session:
        return session.run(fetches, feed_dict)


def compiled(fetches, feed_dict=None):
    """The same, compiled."""
    with tf.Session() as session:
        session.run(fetches, feed_dict)
        return session.run(fetches, feed_dict)


def close(found, expected, rtol=1e-6, atol=0):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
