"""What the tables of calls share."""

from __future__ import annotations

import numpy as np

import pentad.frontends.torch as torch
from tests.frontends.names.table import Calls


def table() -> Calls:
    """The rows of a file."""
    return Calls("torch")


def same(found, wanted):
    """Are the numbers equal?"""
    np.testing.assert_array_equal(np.asarray(found.detach() if hasattr(found, "detach") else found),
                                  wanted)
    return True


def close(found, wanted, tolerance=1e-6):
    """Are the numbers nearly equal?"""
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=tolerance, atol=tolerance)
    return True


REFUSALS = (ValueError, TypeError, RuntimeError, OSError)


def refused(call, *errors):
    """Does the call raise one of these?"""
    try:
        call()
    except (errors or REFUSALS):  # noqa: B030
        return True
    return False


def drawn(make, low=-np.inf, high=np.inf, shape=(40, 50)):
    """Are the numbers of that shape, within bounds, not all equal, and the same from a seed?"""
    torch.manual_seed(3)
    first = make()
    torch.manual_seed(3)
    again = make()
    array = first.detach().double().numpy()
    assert first.shape == shape, first.shape
    assert (array == again.detach().double().numpy()).all()
    assert low <= array.min() < array.max() <= high
    return True
