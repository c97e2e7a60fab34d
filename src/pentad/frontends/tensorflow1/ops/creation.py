"""Tensors out of nothing: placeholders, zeros, ones, ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import (
    constant,
    constant_value_as_shape,
    convert_to_tensor,
)
from pentad.frontends.tensorflow1.framework.dtypes import INDEX
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.framework.sparse import SparseTensor
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.ops.shaping import sizes


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Any:
    """A tensor that is always fed."""
    graph = get_default_graph()
    base = dtypes.as_dtype(dtype).base_dtype
    known = as_shape(shape).known()
    made = static.placeholder(graph, base.tensor_dtype, known,
                              graph.operation_name(name or "Placeholder"))
    made.node.extra["type"] = "Placeholder"
    if base is not dtypes.of_tensor(base.tensor_dtype):
        made.node.extra["dtypes"] = (base,)
    graph.placed(made.node)
    return made


def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A SparseTensor that is fed with a SparseTensorValue, or (indices, values, shape)."""
    prefix = f"{name}/" if name is not None else ""
    rank = None if shape is None else as_shape(shape).ndims
    if shape is None or not as_shape(shape).is_fully_defined():
        whole = placeholder(dtypes.int64, [rank], prefix + "shape")
    else:
        whole = convert_to_tensor([int(d) for d in as_shape(shape)], dtypes.int64)
    return SparseTensor(
        placeholder(dtypes.int64, [None, rank], prefix + "indices"),
        placeholder(dtype, [None], prefix + "values"), whole)


class _Default(static.Op):
    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        return inputs[0]


_WITH_DEFAULT = op(
    "PlaceholderWithDefault", "input: dtype; shape -> output: dtype", kind=_Default,
    types=lambda input, shape: [(input.dtype, shape.known())])


def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Any:
    """A tensor that may be fed, and is `input` if it is not."""
    return _WITH_DEFAULT(input, shape=as_shape(shape), name=name)


def _filled_type(dims: Any, value: Any, node: Any) -> Any:
    return [static.Type(value.dtype, constant_value_as_shape(node.inputs[0]).known())]


_FILL = op("Fill", "dims: Index, value: T -> output: T",
           lambda dims, value: value.broadcast_to(sizes(dims)), sizes=(0,), infer=_filled_type,
           allow={"Index": INDEX},
           known=lambda dims, value: np.full(sizes(dims), value, np.asarray(value).dtype))


def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """A tensor of a shape with one value."""
    return _FILL(dims, value, name=name)


def _full(shape: Any, value: Any, dtype: Any, name: str) -> Any:
    if isinstance(shape, TensorShape) or not hasattr(shape, "graph"):
        known = as_shape(shape if not isinstance(shape, np.ndarray) else shape.tolist())
        if not _has_tensors(shape) and known.is_fully_defined():
            array = np.full(known.known(), value, dtype.tensor_dtype.numpy)
            if known.num_elements() < 1000:
                return constant(array, dtype, name=name)
            shape = constant(list(known.known()), dtypes.int32, [known.ndims], "shape_as_tensor")
    return _FILL(convert_to_tensor(shape, preferred_dtype=dtypes.int32),
                 constant(value, dtype), name=name)


def _has_tensors(shape: Any) -> bool:
    return isinstance(shape, list | tuple) and any(hasattr(n, "graph") for n in shape)


def _of_value(public: str, value: Any) -> Any:
    def call(shape: Any, dtype: Any = dtypes.float32, name: str | None = None) -> Any:
        base = dtypes.as_dtype(dtype).base_dtype
        one = {dtypes.bool_: bool(value), dtypes.string: b""}.get(base, value)
        with name_scope(name, public, [shape] if hasattr(shape, "graph") else []) as scope:
            if _has_tensors(shape):
                shape = convert_to_tensor(list(shape), preferred_dtype=dtypes.int32)
            return _full(shape, one, base, scope)

    call.__name__ = public
    call.__doc__ = f"A tensor of a shape, all {public}."
    return call


zeros, ones = _of_value("zeros", 0), _of_value("ones", 1)


class _Like(static.Op):
    def __init__(self, name: str, value: Any) -> None:
        super().__init__(name, self.make, known=self.array, differentiable=False)
        self.value = value

    def make(self, x: Any) -> Any:
        """A tensor of the shape of x."""
        return pt.full_like(x, self.value)

    def array(self, x: Any) -> Any:
        """The same of an array."""
        return np.full(x.shape, self.value, np.int64 if x.dtype == object else x.dtype)


_ZEROS_LIKE = op("ZerosLike", "x: T -> y: T", 0, kind=_Like)
_ONES_LIKE = op("OnesLike", "x: T -> y: T", 1, kind=_Like)


def _like(public: str, make: Any, of_shape: Any) -> Any:
    def call(
        tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
    ) -> Any:
        with name_scope(name, public, [tensor]) as scope:
            tensor = convert_to_tensor(tensor, name="tensor")
            base = tensor.dtype.base_dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
            if optimize and tensor.shape.is_fully_defined():
                return of_shape(tensor.shape, base, scope)
            if base is tensor.dtype.base_dtype and base is not dtypes.string:
                return make(tensor, name=scope)
            return of_shape(shape_of(tensor), base, scope)

    call.__name__ = public
    call.__doc__ = f"A tensor of the shape of another, all {public.partition('_')[0]}."
    return call


zeros_like = _like("zeros_like", _ZEROS_LIKE, zeros)
ones_like = _like("ones_like", _ONES_LIKE, ones)


def _ranged(start: Any, limit: Any, delta: Any) -> Any:
    if float(delta) == 0:
        raise pt.ArgumentError("Requires delta != 0: 0")
    return pt.arange(*(v.item() for v in (start, limit, delta)))


def _range_type(start: Any, limit: Any, delta: Any, node: Any) -> Any:
    return [static.Type(start.dtype, (None,))]


class _Range(static.Op):
    """Its bounds are sizes; one that depends on values is run eagerly."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        start, limit, delta = replay.operands(node, inputs)
        dtype = node.outputs[0].static_type.dtype if node.outputs else _dtype_of(node)
        if delta.item() == 0:
            raise pt.ArgumentError("Requires delta != 0: 0")
        values = [v.item() for v in (start, limit, delta)]
        if all(isinstance(v, int | float) for v in values) and dtype.is_integer:
            return static.Known(np.arange(*values, dtype=dtype.numpy), dtype)
        return pt.arange(*values, dtype=dtype)


def _dtype_of(node: Any) -> Any:
    return node.inputs[0].static_type.dtype


_RANGE = op("Range", "start: Tidx, limit: Tidx, delta: Tidx -> output: Tidx", kind=_Range,
            sizes=(0, 1, 2), infer=_range_type, differentiable=False)


def range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = "range"
) -> Any:
    """The numbers from start to limit, without it, in steps of delta."""
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        wanted = None if dtype is None else dtypes.as_dtype(dtype)
        parts = [
            convert_to_tensor(v, wanted, name=n)
            for v, n in ((start, "start"), (limit, "limit"), (delta, "delta"))
        ]
        order = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]
        kind = max((p.dtype.base_dtype for p in parts), key=order.index)
        from pentad.frontends.tensorflow1.ops.casting import cast

        return _RANGE(*[cast(p, kind) for p in parts], name=scope)


def _spaced(start: Any, stop: Any, num: Any) -> Any:
    count = int(num)
    steps = pt.arange(count, dtype=start.dtype)
    return start + (stop - start) * steps / max(count - 1, 1)


lin_space = op("LinSpace", "start: T, stop: T, num: Tidx -> output: T", _spaced, sizes=(2,),
               allow={"T": dtypes.FLOATS, "Tidx": INDEX})


def eye(
    num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """A matrix with ones on its diagonal, or a batch of them."""
    from pentad.frontends.tensorflow1.ops.diagonals import matrix_diag, matrix_set_diag
    from pentad.frontends.tensorflow1.ops.elementwise import minimum
    from pentad.frontends.tensorflow1.ops.shaping import concat, stack

    with name_scope(name, "eye", []) as scope:
        columns = num_rows if num_columns is None else num_columns
        batch = [] if batch_shape is None else batch_shape
        if not hasattr(batch, "graph"):
            batch = convert_to_tensor(np.array([int(n) for n in batch], np.int32))
        if num_columns is None:
            return matrix_diag(ones(concat([batch, stack([num_rows])], 0), dtype), name=scope)
        whole = zeros(concat([batch, stack([num_rows, columns])], 0), dtype)
        diagonal = concat([batch, stack([minimum(num_rows, columns)])], 0)
        return matrix_set_diag(whole, ones(diagonal, dtype), name=scope)


_ONE_HOT = op(
    "OneHot", "indices: TI, depth: int32, on_value: T, off_value: T; axis=-1 -> output: T",
    lambda indices, depth, on_value, off_value, axis: _hot(indices, depth, on_value, off_value,
                                                           axis),
    sizes=(1,), allow={"TI": frozenset([dtypes.uint8, dtypes.int32, dtypes.int64])},
    infer=lambda i, d, a, b, node: [static.Type(a.dtype, i.shape and (None,) * (len(i.shape) + 1))])


def _hot(indices: Any, depth: Any, on: Any, off: Any, axis: int) -> Any:
    count, place = int(depth), axis % (indices.ndim + 1)
    shape = [1] * (indices.ndim + 1)
    shape[place] = count
    classes = pt.arange(count, dtype=indices.dtype).reshape(shape)
    return pt.where(indices.unsqueeze(place) == classes, on, off)


def one_hot(
    indices: Any, depth: Any, on_value: Any = None, off_value: Any = None, axis: int | None = None,
    dtype: Any = None, name: str | None = None,
) -> Any:
    """For each index a row with `on_value` at it and `off_value` elsewhere."""
    given = next((v.dtype.base_dtype for v in (on_value, off_value) if hasattr(v, "dtype")), None)
    if dtype is None and given is None and (on_value is not None or off_value is not None):
        given = convert_to_tensor(on_value if on_value is not None else off_value).dtype
    wanted = dtypes.as_dtype(dtype or given or dtypes.float32).base_dtype
    on = convert_to_tensor(1 if on_value is None else on_value, wanted, name="on_value")
    off = convert_to_tensor(0 if off_value is None else off_value, wanted, name="off_value")
    return _ONE_HOT(indices, depth, on, off, axis=-1 if axis is None else axis, name=name)


def sequence_mask(
    lengths: Any, maxlen: Any = None, dtype: Any = dtypes.bool_, name: str | None = None
) -> Any:
    """For each length a row that is true at so many first places."""
    from pentad.frontends.tensorflow1.ops.casting import cast
    from pentad.frontends.tensorflow1.ops.comparison import less
    from pentad.frontends.tensorflow1.ops.reductions import reduce_max
    from pentad.frontends.tensorflow1.ops.shaping import expand_dims

    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            maxlen = reduce_max(lengths)
        else:
            maxlen = convert_to_tensor(maxlen, preferred_dtype=lengths.dtype.base_dtype)
            maxlen = cast(maxlen, lengths.dtype)
        places = range(constant(0, lengths.dtype.base_dtype), maxlen, constant(
            1, lengths.dtype.base_dtype))
        found = less(places, expand_dims(lengths, -1))
        return found if dtypes.as_dtype(dtype) is dtypes.bool_ else cast(found, dtype)
