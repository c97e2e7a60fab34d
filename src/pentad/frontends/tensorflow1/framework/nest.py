"""Structures of lists, tuples and dicts: their leaves, and the same structure of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MappingView, Sequence
from typing import Any

import pentad as pt
from pentad import static


def is_nested(seq: Any) -> bool:
    """Is it a list, a tuple, a dict, or a dict's keys, values or items?"""
    return isinstance(seq, list | tuple | Mapping | MappingView)


is_sequence = is_nested


def _parts(structure: Any) -> list[Any]:
    if isinstance(structure, Mapping):
        return [structure[k] for k in sorted(structure)]
    return list(structure)


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """The leaves, those of dicts in the order of their keys."""
    if not is_nested(structure):
        return [structure]
    return [leaf for part in _parts(structure) for leaf in flatten(part)]


def _rebuilt(structure: Any, parts: Sequence[Any]) -> Any:
    """A structure of the same kind with other parts."""
    if isinstance(structure, Mapping):
        found = dict(zip(sorted(structure), parts))
        if type(structure) is dict:
            return {k: found[k] for k in structure}
        return type(structure)((k, found[k]) for k in structure)
    if hasattr(structure, "_fields"):
        return type(structure)(*parts)
    if isinstance(structure, MappingView):
        return list(parts)
    return type(structure)(parts)


def _packed(structure: Any, leaves: list[Any]) -> Any:
    if not is_nested(structure):
        return leaves.pop(0)
    return _rebuilt(structure, [_packed(part, leaves) for part in _parts(structure)])


def pack_sequence_as(
    structure: Any, flat_sequence: Any, expand_composites: bool = False
) -> Any:
    """The structure with other leaves."""
    leaves, count = list(flat_sequence), len(flatten(structure))
    if len(leaves) != count:
        raise pt.ArgumentError(static.message(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had "
            f"{len(leaves)} elements.", expected=repr(structure), got=repr(leaves)))
    return _packed(structure, leaves)


def assert_same_structure(
    nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False
) -> None:
    """ValueError, or TypeError, unless two structures are alike."""
    if is_nested(nest1) != is_nested(nest2) or (
        is_nested(nest1) and len(nest1) != len(nest2)
    ):
        raise pt.ArgumentError(static.message(
            "The two structures don't have the same nested structure.", expected=repr(nest1)[:200],
            got=repr(nest2)[:200]))
    if not is_nested(nest1):
        return
    if check_types and type(nest1) is not type(nest2) and not (
        isinstance(nest1, Mapping) and isinstance(nest2, Mapping)
    ):
        raise TypeError(static.message(
            "The two structures don't have the same sequence type.",
            expected=type(nest1).__name__, got=type(nest2).__name__))
    if isinstance(nest1, Mapping) and set(nest1) != set(nest2):
        raise pt.ArgumentError(static.message(
            "The two dictionaries don't have the same set of keys.", expected=str(list(nest1)),
            got=str(list(nest2))))
    for a, b in zip(_parts(nest1), _parts(nest2)):
        assert_same_structure(a, b, check_types)


def map_structure(func: Callable[..., Any], *structure: Any, **kwargs: Any) -> Any:
    """The structure with a function applied to its leaves, those of several alike together."""
    check = kwargs.pop("check_types", True)
    kwargs.pop("expand_composites", None)
    if not callable(func):
        raise TypeError(static.message("func must be callable", got=repr(func)))
    if not structure:
        raise pt.ArgumentError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check)
    leaves = [func(*row) for row in zip(*map(flatten, structure))]
    return pack_sequence_as(structure[0], leaves)


def yield_flattened_paths(structure: Any) -> Any:
    """(path, leaf) pairs."""
    if not is_nested(structure):
        yield (), structure
        return
    keys = sorted(structure) if isinstance(structure, Mapping) else range(len(structure))
    for key, part in zip(keys, _parts(structure)):
        for path, leaf in yield_flattened_paths(part):
            yield (key, *path), leaf


def flatten_up_to(shallow: Any, structure: Any, **_: Any) -> list[Any]:
    """The parts of a structure that stand where a shallower one has leaves."""
    if not is_nested(shallow):
        return [structure]
    assert_same_structure([None] * len(shallow), [None] * len(structure))
    return [leaf for s, part in zip(_parts(shallow), _parts(structure))
            for leaf in flatten_up_to(s, part)]


def map_structure_up_to(shallow: Any, func: Callable[..., Any], *structures: Any, **_: Any) -> Any:
    """The shallow structure with a function applied to what stands at its leaves."""
    rows = zip(*[flatten_up_to(shallow, s) for s in structures])
    return pack_sequence_as(shallow, [func(*row) for row in rows])
