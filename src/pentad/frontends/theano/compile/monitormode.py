"""A mode that calls functions for each node."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.watching import MonitorMode, detect_nan

__all__ = ["MonitorMode", "detect_nan"]
__getattr__ = absent(__name__)
