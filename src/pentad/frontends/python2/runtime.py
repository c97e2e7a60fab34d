"""What translated programs call: Python 2's meaning where Python 3 has another, or none.

Names are those of Python 2; a translated program finds them as `__python2__.NAME`.
"""

from __future__ import annotations

import functools
import importlib
import operator
import string as _string
import sys
import warnings
from typing import Any

import numpy as np

reduce = functools.reduce
reload = importlib.reload
intern = sys.intern
unichr = chr
file = open
buffer = memoryview
cmp_to_key = functools.cmp_to_key
NAMES = ("reduce", "reload", "intern", "unichr", "file", "buffer", "cmp", "apply", "coerce")
"""Builtins of Python 2 that are gone."""


class Python2Division(UserWarning):
    """Two whole numbers were divided as in Python 2, and the fraction dropped."""


def cmp(left: Any, right: Any) -> int:
    """-1, 0 or 1."""
    return bool(left > right) - bool(left < right)


def apply(function: Any, arguments: Any = (), keywords: Any = None) -> Any:
    """The call."""
    return function(*arguments, **(keywords or {}))


def coerce(left: Any, right: Any) -> tuple[Any, Any]:
    """Both as numbers of one type."""
    common = type(left + right)
    return common(left), common(right)


# -- division --------------------------------------------------------------------------------------


def divide(left: Any, right: Any) -> Any:
    """`left / right` without `from __future__ import division`."""
    for first, method, second in ((left, "__div__", right), (right, "__rdiv__", left)):
        function = getattr(type(first), method, None)
        if function is not None:
            result = function(first, second)
            if result is not NotImplemented:
                return result
    if whole(left) and whole(right):
        _warn(left, right)
        return left // right
    return left / right


def divide_inplace(left: Any, right: Any) -> Any:
    """`left /= right` likewise; arrays are changed."""
    if not (whole(left) and whole(right)):
        if getattr(type(left), "__div__", None) is not None:
            return divide(left, right)
        return operator.itruediv(left, right)
    _warn(left, right)
    return operator.ifloordiv(left, right)


def whole(value: Any) -> bool:
    """Is it a whole number, or an array of them?"""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biu"
    return isinstance(value, (int, np.integer, np.bool_))


def _warn(left: Any, right: Any) -> None:
    with np.errstate(all="ignore"):
        try:
            exact = not np.any(np.asarray(left) % np.asarray(right))
        except (ZeroDivisionError, OverflowError, TypeError):
            return
    if not exact:
        warnings.warn("whole numbers are divided as in Python 2: the fraction is dropped",
                      Python2Division, stacklevel=3)


# -- the module string -----------------------------------------------------------------------------


class string:
    """Functions and constants of the module `string` that are gone."""

    letters, lowercase = _string.ascii_letters, _string.ascii_lowercase
    uppercase = _string.ascii_uppercase
    atoi, atof, atol, maketrans = int, float, int, str.maketrans

    @staticmethod
    def join(words: Any, sep: str = " ") -> str:
        """The words with `sep` between them."""
        return sep.join(words)


for _name in ("split", "replace", "strip", "lstrip", "rstrip", "lower", "upper", "find", "rfind",
              "count", "index", "zfill", "ljust", "rjust", "center", "expandtabs", "translate",
              "capitalize", "swapcase"):
    setattr(string, _name, staticmethod(getattr(str, _name)))
