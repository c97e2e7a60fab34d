"""Shapes: asking for them, changing them, putting tensors together and taking them apart."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op

_AXES = {"Tidx": INDEX}


def _numbers(value: Any) -> Any:
    """An array of sizes, some of which may be symbolic."""
    flat = np.asarray(value, object).reshape(-1)
    whole = all(isinstance(n, int | np.integer) for n in flat)
    return np.array(value, np.int64 if whole else object)


def sizes(array: Any) -> tuple[Any, ...]:
    """The elements of a known array as sizes."""
    return tuple(array.reshape(-1).tolist())


_SHAPE = op("Shape", "input: T; out_type=int32 -> output: out_type",
            lambda shape, out_type: _typed(_numbers(shape), out_type), from_type=True)
_SIZE = op("Size", "input: T; out_type=int32 -> output: out_type",
           lambda shape, out_type: _typed(_numbers(_product(shape)), out_type), from_type=True)
_RANK = op("Rank", "input: T -> output: int32", lambda shape: np.array(len(shape), np.int32),
           from_type=True)
_SHAPE_N = op("ShapeN", "input: N*T; out_type=int32 -> output: N*out_type",
              lambda *shapes, out_type: tuple(_typed(_numbers(s), out_type) for s in shapes),
              from_type=True)


def _typed(array: Any, dtype: Any) -> Any:
    return array if array.dtype == object else array.astype(dtype.as_numpy_dtype)


def _product(shape: Any) -> Any:
    total: Any = 1
    for n in shape:
        total = total * n
    return total


def shape(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Any:
    """The shape as a tensor; a constant if it is known."""
    from pentad.frontends.tensorflow1.framework.sparse import SparseTensor

    with name_scope(name, "Shape", [input]) as scope:
        if isinstance(input, SparseTensor):
            from pentad.frontends.tensorflow1.ops.casting import cast

            return cast(input.dense_shape, out_type)
        input = convert_to_tensor(input)
        known = input.static_type.shape
        if known is not None and None not in known:
            return constant(list(known), out_type, shape=[len(known)], name=scope)
        return _SHAPE(input, out_type=out_type, name=scope)


def shape_n(input: Any, out_type: Any = dtypes.int32, name: str | None = None) -> Any:
    """The shapes of several tensors."""
    return _SHAPE_N(input, out_type=out_type, name=name)


def size(input: Any, name: str | None = None, out_type: Any = dtypes.int32) -> Any:
    """The number of elements; a constant if it is known."""
    with name_scope(name, "Size", [input]) as scope:
        if hasattr(input, "dense_shape"):
            from pentad.frontends.tensorflow1.ops.reductions import reduce_prod

            return reduce_prod(input.dense_shape, 0, name=scope)
        input = convert_to_tensor(input)
        if input.shape.is_fully_defined():
            return constant(input.shape.num_elements(), out_type, name=scope)
        return _SIZE(input, out_type=out_type, name=scope)


def rank(input: Any, name: str | None = None) -> Any:
    """The number of axes."""
    with name_scope(name, "Rank", [input]) as scope:
        if hasattr(input, "dense_shape"):
            return size(input.dense_shape, name=scope)
        input = convert_to_tensor(input)
        if input.shape.ndims is not None:
            return constant(input.shape.ndims, dtypes.int32, name=scope)
        return _RANK(input, name=scope)


# -- the same elements in another shape --------------------------------------------------------


def _reshaped(tensor: Any, shape: Any) -> Any:
    wanted = sizes(shape)
    if wanted.count(-1) > 1:
        raise pt.ShapeError("Only one input size may be -1")
    return tensor.reshape(wanted)


def _reshaped_type(tensor: Any, shape: Any, node: Any) -> Any:
    from pentad.frontends.tensorflow1.framework.convert import constant_value_as_shape

    return [static.Type(tensor.dtype, constant_value_as_shape(node.inputs[1]).known())]


def _known_reshape(tensor: Any, shape: Any) -> Any:
    return tensor.reshape([int(n) for n in shape])


reshape = op("Reshape", "tensor: T, shape: Tshape -> output: T", _reshaped, sizes=(1,),
             known=_known_reshape, infer=_reshaped_type, allow={"Tshape": INDEX})


def _one_axis(dim: Any) -> int:
    """The axis, which may stand in a list of its own."""
    if np.size(dim) != 1:
        raise pt.ArgumentError(static.message(
            "The 'axis' argument of expand_dims must be one number", got=str(np.asarray(dim))))
    return int(np.asarray(dim).reshape(()))


_EXPAND = op("ExpandDims", "input: T, dim: Tidx -> output: T",
             lambda input, dim: input.unsqueeze(_one_axis(dim)), sizes=(1,), allow=_AXES,
             known=lambda input, dim: np.expand_dims(input, _one_axis(dim)))


def expand_dims(
    input: Any, axis: Any = None, name: str | None = None, dim: Any = None
) -> Any:
    """A new axis of size one at a place."""
    return _EXPAND(input, dim if axis is None else axis, name=name)


def _squeezed(input: Any, squeeze_dims: Any) -> Any:
    axes = [d % input.ndim for d in squeeze_dims]
    for d in axes:
        if input.shape[d] != 1:
            raise pt.ShapeError(static.message(
                f"Can not squeeze dim[{d}], expected a dimension of 1, got {input.shape[d]}"))
    shape = [n for i, n in enumerate(input.shape) if (i not in axes if axes else n != 1)]
    return input.reshape(shape)


_SQUEEZE = op("Squeeze", "input: T; squeeze_dims=[] -> output: T", _squeezed,
              known=lambda x, squeeze_dims: np.squeeze(x, tuple(squeeze_dims) or None),
              infer=lambda t, node: [static.Type(t.dtype, None)])


def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Any:
    """Without axes of size one: all of them, or those given."""
    axes = squeeze_dims if axis is None else axis
    axes = [] if axes is None else [axes] if isinstance(axes, int) else [int(a) for a in axes]
    return _SQUEEZE(input, squeeze_dims=axes, name=name)


_TRANSPOSE = op("Transpose", "x: T, perm: Tperm -> y: T",
                lambda x, perm: x.permute(*sizes(perm)), sizes=(1,), allow={"Tperm": INDEX},
                known=lambda x, perm: np.transpose(x, sizes(perm)))
_CONJUGATE_TRANSPOSE = op(
    "ConjugateTranspose", "x: T, perm: Tperm -> y: T",
    lambda x, perm: x.permute(*sizes(perm)).conj(), sizes=(1,), allow={"Tperm": INDEX})


def transpose(a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False):
    """The axes in another order, reversed if none is given."""
    with name_scope(name, "transpose", [a]) as scope:
        a = convert_to_tensor(a, name="a")
        make = _CONJUGATE_TRANSPOSE if conjugate and a.dtype.is_complex else _TRANSPOSE
        if perm is None:
            if a.shape.ndims is None:
                from pentad.frontends.tensorflow1.ops.creation import range as range_

                n = rank(a)
                perm = (n - 1) - range_(0, n, 1)
            else:
                perm = np.arange(a.shape.ndims - 1, -1, -1, dtype=np.int32)
        return make(a, perm, name=scope)


def matrix_transpose(a: Any, name: str | None = "matrix_transpose", conjugate: bool = False):
    """The last two axes exchanged."""
    with name_scope(name, "matrix_transpose", [a]) as scope:
        a = convert_to_tensor(a, name="a")
        n = a.shape.ndims
        if n is None or n < 2:
            raise pt.ShapeError(static.message(
                "Argument 'a' should be a (batch) matrix, with rank >= 2.", got=str(a.shape)))
        return transpose(a, [*range(n - 2), n - 1, n - 2], scope, conjugate)


def _broadcast(input: Any, shape: Any) -> Any:
    return input.broadcast_to(sizes(shape))


broadcast_to = op("BroadcastTo", "input: T, shape: Tidx -> output: T", _broadcast, sizes=(1,),
                  allow=_AXES, infer=_reshaped_type,
                  known=lambda x, shape: np.broadcast_to(x, sizes(shape)))
ensure_shape = op("EnsureShape", "input: T; shape -> output: T",
                  lambda input, shape: _ensured(input, shape),
                  infer=lambda t, node: [static.Type(t.dtype, node.attrs["shape"].known())])


def _ensured(input: Any, shape: Any) -> Any:
    if not shape.is_compatible_with([n if isinstance(n, int) else None for n in input.shape]):
        raise pt.ShapeError(static.message(
            f"Shape of tensor {tuple(input.shape)} is not compatible with expected shape {shape}."))
    return input


# -- several tensors ---------------------------------------------------------------------------


def _packed(*values: Any, axis: int) -> Any:
    return pt.stack(list(values), axis)


_PACK = op("Pack", "values: N*T; axis=0 -> output: T", _packed,
           known=lambda *values, axis: np.stack([np.asarray(v) for v in values], axis))


def stack(values: Any, axis: int = 0, name: str | None = "stack") -> Any:
    """Tensors beside each other along a new axis."""
    return _PACK(values, axis=int(axis), name=name or "stack")


def parallel_stack(values: Any, name: str | None = "parallel_stack") -> Any:
    """As tf.stack along the first axis."""
    return stack(values, name=name)


def _concatenated(*values: Any) -> Any:
    return pt.cat(list(values[:-1]), int(values[-1]))


def _concat_type(*types: Any) -> Any:
    *values, _, node = types
    known = [t.shape for t in values if t.shape is not None]
    rank = len(known[0]) if known else None
    return [static.Type(values[0].dtype, None if rank is None else (None,) * rank)]


_CONCAT = op("ConcatV2", "values: N*T, axis: Tidx -> output: T", _concatenated, sizes=(-1,),
             infer=_concat_type, allow=_AXES,
             known=lambda *v: np.concatenate([np.asarray(a) for a in v[:-1]], int(v[-1])))


def concat(values: Any, axis: Any, name: str | None = "concat") -> Any:
    """Tensors one behind the other along an axis."""
    if not isinstance(values, list | tuple):
        values = [values]
    if isinstance(axis, list | tuple) or (not hasattr(axis, "graph") and np.ndim(axis)):
        raise TypeError(static.message(
            "tf.concat takes the tensors first, then the axis", got=f"axis={axis!r}"))
    if len(values) == 1:
        from pentad.frontends.tensorflow1.ops.identity import identity

        return identity(values[0], name=name)
    return _CONCAT(list(values), axis, name=name or "concat")


def _unpacked(value: Any, num: int, axis: int) -> Any:
    return tuple(value.unbind(axis))


_UNPACK = op("Unpack", "value: T; num, axis=0 -> output: num*T", _unpacked,
             known=lambda v, num, axis: tuple(np.moveaxis(v, axis, 0)),
             types=lambda v, num, axis: _unpacked_types(v, num, axis))


def _unpacked_types(value: Any, num: int, axis: int) -> Any:
    known = value.static_type.shape
    if known is not None:
        axis %= len(known)
        known = (*known[:axis], *known[axis + 1:])
    return [(value.dtype, known)] * num


def unstack(
    value: Any, num: int | None = None, axis: int = 0, name: str | None = "unstack"
) -> list[Any]:
    """The parts along an axis, as many as it is long."""
    value = convert_to_tensor(value)
    known = value.static_type.shape
    if known is not None and not -len(known) <= axis < len(known):
        raise pt.ArgumentError(f"axis = {axis} not in [{-len(known)}, {len(known)})")
    if num is None:
        num = None if known is None else known[axis]
    if num is None:
        raise pt.ArgumentError(static.message(f"Cannot infer num from shape {value.shape}",
                                              hint="give num, or set_shape"))
    parts = _UNPACK(value, num=num, axis=axis, name=name)
    return parts if isinstance(parts, list) else [parts]


def _split_evenly(split_dim: Any, value: Any, num_split: int) -> Any:
    axis = int(split_dim)
    if value.shape[axis] % num_split != 0:
        raise pt.ShapeError(static.message(
            f"Dimension size must be evenly divisible by {num_split} but is {value.shape[axis]}"))
    size = value.shape[axis] // num_split
    return tuple(value.narrow(axis, i * size, size) for i in range(num_split))


def _split_sizes(value: Any, size_splits: Any, split_dim: Any, num_split: int) -> Any:
    parts, axis = list(sizes(size_splits)), int(split_dim)
    if -1 in parts:
        parts[parts.index(-1)] = value.shape[axis] - (sum(parts) + 1)
    return tuple(value.split(parts, axis))


_SPLIT = op("Split", "split_dim: int32, value: T; num_split -> output: num_split*T", _split_evenly,
            sizes=(0,))
_SPLIT_V = op("SplitV", "value: T, size_splits: Tlen, split_dim: int32; num_split -> "
              "output: num_split*T", _split_sizes, sizes=(1, 2), allow={"Tlen": INDEX})


def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None,
    name: str | None = "split",
) -> list[Any]:
    """Parts along an axis: so many equal ones, or of these sizes."""
    if isinstance(num_or_size_splits, int | np.integer):
        found = _SPLIT(axis, value, num_split=int(num_or_size_splits), name=name or "split")
        return found if isinstance(found, list) else [found]
    lengths = convert_to_tensor(num_or_size_splits, preferred_dtype=dtypes.int32)
    if not lengths.shape.ndims and lengths.shape.ndims is not None:
        raise pt.ArgumentError("Rank-0 tensors are not supported as the num_or_size_splits")
    count = num if num is not None else lengths.static_type.shape[0]
    if count is None:
        raise pt.ArgumentError(f"Cannot infer num from shape {lengths.shape}")
    return _SPLIT_V(value, lengths, axis, num_split=count, name=name or "split")
