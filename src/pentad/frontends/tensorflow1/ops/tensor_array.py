"""TensorArray: tensors by number, written once each, within loops too.

What stands for it while a graph runs is either an array of Python with a tensor at each place, or,
once it is carried by a loop and its elements have a known shape, one tensor with all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape


class _Box:
    """What is known of the elements of an array, shared by all that it becomes."""

    def __init__(self, dtype: Any, shape: Any, size: int | None, infer: bool) -> None:
        self.dtype, self.shape, self.size, self.infer = dtype, shape, size, infer

    @property
    def dense(self) -> bool:
        """May it be one tensor?"""
        return self.shape.is_fully_defined() and self.size is not None

    def holds(self, shape: Any) -> None:
        """Learn the shape of an element; ValueError if it contradicts."""
        if self.infer:
            if not self.shape.is_compatible_with(shape):
                raise pt.ShapeError(static.message(
                    "Inconsistent shapes: an element of a TensorArray has another shape",
                    expected=str(self.shape), got=str(shape)))
            self.shape = self.shape.merge_with(shape)


class _Op(static.Op):
    """An operation on the array itself; `run` has the node first."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        return self.run(replay, node, *inputs)


def _empty(replay: Any, node: Any, size: Any) -> Any:
    count = int(replay.array(size, node, 0))
    return static.Known(np.full(count, None, object), static.STRING)


def _enter(replay: Any, node: Any, flow: Any) -> Any:
    box = node.extra["box"]
    if not isinstance(flow, static.Known) or not box.dense:
        return flow
    blank = pt.zeros(box.shape.known(), dtype=box.dtype.tensor_dtype)
    return pt.stack([blank if e is None else e for e in flow.array]) if flow.array.size else (
        pt.zeros((0, *box.shape.known()), dtype=box.dtype.tensor_dtype))


def _place(replay: Any, node: Any, index: Any, at: int) -> int:
    return int(replay.array(index, node, at))


def _write(replay: Any, node: Any, flow: Any, index: Any, value: Any) -> Any:
    value = replay.tensor(value)
    if not isinstance(flow, static.Known):
        where = replay.tensor(index).reshape(1).to(pt.int64)
        return flow.index_copy(0, where, value.unsqueeze(0))
    place = _place(replay, node, index, 1)
    array = flow.array.copy()
    if place >= array.size and node.extra["box"].size is None:
        array = np.concatenate([array, np.full(place + 1 - array.size, None, object)])
    if not 0 <= place < array.size:
        raise pt.IndexOutOfRange(static.message(
            f"Tried to write to index {place} but array is not resizeable and size is: "
            f"{array.size}"))
    array[place] = value
    return static.Known(array, static.STRING)


def _read(replay: Any, node: Any, flow: Any, index: Any) -> Any:
    if isinstance(flow, static.Known) and not isinstance(index, static.Known) and not replay.eager:
        flow = pt.stack(_elements(node, flow))
    if not isinstance(flow, static.Known):
        where = replay.tensor(index).reshape(1).to(pt.int64)
        return flow.index_select(0, where).squeeze(0)
    place = _place(replay, node, index, 1)
    if not 0 <= place < flow.array.size or flow.array[place] is None:
        raise pt.ArgumentError(static.message(
            f"Could not read from TensorArray index {place}.",
            got="nothing was written there" if place < flow.array.size else (
                f"the array has {flow.array.size} elements")))
    return flow.array[place]


def _elements(node: Any, flow: Any) -> Any:
    """All elements, those that were not written as zeros."""
    box = node.extra["box"]
    there = next((e for e in flow.array if e is not None), None)
    if there is None and box.shape.is_fully_defined():
        there = pt.zeros(box.shape.known(), dtype=box.dtype.tensor_dtype)
    if there is None and flow.array.size:
        raise pt.ArgumentError(static.message("nothing was written to the TensorArray"))
    return [pt.zeros_like(there) if e is None else e for e in flow.array]


def _gather(replay: Any, node: Any, flow: Any, indices: Any) -> Any:
    if not isinstance(flow, static.Known):
        return flow.index_select(0, replay.tensor(indices).to(pt.int64))
    parts = _elements(node, flow)
    if not parts:
        shape = node.extra["box"].shape
        return pt.zeros((0, *[n or 0 for n in shape.as_list()]),
                        dtype=node.extra["box"].dtype.tensor_dtype)
    if isinstance(indices, static.Known) or replay.eager:
        return pt.stack([parts[int(i)] for i in replay.array(indices, node, 1)])
    return pt.stack(parts).index_select(0, replay.tensor(indices).to(pt.int64))


def _concatenated(replay: Any, node: Any, flow: Any) -> Any:
    known = isinstance(flow, static.Known)
    return pt.cat(_elements(node, flow) if known else list(flow.unbind(0)), 0)


def _filled(replay: Any, node: Any, flow: Any, indices: Any, value: Any) -> Any:
    rows = replay.tensor(value).unbind(0)
    if not isinstance(flow, static.Known):
        return flow.index_copy(0, replay.tensor(indices).to(pt.int64), replay.tensor(value))
    array = flow.array.copy()
    places = [int(i) for i in replay.array(indices, node, 1)]
    if places and max(places) >= array.size:
        array = np.concatenate([array, np.full(max(places) + 1 - array.size, None, object)])
    for i, row in zip(places, rows):
        array[i] = row
    return static.Known(array, static.STRING)


def _cut(replay: Any, node: Any, flow: Any, value: Any, lengths: Any) -> Any:
    sizes = [int(n) for n in replay.array(lengths, node, 2)]
    array = np.full(len(sizes), None, object)
    for i, part in enumerate(replay.tensor(value).split(sizes, 0)):
        array[i] = part
    return static.Known(array, static.STRING)


def _size(replay: Any, node: Any, flow: Any) -> Any:
    count = flow.array.size if isinstance(flow, static.Known) else flow.shape[0]
    return static.Known(np.array(count, np.int32), pt.int32)


_NEW, _ENTER, _WRITE = _Op("TensorArrayV3", _empty), _Op("Enter", _enter), _Op(
    "TensorArrayWriteV3", _write)
_READ, _GATHER = _Op("TensorArrayReadV3", _read), _Op("TensorArrayGatherV3", _gather)
_CONCAT, _SCATTER = _Op("TensorArrayConcatV3", _concatenated), _Op("TensorArrayScatterV3", _filled)
_SPLIT, _SIZE = _Op("TensorArraySplitV3", _cut), _Op("TensorArraySizeV3", _size)
_FLOW = static.Type(static.STRING, None)


class TensorArray:
    """Tensors by number. Each writing gives the array to go on with."""

    def __init__(
        self, dtype: Any, size: Any = None, dynamic_size: Any = None, clear_after_read: Any = None,
        tensor_array_name: Any = None, handle: Any = None, flow: Any = None,
        infer_shape: bool = True, element_shape: Any = None, colocate_with_first_write_call=True,
        name: str | None = None,
    ) -> None:
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        if flow is not None:
            self.box, self._flow = flow.node.extra["box"], flow
            return
        with name_scope(name, "TensorArray", []) as scope:
            count = convert_to_tensor(0 if size is None else size, dtypes.int32, name="size")
            known = None if dynamic_size else constant_value(count)
            self.box = _Box(self._dtype, as_shape(element_shape),
                            None if known is None else int(known), infer_shape)
            self._flow = self._made(_NEW, [count], _FLOW, scope[:-1])

    def _made(self, op: Any, inputs: Any, kind: static.Type, name: str | None = None) -> Any:
        graph = get_default_graph()
        name = graph.operation_name(op.name) if name is None else name
        made = static.apply(graph, op, inputs, name=name, types=[kind],
                            extra={"box": self.box, "holds_tensors": True},
                            control=graph.control)
        if kind.dtype is static.STRING and self._dtype is not dtypes.string:
            made.extra["dtypes"] = (dtypes.variant,)
        graph.placed(made)
        return made.outputs[0]

    def _next(self, flow: Any) -> TensorArray:
        made = TensorArray.__new__(TensorArray)
        made._dtype, made.box, made._flow = self._dtype, self.box, flow
        return made

    def _element_type(self, *lead: Any) -> static.Type:
        known = self.box.shape.known()
        return static.Type(self._dtype.tensor_dtype, None if known is None else (*lead, *known))

    @property
    def flow(self) -> Any:
        """The tensor that stands for what was written."""
        return self._flow

    @property
    def handle(self) -> Any:
        """The same: there is no handle besides."""
        return self._flow

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self._dtype

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of an element."""
        return self.box.shape

    def identity(self) -> TensorArray:
        """The same array."""
        from pentad.frontends.tensorflow1.ops.identity import identity

        flow = identity(self._flow)
        flow.node.extra.update(box=self.box, holds_tensors=True)
        return self._next(flow)

    def read(self, index: Any, name: str | None = None) -> Any:
        """The element of a number."""
        index = convert_to_tensor(index, dtypes.int32)
        return self._made(_READ, [self._flow, index], self._element_type())

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """With another element of a number."""
        value = convert_to_tensor(value, self._dtype)
        self.box.holds(value.shape)
        index = convert_to_tensor(index, dtypes.int32)
        return self._next(self._made(_WRITE, [self._flow, index, value], _FLOW))

    def stack(self, name: str | None = None) -> Any:
        """All elements as rows."""
        from pentad.frontends.tensorflow1.ops.creation import range as range_

        found = self.gather(range_(0, self.size()))
        if self.box.size is not None and self.box.shape.ndims is not None:
            found.set_shape([self.box.size, *self.box.shape.as_list()])
        return found

    def gather(self, indices: Any, name: str | None = None) -> Any:
        """The elements of some numbers as rows."""
        indices = convert_to_tensor(indices, dtypes.int32)
        known = indices.static_type.shape
        return self._made(_GATHER, [self._flow, indices],
                          self._element_type(known[0] if known else None))

    def concat(self, name: str | None = None) -> Any:
        """All elements one behind the other."""
        known = self.box.shape.known()
        kind = static.Type(self._dtype.tensor_dtype, None if not known else (None, *known[1:]))
        return self._made(_CONCAT, [self._flow], kind)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """With the rows of a tensor as elements."""
        from pentad.frontends.tensorflow1.ops.creation import range as range_
        from pentad.frontends.tensorflow1.ops.shaping import shape

        value = convert_to_tensor(value, self._dtype)
        return self.scatter(range_(0, shape(value)[0]), value)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """With rows of a tensor as the elements of some numbers."""
        value = convert_to_tensor(value, self._dtype)
        if value.shape.ndims is not None:
            self.box.holds(value.shape[1:])
        indices = convert_to_tensor(indices, dtypes.int32)
        return self._next(self._made(_SCATTER, [self._flow, indices, value], _FLOW))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """With parts of a tensor as elements."""
        value = convert_to_tensor(value, self._dtype)
        lengths = convert_to_tensor(lengths, dtypes.int64)
        return self._next(self._made(_SPLIT, [self._flow, value, lengths], _FLOW))

    def size(self, name: str | None = None) -> Any:
        """The number of elements."""
        if self.box.size is not None:
            return convert_to_tensor(self.box.size, dtypes.int32)
        return self._made(_SIZE, [self._flow], static.Type(pt.int32, ()))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> Any:
        """Is not there: tf.gradients goes through it by itself."""
        from pentad.frontends.tensorflow1.errors import UnimplementedError

        raise UnimplementedError(None, None, static.message(
            "TensorArray.grad is not supported", hint="use tf.gradients, which goes through it"))

    def close(self, name: str | None = None) -> Any:
        """An operation that does nothing."""
        from pentad.frontends.tensorflow1.ops.identity import no_op

        return no_op(name=name)


def entered(array: TensorArray) -> Any:
    """What a loop carries for an array."""
    return array._made(_ENTER, [array.flow], _FLOW)


def rewrapped(array: TensorArray, flow: Any) -> TensorArray:
    """The array that a value carried by a loop is."""
    return array._next(flow)


def carried(value: Any) -> Any:
    """What a body gives for a loop variable, as a tensor."""
    return value.flow if isinstance(value, TensorArray) else convert_to_tensor(value)
