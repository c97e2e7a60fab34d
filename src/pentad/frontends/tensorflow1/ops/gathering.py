"""Choosing elements by their places, and putting elements at places."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.shaping import sizes
from pentad.frontends.tensorflow1.ops.state import nd_scattered

_PLACES = {"Tindices": INDEX}


def _taken(params: Any, indices: Any, axis: int) -> Any:
    axis %= params.ndim
    flat = params.index_select(axis, indices.reshape(-1).to(pt.int64))
    return flat.reshape(*params.shape[:axis], *indices.shape, *params.shape[axis + 1:])


def _gathered(params: Any, indices: Any, axis: Any, batch_dims: int) -> Any:
    axis = int(axis)
    if not batch_dims:
        return _taken(params, indices, axis)
    batch, lead = batch_dims % max(indices.ndim, 1), tuple(params.shape[:batch_dims])
    rows: Any = 1
    for n in lead:
        rows = rows * n
    flat = params.reshape(rows, *params.shape[batch:])
    places = indices.reshape(rows, *indices.shape[batch:])
    axis = axis - batch + 1 if axis >= 0 else axis
    found = pt.stack([_taken(p, i, axis - 1 if axis >= 0 else axis)
                      for p, i in zip(flat.unbind(0), places.unbind(0))])
    return found.reshape(*lead, *found.shape[1:])


def _known_gather(params: Any, indices: Any, axis: Any, batch_dims: int) -> Any:
    if not batch_dims:
        return np.take(params, indices.astype(np.int64), int(axis))
    inner = int(axis) - 1 if axis >= 0 else int(axis)
    return np.stack([_known_gather(p, i, inner, batch_dims - 1) for p, i in zip(params, indices)])


def _gather_type(params: Any, indices: Any, axis: Any, node: Any) -> Any:
    return [static.Type(params.dtype, None)]


_GATHER_V2 = op(
    "GatherV2", "params: Tparams, indices: Tindices, axis: Taxis; batch_dims=0 -> output: Tparams",
    _gathered, sizes=(2,), allow={**_PLACES, "Taxis": INDEX}, infer=_gather_type,
    known=_known_gather)
_GATHER_1 = op(
    "Gather", "params: Tparams, indices: Tindices; validate_indices=True -> output: Tparams",
    lambda params, indices, validate_indices: _taken(params, indices, 0), allow=_PLACES)


def gather(
    params: Any, indices: Any, validate_indices: Any = None, name: str | None = None,
    axis: Any = None, batch_dims: int = 0,
) -> Any:
    """What stands at indices along an axis."""
    return _GATHER_V2(params, indices, batch_dims if axis is None else axis,
                      batch_dims=batch_dims, name=name)


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """What stands at indices, within each batch."""
    indices = convert_to_tensor(indices, name="indices")
    return gather(params, indices, name=name, axis=indices.shape.ndims - 1,
                  batch_dims=indices.shape.ndims - 1)


def _nd(params: Any, indices: Any) -> Any:
    depth = indices.shape[-1]
    if depth > params.ndim:
        raise pt.ShapeError(static.message("the indices have more parts than params has axes",
                                           expected=f"at most {params.ndim}", got=str(depth)))
    place: Any = pt.zeros(indices.shape[:-1], dtype=pt.int64)
    total: Any = 1
    for axis in builtins.range(depth):
        place = place * params.shape[axis] + indices[..., axis].to(pt.int64)
        total = total * params.shape[axis]
    tail = tuple(params.shape[depth:])
    flat = params.reshape(total, *tail).index_select(0, place.reshape(-1))
    return flat.reshape(*indices.shape[:-1], *tail)


_GATHER_ND = op("GatherNd", "params: Tparams, indices: Tindices -> output: Tparams", _nd,
                allow=_PLACES)


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Any:
    """What stands at places: each last axis of indices is the beginning of a place."""
    if batch_dims:
        raise pt.ArgumentError(static.message("gather_nd: batch_dims is not supported",
                                              expected="0", got=str(batch_dims)))
    return _GATHER_ND(params, indices, name=name)


def _cut(input: Any, begin: Any, size: Any) -> Any:
    found = input
    for axis, (b, n) in enumerate(zip(begin.tolist(), size.tolist())):
        whole = input.shape[axis]
        n = whole - b if isinstance(n, int) and n == -1 else n
        if isinstance(n, int) and isinstance(whole, int) and not 0 <= b <= b + n <= whole:
            raise pt.ShapeError(static.message(
                f"Expected begin[{axis}] in [0, {whole}], and size[{axis}] in [0, {whole - b}]",
                got=f"begin {b}, size {n}"))
        found = found.narrow(axis, b, n)
    return found


def _known_cut(input: Any, begin: Any, size: Any) -> Any:
    ends = [None if n == -1 else b + n for b, n in zip(begin, size)]
    return input[tuple(builtins.slice(b, e) for b, e in zip(begin, ends))]


def _cut_type(input: Any, begin: Any, size: Any, node: Any) -> Any:
    from pentad.frontends.tensorflow1.framework.convert import constant_value

    rank = begin.shape[0] if begin.shape else None
    known = constant_value(node.inputs[2])
    shape = None if rank is None else (None,) * rank
    if known is not None:
        shape = tuple(None if n == -1 else int(n) for n in known)
    return [static.Type(input.dtype, shape)]


_SLICE = op("Slice", "input: T, begin: Index, size: Index -> output: T", _cut, sizes=(1, 2),
            known=_known_cut, infer=_cut_type, allow={"Index": INDEX})


def slice(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """A part of that size, from a place; -1 as a size goes to the end."""
    return _SLICE(input_, begin, size, name=name)


_MASKED = op("BooleanMask", "tensor: T, mask: bool; axis=0 -> output: T",
             lambda tensor, mask, axis: _masked(tensor, mask, axis), dynamic=True,
             types=lambda tensor, mask, axis: [(tensor.dtype, _masked_shape(tensor, mask, axis))])


def _masked(tensor: Any, mask: Any, axis: int) -> Any:
    lead, tail = tuple(tensor.shape[:axis]), tuple(tensor.shape[axis + mask.ndim:])
    places = mask.reshape(-1).nonzero().reshape(-1)
    return tensor.reshape(*lead, mask.numel(), *tail).index_select(axis, places)


def _masked_shape(tensor: Any, mask: Any, axis: int) -> Any:
    known, rank = tensor.static_type.shape, mask.shape.ndims
    if known is None or rank is None:
        return None
    return (*known[:axis], None, *known[axis + rank:])


def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: Any = None
) -> Any:
    """Rows of the tensor where the mask is true."""
    with name_scope(name, "boolean_mask", [tensor, mask]):
        tensor, mask = convert_to_tensor(tensor), convert_to_tensor(mask)
        place = int(axis or 0)
        rank = mask.shape.ndims
        if rank == 0:
            raise pt.ArgumentError(static.message("mask cannot be scalar."))
        if rank is None:
            raise pt.ArgumentError(static.message(
                "Number of mask dimensions must be specified, even if some dimensions are None."))
        part = tensor.shape[place:place + rank]
        part.assert_is_compatible_with(mask.shape)
        return _MASKED(tensor, mask, axis=place)


# -- putting -----------------------------------------------------------------------------------


def _put(indices: Any, updates: Any, shape: Any) -> Any:
    base = pt.zeros(sizes(shape), dtype=updates.dtype)
    return nd_scattered("add")(base, indices, updates)


def _put_type(indices: Any, updates: Any, shape: Any, node: Any) -> Any:
    from pentad.frontends.tensorflow1.framework.convert import constant_value_as_shape

    return [static.Type(updates.dtype, constant_value_as_shape(node.inputs[2]).known())]


scatter_nd = op("ScatterNd", "indices: Tindices, updates: T, shape: Tindices -> output: T", _put,
                sizes=(2,), infer=_put_type, allow=_PLACES)
tensor_scatter_nd_update, tensor_scatter_nd_add, tensor_scatter_nd_sub = (
    op(f"TensorScatter{rule.capitalize()}",
       "tensor: T, indices: Tindices, updates: T -> output: T", nd_scattered(rule), allow=_PLACES)
    for rule in ("update", "add", "sub")
)


def _partitioned(data: Any, partitions: Any, num_partitions: int) -> Any:
    rank = partitions.ndim
    flat = data.reshape(partitions.numel(), *data.shape[rank:])
    kinds = partitions.reshape(-1)
    return tuple(
        flat.index_select(0, (kinds == k).nonzero().reshape(-1))
        for k in builtins.range(num_partitions))


def _partition_types(data: Any, partitions: Any, num_partitions: int) -> Any:
    known, rank = data.static_type.shape, partitions.shape.ndims
    shape = None if known is None or rank is None else (None, *known[rank:])
    return [(data.dtype, shape)] * num_partitions


_DYNAMIC_PARTITION = op(
    "DynamicPartition", "data: T, partitions: int32; num_partitions -> outputs: num_partitions*T",
    _partitioned, dynamic=True, types=_partition_types)


def dynamic_partition(
    data: Any, partitions: Any, num_partitions: int, name: str | None = None
) -> list[Any]:
    """The rows of data in as many parts as there are numbers in partitions."""
    found = _DYNAMIC_PARTITION(data, partitions, num_partitions=num_partitions, name=name)
    return found if isinstance(found, list) else [found]


def _stitched(*values: Any) -> Any:
    half = len(values) // 2
    indices = pt.cat([v.reshape(-1) for v in values[:half]]).to(pt.int64)
    tail = tuple(values[half].shape[values[0].ndim:])
    rows = pt.cat([d.reshape(i.numel(), *tail) for i, d in zip(values[:half], values[half:])])
    count = int(indices.max().item()) + 1 if indices.numel() else 0
    return pt.zeros(count, *tail, dtype=rows.dtype).index_copy(0, indices, rows)


def _stitched_type(*values: Any, **attrs: Any) -> Any:
    half = len(values) // 2
    known, rank = values[half].static_type.shape, values[0].shape.ndims
    shape = None if known is None or rank is None else (None, *known[rank:])
    return [(values[half].dtype, shape)]


_STITCH = op("DynamicStitch", "indices: N*int32, data: N*T -> merged: T", _stitched, dynamic=True,
             types=_stitched_type)


def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Any:
    """The rows of several tensors at the places that indices name."""
    return _STITCH(list(indices), list(data), name=name)


_INVERT = op("InvertPermutation", "x: T -> y: T", lambda x: pt.argsort(x).to(x.dtype),
             allow={"T": INDEX}, differentiable=False, known=lambda x: np.argsort(x))


def invert_permutation(x: Any, name: str | None = None) -> Any:
    """The permutation that undoes another."""
    return _INVERT(x, name=name)


_REVERSE_SEQUENCE = op(
    "ReverseSequence", "input: T, seq_lengths: Tlen; seq_dim, batch_dim=0 -> output: T",
    lambda input, seq_lengths, seq_dim, batch_dim: _turned(input, seq_lengths, seq_dim, batch_dim),
    allow={"Tlen": INDEX})


def _turned(input: Any, lengths: Any, seq_dim: int, batch_dim: int) -> Any:
    seq_dim, batch_dim = seq_dim % input.ndim, batch_dim % input.ndim
    count = input.shape[seq_dim]
    steps = pt.arange(count, dtype=pt.int64)
    ends = lengths.to(pt.int64).unsqueeze(1)
    places = pt.where(steps < ends, ends - 1 - steps, steps + 0 * ends)
    if batch_dim > seq_dim:
        places = places.transpose(0, 1)
    shape: list[Any] = [1] * input.ndim
    shape[seq_dim], shape[batch_dim] = count, input.shape[batch_dim]
    return pt.gather(input, seq_dim, places.reshape(shape).broadcast_to(input.shape))


def reverse_sequence(
    input: Any, seq_lengths: Any, seq_axis: Any = None, batch_axis: Any = None,
    name: str | None = None, seq_dim: Any = None, batch_dim: Any = None,
) -> Any:
    """Each sequence turned round, as far as it is long."""
    seq = seq_dim if seq_axis is None else seq_axis
    batch = batch_dim if batch_axis is None else batch_axis
    return _REVERSE_SEQUENCE(input, seq_lengths, seq_dim=seq, batch_dim=batch or 0, name=name)


__all__ = ["boolean_mask", "dtypes", "gather", "gather_nd", "scatter_nd", "slice"]
