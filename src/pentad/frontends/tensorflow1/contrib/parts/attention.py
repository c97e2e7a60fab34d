"""Attention: what a decoder looks at of a memory, at each step."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.rnn.cells import RNNCell


class AttentionMechanism:
    """The base of mechanisms: how much is looked at each place of a memory."""

    @property
    def alignments_size(self) -> Any:
        """How many places the memory has."""
        raise NotImplementedError

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        raise NotImplementedError


def _within_lengths(memory: Any, lengths: Any) -> Any:
    """The memory, zeros where a sequence has ended."""
    if lengths is None:
        return memory
    mask = tf.sequence_mask(lengths, tf.shape(memory)[1], memory.dtype)
    more = memory.shape.ndims - 2
    return memory * tf.reshape(mask, tf.concat([tf.shape(mask), tf.ones([more], tf.int32)], 0))


class _Mechanism(AttentionMechanism):
    """A memory of [batch, places, depth], and the keys that queries are compared with."""

    scope_name = "attention"

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any, probability_fn: Any,
        score_mask_value: Any, dtype: Any, name: str, query_layer: bool,
    ) -> None:
        self._num_units, self._name = num_units, name
        self.dtype = tf.as_dtype(dtype or tf.float32)
        self._probability_fn: Callable[..., Any] = probability_fn or tf.nn.softmax
        self.query_layer = tf.layers.Dense(
            num_units, name="query_layer", use_bias=False, dtype=self.dtype) if query_layer else (
            None)
        self.memory_layer = tf.layers.Dense(
            num_units, name="memory_layer", use_bias=False, dtype=self.dtype)
        with tf.name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            memory = tf.convert_to_tensor(memory, name="memory")
            self._lengths = None if memory_sequence_length is None else tf.convert_to_tensor(
                memory_sequence_length, name="memory_sequence_length")
            self.values = _within_lengths(memory, self._lengths)
            self.keys = self.memory_layer(self.values)
        shape = self.keys.shape
        self.batch_size = shape[0].value or tf.shape(self.keys)[0]
        self._alignments_size = shape[1].value or tf.shape(self.keys)[1]
        self._score_mask_value = -math.inf if score_mask_value is None else score_mask_value

    @property
    def alignments_size(self) -> Any:
        """How many places the memory has."""
        return self._alignments_size

    @property
    def state_size(self) -> Any:
        """The same: the state is what was looked at before."""
        return self._alignments_size

    def initial_alignments(self, batch_size: Any, dtype: Any) -> Any:
        """Nothing is looked at yet."""
        return tf.zeros([batch_size, self._alignments_size], dtype)

    def initial_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step."""
        return self.initial_alignments(batch_size, dtype)

    def _score(self, query: Any) -> Any:
        raise NotImplementedError

    def __call__(self, query: Any, state: Any) -> tuple[Any, Any]:
        """How much is looked at each place, and the next state."""
        with tf.variable_scope(None, self.scope_name, [query]):
            score = self._score(query)
        if self._lengths is not None:
            mask = tf.sequence_mask(self._lengths, tf.shape(score)[1])
            score = tf.where(mask, score, self._score_mask_value * tf.ones_like(score))
        alignments = self._probability_fn(score)
        return alignments, alignments


class LuongAttention(_Mechanism):
    """Keys times the query; scale: with a learned factor."""

    scope_name = "luong_attention"

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any = None,
        scale: bool = False, probability_fn: Any = None, score_mask_value: Any = None,
        dtype: Any = None, name: str = "LuongAttention",
    ) -> None:
        super().__init__(num_units, memory, memory_sequence_length, probability_fn,
                         score_mask_value, dtype, name, False)
        self._scale = scale

    def _score(self, query: Any) -> Any:
        depth, units = query.shape[-1].value, self.keys.shape[-1].value
        if depth != units:
            raise pt.ShapeError(static.message(
                f"Incompatible or unknown inner dimensions between query and keys. Query "
                f"({query}) has units: {depth}. Keys ({self.keys}) have units: {units}.",
                expected=f"a query of {units}", got=str(depth),
                hint="set num_units to the size of the cell's output"))
        score = tf.squeeze(tf.matmul(tf.expand_dims(query, 1), self.keys, transpose_b=True), [1])
        if self._scale:
            score = score * tf.get_variable(
                "attention_g", dtype=query.dtype, initializer=tf.ones_initializer(), shape=())
        return score


class BahdanauAttention(_Mechanism):
    """A small network of keys and query; normalize: its last weights are normalised."""

    scope_name = "bahdanau_attention"

    def __init__(
        self, num_units: int, memory: Any, memory_sequence_length: Any = None,
        normalize: bool = False, probability_fn: Any = None, score_mask_value: Any = None,
        dtype: Any = None, name: str = "BahdanauAttention",
    ) -> None:
        super().__init__(num_units, memory, memory_sequence_length, probability_fn,
                         score_mask_value, dtype, name, True)
        self._normalize = normalize

    def _score(self, query: Any) -> Any:
        assert self.query_layer is not None
        asked, units = tf.expand_dims(self.query_layer(query), 1), self._num_units
        v = tf.get_variable("attention_v", [units], dtype=query.dtype)
        bias: Any = 0
        if self._normalize:
            g = tf.get_variable("attention_g", dtype=query.dtype, shape=(),
                                initializer=tf.constant_initializer(math.sqrt(1.0 / units)))
            bias = tf.get_variable("attention_b", [units], dtype=query.dtype,
                                   initializer=tf.zeros_initializer())
            v = g * v * tf.rsqrt(tf.reduce_sum(tf.square(v)))
        inner = self.keys + asked + bias if self._normalize else self.keys + asked
        return tf.reduce_sum(v * tf.tanh(inner), [2])


class AttentionWrapperState(namedtuple("AttentionWrapperState", (
        "cell_state", "attention", "time", "alignments", "alignment_history",
        "attention_state"))):
    """The state of an AttentionWrapper."""

    def clone(self, **changed: Any) -> AttentionWrapperState:
        """The same with other parts; tensors have to have the shapes of those before."""
        for name, new in changed.items():
            before = nest.flatten(getattr(self, name))
            for old, now in zip(before, nest.flatten(new)):
                if hasattr(old, "shape") and hasattr(now, "set_shape"):
                    now.set_shape(old.shape)
        return self._replace(**changed)


class AttentionWrapper(RNNCell):
    """A cell that looks at memories at each step.

    Its output is the attention, or that of the cell if output_attention is False.
    """

    def __init__(
        self, cell: Any, attention_mechanism: Any, attention_layer_size: Any = None,
        alignment_history: bool = False, cell_input_fn: Any = None,
        output_attention: bool = True, initial_cell_state: Any = None, name: str | None = None,
        attention_layer: Any = None,
    ) -> None:
        super().__init__(name=name)
        self._several = isinstance(attention_mechanism, list | tuple)
        mechanisms = tuple(attention_mechanism) if self._several else (attention_mechanism,)
        for m in mechanisms:
            if not isinstance(m, AttentionMechanism):
                raise TypeError("attention_mechanism must contain only instances of "
                                f"AttentionMechanism, saw type: {type(m).__name__}")
        self._layers = _layers(mechanisms, attention_layer_size, attention_layer)
        self._cell, self._mechanisms = cell, mechanisms
        self._input_fn = cell_input_fn or (
            lambda inputs, attention: tf.concat([inputs, attention], -1))
        self._output_attention, self._history = output_attention, alignment_history
        self._initial_cell_state = None if initial_cell_state is None else nest.map_structure(
            lambda s: tf.identity(s, name="check_initial_cell_state"), initial_cell_state)
        sizes = [m.values.shape[-1].value if layer is None else layer.units
                 for m, layer in zip(mechanisms, self._layers)]
        self._attention_size = sum(sizes)

    def _item_or_tuple(self, values: Any) -> Any:
        return tuple(values) if self._several else next(iter(values))

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._attention_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self) -> Any:
        """The sizes of an AttentionWrapperState."""
        return AttentionWrapperState(
            cell_state=self._cell.state_size, time=tf.TensorShape([]),
            attention=self._attention_size,
            alignments=self._item_or_tuple(m.alignments_size for m in self._mechanisms),
            attention_state=self._item_or_tuple(m.state_size for m in self._mechanisms),
            alignment_history=self._item_or_tuple(
                m.alignments_size if self._history else () for m in self._mechanisms))

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """The state before the first step."""
        with tf.name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            cell_state = self._initial_cell_state
            if cell_state is None:
                cell_state = self._cell.zero_state(batch_size, dtype)
            cell_state = nest.map_structure(tf.identity, cell_state)
            first = [m.initial_alignments(batch_size, dtype) for m in self._mechanisms]
            return AttentionWrapperState(
                cell_state=cell_state, time=tf.zeros([], tf.int32),
                attention=tf.zeros([batch_size, self._attention_size], dtype),
                alignments=self._item_or_tuple(first),
                attention_state=self._item_or_tuple(
                    m.initial_state(batch_size, dtype) for m in self._mechanisms),
                alignment_history=self._item_or_tuple(
                    tf.TensorArray(dtype, size=0, dynamic_size=True, element_shape=a.shape)
                    if self._history else () for a in first))

    def call(self, inputs: Any, state: Any) -> tuple[Any, Any]:
        """A step of the cell, and a look at each memory."""
        if not isinstance(state, AttentionWrapperState):
            raise TypeError("Expected state to be instance of AttentionWrapperState. Received "
                            f"type {type(state)} instead.")
        output, cell_state = self._cell(self._input_fn(inputs, state.attention), state.cell_state)
        before = state.attention_state if self._several else (state.attention_state,)
        histories = state.alignment_history if self._several else (state.alignment_history,)
        found = []
        for mechanism, layer, old, history in zip(
                self._mechanisms, self._layers, before, histories):
            alignments, after = mechanism(output, old)
            context = tf.squeeze(tf.matmul(tf.expand_dims(alignments, 1), mechanism.values), [1])
            attention = context if layer is None else layer(tf.concat([output, context], 1))
            kept = history.write(state.time, alignments) if self._history else ()
            found.append((attention, alignments, after, kept))
        attentions, *others = zip(*found)
        attention = tf.concat(attentions, 1)
        alignments, after, kept = (self._item_or_tuple(o) for o in others)
        following = AttentionWrapperState(
            time=state.time + 1, cell_state=cell_state, attention=attention,
            attention_state=after, alignments=alignments, alignment_history=kept)
        return (attention if self._output_attention else output), following


def _layers(mechanisms: Any, sizes: Any, layers: Any) -> list[Any]:
    """The layer of each attention, None for one without."""
    if sizes is not None and layers is not None:
        raise pt.ArgumentError("Only one of attention_layer_size and attention_layer should be set")
    given = layers if layers is not None else sizes
    given = list(given) if isinstance(given, list | tuple) else [given]
    if given == [None]:
        return [None] * len(mechanisms)
    if len(given) != len(mechanisms):
        raise pt.ArgumentError(static.message(
            "If provided, attention_layer_size must contain exactly one integer per "
            "attention_mechanism", expected=str(len(mechanisms)), got=str(len(given))))
    if layers is not None:
        return given
    return [tf.layers.Dense(
        size, name="attention_layer" if len(given) == 1 else f"attention_layer_{i}",
        use_bias=False, dtype=mechanisms[i].dtype) for i, size in enumerate(given)]
