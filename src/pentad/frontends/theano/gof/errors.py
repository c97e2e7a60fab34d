"""The errors that programs catch when they make and call functions."""

from __future__ import annotations

import pentad as pt


class MissingInputError(pt.PentadError, Exception):
    """A graph needs an input that it was not given."""


class UnusedInputError(pt.PentadError, Exception):
    """A function was given an input that nothing uses."""


__all__ = ["MissingInputError", "UnusedInputError"]
