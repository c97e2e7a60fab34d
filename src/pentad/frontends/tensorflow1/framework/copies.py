"""Copies of parts of a graph in which some tensors count as constants."""

from __future__ import annotations

from typing import Any

from pentad import static


def with_constants(ys: Any, xs: Any, stops: Any) -> tuple[list[Any], list[Any]]:
    """ys computed anew, so that they depend on `stops` by constants; and the xs of that copy.

    A tensor among xs that is a stop itself is replaced by an identity: what hangs on it directly
    counts, and what it was computed of does not.
    """
    from pentad.frontends.tensorflow1.ops.identity import identity, stop_gradient

    replaced: dict[Any, Any] = {}
    for stop in stops:
        constant = stop_gradient(stop)
        replaced[stop] = identity(constant) if stop in xs else constant
    # An x between a stop and ys is another tensor in the copy.
    found = static.clone([*ys, *xs], replaced)
    return found[:len(ys)], found[len(ys):]
