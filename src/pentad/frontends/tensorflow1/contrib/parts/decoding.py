"""Decoders: sequences that are made step by step."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.shapes import TensorShape, as_shape
from pentad.frontends.tensorflow1.ops.tensor_array import TensorArray


class Decoder:
    """The base of decoders: `initialize()`, `step(time, inputs, state)`, `finalize(...)`."""

    @property
    def batch_size(self) -> Any:
        """How many sequences are made at once."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """The sizes of what a step gives."""
        raise NotImplementedError

    @property
    def output_dtype(self) -> Any:
        """The types of what a step gives."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Does it say itself what is finished, again and again?"""
        return False

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs, the first state)."""
        raise NotImplementedError

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, the next state, the next inputs, what is finished)."""
        raise NotImplementedError

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """What is made of the outputs of all steps, and of the last state."""
        raise NotImplementedError


class BasicDecoderOutput(namedtuple("BasicDecoderOutput", ("rnn_output", "sample_id"))):
    """What a step of a BasicDecoder gives."""


class BasicDecoder(Decoder):
    """A cell whose inputs a helper makes of its outputs."""

    def __init__(self, cell: Any, helper: Any, initial_state: Any, output_layer: Any = None):
        self._cell, self._helper = cell, helper
        self._initial_state, self._output_layer = initial_state, output_layer

    @property
    def batch_size(self) -> Any:
        """How many sequences are made at once."""
        return self._helper.batch_size

    @property
    def output_size(self) -> Any:
        """The sizes of what a step gives."""
        return BasicDecoderOutput(
            rnn_output=_after(self._output_layer, self._cell.output_size),
            sample_id=self._helper.sample_ids_shape)

    @property
    def output_dtype(self) -> Any:
        """The types of what a step gives."""
        kind = nest.flatten(self._initial_state)[0].dtype
        return BasicDecoderOutput(
            nest.map_structure(lambda _: kind, self._cell.output_size),
            self._helper.sample_ids_dtype)

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs, the first state)."""
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, the next state, the next inputs, what is finished)."""
        with tf.name_scope(name, "BasicDecoderStep", [time]):
            outputs, after = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            ids = self._helper.sample(time=time, outputs=outputs, state=after)
            finished, following, after = self._helper.next_inputs(
                time=time, outputs=outputs, state=after, sample_ids=ids)
        return BasicDecoderOutput(outputs, ids), after, following, finished


def _after(layer: Any, size: Any) -> Any:
    """The size that a layer makes of one."""
    if layer is None:
        return size
    whole = TensorShape([None]).concatenate(as_shape(size))
    return layer.compute_output_shape(whole)[1:]


def _sizes(size: Any) -> list[Any]:
    return as_shape(size).as_list() if not isinstance(size, int) else [size]


def _flat(structure: Any, like: Any) -> list[Any]:
    """The leaves of sizes: a TensorShape is one."""
    return [structure] if not nest.is_nested(like) else [
        leaf for part, model in zip(structure, like) for leaf in _flat(part, model)]


def dynamic_decode(
    decoder: Any, output_time_major: bool = False, impute_finished: bool = False,
    maximum_iterations: Any = None, parallel_iterations: int = 32, swap_memory: bool = False,
    scope: Any = None, **kwargs: Any,
) -> tuple[Any, Any, Any]:
    """(outputs of all steps, the last state, the lengths of the sequences).

    impute_finished: what is finished keeps its state, and its outputs are zeros.
    """
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with tf.variable_scope(scope, "decoder"):
        finished, inputs, state = decoder.initialize(**kwargs)
        limit = _limit(maximum_iterations)
        if limit is not None:
            finished = tf.logical_or(finished, limit <= 0)
        types = decoder.output_dtype
        kinds, sizes = nest.flatten(types), _flat(decoder.output_size, types)
        zeros = [tf.zeros([decoder.batch_size, *_sizes(n)], t) for n, t in zip(sizes, kinds)]
        arrays = [tf.TensorArray(t, size=0, dynamic_size=True, element_shape=z.shape)
                  for t, z in zip(kinds, zeros)]
        _, arrays, state, _, _, lengths = tf.while_loop(
            lambda time, arrays, state, inputs, done, lengths: tf.logical_not(
                tf.reduce_all(done)),
            _step_of(decoder, limit, zeros if impute_finished else None),
            [tf.constant(0), arrays, state, inputs, finished, tf.zeros_like(finished, tf.int32)],
            parallel_iterations=parallel_iterations, swap_memory=swap_memory)
        outputs = nest.pack_sequence_as(types, [a.stack() for a in arrays])
        if type(decoder).finalize is not Decoder.finalize:
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(_batch_first, outputs)
    return outputs, state, lengths


def _limit(maximum_iterations: Any) -> Any:
    if maximum_iterations is None:
        return None
    limit = tf.convert_to_tensor(maximum_iterations, tf.int32)
    if limit.shape.ndims != 0:
        raise pt.ShapeError("maximum_iterations must be a scalar")
    return limit


def _step_of(decoder: Decoder, limit: Any, zeros: Any) -> Any:
    """The body of the loop over steps.

    zeros: the outputs of what is finished, which then keeps its state; None lets both go on.
    """
    def body(time: Any, arrays: Any, state: Any, inputs: Any, done: Any, lengths: Any) -> Any:
        outputs, after, following, ended = decoder.step(time, inputs, state)
        ended = ended if decoder.tracks_own_finished else tf.logical_or(ended, done)
        if limit is not None:
            ended = tf.logical_or(ended, time + 1 >= limit)
        counts = tf.where(done, lengths, tf.fill(tf.shape(lengths), time + 1))
        flat = nest.flatten(outputs)
        if zeros is not None:
            flat = [tf.where(done, z, o) for z, o in zip(zeros, flat)]
            after = nest.map_structure(lambda a, b: _kept(done, a, b), state, after)
        arrays = [a.write(time, o) for a, o in zip(arrays, flat)]
        return time + 1, arrays, after, following, ended, counts

    return body


def _kept(done: Any, before: Any, after: Any) -> Any:
    if isinstance(before, TensorArray) or after.shape.ndims == 0:
        return after
    after.set_shape(before.shape)
    return tf.where(done, before, after)


def _batch_first(x: Any) -> Any:
    rank = x.shape.ndims
    return tf.transpose(x, [1, 0, *range(2, rank)])
