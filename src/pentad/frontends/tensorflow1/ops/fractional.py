"""Pools whose windows have random sizes, and operations on images with holes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.seeds import get_seed


def _edges(stream: Any, size: int, count: int, pseudo: bool) -> Any:
    """Where the windows along an axis begin, and the end of the last."""
    if not pseudo:
        whole, more = divmod(size, count)
        lengths = np.array([whole + 1] * more + [whole] * (count - more))
        stream.shuffle(lengths)
        return np.concatenate([[0], np.cumsum(lengths)])
    ratio = size / count
    whole = size // count
    most = min((whole + 2) / ratio - 1, (size + 1 - whole) / ratio - (count - 1))
    shift = stream.random_sample() * most
    inner = [int(ratio * (i + shift)) for i in range(1, count)]
    return np.array([0, *inner, size])


class _Fractional(static.Op):
    """It draws its windows when it runs, from a stream of its own."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        stream = node.extra.get("stream")
        if stream is None or node.attrs["deterministic"]:
            pair = node.attrs["seed"], node.attrs["seed2"]
            stream = node.extra["stream"] = np.random.RandomState(
                [abs(n) for n in pair] if any(pair) else None)
        return self.run(stream, replay.tensor(inputs[0]), **node.attrs)


def _pooled(rule: str) -> Callable[..., Any]:
    def run(
        stream: Any, value: Any, pooling_ratio: Any, pseudo_random: bool, overlapping: bool,
        deterministic: bool, seed: int, seed2: int,
    ) -> Any:
        found, edges = value, []
        for axis in (1, 2):
            size = value.shape[axis]
            cuts = _edges(stream, size, int(size / pooling_ratio[axis]), pseudo_random)
            edges.append(pt.tensor(cuts.astype(np.int64)))
            parts = []
            for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist()):
                last = min(b + 1, size) if overlapping else b
                part = found.narrow(axis, a, last - a)
                parts.append(part.amax(axis, keepdim=True) if rule == "max"
                             else part.mean(axis, keepdim=True))
            found = pt.cat(parts, axis)
        return found, *edges

    return run


def _types(value: Any, pooling_ratio: Any, **_: Any) -> Any:
    shape = value.static_type.shape
    out = None if shape is None else tuple(
        None if n is None else int(n / r) for n, r in zip(shape, pooling_ratio))
    return [(value.dtype, out), *[(dtypes.int64, (None,))] * 2]


def _fractional(name: str, rule: str) -> Any:
    make = op(name, "value: T; pooling_ratio, pseudo_random=False, overlapping=False, "
              "deterministic=False, seed=0, seed2=0 -> output: T, row_pooling_sequence: int64, "
              "col_pooling_sequence: int64", _pooled(rule), kind=_Fractional, dynamic=True,
              allow={"T": FLOATS}, types=_types)

    def call(
        value: Any, pooling_ratio: Any, pseudo_random: bool = False, overlapping: bool = False,
        deterministic: bool = False, seed: int = 0, seed2: int = 0, name: str | None = None,
    ) -> Any:
        if not (seed or seed2):
            first, second = get_seed(None)
            seed, seed2 = first or 0, second or 0
        ratios = [float(r) for r in pooling_ratio]
        if len(ratios) != 4 or ratios[0] != 1 or ratios[3] != 1 or min(ratios) < 1:
            raise pt.ArgumentError(static.message(
                "pooling_ratio", expected="[1.0, rows, columns, 1.0], none below 1",
                got=repr(pooling_ratio)))
        return make(value, pooling_ratio=ratios, pseudo_random=pseudo_random,
                    overlapping=overlapping, deterministic=deterministic, seed=seed, seed2=seed2,
                    name=name)

    call.__doc__ = f"The {rule} over windows of random sizes, and where the windows begin."
    return call


fractional_max_pool = _fractional("FractionalMaxPool", "max")
fractional_avg_pool = _fractional("FractionalAvgPool", "mean")


def with_space_to_batch(
    input: Any, dilation_rate: Any, padding: str, op: Callable[..., Any],
    filter_shape: Any = None, spatial_dims: Any = None, data_format: Any = None,
) -> Any:
    """What `op(input, number of axes, padding)` gives for an image with holes of `dilation_rate`.

    The pixels that belong together are brought together as images of their own.
    """
    from pentad.frontends.tensorflow1.ops.blocks import (
        batch_to_space_nd,
        required_space_to_batch_paddings,
        space_to_batch_nd,
    )

    with name_scope(None, "with_space_to_batch", [input]):
        x = convert_to_tensor(input)
        rates = [int(r) for r in np.asarray(dilation_rate)]
        count = len(rates)
        if all(r == 1 for r in rates):
            return op(x, count, padding)
        places = list(spatial_dims) if spatial_dims is not None else list(range(1, count + 1))
        if places != list(range(1, count + 1)) or (data_format or "N").startswith("NC"):
            raise pt.ArgumentError(static.message(
                "with_space_to_batch: the axes of space must follow the batch",
                got=f"{places}, {data_format}"))
        base = [[0, 0]] * count
        if padding == "SAME":
            if filter_shape is None:
                raise pt.ArgumentError("filter_shape must be specified for SAME padding")
            reach = [(int(k) - 1) * r for k, r in zip(filter_shape, rates)]
            base = [[n // 2, n - n // 2] for n in reach]
        sizes = [int(x.shape[a]) for a in places]
        paddings, crops = required_space_to_batch_paddings(sizes, rates, base)
        found = op(space_to_batch_nd(x, rates, paddings), count, "VALID")
        return batch_to_space_nd(found, rates, crops)
