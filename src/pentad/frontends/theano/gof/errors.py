"""The errors that programs catch when they make and call functions."""

from __future__ import annotations

import numpy as np

import pentad as pt


class MissingInputError(pt.PentadError, Exception):
    """A graph needs an input that it was not given."""


class UnusedInputError(pt.PentadError, Exception):
    """A function was given an input that nothing uses."""


class LinAlgError(pt.LinAlgError, np.linalg.LinAlgError):
    """A matrix has not the factorisation, inverse or solution asked for."""


__all__ = ["MissingInputError", "UnusedInputError"]
