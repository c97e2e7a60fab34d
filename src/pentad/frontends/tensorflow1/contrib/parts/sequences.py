"""Losses of sequences, and decoders of lists of inputs."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.contrib.parts.cells import EmbeddingWrapper
from pentad.frontends.tensorflow1.contrib.parts.cells import (
    OutputProjectionWrapper as Projected,
)
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import float32
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.ops.activations import xw_plus_b
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import one_hot
from pentad.frontends.tensorflow1.ops.embedding import embedding_lookup
from pentad.frontends.tensorflow1.ops.entropies import sparse_softmax_cross_entropy_with_logits
from pentad.frontends.tensorflow1.ops.identity import stop_gradient
from pentad.frontends.tensorflow1.ops.padding import tile
from pentad.frontends.tensorflow1.ops.reductions import add_n, argmax, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims, reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.rnn.unrolling import static_rnn
from pentad.frontends.tensorflow1.variables.scope import get_variable, variable_scope


def sequence_loss_by_example(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True,
    softmax_loss_function: Any = None, name: str | None = None,
) -> Any:
    """The weighted cross-entropy of lists of steps, for each example."""
    if len(targets) != len(logits) or len(weights) != len(logits):
        raise pt.ArgumentError("Lengths of logits, weights, and targets must be the same "
                               f"{len(logits)}, {len(weights)}, {len(targets)}.")
    with name_scope(name, "sequence_loss_by_example", [*logits, *targets, *weights]):
        parts = []
        for logit, target, weight in zip(logits, targets, weights):
            if softmax_loss_function is None:
                flat = reshape(convert_to_tensor(target), [-1])
                loss = sparse_softmax_cross_entropy_with_logits(labels=flat, logits=logit)
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            parts.append(loss * weight)
        total = add_n(parts)
        if average_across_timesteps:
            total = total / (add_n([convert_to_tensor(w) for w in weights]) + 1e-12)
        return total


def sequence_loss(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True,
    average_across_batch: bool = True, softmax_loss_function: Any = None, name: str | None = None,
) -> Any:
    """The same, summed or averaged over the batch."""
    with name_scope(name, "sequence_loss", [*logits, *targets, *weights]):
        total = reduce_sum(sequence_loss_by_example(
            logits, targets, weights, average_across_timesteps, softmax_loss_function))
        if average_across_batch:
            return total / cast(shape_of(convert_to_tensor(targets[0]))[0], total.dtype)
        return total


def weighted_loss(
    logits: Any, targets: Any, weights: Any, average_across_timesteps: bool = True,
    average_across_batch: bool = True, sum_over_timesteps: bool = False,
    sum_over_batch: bool = False, softmax_loss_function: Any = None, name: str | None = None,
) -> Any:
    """The weighted cross-entropy of [batch, time] targets, averaged or summed over both."""
    logits, weights = convert_to_tensor(logits), convert_to_tensor(weights)
    if logits.shape.ndims != 3:
        raise pt.ShapeError("Logits must be a [batch_size x sequence_length x logits] tensor")
    if (average_across_timesteps and sum_over_timesteps) or (
            average_across_batch and sum_over_batch):
        raise pt.ArgumentError("average and sum over the same axis cannot both be True")
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        loss = softmax_loss_function or sparse_softmax_cross_entropy_with_logits
        losses = loss(labels=convert_to_tensor(targets), logits=logits) * weights
        over = {0: (average_across_batch, sum_over_batch),
                1: (average_across_timesteps, sum_over_timesteps)}
        if all(pair[0] for pair in over.values()):
            return reduce_sum(losses) / (reduce_sum(weights) + 1e-12)
        for axis in (1, 0):
            average, total = over[axis]
            if average:
                losses = reduce_sum(losses, axis) / (reduce_sum(weights, axis) + 1e-12)
            elif total:
                losses = reduce_sum(losses, axis)
            if average or total:
                weights = reduce_sum(weights, axis)
        return losses


def hardmax(logits: Any, name: str | None = None) -> Any:
    """A one at the largest element of the last axis."""
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits)
        return one_hot(argmax(logits, -1), int(logits.shape[-1]), dtype=logits.dtype.base_dtype)


def tile_batch(t: Any, multiplier: int, name: str | None = None) -> Any:
    """Each element of the batch so many times, one beside the other."""
    def one(x: Any) -> Any:
        x = convert_to_tensor(x)
        sizes = shape_of(x)
        wide = tile(expand_dims(x, 1), [1, multiplier] + [1] * (x.shape.ndims - 1))
        found = reshape(wide, concat([[sizes[0] * multiplier], sizes[1:]], 0))
        first = x.shape[0].value
        found.set_shape([None if first is None else first * multiplier, *x.shape.as_list()[1:]])
        return found

    with name_scope(name, "tile_batch", nest.flatten(t)):
        return nest.map_structure(one, t)


# -- decoders ----------------------------------------------------------------------------------


def rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, loop_function: Any = None,
    scope: Any = None,
) -> Any:
    """A cell along inputs, or along what loop_function makes of its outputs."""
    with variable_scope(scope or "rnn_decoder"):
        state, outputs, before = initial_state, [], None
        for i, given in enumerate(decoder_inputs):
            if loop_function is not None and before is not None:
                with variable_scope("loop_function", reuse=True):
                    given = loop_function(before, i)
            if i > 0:
                from pentad.frontends.tensorflow1.variables.scope import get_variable_scope

                get_variable_scope().reuse_variables()
            output, state = cell(given, state)
            outputs.append(output)
            before = output if loop_function is not None else None
        return outputs, state


def basic_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, dtype: Any = float32, scope: Any = None
) -> Any:
    """An encoder whose last state a decoder begins with."""
    import copy

    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


def tied_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, loop_function: Any = None,
    dtype: Any = float32, scope: Any = None,
) -> Any:
    """The same with one set of variables."""
    with variable_scope("combined_tied_rnn_seq2seq"):
        name = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=name)
        with variable_scope(name, reuse=True) as again:
            return rnn_decoder(decoder_inputs, state, cell, loop_function, scope=again)


def _fed_back(table: Any, projection: Any, update: bool) -> Any:
    def loop(before: Any, _: int) -> Any:
        if projection is not None:
            before = xw_plus_b(before, *projection)
        rows = embedding_lookup(table, argmax(before, 1))
        return rows if update else stop_gradient(rows)

    return loop


def embedding_rnn_decoder(
    decoder_inputs: Any, initial_state: Any, cell: Any, num_symbols: int, embedding_size: int,
    output_projection: Any = None, feed_previous: bool = False,
    update_embedding_for_previous: bool = True, scope: Any = None,
) -> Any:
    """A decoder of numbers of symbols; feed_previous: each input is the likeliest before."""
    with variable_scope(scope or "embedding_rnn_decoder"):
        table = get_variable("embedding", [num_symbols, embedding_size])
        loop = _fed_back(table, output_projection, update_embedding_for_previous
                         ) if feed_previous else None
        given = [embedding_lookup(table, i) for i in decoder_inputs]
        return rnn_decoder(given, initial_state, cell, loop)


def embedding_rnn_seq2seq(
    encoder_inputs: Any, decoder_inputs: Any, cell: Any, num_encoder_symbols: int,
    num_decoder_symbols: int, embedding_size: int, output_projection: Any = None,
    feed_previous: bool = False, dtype: Any = None, scope: Any = None,
) -> Any:
    """An encoder and a decoder of numbers of symbols."""
    import copy

    with variable_scope(scope or "embedding_rnn_seq2seq"):
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, state = static_rnn(encoder, encoder_inputs, dtype=dtype or float32)
        if output_projection is None:
            cell = Projected(cell, num_decoder_symbols)
        return embedding_rnn_decoder(
            decoder_inputs, state, cell, num_decoder_symbols, embedding_size, output_projection,
            feed_previous)
