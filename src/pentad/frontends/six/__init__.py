"""`six`, which came with the frameworks that are served: programs take Python 2's names from it.

It stands in where six is not installed; what it gives is what Python 3 has.
"""

from __future__ import annotations

import io
import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

from pentad.frontends.missing import absent

PY2, PY3, PY34 = False, True, True
string_types, integer_types, class_types = (str,), (int,), (type,)
text_type, binary_type, MAXSIZE = str, bytes, sys.maxsize
unichr, StringIO, BytesIO, next = chr, io.StringIO, io.BytesIO, next
int2byte, byte2int, indexbytes = operator.methodcaller("to_bytes", 1, "big"), operator.itemgetter(
    0), operator.getitem
get_function_code, get_function_defaults = (
    operator.attrgetter("__code__"), operator.attrgetter("__defaults__"))
get_method_function, get_method_self = (
    operator.attrgetter("__func__"), operator.attrgetter("__self__"))
callable, print_, iterbytes, advance_iterator = callable, print, iter, next
viewkeys, viewvalues, viewitems = (
    operator.methodcaller(n) for n in ("keys", "values", "items"))


def iterkeys(d: Any, **kw: Any) -> Iterator[Any]:
    """An iterator over the keys."""
    return iter(d.keys(**kw))


def itervalues(d: Any, **kw: Any) -> Iterator[Any]:
    """An iterator over the values."""
    return iter(d.values(**kw))


def iteritems(d: Any, **kw: Any) -> Iterator[Any]:
    """An iterator over the pairs."""
    return iter(d.items(**kw))


def b(s: str) -> bytes:
    """A literal of bytes."""
    return s.encode("latin-1")


def u(s: str) -> str:
    """A literal of text."""
    return s


def ensure_binary(s: Any, encoding: str = "utf-8", errors: str = "strict") -> bytes:
    """The text or bytes as bytes."""
    if not isinstance(s, str | bytes):
        raise TypeError(f"not expecting type '{type(s)}'")
    return s.encode(encoding, errors) if isinstance(s, str) else s


def ensure_text(s: Any, encoding: str = "utf-8", errors: str = "strict") -> str:
    """The text or bytes as text."""
    if not isinstance(s, str | bytes):
        raise TypeError(f"not expecting type '{type(s)}'")
    return s.decode(encoding, errors) if isinstance(s, bytes) else s


ensure_str = ensure_text


def with_metaclass(meta: Any, *bases: type) -> Any:
    """A base class that gives its subclasses the metaclass."""
    class _Once(type):
        def __new__(cls, name: str, _: Any, space: dict[str, Any]) -> Any:
            return meta(name, bases, space)

    return type.__new__(_Once, "temporary_class", (), {})


def add_metaclass(metaclass: Any) -> Callable[[type], Any]:
    """The class again, with the metaclass."""
    def again(cls: type) -> Any:
        space = {k: v for k, v in vars(cls).items() if k not in ("__dict__", "__weakref__")}
        return metaclass(cls.__name__, cls.__bases__, space)

    return again


def python_2_unicode_compatible(klass: type) -> type:
    """The class as it is."""
    return klass


def raise_from(value: BaseException, from_value: BaseException | None) -> None:
    """Raise an error because of another."""
    raise value from from_value


def reraise(tp: type, value: Any, tb: Any = None) -> None:
    """Raise an error with a traceback."""
    value = tp() if value is None else value
    raise value.with_traceback(tb) if value.__traceback__ is not tb else value


__getattr__ = absent(__name__, {"moves": f"{__name__}.moves"})
