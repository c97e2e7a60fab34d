"""Repeating, turning round, moving and padding."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.shaping import sizes

_AXES = {"Tidx": INDEX}

tile = op("Tile", "input: T, multiples: Tm -> output: T",
          lambda input, multiples: input.tile(sizes(multiples)) if input.ndim else input.clone(),
          sizes=(1,), allow={"Tm": INDEX}, known=lambda x, m: np.tile(x, sizes(m)),
          infer=lambda t, m, node: [static.Type(t.dtype, t.shape and (None,) * len(t.shape))])
_REVERSE = op("ReverseV2", "tensor: T, axis: Tidx -> output: T",
              lambda tensor, axis: tensor.flip(*sizes(axis)) if axis.size else tensor.clone(),
              sizes=(1,), allow=_AXES, known=lambda x, axis: np.flip(x, sizes(axis)))


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """The tensor turned round along axes."""
    return _REVERSE(tensor, axis, name=name)


def _rolled(input: Any, shift: Any, axis: Any) -> Any:
    return input.roll(sizes(shift), sizes(axis))


_ROLL = op("Roll", "input: T, shift: Tshift, axis: Taxis -> output: T", _rolled, sizes=(1, 2),
           allow={"Tshift": INDEX, "Taxis": INDEX})


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Any:
    """Elements moved along axes; what falls off comes in on the other side."""
    return _ROLL(input, shift, axis, name=name)


def _padded(x: Any, paddings: Any, value: Any = 0) -> Any:
    flat = [n for pair in reversed(paddings.tolist()) for n in pair]
    return pt.nn.functional.pad(x, flat, value=value)


def _padded_type(x: Any, *rest: Any) -> Any:
    return [static.Type(x.dtype, x.shape and (None,) * len(x.shape))]


_PAD = op("Pad", "input: T, paddings: Tp -> output: T", _padded, sizes=(1,), allow={"Tp": INDEX},
          infer=_padded_type)
_PAD_V2 = op("PadV2", "input: T, paddings: Tp, constant_values: T -> output: T",
             lambda input, paddings, constant_values: _padded_with(input, paddings,
                                                                   constant_values),
             sizes=(1,), allow={"Tp": INDEX}, infer=_padded_type)
_MIRROR_PAD = op("MirrorPad", "input: T, paddings: Tp; mode='REFLECT' -> output: T",
                 lambda input, paddings, mode: _mirrored(input, paddings, mode), sizes=(1,),
                 allow={"Tp": INDEX}, infer=_padded_type)


def _padded_with(input: Any, paddings: Any, value: Any) -> Any:
    inside = _padded(pt.ones_like(input, dtype=pt.bool), paddings)
    return pt.where(inside, _padded(input, paddings), value)


def _mirrored(input: Any, paddings: Any, mode: Any) -> Any:
    skip = 1 if mode in ("REFLECT", b"REFLECT") else 0
    for axis, (before, after) in enumerate(paddings.tolist()):
        n = input.shape[axis]
        if before > n - skip or after > n - skip:
            raise pt.ShapeError(static.message(
                f"paddings must be no greater than the dimension size: {before}, {after} greater "
                f"than {n - skip}"))
        parts = [input]
        if before:
            parts.insert(0, input.narrow(axis, skip, before).flip(axis))
        if after:
            parts.append(input.narrow(axis, n - skip - after, after).flip(axis))
        input = pt.cat(parts, axis) if len(parts) > 1 else input
    return input


def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", name: str | None = None,
    constant_values: Any = 0,
) -> Any:
    """The tensor with margins: of one value, or mirrored ('REFLECT', 'SYMMETRIC')."""
    mode = mode.upper()
    if mode == "CONSTANT":
        if hasattr(constant_values, "graph") or constant_values != 0:
            return _PAD_V2(tensor, paddings, constant_values, name=name)
        return _PAD(tensor, paddings, name=name)
    if mode not in ("REFLECT", "SYMMETRIC"):
        raise pt.ArgumentError(f"Unknown padding mode: {mode}")
    return _MIRROR_PAD(tensor, paddings, mode=mode, name=name)
