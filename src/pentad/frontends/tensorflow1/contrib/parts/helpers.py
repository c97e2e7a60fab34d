"""Helpers of decoders: what comes out of a step, and what goes into the next one."""

from __future__ import annotations

from typing import Any

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.rnn.unrolling import time_first


class Helper:
    """The base of helpers."""

    @property
    def batch_size(self) -> Any:
        """How many sequences there are."""
        raise NotImplementedError("batch_size has not been implemented")

    @property
    def sample_ids_shape(self) -> Any:
        """The shape of a sample."""
        return tf.TensorShape([])

    @property
    def sample_ids_dtype(self) -> Any:
        """The type of samples."""
        return tf.int32

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs)."""
        raise NotImplementedError("initialize has not been implemented")

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the outputs stand for."""
        raise NotImplementedError("sample has not been implemented")

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        raise NotImplementedError("next_inputs has not been implemented")


class _Sized(Helper):
    """A helper that knows its batch and the type of its samples."""

    _batch_size: Any = None
    _shape: Any = tf.TensorShape([])
    _dtype: Any = tf.int32

    @property
    def batch_size(self) -> Any:
        """How many sequences there are."""
        if self._batch_size is None:
            raise pt.ArgumentError("batch_size accessed before initialize was called")
        return self._batch_size

    @property
    def sample_ids_shape(self) -> Any:
        """The shape of a sample."""
        return self._shape

    @property
    def sample_ids_dtype(self) -> Any:
        """The type of samples."""
        return self._dtype


class CustomHelper(_Sized):
    """A helper of three functions."""

    def __init__(
        self, initialize_fn: Any, sample_fn: Any, next_inputs_fn: Any,
        sample_ids_shape: Any = None, sample_ids_dtype: Any = None,
    ) -> None:
        self._functions = initialize_fn, sample_fn, next_inputs_fn
        self._shape = tf.TensorShape(sample_ids_shape or [])
        self._dtype = sample_ids_dtype or tf.int32

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs)."""
        finished, inputs = self._functions[0]()
        if self._batch_size is None:
            self._batch_size = tf.size(finished)
        return finished, inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the outputs stand for."""
        return self._functions[1](time=time, outputs=outputs, state=state)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        return self._functions[2](time=time, outputs=outputs, state=state, sample_ids=sample_ids)


def best(outputs: Any) -> Any:
    """The numbers of the largest outputs."""
    return tf.cast(tf.argmax(outputs, -1), tf.int32)


class TrainingHelper(_Sized):
    """The inputs are given: those of the right sequences."""

    def __init__(
        self, inputs: Any, sequence_length: Any, time_major: bool = False,
        name: str | None = None,
    ) -> None:
        with tf.name_scope(name, "TrainingHelper", nest.flatten(inputs)):
            inputs = nest.map_structure(tf.convert_to_tensor, inputs)
            self.inputs = inputs
            self._steps = inputs if time_major else nest.map_structure(time_first, inputs)
            self.sequence_length = tf.convert_to_tensor(sequence_length, name="sequence_length")
            if self.sequence_length.shape.ndims != 1:
                raise pt.ShapeError("Expected sequence_length to be a vector, but received shape: "
                                    f"{self.sequence_length.shape}")
            self._batch_size = tf.size(self.sequence_length)

    def _inputs_at(self, time: Any, finished: Any) -> Any:
        """The inputs of a step; zeros when all is finished."""
        over = tf.fill([self._batch_size], tf.reduce_all(finished))

        def one(steps: Any) -> Any:
            here = tf.gather(steps, tf.minimum(time, tf.shape(steps)[0] - 1))
            found = tf.where(over, tf.zeros_like(here), here)
            found.set_shape(steps.shape[1:])
            return found

        return nest.map_structure(one, self._steps)

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs)."""
        finished = tf.equal(0, self.sequence_length)
        return finished, self._inputs_at(tf.constant(0), finished)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the outputs stand for."""
        return best(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any = None,
        name: str | None = None,
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        finished = (time + 1) >= self.sequence_length
        return finished, self._inputs_at(time + 1, finished), state


def _drawn(chance: Any, count: Any, seed: Any) -> Any:
    return tf.random_uniform([count], seed=seed) < tf.cast(chance, tf.float32)


class ScheduledEmbeddingTrainingHelper(TrainingHelper):
    """The given inputs, or by chance the embeddings of what the outputs stand for."""

    def __init__(
        self, inputs: Any, sequence_length: Any, embedding: Any, sampling_probability: Any,
        time_major: bool = False, seed: Any = None, scheduling_seed: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(inputs, sequence_length, time_major, name)
        self._embedding, self._chance = lookup_of(embedding), sampling_probability
        self._seeds = seed, scheduling_seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the outputs stand for, -1 where the given inputs are taken."""
        chosen = _drawn(self._chance, self._batch_size, self._seeds[1])
        ids = _categorical(outputs, self._seeds[0])
        return tf.where(chosen, ids, -tf.ones_like(ids))

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any = None,
        name: str | None = None,
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        finished, given, state = super().next_inputs(time, outputs, state, sample_ids)
        made = self._embedding(tf.maximum(sample_ids, 0))
        taken = tf.logical_and(sample_ids > -1, tf.logical_not(tf.reduce_all(finished)))
        return finished, tf.where(taken, made, given), state


class ScheduledOutputTrainingHelper(TrainingHelper):
    """The given inputs, or by chance the outputs."""

    def __init__(
        self, inputs: Any, sequence_length: Any, sampling_probability: Any,
        time_major: bool = False, seed: Any = None, next_inputs_fn: Any = None,
        auxiliary_inputs: Any = None, name: str | None = None,
    ) -> None:
        super().__init__(inputs, sequence_length, time_major, name)
        self._chance, self._seed, self._change = sampling_probability, seed, next_inputs_fn
        self._more = None
        if auxiliary_inputs is not None:
            self._more = TrainingHelper(auxiliary_inputs, sequence_length, time_major)

    def _with_more(self, time: Any, finished: Any, inputs: Any) -> Any:
        if self._more is None:
            return inputs
        return nest.map_structure(
            lambda a, b: tf.concat([a, b], -1), inputs, self._more._inputs_at(time, finished))

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs)."""
        finished, inputs = super().initialize()
        return finished, self._with_more(tf.constant(0), finished, inputs)

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Which outputs are taken."""
        return tf.cast(_drawn(self._chance, self._batch_size, self._seed), tf.int32)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any = None,
        name: str | None = None,
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        finished, given, state = super().next_inputs(time, outputs, state, sample_ids)
        taken = tf.logical_and(tf.cast(sample_ids, tf.bool),
                               tf.logical_not(tf.reduce_all(finished)))
        made = outputs if self._change is None else self._change(outputs)
        found = nest.map_structure(lambda a, b: tf.where(taken, a, b), made, given)
        return finished, self._with_more(time + 1, finished, found), state


def lookup_of(embedding: Any) -> Any:
    """The function that looks ids up: the one that is given, or that of a table."""
    return embedding if callable(embedding) else (
        lambda ids: tf.nn.embedding_lookup(embedding, ids))


def tokens(start_tokens: Any, end_token: Any) -> tuple[Any, Any]:
    """The first token of each sequence, and the one that ends them, as tensors."""
    start = tf.convert_to_tensor(start_tokens, tf.int32, name="start_tokens")
    end = tf.convert_to_tensor(end_token, tf.int32, name="end_token")
    if start.shape.ndims != 1:
        raise pt.ShapeError("start_tokens must be a vector")
    if end.shape.ndims != 0:
        raise pt.ShapeError("end_token must be a scalar")
    return start, end


def _categorical(logits: Any, seed: Any) -> Any:
    return tf.cast(tf.squeeze(tf.multinomial(logits, 1, seed=seed), [1]), tf.int32)


class GreedyEmbeddingHelper(_Sized):
    """The inputs are embeddings of what the outputs before stand for."""

    def __init__(self, embedding: Any, start_tokens: Any, end_token: Any) -> None:
        self._embedding = lookup_of(embedding)
        self._start_tokens, self._end_token = tokens(start_tokens, end_token)
        self._batch_size = tf.size(self._start_tokens)
        self._start_inputs = self._embedding(self._start_tokens)

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs)."""
        return tf.zeros_like(self._start_tokens, tf.bool), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """The numbers of the largest outputs."""
        return best(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        finished = tf.equal(sample_ids, self._end_token)
        over = tf.fill(tf.shape(finished), tf.reduce_all(finished))
        following = tf.where(over, self._start_inputs, self._embedding(sample_ids))
        following.set_shape(self._start_inputs.shape)
        return finished, following, state


class SampleEmbeddingHelper(GreedyEmbeddingHelper):
    """The same with samples of what the outputs may stand for."""

    def __init__(
        self, embedding: Any, start_tokens: Any, end_token: Any, softmax_temperature: Any = None,
        seed: Any = None,
    ) -> None:
        super().__init__(embedding, start_tokens, end_token)
        self._temperature, self._seed = softmax_temperature, seed

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """Samples by the outputs as logits."""
        logits = outputs if self._temperature is None else outputs / self._temperature
        return _categorical(logits, self._seed)


class InferenceHelper(_Sized):
    """The inputs are made of samples by functions."""

    def __init__(
        self, sample_fn: Any, sample_shape: Any, sample_dtype: Any, start_inputs: Any,
        end_fn: Any, next_inputs_fn: Any = None,
    ) -> None:
        self._sample, self._end, self._next = sample_fn, end_fn, next_inputs_fn
        self._shape, self._dtype = tf.TensorShape(sample_shape), sample_dtype
        self._start_inputs = tf.convert_to_tensor(start_inputs, name="start_inputs")
        self._batch_size = tf.shape(self._start_inputs)[0]

    def initialize(self, name: str | None = None) -> Any:
        """(what is finished, the first inputs)."""
        return tf.fill([self._batch_size], False), self._start_inputs

    def sample(self, time: Any, outputs: Any, state: Any, name: str | None = None) -> Any:
        """What the function makes of the outputs."""
        return self._sample(outputs)

    def next_inputs(
        self, time: Any, outputs: Any, state: Any, sample_ids: Any, name: str | None = None
    ) -> Any:
        """(what is finished, the next inputs, the next state)."""
        following = sample_ids if self._next is None else self._next(sample_ids)
        return self._end(sample_ids), following, state
