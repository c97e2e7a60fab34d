"""Reading and writing by arrays of indices or masks, as Theano's ops of these names do."""

from __future__ import annotations

from typing import Any

from pentad.frontends.theano.tensor.constants import as_tensor_variable, constant
from pentad.frontends.theano.tensor.joining import join
from pentad.frontends.theano.tensor.subtensor import inc_subtensor, set_subtensor


def advanced_subtensor(x: Any, *index: Any) -> Any:
    """x[index]."""
    return as_tensor_variable(x)[index if len(index) > 1 else index[0]]


def advanced_subtensor1(x: Any, ilist: Any) -> Any:
    """The rows x[ilist]."""
    return as_tensor_variable(x)[as_tensor_variable(ilist)]


def advanced_boolean_subtensor(x: Any, *index: Any) -> Any:
    """x[index], masks among the indices."""
    return advanced_subtensor(x, *index)


def advanced_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """x with y added at index."""
    return inc_subtensor(advanced_subtensor(x, *index), y)


def advanced_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """x with y in place of what stands at index."""
    return set_subtensor(advanced_subtensor(x, *index), y)


def advanced_inc_subtensor1(x: Any, y: Any, ilist: Any) -> Any:
    """x with y added to its rows ilist."""
    return inc_subtensor(advanced_subtensor1(x, ilist), y)


def advanced_set_subtensor1(x: Any, y: Any, ilist: Any) -> Any:
    """x with y in place of its rows ilist."""
    return set_subtensor(advanced_subtensor1(x, ilist), y)


def advanced_boolean_inc_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """x with y added where the masks are true."""
    return advanced_inc_subtensor(x, y, *index)


def advanced_boolean_set_subtensor(x: Any, y: Any, *index: Any) -> Any:
    """x with y in place of what stands where the masks are true."""
    return advanced_set_subtensor(x, y, *index)


join_ = join


class ShapeError(Exception):
    """A shape cannot be computed."""


def make_constant(args: Any) -> Any:
    """A constant of a value; within a tuple, of each of its elements."""
    if isinstance(args, tuple):
        return tuple(make_constant(a) for a in args)
    return args if args is None or isinstance(args, slice) else constant(args)


__all__ = [
    "ShapeError",
    "advanced_boolean_inc_subtensor", "advanced_boolean_set_subtensor",
    "advanced_boolean_subtensor", "advanced_inc_subtensor", "advanced_inc_subtensor1",
    "advanced_set_subtensor", "advanced_set_subtensor1", "advanced_subtensor",
    "advanced_subtensor1", "join_",
    "make_constant",
]
