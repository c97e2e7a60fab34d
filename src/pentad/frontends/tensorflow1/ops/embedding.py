"""Rows of tables by their numbers: tables in several parts, sparse numbers that are combined."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.clipping import clip_by_norm
from pentad.frontends.tensorflow1.ops.comparison import equal, logical_and, where
from pentad.frontends.tensorflow1.ops.creation import ones_like, zeros_like
from pentad.frontends.tensorflow1.ops.elementwise import div_no_nan, maximum, sqrt
from pentad.frontends.tensorflow1.ops.gathering import gather
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.reductions import add_n
from pentad.frontends.tensorflow1.ops.segments import segment_sum, unsorted_segment_sum
from pentad.frontends.tensorflow1.ops.shaping import reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of


def _parts(params: Any, strategy: str) -> tuple[list[Any], str]:
    if hasattr(params, "_get_variable_list"):
        return list(params), "div"
    found = list(params) if isinstance(params, list | tuple) else [params]
    if not found:
        raise pt.ArgumentError("Need at least one param")
    if len(found) == 1 and hasattr(found[0], "_get_variable_list"):
        return list(found[0]), "div"
    return found, strategy


def _place(ids: Any, parts: list[Any], strategy: str) -> tuple[Any, Any]:
    """In which part each number stands, and where in it."""
    count = len(parts)
    if strategy == "mod":
        return ids % count, ids // count
    if strategy != "div":
        raise pt.ArgumentError(static.message(
            "Unrecognized partition strategy: " + str(strategy), expected="'mod' or 'div'"))
    each, more = divmod(sum(int(p.shape[0]) for p in parts), count)
    part = maximum(ids // (each + 1), (ids - more) // each) if each else ids // (each + 1)
    within = where(part < more, ids % (each + 1), (ids - more) % max(each, 1))
    return part, within


def _trailing(mask: Any, rank: int) -> Any:
    return reshape(mask, [-1] + [1] * (rank - 1))


def embedding_lookup(
    params: Any, ids: Any, partition_strategy: str = "mod", name: str | None = None,
    validate_indices: bool = True, max_norm: Any = None,
) -> Any:
    """The rows of a table, which may be a list of parts."""
    if params is None:
        raise pt.ArgumentError("Need at least one param")
    parts, strategy = _parts(params, partition_strategy)
    with name_scope(name, "embedding_lookup", []) as scope:
        ids = convert_to_tensor(ids, name="ids")
        if len(parts) == 1:
            found = gather(parts[0], ids, name=scope)
        else:
            flat = reshape(ids, [-1])
            part, within = _place(flat, parts, strategy)
            picked = []
            for i, table in enumerate(parts):
                here = equal(part, cast(i, part.dtype))
                rows = gather(table, where(here, within, zeros_like(within)))
                mask = cast(_trailing(here, rows.shape.ndims), rows.dtype)
                picked.append(rows * mask)
            whole = add_n(picked)
            sizes = [*_listed(ids), *[int(n) for n in parts[0].shape[1:]]]
            found = reshape(whole, sizes, name=scope)
        if max_norm is None:
            return found
        axes = list(range(ids.shape.ndims, found.shape.ndims))
        return clip_by_norm(found, max_norm, axes=axes)


def _listed(ids: Any) -> list[Any]:
    known, sizes = ids.shape.as_list(), None
    found = []
    for axis, n in enumerate(known):
        if n is None:
            sizes = shape_of(ids) if sizes is None else sizes
            n = sizes[axis]
        found.append(n)
    return found


_COMBINERS = ("mean", "sqrtn", "sum")


def _combiner(combiner: Any) -> str:
    combiner = combiner or "mean"
    if combiner not in _COMBINERS:
        raise pt.ArgumentError("combiner must be one of 'mean', 'sqrtn' or 'sum'")
    return combiner


def _spread(weights: Any, rows: Any) -> Any:
    return reshape(weights, [-1] + [1] * (rows.shape.ndims - 1))


def _combined(combiner: str, rows: Any, weights: Any, add: Any) -> Any:
    """Weighted rows of segments as one row each; `add` adds up segments."""
    total = add(rows * _spread(weights, rows))
    if combiner == "sum":
        return total
    if combiner == "mean":
        return div_no_nan(total, _spread(add(weights), rows))
    return div_no_nan(total, _spread(sqrt(add(weights * weights)), rows))


def embedding_lookup_sparse(
    params: Any, sp_ids: Any, sp_weights: Any = None, partition_strategy: str = "mod",
    name: str | None = None, combiner: Any = None, max_norm: Any = None,
) -> Any:
    """For each row of sparse numbers the sum or mean of those rows of the table."""
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError("sp_ids must be SparseTensor")
    if sp_weights is not None and not isinstance(sp_weights, SparseTensor):
        raise TypeError("sp_weights must be either None or SparseTensor")
    combiner = _combiner(combiner)
    with name_scope(name, "embedding_lookup_sparse", []):
        segments = cast(sp_ids.indices[:, 0], "int32")
        rows = embedding_lookup(params, sp_ids.values, partition_strategy, max_norm=max_norm)
        weights = cast(ones_like(sp_ids.values) if sp_weights is None else sp_weights.values,
                       rows.dtype)
        return _combined(combiner, rows, weights, lambda x: segment_sum(x, segments))


def safe_embedding_lookup_sparse(
    embedding_weights: Any, sparse_ids: Any, sparse_weights: Any = None, combiner: Any = "mean",
    default_id: Any = None, name: str | None = None, partition_strategy: str = "div",
    max_norm: Any = None,
) -> Any:
    """The same; rows without numbers, and numbers below zero, count as zeros or as default_id."""
    if embedding_weights is None:
        raise pt.ArgumentError("Missing embedding_weights.")
    combiner = _combiner(combiner)
    with name_scope(name, "embedding_lookup", []):
        ids, places, shape = sparse_ids.values, sparse_ids.indices, sparse_ids.dense_shape
        rank = sparse_ids.shape.ndims or 2
        count: Any = shape[0]
        row = places[:, 0]
        for axis in range(1, rank - 1):
            row, count = row * shape[axis] + places[:, axis], count * shape[axis]
        known = ids >= cast(0, ids.dtype)
        rows = embedding_lookup(embedding_weights, where(known, ids, zeros_like(ids)),
                                partition_strategy, max_norm=max_norm)
        weights = cast(ones_like(ids) if sparse_weights is None else sparse_weights.values,
                       rows.dtype)
        if sparse_weights is not None and combiner != "sum":
            known = logical_and(known, weights > 0)
        weights = where(known, weights, zeros_like(weights))

        def add(x: Any) -> Any:
            return unsorted_segment_sum(x, row, count)

        found = _combined(combiner, rows, weights, add)
        if default_id is not None:
            empty = equal(add(cast(known, rows.dtype)), 0.0)
            default = embedding_lookup(embedding_weights, [default_id], partition_strategy)
            found = where(_spread(empty, found) & (ones_like(found) > 0), default + found * 0,
                          found)
        if rank > 2:
            from pentad.frontends.tensorflow1.ops.shaping import concat

            found = reshape(found, concat([shape[:-1], cast(shape_of(found)[1:], "int64")], 0))
        return identity(found)
