"""tf.FIFOQueue and its relatives: operations that put elements in and take them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.data import iterating
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.resources import SCALAR, apply, boxed, handle, name_of
from pentad.frontends.tensorflow1.framework.seeds import get_seed
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.queues.running import Running


def _made(store: Any, node: Any) -> Any:
    spec = node.extra["spec"]
    name = spec["shared_name"] or node.name
    store.resource(name, lambda: Running(
        spec["kind"], node.name, spec["capacity"], spec["least"], spec["seed"]))
    return boxed(name)


def running(store: Any, value: Any) -> Running:
    """The queue of a handle."""
    return store.resources[name_of(value)]


def _checked(node: Any, row: list[Any]) -> list[Any]:
    shapes = node.extra["shapes"]
    for i, (value, shape) in enumerate(zip(row, shapes or ())):
        if not shape.is_compatible_with(np.shape(value)):
            raise errors.InvalidArgumentError(None, None, static.message(
                f"Shape mismatch in tuple component {i}.", expected=str(shape),
                got=str(np.shape(value))))
    return row


def _enqueue(store: Any, node: Any, queue: Any, *values: Any) -> Any:
    running(store, queue).put([_checked(node, [np.array(v) for v in values])])
    return ()


def _enqueue_many(store: Any, node: Any, queue: Any, *values: Any) -> Any:
    running(store, queue).put([_checked(node, r) for r in iterating.sliced(
        [np.array(v) for v in values])])
    return ()


def _dequeue(store: Any, node: Any, queue: Any) -> Any:
    return tuple(running(store, queue).take(1)[0])


def _dequeue_many(fewer: bool) -> Any:
    def run(store: Any, node: Any, queue: Any, count: Any) -> Any:
        rows = running(store, queue).take(int(count), fewer)
        return tuple(_joined(node, [r[i] for r in rows], i) for i in range(len(node.outputs)))

    return run


def _joined(node: Any, parts: list[Any], index: int) -> Any:
    if not parts:
        sizes = [n or 0 for n in node.outputs[index].shape.as_list()[1:]]
        return np.zeros([0, *sizes], node.outputs[index].dtype.as_numpy_dtype)
    if node.extra["padded"] is None:
        return iterating.stacked(parts, index)
    fill = b"" if parts[0].dtype == object else 0
    return iterating.padded(parts, node.extra["padded"][index].known(), fill)


def _close(store: Any, node: Any, queue: Any, cancel_pending_enqueues: bool) -> Any:
    running(store, queue).close(cancel_pending_enqueues)
    return ()


_OPS = {kind: static.ResourceOp(f"{kind}V2", _made) for kind in (
    "FIFOQueue", "RandomShuffleQueue", "PaddingFIFOQueue", "PriorityQueue")}
_ENQUEUE = static.ResourceOp("QueueEnqueueV2", _enqueue)
_ENQUEUE_MANY = static.ResourceOp("QueueEnqueueManyV2", _enqueue_many)
_DEQUEUE = static.ResourceOp("QueueDequeueV2", _dequeue)
_DEQUEUE_MANY = static.ResourceOp("QueueDequeueManyV2", _dequeue_many(False))
_DEQUEUE_UP_TO = static.ResourceOp("QueueDequeueUpToV2", _dequeue_many(True))
_CLOSE = static.ResourceOp("QueueCloseV2", _close)
_SIZE = static.ResourceOp(
    "QueueSizeV2", lambda store, node, queue: np.int32(len(running(store, queue).elements)))
_IS_CLOSED = static.ResourceOp(
    "QueueIsClosedV2", lambda store, node, queue: np.bool_(running(store, queue).closed))


class QueueBase:
    """A queue: elements of tensors, put in by some runs and taken out by others."""

    def __init__(
        self, dtypes: Any, shapes: Any, names: Any, queue_ref: Any, padded: bool = False
    ) -> None:
        self._dtypes = dtypes
        self._shapes = [as_shape(s) for s in shapes] if shapes is not None else [
            TensorShape(None)] * len(dtypes)
        self._names, self._queue_ref, self._padded = names, queue_ref, padded

    @staticmethod
    def from_list(index: Any, queues: Sequence[QueueBase]) -> QueueBase:
        """Which queue of several an operation uses: not known before the run."""
        raise errors.UnimplementedError(None, None, static.message(
            "QueueBase.from_list is not supported", hint="choose between elements with tf.cond"))

    @property
    def queue_ref(self) -> Any:
        """The tensor that stands for it."""
        return self._queue_ref

    @property
    def name(self) -> str:
        """Its name."""
        return self._queue_ref.op.name

    @property
    def dtypes(self) -> list[Any]:
        """The element types of its components."""
        return self._dtypes

    @property
    def shapes(self) -> list[TensorShape]:
        """The shapes of its components."""
        return self._shapes

    @property
    def names(self) -> Any:
        """The names of its components, None if they have none."""
        return self._names

    def _values(self, values: Any, many: bool) -> list[Any]:
        if isinstance(values, Mapping):
            if not self._names or set(values) != set(self._names):
                raise pt.ArgumentError(static.message(
                    "Keys in dictionary to enqueue do not match names of Queue.",
                    expected=str(self._names), got=str(sorted(values))))
            values = [values[n] for n in self._names]
        elif self._names:
            raise pt.ArgumentError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(values, list | tuple):
            values = [values]
        if len(values) != len(self._dtypes):
            raise pt.ArgumentError(static.message(
                "another number of components than the queue has", expected=str(len(self._dtypes)),
                got=str(len(values))))
        found = [convert_to_tensor(v, t) for v, t in zip(values, self._dtypes)]
        for tensor, shape in zip(found, self._shapes):
            (tensor.shape[1:] if many else tensor.shape).assert_is_compatible_with(shape)
        return found

    def _put(self, op: Any, vals: Any, name: str | None, default: str) -> Any:
        many = op is _ENQUEUE_MANY
        with name_scope(name, f"{self.name}_{default}", []) as scope:
            values = self._values(vals, many)
            return apply(op, [self._queue_ref, *values], [], scope, shapes=self._shapes)

    def enqueue(self, vals: Any, name: str | None = None) -> Any:
        """An operation that puts one element in, and waits for room."""
        return self._put(_ENQUEUE, vals, name, "enqueue")

    def enqueue_many(self, vals: Any, name: str | None = None) -> Any:
        """An operation that puts the rows of tensors in."""
        return self._put(_ENQUEUE_MANY, vals, name, "EnqueueMany")

    def _result(self, node: Any) -> Any:
        found = list(node.outputs)
        if self._names:
            return dict(zip(self._names, found))
        return found[0] if len(found) == 1 else found

    def dequeue(self, name: str | None = None) -> Any:
        """One element, each time that it is run; waits until there is one."""
        return self._result(apply(_DEQUEUE, [self._queue_ref],
                                  list(zip(self._dtypes, self._shapes)),
                                  name or f"{self.name}_Dequeue"))

    def _many(self, op: Any, n: Any, name: str, size: int | None) -> Any:
        types = [(t, TensorShape([size]).concatenate(s))
                 for t, s in zip(self._dtypes, self._shapes)]
        node = apply(op, [self._queue_ref, convert_to_tensor(n, dtypes.int32)], types, name,
                     padded=self._shapes if self._padded else None)
        return self._result(node)

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """So many elements as one."""
        size = n if isinstance(n, int) else None
        return self._many(_DEQUEUE_MANY, n, name or f"{self.name}_DequeueMany", size)

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """So many elements as one; fewer when the queue was closed."""
        return self._many(_DEQUEUE_UP_TO, n, name or f"{self.name}_DequeueUpTo", None)

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Any:
        """An operation after which nothing can be put in."""
        return apply(_CLOSE, [self._queue_ref], [], name or f"{self.name}_Close",
                     {"cancel_pending_enqueues": bool(cancel_pending_enqueues)})

    def size(self, name: str | None = None) -> Any:
        """How many elements are in it."""
        return apply(_SIZE, [self._queue_ref], [(dtypes.int32, SCALAR)],
                     name or f"{self.name}_Size").outputs[0]

    def is_closed(self, name: str | None = None) -> Any:
        """Was it closed?"""
        return apply(_IS_CLOSED, [self._queue_ref], [(dtypes.bool_, SCALAR)],
                     name or f"{self.name}_Is_Closed").outputs[0]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _sizes(shapes: Any, count: int) -> Any:
    if shapes is None:
        return None
    several = isinstance(shapes, list | tuple) and shapes and isinstance(
        shapes[0], list | tuple | TensorShape)
    found = list(shapes) if several or (count != 1 and isinstance(shapes, list | tuple)) else [
        shapes]
    if not several and count == 1 and isinstance(shapes, list | tuple) and not len(shapes):
        found = [[]]
    if len(found) != count:
        raise pt.ArgumentError(static.message("as many shapes as types are needed",
                                              expected=str(count), got=str(shapes)))
    return found


def _build(
    self: Any, kind: str, capacity: int, types: Any, shapes: Any, names: Any, shared_name: Any,
    name: str, least: int = 0, seed: Any = None,
) -> None:
    types = [dtypes.as_dtype(t) for t in _listed(types)]
    shapes = _sizes(shapes, len(types))
    names = None if names is None else _listed(names)
    first, second = get_seed(seed)
    seeds = None if first is None and second is None else [first or 0, second or 0]
    spec = {"kind": kind, "capacity": capacity, "least": least, "seed": seeds,
            "shared_name": shared_name}
    with get_default_graph().control_dependencies(None):
        made = handle(_OPS[kind], name, spec=spec)
    QueueBase.__init__(self, types, shapes, names, made, kind == "PaddingFIFOQueue")


class FIFOQueue(QueueBase):
    """Elements come out in the order in which they went in."""

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any = None, names: Any = None,
        shared_name: Any = None, name: str = "fifo_queue",
    ) -> None:
        _build(self, "FIFOQueue", capacity, dtypes, shapes, names, shared_name, name)


class RandomShuffleQueue(QueueBase):
    """Elements come out in a random order, out of at least `min_after_dequeue`."""

    def __init__(
        self, capacity: int, min_after_dequeue: int, dtypes: Any, shapes: Any = None,
        names: Any = None, seed: Any = None, shared_name: Any = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        _build(self, "RandomShuffleQueue", capacity, dtypes, shapes, names, shared_name, name,
               min_after_dequeue, seed)


class PaddingFIFOQueue(QueueBase):
    """The same as FIFOQueue; elements of several sizes are filled up where many are taken out."""

    def __init__(
        self, capacity: int, dtypes: Any, shapes: Any, names: Any = None, shared_name: Any = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        _build(self, "PaddingFIFOQueue", capacity, dtypes, shapes, names, shared_name, name)


class PriorityQueue(QueueBase):
    """Elements come out in the order of their first component, the smallest first."""

    def __init__(
        self, capacity: int, types: Any, shapes: Any = None, names: Any = None,
        shared_name: Any = None, name: str = "priority_queue",
    ) -> None:
        types = [dtypes.int64, *_listed(types)]
        shapes = None if shapes is None else [[], *_sizes(shapes, len(types) - 1)]
        _build(self, "PriorityQueue", capacity, types, shapes, names, shared_name, name)
