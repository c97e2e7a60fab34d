"""Loops of a simpler kind: map, reduce, foldl, foldr."""

from __future__ import annotations

from typing import Any

from pentad.frontends.theano.scan_module.scan import scan


def map(
    fn: Any, sequences: Any, non_sequences: Any = None, truncate_gradient: int = -1,
    go_backwards: bool = False, mode: Any = None, name: str | None = None,
) -> Any:
    """A function applied to the elements of sequences."""
    return scan(fn, sequences, [], non_sequences, truncate_gradient=truncate_gradient,
                go_backwards=go_backwards, mode=mode, name=name)


def reduce(
    fn: Any, sequences: Any, outputs_info: Any, non_sequences: Any = None,
    go_backwards: bool = False, mode: Any = None, name: str | None = None,
) -> Any:
    """The last result of a function that is given its own results."""
    found, updates = scan(fn, sequences, outputs_info, non_sequences, go_backwards=go_backwards,
                          mode=mode, name=name)
    if isinstance(found, list | tuple):
        return [x[-1] for x in found], updates
    return found[-1], updates


def foldl(
    fn: Any, sequences: Any, outputs_info: Any, non_sequences: Any = None, mode: Any = None,
    name: str | None = None,
) -> Any:
    """`reduce` from the first elements on."""
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


def foldr(
    fn: Any, sequences: Any, outputs_info: Any, non_sequences: Any = None, mode: Any = None,
    name: str | None = None,
) -> Any:
    """`reduce` from the last elements on."""
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)


__all__ = ["foldl", "foldr", "map", "reduce"]
