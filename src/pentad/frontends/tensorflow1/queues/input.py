"""Producers and batches over queues: string_input_producer, batch, shuffle_batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.framework.seeds import get_seed
from pentad.frontends.tensorflow1.framework.shapes import TensorShape
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import range as range_of
from pentad.frontends.tensorflow1.ops.gathering import gather
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.state import count_up_to
from pentad.frontends.tensorflow1.queues import queue as queues
from pentad.frontends.tensorflow1.summaries.ops import scalar
from pentad.frontends.tensorflow1.train.queue_runner import QueueRunner, add_queue_runner
from pentad.frontends.tensorflow1.variables.variable import Variable


def match_filenames_once(pattern: Any, name: str | None = None) -> Any:
    """The files that patterns match."""
    from pentad.frontends.tensorflow1.ops.files import matching_files

    return matching_files(pattern, name)


def limit_epochs(tensor: Any, num_epochs: int | None = None, name: str | None = None) -> Any:
    """The tensor, so many times; then OutOfRangeError. The counter is a local variable."""
    if num_epochs is None:
        return tensor
    if num_epochs <= 0:
        raise pt.ArgumentError(f"num_epochs must be > 0 not {num_epochs}.")
    with name_scope(name, "limit_epochs", [tensor]) as scope:
        epochs = Variable(np.int64(0), name="epochs", trainable=False,
                          collections=[GraphKeys.LOCAL_VARIABLES])
        counter = count_up_to(epochs, num_epochs)
        with get_default_graph().control_dependencies([counter.op]):
            return identity(tensor, name=scope)


def _shuffled(store: Any, node: Any, value: Any) -> Any:
    random = store.resource(node.name, lambda: np.random.RandomState(node.extra["seeds"]))
    return value[random.permutation(len(value))]


_SHUFFLE = static.ResourceOp("RandomShuffle", _shuffled)
_ROW = static.ResourceOp("GatherTexts", lambda store, node, texts, i: np.array(texts[i], object))


def input_producer(
    input_tensor: Any, element_shape: Any = None, num_epochs: int | None = None,
    shuffle: bool = True, seed: Any = None, capacity: int = 32, shared_name: Any = None,
    summary_name: str | None = None, name: str | None = None, cancel_op: Any = None,
) -> Any:
    """A queue of the rows of a tensor, again and again."""
    with name_scope(name, "input_producer", [input_tensor]):
        tensor = convert_to_tensor(input_tensor, name="input_tensor")
        shape = tensor.shape[1:].merge_with(element_shape or TensorShape(None))
        if not shape.is_fully_defined():
            raise pt.ArgumentError(static.message(
                "Either `input_tensor` must have a fully defined shape or `element_shape` must be "
                "specified", got=str(tensor.shape)))
        if shuffle:
            first, second = get_seed(seed)
            seeds = None if first is None and second is None else [first or 0, second or 0]
            tensor = apply(_SHUFFLE, [tensor], [(tensor.dtype, tensor.shape)], "RandomShuffle",
                           seeds=seeds).outputs[0]
        tensor = limit_epochs(tensor, num_epochs)
        made = queues.FIFOQueue(capacity, [tensor.dtype.base_dtype], [shape],
                                shared_name=shared_name)
        add_queue_runner(QueueRunner(made, [made.enqueue_many([tensor])], cancel_op=cancel_op))
        if summary_name is not None:
            _full(made, capacity, summary_name)
        return made


def _full(made: Any, capacity: int, name: str) -> None:
    scalar(name, cast(made.size(), dtypes.float32) * (1.0 / capacity))


def string_input_producer(
    string_tensor: Any, num_epochs: int | None = None, shuffle: bool = True, seed: Any = None,
    capacity: int = 32, shared_name: Any = None, name: str | None = None, cancel_op: Any = None,
) -> Any:
    """A queue of texts, such as the names of files."""
    if not hasattr(string_tensor, "graph") and not len(string_tensor):
        raise pt.ArgumentError("string_input_producer requires a non-null input tensor")
    with name_scope(name, "input_producer", [string_tensor]) as scope:
        return input_producer(
            convert_to_tensor(string_tensor, dtypes.string), [], num_epochs, shuffle, seed,
            capacity, shared_name, f"fraction_of_{capacity}_full", scope, cancel_op)


def range_input_producer(
    limit: Any, num_epochs: int | None = None, shuffle: bool = True, seed: Any = None,
    capacity: int = 32, shared_name: Any = None, name: str | None = None,
) -> Any:
    """A queue of the numbers below a limit."""
    with name_scope(name, "input_producer", [limit]) as scope:
        return input_producer(range_of(limit), [], num_epochs, shuffle, seed, capacity,
                              shared_name, f"fraction_of_{capacity}_full", scope)


def slice_input_producer(
    tensor_list: Any, num_epochs: int | None = None, shuffle: bool = True, seed: Any = None,
    capacity: int = 32, shared_name: Any = None, name: str | None = None,
) -> list[Any]:
    """The same row of each tensor, another one each time."""
    tensors = [convert_to_tensor(t) for t in tensor_list]
    if not tensors:
        raise pt.ArgumentError("Expected at least one tensor in slice_input_producer().")
    with name_scope(name, "input_producer", tensors):
        size = tensors[0].shape[0].value
        if size is None:
            from pentad.frontends.tensorflow1.ops.shaping import shape

            size = shape(tensors[0])[0]
        index = range_input_producer(size, num_epochs, shuffle, seed, capacity,
                                     shared_name).dequeue()
        return [_row(t, index) for t in tensors]


def _row(tensor: Any, index: Any) -> Any:
    if tensor.dtype.base_dtype is not dtypes.string:
        return gather(tensor, index)
    return apply(_ROW, [tensor, index], [(tensor.dtype, tensor.shape[1:])], "Gather").outputs[0]


# -- batches ---------------------------------------------------------------------------------------


def _named(tensors: Any) -> tuple[list[Any], Any]:
    """Tensors in a list, and what they are called."""
    if isinstance(tensors, Mapping):
        names = sorted(tensors)
        return [convert_to_tensor(tensors[n]) for n in names], names
    single = not isinstance(tensors, list | tuple)
    return [convert_to_tensor(t) for t in ([tensors] if single else tensors)], None


def _as_before(given: Any, found: Any) -> Any:
    """A dictionary for a dictionary, else a list; one tensor by itself, also where a list was
    given, as TensorFlow has it."""
    several = found if isinstance(found, list) else [found]
    if isinstance(given, Mapping):
        return {n: several[i] for i, n in enumerate(sorted(given))}
    return several if len(several) > 1 else several[0]


def _batched(
    tensors_list: list[Any], threads: int, batch_size: Any, make: Any, enqueue_many: bool,
    shapes: Any, capacity: int, smaller: bool, keep_input: Any, summary: str, least: int = 0,
) -> Any:
    rows = [_named(t)[0] for t in tensors_list]
    if keep_input is not True:
        raise pt.ArgumentError(static.message(
            "keep_input is not supported", hint="filter a tf.data.Dataset instead"))
    if shapes is None:
        sizes = [t.shape[1:] if enqueue_many else t.shape for t in rows[0]]
    else:
        sizes = [TensorShape(s) for s in shapes]
    made = make([t.dtype.base_dtype for t in rows[0]], sizes)
    put = made.enqueue_many if enqueue_many else made.enqueue
    ops = [put(r) for r in rows for _ in range(threads)]
    add_queue_runner(QueueRunner(made, ops))
    if least:
        full = cast(made.size() - least, dtypes.float32) * (1.0 / max(1, capacity - least))
        scalar(summary, full)
    else:
        _full(made, capacity, summary)
    take = made.dequeue_up_to if smaller else made.dequeue_many
    return _as_before(tensors_list[0], take(batch_size))


def batch_join(
    tensors_list: Any, batch_size: Any, capacity: int = 32, enqueue_many: bool = False,
    shapes: Any = None, dynamic_pad: bool = False, allow_smaller_final_batch: bool = False,
    shared_name: Any = None, name: str | None = None, keep_input: Any = True, threads: int = 1,
) -> Any:
    """Batches of several sources of examples, each read by a thread."""
    kind = queues.PaddingFIFOQueue if dynamic_pad else queues.FIFOQueue
    with name_scope(name, "batch_join" if threads == 1 else "batch", []):
        return _batched(
            list(tensors_list), threads, batch_size,
            lambda types, sizes: kind(capacity, types, sizes, shared_name=shared_name),
            enqueue_many, shapes, capacity, allow_smaller_final_batch, keep_input,
            f"fraction_of_{capacity}_full")


def batch(
    tensors: Any, batch_size: Any, num_threads: int = 1, capacity: int = 32,
    enqueue_many: bool = False, shapes: Any = None, dynamic_pad: bool = False,
    allow_smaller_final_batch: bool = False, shared_name: Any = None, name: str | None = None,
    keep_input: Any = True,
) -> Any:
    """Batches of examples, in the order in which they are read."""
    return batch_join([tensors], batch_size, capacity, enqueue_many, shapes, dynamic_pad,
                      allow_smaller_final_batch, shared_name, name or "batch", keep_input,
                      num_threads)


def shuffle_batch_join(
    tensors_list: Any, batch_size: Any, capacity: int, min_after_dequeue: int, seed: Any = None,
    enqueue_many: bool = False, shapes: Any = None, allow_smaller_final_batch: bool = False,
    shared_name: Any = None, name: str | None = None, keep_input: Any = True, threads: int = 1,
) -> Any:
    """Batches of several sources of examples, shuffled."""
    with name_scope(name, "shuffle_batch_join", []):
        return _batched(
            list(tensors_list), threads, batch_size,
            lambda types, sizes: queues.RandomShuffleQueue(
                capacity, min_after_dequeue, types, sizes, seed=seed, shared_name=shared_name),
            enqueue_many, shapes, capacity, allow_smaller_final_batch, keep_input,
            f"fraction_over_{min_after_dequeue}_of_{capacity - min_after_dequeue}_full",
            min_after_dequeue)


def shuffle_batch(
    tensors: Any, batch_size: Any, capacity: int, min_after_dequeue: int, num_threads: int = 1,
    seed: Any = None, enqueue_many: bool = False, shapes: Any = None,
    allow_smaller_final_batch: bool = False, shared_name: Any = None, name: str | None = None,
    keep_input: Any = True,
) -> Any:
    """Batches of examples, shuffled."""
    return shuffle_batch_join(
        [tensors], batch_size, capacity, min_after_dequeue, seed, enqueue_many, shapes,
        allow_smaller_final_batch, shared_name, name or "shuffle_batch", keep_input, num_threads)
