"""Cells along sequences: dynamic_rnn as a scan, static_rnn step by step, both ways, raw_rnn."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import nest
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import logical_or, where
from pentad.frontends.tensorflow1.ops.creation import range as range_
from pentad.frontends.tensorflow1.ops.creation import zeros_like
from pentad.frontends.tensorflow1.ops.gathering import reverse_sequence
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.loops import scanned, while_loop
from pentad.frontends.tensorflow1.ops.padding import reverse
from pentad.frontends.tensorflow1.ops.reductions import reduce_all
from pentad.frontends.tensorflow1.ops.shaping import concat, transpose
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.ops.tensor_array import TensorArray
from pentad.frontends.tensorflow1.rnn.cells import batch_size_of, zeros_of
from pentad.frontends.tensorflow1.variables.scope import variable_scope


def _packed(structure: Any, leaves: Any) -> Any:
    return nest.pack_sequence_as(structure, leaves) if nest.is_nested(structure) else leaves[0]


def time_first(x: Any) -> Any:
    """The two first axes exchanged."""
    rank = x.shape.ndims
    if rank is None:
        order = concat([[1, 0], range_(2, len_of(x))], 0)
        return transpose(x, order)
    return transpose(x, [1, 0, *range(2, rank)])


def len_of(x: Any) -> Any:
    """The number of axes of a tensor of unknown rank."""
    from pentad.frontends.tensorflow1.ops.shaping import rank

    return rank(x)


def require_cell(cell: Any) -> None:
    """TypeError unless it is a cell."""
    if not callable(cell) or not hasattr(cell, "state_size"):
        raise TypeError(static.message(
            f"The argument 'cell' ({cell}) is not an RNNCell", expected="a tf.nn.rnn_cell.RNNCell"))


def _kept(done: Any, old: Any, new: Any) -> Any:
    """The old values in the rows that are done."""
    def one(before: Any, after: Any) -> Any:
        if not isinstance(after, Tensor) or after.shape.ndims == 0:
            return after
        found = where(done, before, after)
        found.set_shape(after.shape)
        return found

    pairs = zip(nest.flatten(old), nest.flatten(new))
    return _packed(new, [one(a, b) for a, b in pairs])


def _first_state(cell: Any, initial_state: Any, batch_size: Any, dtype: Any) -> Any:
    if initial_state is not None:
        return nest.map_structure(convert_to_tensor, initial_state)
    if dtype is None:
        raise pt.ArgumentError("If there is no initial_state, you must give a dtype.")
    return cell.zero_state(batch_size, dtype)


def _lengths(sequence_length: Any) -> Any:
    if sequence_length is None:
        return None
    found = cast(convert_to_tensor(sequence_length), "int32")
    if found.shape.ndims not in (None, 1):
        raise pt.ShapeError(static.message(
            f"sequence_length must be a vector of length batch_size, but saw shape: {found.shape}"))
    return identity(found, name="sequence_length")


def dynamic_rnn(
    cell: Any, inputs: Any, sequence_length: Any = None, initial_state: Any = None,
    dtype: Any = None, parallel_iterations: Any = None, swap_memory: bool = False,
    time_major: bool = False, scope: Any = None,
) -> Any:
    """A cell along sequences: (outputs, state at the end).

    sequence_length: how long each sequence is; after it outputs are zero and the state stays.
    """
    require_cell(cell)
    with variable_scope(scope or "rnn"):
        leaves = [convert_to_tensor(x) for x in nest.flatten(inputs)]
        for x in leaves:
            if x.shape.ndims is not None and x.shape.ndims < 2:
                raise pt.ShapeError(static.message(
                    "dynamic_rnn: inputs need an axis of time and one of the batch",
                    expected="[batch, time, ...]", got=str(x.shape)))
        if not time_major:
            leaves = [time_first(x) for x in leaves]
        lengths = _lengths(sequence_length)
        state = _first_state(cell, initial_state, batch_size_of(leaves, 1), dtype)
        outputs, state = _along(cell, inputs, leaves, state, lengths)
        if not time_major:
            outputs = nest.map_structure(time_first, outputs)
        return outputs, state


def _along(cell: Any, structure: Any, leaves: Any, state: Any, lengths: Any) -> Any:
    graph = get_default_graph()
    first = nest.flatten(state)
    rows = [*leaves]
    steps = shape_of(leaves[0])[0]
    if lengths is not None:
        rows.append(range_(steps))

    def step(items: Any, carry: Any) -> Any:
        given = _packed(structure, items[:len(leaves)])
        before = _packed(state, carry)
        output, after = cell(given, before)
        nest.assert_same_structure(before, after, check_types=False)
        if lengths is not None:
            done = items[-1] >= lengths
            blank = nest.map_structure(zeros_like, output)
            output, after = _kept(done, blank, output), _kept(done, before, after)
        for old, new in zip(carry, nest.flatten(after)):
            new.set_shape(old.shape)
        return nest.flatten(after), nest.flatten(output), output

    end, collected, kind = scanned(
        graph, graph.unique_name("while"), rows, steps, first, step, True, False)
    return _packed(kind, collected), _packed(state, end)


def static_rnn(
    cell: Any, inputs: Any, initial_state: Any = None, dtype: Any = None,
    sequence_length: Any = None, scope: Any = None,
) -> Any:
    """A cell along a list of inputs: (list of outputs, state at the end)."""
    require_cell(cell)
    if not isinstance(inputs, list | tuple):
        raise TypeError(static.message("inputs must be a sequence", got=type(inputs).__name__))
    if not inputs:
        raise pt.ArgumentError("inputs must not be empty")
    outputs = []
    with variable_scope(scope or "rnn") as opened:
        inputs = [nest.map_structure(convert_to_tensor, x) for x in inputs]
        state = _first_state(cell, initial_state, batch_size_of(inputs[0]), dtype)
        lengths = _lengths(sequence_length)
        for time, given in enumerate(inputs):
            if time > 0:
                opened.reuse_variables()
            output, after = cell(given, state)
            if lengths is not None:
                done = lengths <= time
                blank = nest.map_structure(zeros_like, output)
                output, after = _kept(done, blank, output), _kept(done, state, after)
            outputs.append(output)
            state = after
        return outputs, state


def static_state_saving_rnn(
    cell: Any, inputs: Any, state_saver: Any, state_name: Any, sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    """static_rnn whose state is read from a saver and given back to it."""
    several = isinstance(state_name, tuple)
    names = nest.flatten(state_name)
    parts = [state_saver.state(n) for n in names]
    state = nest.pack_sequence_as(cell.state_size, parts) if several else parts[0]
    outputs, after = static_rnn(cell, inputs, state, sequence_length=sequence_length, scope=scope)
    saves = [state_saver.save_state(n, s) for n, s in zip(names, nest.flatten(after))]
    with get_default_graph().control_dependencies(saves):
        outputs[-1] = nest.map_structure(identity, outputs[-1])
        return outputs, nest.map_structure(identity, after)


# -- both ways ---------------------------------------------------------------------------------


def bidirectional_dynamic_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, sequence_length: Any = None,
    initial_state_fw: Any = None, initial_state_bw: Any = None, dtype: Any = None,
    parallel_iterations: Any = None, swap_memory: bool = False, time_major: bool = False,
    scope: Any = None,
) -> Any:
    """A cell along sequences and another one backwards: pairs of outputs and of states."""
    require_cell(cell_fw)
    require_cell(cell_bw)
    with variable_scope(scope or "bidirectional_rnn"):
        options = {"sequence_length": sequence_length, "dtype": dtype, "time_major": time_major}
        with variable_scope("fw") as forward:
            output_fw, state_fw = dynamic_rnn(cell_fw, inputs, initial_state=initial_state_fw,
                                              scope=forward, **options)
        axis = 0 if time_major else 1

        def turned(x: Any) -> Any:
            if sequence_length is None:
                return reverse(x, [axis])
            return reverse_sequence(x, sequence_length, seq_axis=axis, batch_axis=1 - axis)

        with variable_scope("bw") as backward:
            back = nest.map_structure(lambda x: turned(convert_to_tensor(x)), inputs)
            found, state_bw = dynamic_rnn(cell_bw, back, initial_state=initial_state_bw,
                                          scope=backward, **options)
        output_bw = nest.map_structure(turned, found)
    return (output_fw, output_bw), (state_fw, state_bw)


def static_bidirectional_rnn(
    cell_fw: Any, cell_bw: Any, inputs: Any, initial_state_fw: Any = None,
    initial_state_bw: Any = None, dtype: Any = None, sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    """The same for lists: (outputs side by side, state, state of the way back)."""
    require_cell(cell_fw)
    require_cell(cell_bw)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward:
            output_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype,
                                             sequence_length, scope=forward)
        with variable_scope("bw") as backward:
            found, state_bw = static_rnn(
                cell_bw, _turned_list(inputs, sequence_length), initial_state_bw, dtype,
                sequence_length, scope=backward)
    output_bw = _turned_list(found, sequence_length)
    both = [concat([a, b], 1) for a, b in zip(output_fw, output_bw)]
    return both, state_fw, state_bw


def _turned_list(values: Any, lengths: Any) -> list[Any]:
    if lengths is None:
        return list(reversed(values))
    from pentad.frontends.tensorflow1.ops.shaping import stack, unstack

    whole = reverse_sequence(stack(list(values)), lengths, seq_axis=0, batch_axis=1)
    return unstack(whole, num=len(values))


# -- raw_rnn -----------------------------------------------------------------------------------


def raw_rnn(
    cell: Any, loop_fn: Any, parallel_iterations: Any = None, swap_memory: bool = False,
    scope: Any = None,
) -> Any:
    """A cell along what a function gives: (arrays of outputs, state at the end, loop state).

    loop_fn(time, output, state, loop_state) gives (finished, next input, next state, what to
    collect, next loop state).
    """
    require_cell(cell)
    if not callable(loop_fn):
        raise TypeError(static.message("loop_fn must be a callable"))
    with variable_scope(scope or "rnn"):
        time = constant(0, "int32")
        finished, given, state, emit_kind, loop_state = loop_fn(time, None, None, None)
        given = nest.map_structure(convert_to_tensor, given)
        state = nest.map_structure(convert_to_tensor, state)
        keeps = loop_state is not None
        loop_state = loop_state if keeps else constant(0)
        batch = batch_size_of(given)
        emit_size = cell.output_size if emit_kind is None else nest.map_structure(
            lambda t: t.shape.as_list(), emit_kind)
        leaves = nest.flatten(emit_kind) if emit_kind is not None else None
        kinds = [t.dtype for t in leaves] if leaves else [nest.flatten(given)[0].dtype] * len(
            nest.flatten(cell.output_size))
        structure = emit_kind if emit_kind is not None else cell.output_size
        blank = (_packed(structure, [zeros_like_batch(t, batch) for t in leaves]) if leaves
                 else zeros_of(emit_size, batch, kinds[0]))
        arrays = _packed(structure, [
            TensorArray(k, size=0, dynamic_size=True, name=f"rnn_output_{i}")
            for i, k in enumerate(kinds)])
        carried = _steps(cell, loop_fn, finished, given, state, arrays, blank, loop_state, keeps)
    return carried[3], carried[4], carried[5] if keeps else None


def zeros_like_batch(t: Any, batch: Any) -> Any:
    """Zeros of a tensor's shape for each element of the batch."""
    from pentad.frontends.tensorflow1.ops.creation import zeros

    return zeros([batch, *t.shape.as_list()], t.dtype)


def _steps(
    cell: Any, loop_fn: Any, finished: Any, given: Any, state: Any, arrays: Any, blank: Any,
    loop_state: Any, keeps: bool,
) -> Any:
    def again(time: Any, elements_finished: Any, *_: Any) -> Any:
        from pentad.frontends.tensorflow1.ops.comparison import logical_not

        return logical_not(reduce_all(elements_finished))

    def body(
        time: Any, done: Any, given: Any, arrays: Any, state: Any, loop_state: Any
    ) -> Any:
        output, after = cell(given, state)
        found = loop_fn(time + 1, output, after, loop_state if keeps else None)
        next_done, next_given, next_state, emitted, next_loop = found
        emitted = _kept(done, blank, output if emitted is None else emitted)
        next_state = _kept(done, state, next_state)
        written = [a.write(time, v) for a, v in zip(nest.flatten(arrays), nest.flatten(emitted))]
        return (time + 1, logical_or(done, next_done), next_given, _packed(arrays, written),
                next_state, next_loop if keeps else loop_state)

    first = (constant(0, "int32"), convert_to_tensor(finished), given, arrays, state, loop_state)
    return while_loop(again, body, first)
