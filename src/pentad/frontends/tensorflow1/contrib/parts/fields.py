"""Linear-chain conditional random fields: scores, the sum over all sequences, the best one."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import where
from pentad.frontends.tensorflow1.ops.creation import one_hot, sequence_mask, zeros_like
from pentad.frontends.tensorflow1.ops.elementwise import maximum
from pentad.frontends.tensorflow1.ops.gathering import gather, reverse_sequence
from pentad.frontends.tensorflow1.ops.reductions import (
    argmax,
    reduce_logsumexp,
    reduce_max,
    reduce_sum,
)
from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims, reshape, squeeze
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.rnn.cells import RNNCell
from pentad.frontends.tensorflow1.rnn.unrolling import dynamic_rnn
from pentad.frontends.tensorflow1.variables.scope import get_variable


class CrfForwardRnnCell(RNNCell):
    """One step of the forward algorithm: log of the sum over the last tag."""

    def __init__(self, transition_params: Any) -> None:
        super().__init__()
        self._transitions = expand_dims(transition_params, 0)
        self._tags = int(self._transitions.shape[-1])

    state_size = property(lambda self: self._tags, doc="The number of tags.")
    output_size = property(lambda self: self._tags, doc="The number of tags.")

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """The next sums."""
        scores = expand_dims(state, 2) + self._transitions
        found = inputs + reduce_logsumexp(scores, [1])
        return found, found


class CrfDecodeForwardRnnCell(CrfForwardRnnCell):
    """One step of Viterbi's algorithm: which tag was best before each, the best scores."""

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """The best tags before, the best scores."""
        scores = expand_dims(state, 2) + self._transitions
        return cast(argmax(scores, 1), "int32"), inputs + reduce_max(scores, [1])


class CrfDecodeBackwardRnnCell(RNNCell):
    """One step back along the best tags."""

    def __init__(self, num_tags: int) -> None:
        super().__init__()
        self._tags = num_tags

    state_size = property(lambda self: 1, doc="One tag.")
    output_size = property(lambda self: 1, doc="One tag.")

    def __call__(self, inputs: Any, state: Any, scope: Any = None) -> Any:
        """The tag before."""
        chosen = one_hot(squeeze(state, [1]), self._tags, dtype="int32")
        found = reduce_sum(inputs * chosen, 1, keepdims=True)
        return found, found


def _mask(lengths: Any, like: Any, less: int = 0) -> Any:
    return sequence_mask(maximum(cast(lengths, "int32") - less, 0), shape_of(like)[1] - less,
                         "float32")


def crf_unary_score(tag_indices: Any, sequence_lengths: Any, inputs: Any) -> Any:
    """The sum of the scores of the tags."""
    inputs = convert_to_tensor(inputs)
    picked = reduce_sum(inputs * one_hot(tag_indices, int(inputs.shape[2])), 2)
    return reduce_sum(picked * _mask(sequence_lengths, inputs), 1)


def crf_binary_score(tag_indices: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The sum of the scores of the steps from tag to tag."""
    table, tags = convert_to_tensor(transition_params), convert_to_tensor(tag_indices)
    count = int(table.shape[0])
    places = tags[:, :-1] * count + tags[:, 1:]
    return reduce_sum(gather(reshape(table, [-1]), places) * _mask(sequence_lengths, tags, 1), 1)


def crf_sequence_score(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The score of sequences of tags."""
    return (crf_unary_score(tag_indices, sequence_lengths, inputs)
            + crf_binary_score(tag_indices, sequence_lengths, transition_params))


def crf_multitag_sequence_score(
    inputs: Any, tag_bitmap: Any, sequence_lengths: Any, transition_params: Any
) -> Any:
    """The log of the sum over all sequences of allowed tags."""
    inputs = convert_to_tensor(inputs)
    lowest = zeros_like(inputs) - float("inf")
    return crf_log_norm(where(tag_bitmap, inputs, lowest), sequence_lengths, transition_params)


def crf_log_norm(inputs: Any, sequence_lengths: Any, transition_params: Any) -> Any:
    """The log of the sum over all sequences."""
    inputs = convert_to_tensor(inputs)
    rest = maximum(cast(sequence_lengths, "int32") - 1, 0)
    _, sums = dynamic_rnn(
        CrfForwardRnnCell(transition_params), inputs[:, 1:], rest, inputs[:, 0])
    found = reduce_logsumexp(sums, [1])
    return where(cast(sequence_lengths, "int32") <= 0, zeros_like(found), found)


def crf_log_likelihood(
    inputs: Any, tag_indices: Any, sequence_lengths: Any, transition_params: Any = None
) -> Any:
    """(the log of the chance of tags, the transitions, which are a variable if not given)."""
    inputs = convert_to_tensor(inputs)
    if transition_params is None:
        tags = int(inputs.shape[2])
        transition_params = get_variable("transitions", [tags, tags])
    score = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return score - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


def viterbi_decode(score: Any, transition_params: Any) -> tuple[list[int], Any]:
    """The best sequence of tags for arrays of scores: (tags, their score)."""
    score, table = np.asarray(score), np.asarray(transition_params)
    best, back = score[0], []
    for row in score[1:]:
        sums = best[:, None] + table
        back.append(sums.argmax(0))
        best = row + sums.max(0)
    tags = [int(best.argmax())]
    for before in reversed(back):
        tags.append(int(before[tags[-1]]))
    return tags[::-1], best.max()


def crf_decode(potentials: Any, transition_params: Any, sequence_length: Any) -> Any:
    """The best sequences of tags, and their scores."""
    potentials = convert_to_tensor(potentials)
    lengths = cast(sequence_length, "int32")
    rest = maximum(lengths - 1, 0)
    back, scores = dynamic_rnn(
        CrfDecodeForwardRnnCell(transition_params), potentials[:, 1:], rest, potentials[:, 0])
    back = reverse_sequence(back, rest, seq_axis=1, batch_axis=0)
    last = expand_dims(cast(argmax(scores, 1), "int32"), 1)
    tags, _ = dynamic_rnn(
        CrfDecodeBackwardRnnCell(int(potentials.shape[2])), back, rest, last)
    whole = concat([last, squeeze(tags, [2])], 1)
    return reverse_sequence(whole, lengths, seq_axis=1, batch_axis=0), reduce_max(scores, 1)
