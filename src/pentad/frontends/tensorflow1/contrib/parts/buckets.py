"""Decoders of lists that look at the outputs of the encoder; models of several lengths."""

from __future__ import annotations

import copy
from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.contrib.parts.cells import (
    EmbeddingWrapper,
    OutputProjectionWrapper,
)
from pentad.frontends.tensorflow1.contrib.parts.sequences import (
    _fed_back,
    sequence_loss,
    sequence_loss_by_example,
)
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.dtypes import float32
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.ops.activations import softmax
from pentad.frontends.tensorflow1.ops.branches import cond
from pentad.frontends.tensorflow1.ops.convolution import conv2d
from pentad.frontends.tensorflow1.ops.creation import zeros
from pentad.frontends.tensorflow1.ops.elementwise import tanh
from pentad.frontends.tensorflow1.ops.embedding import embedding_lookup
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import concat, reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.rnn.unrolling import static_rnn
from pentad.frontends.tensorflow1.variables.initializers import Zeros
from pentad.frontends.tensorflow1.variables.scope import (
    get_variable,
    get_variable_scope,
    variable_scope,
)


def _linear(parts: list[Any], width: int) -> Any:
    """One dense layer on all parts, `kernel` and `bias` of the scope."""
    value = parts[0] if len(parts) == 1 else concat(parts, 1)
    kernel = get_variable("kernel", [int(value.shape[-1]), width])
    return matmul(value, kernel) + get_variable("bias", [width], initializer=Zeros())


class _Attention:
    """Heads that weigh the states by how well they go with a query."""

    def __init__(self, states: Any, heads: int) -> None:
        self.size = int(states.shape[2])
        self.length = states.shape[1].value
        self.length = shape_of(states)[1] if self.length is None else self.length
        self.hidden = reshape(states, [-1, self.length, 1, self.size])
        self.features, self.weights = [], []
        for i in range(heads):
            kernel = get_variable(f"AttnW_{i}", [1, 1, self.size, self.size])
            self.features.append(conv2d(self.hidden, kernel, [1, 1, 1, 1], "SAME"))
            self.weights.append(get_variable(f"AttnV_{i}", [self.size]))

    def __call__(self, query: Any) -> list[Any]:
        """For each head the mean of the states, by its weights."""
        parts = nest.flatten(query)
        found = []
        for i, (features, weights) in enumerate(zip(self.features, self.weights)):
            with variable_scope(f"Attention_{i}"):
                y = reshape(_linear(parts, self.size), [-1, 1, 1, self.size])
                score = softmax(reduce_sum(weights * tanh(features + y), [2, 3]))
                mean = reduce_sum(reshape(score, [-1, self.length, 1, 1]) * self.hidden, [1, 2])
                found.append(reshape(mean, [-1, self.size]))
        return found

    def nothing(self, batch: Any) -> list[Any]:
        """What it gives before there is a query."""
        found = [zeros([batch, self.size], self.hidden.dtype.base_dtype) for _ in self.features]
        for value in found:
            value.set_shape([None, self.size])
        return found


def attention_decoder(
    decoder_inputs: Any, initial_state: Any, attention_states: Any, cell: Any,
    output_size: int | None = None, num_heads: int = 1, loop_function: Any = None,
    dtype: Any = None, scope: Any = None, initial_state_attention: bool = False,
) -> Any:
    """A cell along inputs, each mixed with the states that it looks at."""
    if not decoder_inputs or num_heads < 1:
        raise pt.ArgumentError("Must provide at least 1 input and 1 head to attention decoder.")
    with variable_scope(scope or "attention_decoder", dtype=dtype):
        attention = _Attention(attention_states, num_heads)
        seen = attention.nothing(shape_of(decoder_inputs[0])[0])
        if initial_state_attention:
            seen = attention(initial_state)
        state, outputs = initial_state, []
        for i, given in enumerate(decoder_inputs):
            if i > 0:
                get_variable_scope().reuse_variables()
            if loop_function is not None and outputs:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(outputs[-1], i)
            output, state = cell(_linear([given, *seen], int(given.shape[1])), state)
            again = True if i == 0 and initial_state_attention else None
            with variable_scope(get_variable_scope(), reuse=again):
                seen = attention(state)
            with variable_scope("AttnOutputProjection"):
                outputs.append(_linear([output, *seen], output_size or cell.output_size))
        return outputs, state


def embedding_attention_decoder(
    decoder_inputs: Any, initial_state: Any, attention_states: Any, cell: Any, num_symbols: int,
    embedding_size: int, num_heads: int = 1, output_size: int | None = None,
    output_projection: Any = None, feed_previous: bool = False,
    update_embedding_for_previous: bool = True, dtype: Any = None, scope: Any = None,
    initial_state_attention: bool = False,
) -> Any:
    """The same along numbers of symbols; feed_previous: each input is the likeliest before."""
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        table = get_variable("embedding", [num_symbols, embedding_size])
        loop = _fed_back(table, output_projection, update_embedding_for_previous
                         ) if feed_previous else None
        return attention_decoder(
            [embedding_lookup(table, i) for i in decoder_inputs], initial_state,
            attention_states, cell, output_size or cell.output_size, num_heads, loop,
            initial_state_attention=initial_state_attention)


def embedding_attention_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: int,
    num_decoder_symbols: int, embedding_size: int, num_heads: int = 1,
    output_projection: Any = None, feed_previous: Any = False, dtype: Any = None,
    scope: Any = None, initial_state_attention: bool = False,
) -> Any:
    """An encoder, and a decoder that looks at all its outputs."""
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as outer:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        outputs, state = static_rnn(encoder, encoder_inputs, dtype=dtype or float32)
        states = concat([reshape(e, [-1, 1, cell.output_size]) for e in outputs], 1)
        width = None
        if output_projection is None:
            cell, width = OutputProjectionWrapper(cell, num_decoder_symbols), num_decoder_symbols

        def decode(feed: bool, again: Any = None) -> Any:
            with variable_scope(get_variable_scope() if again is None else outer, reuse=again):
                return embedding_attention_decoder(
                    decoder_inputs, state, states, cell, num_decoder_symbols, embedding_size,
                    num_heads, width, output_projection, feed,
                    initial_state_attention=initial_state_attention)

        if isinstance(feed_previous, bool):
            return decode(feed_previous)

        def branch(feed: bool, again: Any) -> Any:
            found, last = decode(feed, again)
            return [*found, *nest.flatten(last)]

        both = cond(feed_previous, lambda: branch(True, None), lambda: branch(False, True))
        count = len(decoder_inputs)
        return both[:count], nest.pack_sequence_as(state, both[count:])


def model_with_buckets(
    encoder_inputs: Any, decoder_inputs: Any, targets: Any, weights: Any, buckets: Any,
    seq2seq: Any, softmax_loss_function: Any = None, per_example_loss: bool = False,
    name: str | None = None,
) -> Any:
    """For each (length of source, length of target) the outputs and the loss of a model."""
    for what, given, at in (("encoder_inputs", encoder_inputs, 0), ("targets", targets, 1),
                            ("weights", weights, 1)):
        if len(given) < buckets[-1][at]:
            raise pt.ArgumentError(f"Length of {what} ({len(given)}) must be at least that of "
                                   f"last bucket ({buckets[-1][at]}).")
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    outputs, losses = [], []
    with name_scope(name, "model_with_buckets", [*encoder_inputs, *decoder_inputs]):
        for i, (source, target) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if i else None):
                found, _ = seq2seq(encoder_inputs[:source], decoder_inputs[:target])
                outputs.append(found)
                losses.append(loss(found, targets[:target], weights[:target],
                                   softmax_loss_function=softmax_loss_function))
    return outputs, losses
