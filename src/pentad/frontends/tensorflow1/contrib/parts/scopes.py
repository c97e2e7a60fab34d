"""arg_scope: default arguments of functions, for all calls within it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pentad as pt
from pentad import static

_stack: list[dict[str, dict[str, Any]]] = [{}]
_known: dict[str, tuple[str, ...]] = {}


def arg_scope_func_key(op: Any) -> str:
    """What a function is called in a scope."""
    return getattr(op, "_key_op", str(op))


def current_arg_scope() -> dict[str, dict[str, Any]]:
    """The scope that holds now."""
    return _stack[-1]


def has_arg_scope(func: Any) -> bool:
    """May the function be named in arg_scope?"""
    return arg_scope_func_key(func) in _known


def arg_scoped_arguments(func: Any) -> tuple[str, ...]:
    """The arguments that arg_scope can give it."""
    return _known[arg_scope_func_key(func)]


def add_arg_scope(func: Callable[..., Any]) -> Callable[..., Any]:
    """Let arg_scope give arguments to a function."""
    key = f"{func.__module__}.{func.__qualname__}:{id(func)}"

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = current_arg_scope().get(key)
        return func(*args, **({**given, **kwargs} if given else kwargs))

    call._key_op = key  # type: ignore[attr-defined]
    parameters = inspect.signature(func).parameters.values()
    _known[key] = tuple(p.name for p in parameters if p.default is not p.empty)
    return call


@contextmanager
def arg_scope(list_ops_or_scope: Any, **kwargs: Any) -> Iterator[Any]:
    """Calls of these functions within it have these arguments, unless they give them."""
    if isinstance(list_ops_or_scope, dict):
        if kwargs:
            raise pt.ArgumentError(
                "When attempting to re-use a scope by suppling a dictionary, kwargs must be empty.")
        made = dict(list_ops_or_scope)
    else:
        if not isinstance(list_ops_or_scope, list | tuple):
            raise TypeError(
                "list_ops_or_scope must either be a list/tuple or reused scope (i.e. dict)")
        made = {key: dict(values) for key, values in current_arg_scope().items()}
        for op in list_ops_or_scope:
            if not has_arg_scope(op):
                raise pt.ArgumentError(static.message(
                    f"{getattr(op, '__name__', op)} is not decorated with @add_arg_scope"))
            made.setdefault(arg_scope_func_key(op), {}).update(kwargs)
    _stack.append(made)
    try:
        yield made
    finally:
        _stack.pop()
