"""What programs of both Pythons imported: `theano.compat`."""

from __future__ import annotations

import builtins
import configparser
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from importlib import reload
from io import BytesIO
from operator import truediv as operator_div
from typing import Any

from pentad.frontends.missing import absent

PY3 = True
izip, imap, ifilter, next = builtins.zip, builtins.map, builtins.filter, builtins.next


def b(s: str) -> bytes:
    """The bytes of a text."""
    return s.encode("latin-1")


def exc_message(e: BaseException) -> Any:
    """What an exception was raised with."""
    return e.args[0] if len(e.args) == 1 else e


def cmp(x: Any, y: Any) -> int:
    """-1, 0 or 1, as Python 2 compared."""
    return (x > y) - (x < y)


def get_unbound_function(unbound: Any) -> Any:
    """The function of a method."""
    return getattr(unbound, "__func__", unbound)


def decode(x: Any) -> Any:
    """The text of bytes; texts as they are."""
    return x.decode("utf-8") if isinstance(x, bytes) else x


def decode_iter(itr: Iterable[Any]) -> Any:
    """The texts of several."""
    return (decode(x) for x in itr)


class DefaultOrderedDict(OrderedDict[Any, Any]):
    """A dictionary that makes values for keys that it lacks."""

    def __init__(self, default_factory: Any = None, *args: Any, **more: Any) -> None:
        if default_factory is not None and not callable(default_factory):
            raise TypeError("first argument must be callable")
        super().__init__(*args, **more)
        self.default_factory = default_factory

    def __missing__(self, key: Any) -> Any:
        if self.default_factory is None:
            raise KeyError(key)
        self[key] = value = self.default_factory()
        return value


__getattr__ = absent(__name__)
__all__ = [
    "BytesIO", "Callable", "DefaultOrderedDict", "Mapping", "OrderedDict", "PY3", "b", "cmp",
    "configparser", "decode", "decode_iter", "exc_message", "get_unbound_function", "ifilter",
    "imap", "izip", "next", "operator_div", "reload",
]
