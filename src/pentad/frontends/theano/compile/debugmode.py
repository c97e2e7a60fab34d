"""A mode that compares compiled code with its reference."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.watching import (
    BadThunkOutput,
    DebugMode,
    DebugModeError,
    InvalidValueError,
)

__all__ = ["BadThunkOutput", "DebugMode", "DebugModeError", "InvalidValueError"]
__getattr__ = absent(__name__)
