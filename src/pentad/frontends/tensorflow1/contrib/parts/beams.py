"""Beam search: the best sequences are followed at once."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1.contrib.parts.decoding import Decoder
from pentad.frontends.tensorflow1.contrib.parts.helpers import lookup_of, tokens
from pentad.frontends.tensorflow1.framework import dtypes, nest
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.tensor_array import TensorArray


class BeamSearchDecoderState(namedtuple("BeamSearchDecoderState", (
        "cell_state", "log_probs", "finished", "lengths", "accumulated_attention_probs"))):
    """The state of a beam search."""


class BeamSearchDecoderOutput(namedtuple("BeamSearchDecoderOutput", (
        "scores", "predicted_ids", "parent_ids"))):
    """What a step gives: [batch, beam] each."""


class FinalBeamSearchDecoderOutput(namedtuple("FinalBeamDecoderOutput", (
        "predicted_ids", "beam_search_decoder_output"))):
    """The sequences, best first, and what the steps gave."""


def _followed(step_ids: Any, parent_ids: Any, max_sequence_lengths: Any, end_token: Any) -> Any:
    steps, batch, beams = step_ids.shape
    found = np.full_like(step_ids, end_token)
    each = np.arange(beams)
    for b in range(batch):
        length = min(steps, int(max_sequence_lengths[b]))
        parent = each
        for t in reversed(range(length)):
            if ((parent < 0) | (parent >= beams)).any():
                from pentad.frontends.tensorflow1.errors import InvalidArgumentError

                raise InvalidArgumentError(None, None, static.message(
                    "gather_tree: a parent is out of range", expected=f"0 to {beams - 1}",
                    got=str(parent), hint=f"batch {b}, step {t}"))
            found[t, b], parent = step_ids[t, b, parent], parent_ids[t, b, parent]
        ended = np.cumsum(found[:length, b] == end_token, 0) > 0
        found[:length, b][ended] = end_token
    return found


gather_tree = op(
    "GatherTree", "step_ids: T, parent_ids: T, max_sequence_lengths: int32, end_token: T -> "
    "beams: T", _followed, host=True, differentiable=False,
    types=lambda ids, *_: [(ids.dtype, ids.static_type.shape)],
    doc="The whole sequences that the last step's beams come from.")


def _penalty(lengths: Any, weight: Any) -> Any:
    """What the probabilities of longer sequences are divided by."""
    if isinstance(weight, int | float) and weight == 0:
        return 1.0
    weight = tf.convert_to_tensor(weight, tf.float32)
    return ((5.0 + tf.to_float(lengths)) ** weight) / ((5.0 + 1.0) ** weight)


def _only_the_end(probs: Any, end_token: Any, finished: Any) -> Any:
    """Log-probabilities; finished beams can only go on with the end token."""
    count = probs.shape[-1].value
    row = tf.one_hot(end_token, count, 0.0, float(probs.dtype.min), dtype=probs.dtype)
    mask = tf.cast(tf.expand_dims(finished, 2), probs.dtype)
    return tf.where(tf.cast(mask + tf.zeros_like(probs), tf.bool), row + tf.zeros_like(probs),
                    probs)


class BeamSearchDecoder(Decoder):
    """Follows the beam_width best sequences.

    The initial state is of batch * beam_width: see tile_batch.
    """

    def __init__(
        self, cell: Any, embedding: Any, start_tokens: Any, end_token: Any, initial_state: Any,
        beam_width: int, output_layer: Any = None, length_penalty_weight: Any = 0.0,
        coverage_penalty_weight: Any = 0.0, reorder_tensor_arrays: bool = True,
    ) -> None:
        if not (isinstance(coverage_penalty_weight, int | float) and coverage_penalty_weight == 0):
            raise pt.ArgumentError(static.message(
                "BeamSearchDecoder: the penalty of coverage is not built", expected="0.0",
                got=str(coverage_penalty_weight)))
        self._cell, self._output_layer, self._beams = cell, output_layer, beam_width
        self._embedding, self._weight = lookup_of(embedding), length_penalty_weight
        self._start_tokens, self._end_token = tokens(start_tokens, end_token)
        self._batch_size = self._start_tokens.shape[0].value or tf.size(self._start_tokens)
        self._cell_state = nest.map_structure(self._split_state, initial_state)
        starts = tf.tile(tf.expand_dims(self._start_tokens, 1), [1, beam_width])
        self._start_inputs = self._embedding(starts)
        self._finished = tf.zeros([self._batch_size, beam_width], tf.bool)

    # -- beams beside each other, or in the batch ----------------------------------------------

    def _reshaped(self, t: Any, lead: list[Any], kept: int) -> Any:
        """The tensor with other first axes, in place of its first `kept`."""
        rest = t.shape.as_list()[kept:]
        sizes = [n if n is not None else tf.shape(t)[kept + i] for i, n in enumerate(rest)]
        found = tf.reshape(t, tf.stack([*lead, *sizes]) if any(
            hasattr(n, "graph") for n in [*lead, *sizes]) else [*lead, *sizes])
        found.set_shape([*[n if isinstance(n, int) else None for n in lead], *rest])
        return found

    def _merged(self, t: Any) -> Any:
        return self._reshaped(t, [self._batch_size * self._beams], 2)

    def _split(self, t: Any) -> Any:
        return self._reshaped(t, [self._batch_size, self._beams], 1)

    def _split_state(self, t: Any) -> Any:
        if isinstance(t, TensorArray):
            raise pt.ArgumentError(static.message(
                "BeamSearchDecoder: histories of alignments are not followed along beams",
                hint="make the AttentionWrapper without alignment_history"))
        return t if t.shape.ndims == 0 else self._split(t)

    def _along(self, t: Any, parents: Any) -> Any:
        """The values of the beams that the new ones come from."""
        if t.shape.ndims < 2:
            return t
        flat = self._reshaped(t, [self._batch_size * self._beams], 2)
        first = tf.expand_dims(tf.range(self._batch_size) * self._beams, 1)
        found = tf.gather(flat, tf.reshape(parents + first, [-1]))
        return self._reshaped(found, [self._batch_size, self._beams], 1)

    # -- a decoder -----------------------------------------------------------------------------

    @property
    def batch_size(self) -> Any:
        """How many sequences are asked for."""
        return self._batch_size

    @property
    def tracks_own_finished(self) -> bool:
        """Beams change places, so that what has ended is known here only."""
        return True

    @property
    def output_size(self) -> Any:
        """The sizes of what a step gives."""
        size = tf.TensorShape([self._beams])
        return BeamSearchDecoderOutput(size, size, size)

    @property
    def output_dtype(self) -> Any:
        """The types of what a step gives."""
        kind = nest.flatten(self._cell_state)[0].dtype
        return BeamSearchDecoderOutput(kind, dtypes.int32, dtypes.int32)

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs, the first state)."""
        kind = nest.flatten(self._cell_state)[0].dtype
        first = np.full([1, self._beams], -np.inf, kind.as_numpy_dtype)
        first[0, 0] = 0
        state = BeamSearchDecoderState(
            cell_state=self._cell_state,
            log_probs=tf.tile(tf.constant(first), [self._batch_size, 1]),
            finished=self._finished, lengths=tf.zeros([self._batch_size, self._beams], tf.int64),
            accumulated_attention_probs=())
        return self._finished, self._start_inputs, state

    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """(outputs, the next state, the next inputs, what is finished)."""
        with tf.name_scope(name, "BeamSearchDecoderStep", [time]):
            merged = nest.map_structure(
                lambda t: t if t.shape.ndims == 0 else self._merged(t), state.cell_state)
            logits, after = self._cell(self._merged(inputs), merged)
            if self._output_layer is not None:
                logits = self._output_layer(logits)
            after = nest.map_structure(self._split_state, after)
            output, state = self._searched(self._split(logits), after, state)
            over = tf.reduce_all(state.finished)
            following = tf.where(
                tf.fill([self._batch_size], over), self._start_inputs,
                self._embedding(output.predicted_ids))
            following.set_shape(self._start_inputs.shape)
        return output, state, following, state.finished

    def _searched(self, logits: Any, cell_state: Any, state: Any) -> Any:
        """The best of what the beams may go on with."""
        count = logits.shape[-1].value
        step = _only_the_end(tf.nn.log_softmax(logits), self._end_token, state.finished)
        total = tf.expand_dims(state.log_probs, 2) + step
        others = tf.one_hot(self._end_token, count, 0, 1, dtype=tf.int64)
        longer = tf.expand_dims(tf.cast(tf.logical_not(state.finished), tf.int64), 2) * others
        scores = total / _penalty(longer + tf.expand_dims(state.lengths, 2), self._weight)
        flat = [self._batch_size, self._beams * count]
        best, places = tf.nn.top_k(tf.reshape(scores, flat), k=self._beams)
        best.set_shape([*state.log_probs.shape.as_list()[:1], self._beams])
        words, parents = tf.floormod(places, count), places // count
        rows = tf.expand_dims(tf.range(self._batch_size) * (self._beams * count), 1)
        probs = tf.reshape(tf.gather(tf.reshape(total, [-1]), tf.reshape(places + rows, [-1])),
                           [self._batch_size, self._beams])
        ended = self._along(state.finished, parents)
        lengths = self._along(state.lengths, parents) + tf.cast(tf.logical_not(ended), tf.int64)
        following = BeamSearchDecoderState(
            cell_state=nest.map_structure(lambda t: self._along(t, parents), cell_state),
            log_probs=probs, lengths=lengths, accumulated_attention_probs=(),
            finished=tf.logical_or(ended, tf.equal(words, self._end_token)))
        return BeamSearchDecoderOutput(best, words, parents), following

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """The sequences of the last step's beams."""
        longest = tf.cast(tf.reduce_max(final_state.lengths, axis=1), tf.int32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        return FinalBeamSearchDecoderOutput(
            predicted_ids=ids, beam_search_decoder_output=outputs), final_state


__all__ = ["BeamSearchDecoder", "BeamSearchDecoderOutput", "BeamSearchDecoderState",
           "FinalBeamSearchDecoderOutput", "gather_tree"]
