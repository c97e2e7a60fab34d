"""Trees of tensors as what control flow takes, carries and gives: their types, their checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.op import TensorType
from pentad.graph.sizes import Dim
from pentad.tensor.functions.creation import as_tensor
from pentad.tensor.pytree import LEAF, Plain, flatten, unflatten
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor

Tree = Any

def tensors_of(name: str, what: str, tree: Tree) -> tuple[Any, list[Tensor]]:
    """The structure of a tree and its tensors, numbers made 0-d tensors."""
    leaves: list[Tensor] = []
    structure = flatten(_numbers(tree), leaves)
    for part in _plain(structure):
        raise ArgumentError(
            message(
                f"{name}: {what} holds what is no tensor",
                expected="nested tuples, lists and dicts of tensors and numbers",
                got=f"{type(part.value).__name__} {part.value!r:.60}",
            )
        )
    return structure, leaves


def _numbers(tree: Tree) -> Tree:
    if isinstance(tree, (bool, int, float, Dim, np.generic, np.ndarray)):
        if isinstance(tree, Dim):
            return state.trace.size_operand(tree)
        return as_tensor(tree)
    if isinstance(tree, dict):
        return type(tree)((k, _numbers(v)) for k, v in tree.items())
    if isinstance(tree, (tuple, list)):
        values = [_numbers(v) for v in tree]
        return type(tree)(*values) if hasattr(tree, "_fields") else type(tree)(values)
    return tree


def _plain(structure: Any) -> Iterator[Plain]:
    """The values of a structure that are neither tensors nor None."""
    if structure is LEAF:
        return
    if isinstance(structure, Plain):
        if structure.value is not None:
            yield structure
        return
    kind, *rest = structure
    for part in rest:
        yield from _plain(part[1] if issubclass(kind, dict) else part)


def tree_of(structure: Any, leaves: Sequence[Tensor]) -> Tree:
    """The tree of a structure with these tensors."""
    found = iter(leaves)
    return unflatten(structure, lambda: next(found))


def types_of(tensors: Sequence[Tensor]) -> list[TensorType]:
    """The types of tensors."""
    return [t.meta.type for t in tensors]


def _shown(structure: Any, leaves: Sequence[Tensor]) -> str:
    """A tree with the types of its tensors, for messages."""
    types = iter(leaves)

    def text(part: Any) -> str:
        if part is LEAF:
            return str(next(types).meta.type)
        if isinstance(part, Plain):
            return repr(part.value)
        kind, *rest = part
        if issubclass(kind, dict):
            return "{" + ", ".join(f"{k.value!r}: {text(v)}" for k, v in rest) + "}"
        left, right = ("[", "]") if kind is list else ("(", ")")
        return f"{left}{', '.join(map(text, rest))}{right}"

    return text(structure)


def require_same(
    what: str, expected: tuple[Any, Sequence[Tensor]], got: tuple[Any, Sequence[Tensor]], hint: str
) -> None:
    """An error unless two trees have one structure, and their tensors the same types."""
    kind: type[Exception] | None = None
    if expected[0] != got[0]:
        kind = ArgumentError
    else:
        for a, b in zip(expected[1], got[1], strict=True):
            if a.dtype is not b.dtype:
                kind = DTypeError
                break
            if len(a.shape) != len(b.shape) or a.shape != b.shape:
                kind = ShapeError
                break
    if kind is not None:
        raise kind(message(what, expected=_shown(*expected), got=_shown(*got), hint=hint))


def predicate_of(name: str, value: Any) -> Tensor:
    """A 0-d bool tensor; DTypeError or ShapeError for anything else."""
    if isinstance(value, (bool, np.bool_)):
        return as_tensor(bool(value))  # type: ignore[no-any-return]
    fits = isinstance(value, Tensor) and value.dtype is dtypes.bool_
    if not fits or value.ndim:
        got = str(value.meta.type) if isinstance(value, Tensor) else f"{value!r:.60}"
        raise (ShapeError if fits else DTypeError)(
            message(
                f"{name}: the predicate is not a single bool",
                expected="bool[]", got=got,
                hint="compare, and reduce with .all() or .any()",
            )
        )
    return value  # type: ignore[no-any-return]


def require_callable(name: str, **functions: Any) -> None:
    """ArgumentError unless all are functions."""
    for parameter, function in functions.items():
        if not callable(function):
            raise ArgumentError(
                message(f"{name}: {parameter} is not a function", expected="a callable",
                        got=f"{function!r:.60}")
            )


def steps_of(name: str, xs: Sequence[Tensor], length: Any) -> Any:
    """The number of steps: the size of the first dimension of all xs, and `length` if given."""
    if length is not None and not isinstance(length, Dim):
        length = whole_number(name, "length", length)
    for x in xs:
        if x.ndim == 0:
            raise ShapeError(
                message(f"{name}: xs has a tensor without dimensions",
                        expected="a first dimension to step over", got=str(x.meta.type))
            )
        if length is None:
            length = x.shape[0]
        elif x.shape[0] != length:
            raise ShapeError(
                message(f"{name}: the lengths differ", expected=f"{length} steps",
                        got=str(x.meta.type))
            )
    if length is None:
        raise ArgumentError(
            message(f"{name}: neither xs nor length", expected="xs with tensors, or a length",
                    got="None")
        )
    return length


def whole_number(name: str, what: str, value: Any) -> int:
    """A count; ArgumentError if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ArgumentError(
            message(f"{name}: {what} is no number of steps", expected="a whole number, at least 0",
                    got=f"{value!r:.60}")
        )
    return int(value)


def require_unchanged(
    name: str, before: tuple[Any, Sequence[Tensor]], after: tuple[Any, Sequence[Tensor]]
) -> None:
    """An error unless a body gave back what it carries with its structure and types."""
    require_same(
        f"{name}: the body changes the type of what it carries", before, after,
        "return the carried values with the structure, shapes and dtypes that came in",
    )
