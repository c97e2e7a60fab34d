"""Axes by names: rearrange(x, "b c (h w) -> b (h c) w", h=2), in the notation of einops."""

from __future__ import annotations

import math
import re
from typing import Any

from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.tensor.functions.shaping import stack
from pentad.tensor.misfit import guarded

_TOKEN = re.compile(r"\s*(\(|\)|\.\.\.|[A-Za-z_][A-Za-z_0-9]*|1)")
_REST = "..."


def _groups(side: str, pattern: str) -> list[list[str]]:
    """The axes of a side: each a list of the names that it is made of."""
    found: list[list[str]] = []
    inside: list[str] | None = None
    at, side = 0, side.strip()
    while at < len(side):
        token = _TOKEN.match(side, at)
        if token is None or (token[1] == "(" and inside is not None):
            raise _refused(pattern, side[at:])
        at, word = token.end(), token[1]
        if word == "(":
            inside = []
        elif word == ")":
            if inside is None:
                raise _refused(pattern, ")")
            found.append(inside)
            inside = None
        elif inside is not None:
            inside += [word] if word != "1" else []
        else:
            found.append([word] if word != "1" else [])
    if inside is not None:
        raise _refused(pattern, "( without )")
    return found


def _joined(groups: list[list[str]]) -> list[str]:
    return [name for group in groups for name in group]


def _refused(pattern: str, got: str) -> ArgumentError:
    return ArgumentError(
        message(f"rearrange: the pattern {pattern!r}",
                expected="names, 1, ... and (groups), each name once on both sides of ->", got=got)
    )


def _sizes(x: Any, groups: list[list[str]], known: dict[str, int]) -> dict[str, Any]:
    """The size of each name; ShapeError where an axis cannot be divided so."""
    sizes: dict[str, Any] = dict(known)
    for n, names in zip(x.shape, groups, strict=True):
        unknown = [name for name in names if name not in sizes]
        rest = math.prod(sizes[name] for name in names if name in sizes)
        if len(unknown) > 1 or (unknown and (not rest or n % rest)) or (not unknown and rest != n):
            raise ShapeError(
                message("rearrange: an axis does not fit", expected=f"sizes of ({' '.join(names)}) "
                        f"whose product is {n}", got=str({k: sizes.get(k) for k in names}))
            )
        for name in unknown:
            sizes[name] = n // rest
    return sizes


@guarded
def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Any:
    """The axes of a tensor (or of a list of tensors, stacked) in another order, split and joined.

    "b (h w) c -> b c h w" with h=4 splits an axis; "..." stands for any axes.
    """
    x: Any = stack(list(tensor)) if isinstance(tensor, (list, tuple)) else tensor
    sides = pattern.split("->")
    if len(sides) != 2:
        raise _refused(pattern, f"{len(sides)} sides")
    before, after = (_groups(side, pattern) for side in sides)
    names, wanted = _joined(before), _joined(after)
    if sorted(names) != sorted(wanted) or len(set(names)) != len(names):
        raise _refused(pattern, f"{' '.join(names)} and {' '.join(wanted)}")
    others = [f"{_REST}{i}" for i in range(x.ndim - len(before) + 1)] if _REST in names else []
    before = _spread(before, others, grouped=False)
    after = _spread(after, others, grouped=True)
    if len(before) != x.ndim:
        raise ShapeError(
            message("rearrange: wrong number of axes", expected=str(len(before)),
                    got=str(list(x.shape)))
        )
    sizes = _sizes(x, before, axes_lengths)
    flat, order = _joined(before), _joined(after)
    x = x.reshape([sizes[name] for name in flat]).permute([flat.index(name) for name in order])
    return x.reshape([math.prod(sizes[name] for name in group) for group in after])


def _spread(groups: list[list[str]], others: list[str], grouped: bool) -> list[list[str]]:
    """The groups with the axes that "..." stands for, one each, or inside of a group as one."""
    found: list[list[str]] = []
    for group in groups:
        if group == [_REST] or (_REST in group and not grouped):
            found += [[name] for name in others]
        else:
            found.append([n for name in group for n in (others if name == _REST else [name])])
    return found
