"""Runs: values, variables, sizes that vary, where nodes run."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import pentad as pt
from pentad import static
from tests.static.common import (
    ADD,
    LENGTH,
    MATMUL,
    MUL,
    NONZERO,
    PRINT,
    RESHAPE,
    REVERSE,
    SHAPE,
    SUB,
    SUM,
    TANH,
    make,
)


@pytest.fixture
def graph():
    return static.Graph()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_unknown_sizes_stay_unknown_and_known_ones_are_found(graph):
    x = static.placeholder(graph, pt.float32, (None, 4))
    w = static.placeholder(graph, pt.float32, (4, 3))
    assert make(MATMUL, x, w).static_type == (pt.float32, (None, 3))
    assert make(RESHAPE, x, make(REVERSE, make(SHAPE, x))).static_type.shape == (4, None)
    # The unknown size must be 4 here, whatever is tried for it.
    y = static.placeholder(graph, pt.float32, (None, None))
    assert make(MATMUL, y, w).static_type.shape == (None, 3)
    free = static.placeholder(graph, pt.float32)
    assert make(TANH, free).static_type.shape is None


def test_what_cannot_fit_is_refused_when_it_is_made(graph):
    x = static.placeholder(graph, pt.float32, (2, 4), "x")
    before = len(graph.nodes)
    with pytest.raises(pt.ShapeError, match=r"(?s)'matmul'.*made at .*common\.py"):
        make(MATMUL, x, x)
    assert len(graph.nodes) == before


def test_one_trace_serves_every_size(graph, rng):
    x = static.placeholder(graph, pt.float32, (None, 4))
    run = static.Run(static.Store(), [make(SUM, make(TANH, x))], [x])
    for n in (5, 9, 2, 7):
        value = rng.standard_normal((n, 4)).astype(np.float32)
        np.testing.assert_allclose(run([value])[0], np.tanh(value).sum(), rtol=2e-5, atol=1e-5)
    [native] = run._compiled.values()
    assert native.compiled.traces == 1


def test_a_step_reads_before_it_writes_eagerly_and_compiled(graph):
    w = static.variable(graph, pt.float64, (2,), "w")
    loss = make(SUM, make(MUL, w, w))
    [g] = static.gradients([loss], [w])
    step = static.assign(w, make(SUB, w, g))
    for eager_first in (0, 10):
        store = static.Store()
        store.set(w.node, np.array([1.0, 2.0]))
        run = static.Run(store, [step, loss, w], [], eager_first=eager_first)
        none, value, after = run([])
        assert none is None
        assert value == 5.0
        assert store.values[w.node].tolist() == [-1.0, -2.0]
        assert run([])[1] == 5.0


def test_control_dependencies_let_reads_see_writes(graph):
    w = static.variable(graph, pt.float64, (), "w")
    one = static.constant(graph, 1.0, pt.float64)
    step = static.assign(w, make(ADD, w, one))
    after = static.apply(graph, ADD, [w, one], control=[step]).outputs[0]
    store = static.Store()
    store.set(w.node, 0.0)
    run = static.Run(store, [after], [])
    assert [run([])[0] for _ in range(3)] == [2.0, 3.0, 4.0]


def test_variables_can_swap(graph):
    a, b = (static.variable(graph, pt.float64, (2,), n) for n in "ab")
    store = static.Store()
    for eager_first in (0, 9):
        store.set(a.node, [1.0, 2.0])
        store.set(b.node, [3.0, 4.0])
        run = static.Run(store, [], [], [(a.node, b), (b.node, a)], eager_first=eager_first)
        run([])
        assert store.values[a.node].tolist() == [3.0, 4.0]
        assert store.values[b.node].tolist() == [1.0, 2.0]


def test_an_update_may_change_the_shape(graph, rng):
    a = static.variable(graph, pt.float64, (None,), "a")
    x = static.placeholder(graph, pt.float64, (None,))
    store = static.Store()
    store.set(a.node, [1.0])
    run = static.Run(store, [make(SUM, a)], [x], [(a.node, x)])
    assert run([np.ones(3)]) == [1.0]
    assert run([np.ones(5)]) == [3.0]
    assert run([np.ones(5)]) == [5.0]


def test_an_unset_variable_names_itself(graph):
    w = static.variable(graph, pt.float64, (2,), "weights")
    run = static.Run(static.Store(), [make(SUM, w)], [])
    with pytest.raises(static.Uninitialized, match="uninitialized value weights"):
        run([])


def test_values_that_are_sizes_are_part_of_the_code(graph, rng):
    x = static.placeholder(graph, pt.float32, (None,))
    n = static.placeholder(graph, pt.int32, (2,))
    run = static.Run(static.Store(), [make(RESHAPE, x, n)], [x, n])
    assert run([np.arange(6.0), [2, 3]])[0].shape == (2, 3)
    assert run([np.arange(6.0), [3, 2]])[0].shape == (3, 2)
    assert len(run._compiled) == 2


def test_sizes_that_depend_on_values_run_eagerly(graph):
    x = static.placeholder(graph, pt.float32, (None,))
    run = static.Run(static.Store(), [make(SUM, make(NONZERO, x))], [x])
    assert "sizes that nonzero gives" in run.reason
    assert run([[1.0, 0.0, 2.0]]) == [2]


def test_steps_in_python_come_last_if_they_can(graph):
    x = static.placeholder(graph, pt.float32, (None,))
    y = make(TANH, x)
    seen = static.apply(graph, PRINT, [y], types=[y.static_type]).outputs[0]
    last = static.Run(static.Store(), [seen, y], [x])
    assert last.reason is None
    assert last.parts.after == [seen.node]
    found, value = last([[0.5]])
    assert found == value
    amid = static.Run(static.Store(), [make(SUM, seen)], [x])
    assert "runs in Python" in amid.reason
    assert amid([[0.5]])[0] == value[0]


def test_feeds_are_checked(graph):
    x = static.placeholder(graph, pt.float32, (None, 2), "x")
    run = static.Run(static.Store(), [make(SUM, x)], [x])
    with pytest.raises(pt.ShapeError, match=r"cannot feed value of shape \(3,\) for 'x'"):
        run([np.ones(3)])
    with pytest.raises(pt.DTypeError, match="not numeric"):
        run([["a", "b"]])
    unfed = static.Run(static.Store(), [make(SUM, x)], [])
    with pytest.raises(pt.ArgumentError, match="placeholder 'x' was not fed"):
        unfed([])


def test_a_symbol_can_stand_in_for_another(graph):
    x = static.placeholder(graph, pt.float64, ())
    y = make(MUL, x, x)
    three = static.constant(graph, 3.0, pt.float64)
    assert static.Run(static.Store(), [y], [], replaced={x: three})([]) == [9.0]
    with pytest.raises(pt.GraphError, match="cycle"):
        static.Run(static.Store(), [y], [], replaced={x: y})


def test_the_length_of_an_input_is_known_without_its_value(graph):
    x = static.placeholder(graph, pt.float64, (None, 2))
    total = make(MUL, make(SUM, x), make(LENGTH, x))
    run = static.Run(static.Store(), [total], [x])
    assert [run([np.ones((n, 2))])[0] for n in (3, 4, 5)] == [18.0, 32.0, 50.0]
    assert next(iter(run._compiled.values())).compiled.traces == 1


def test_streams_begin_at_their_seed(graph):
    op = static.RandomOp("uniform", lambda g: pt.rand(3, generator=g))
    a = static.apply(graph, op, extra={"seed": 3}).outputs[0]
    runs = [static.Run(static.Store(), [a], [], eager_first=n) for n in (0, 5)]
    first, second = ([run([])[0].tolist() for _ in range(3)] for run in runs)
    assert first == second
    assert first[0] != first[1]


def test_windows_of_data_are_compiled_once(graph):
    data = static.variable(graph, pt.float64, (None,), "data")
    i = static.placeholder(graph, pt.int64, ())
    four, one = static.constant(graph, 4), static.constant(graph, 1)
    part = static.dynamic_slice(data, make(MUL, i, four), make(MUL, make(ADD, i, one), four))
    assert part.static_type.shape == (None,)
    x = static.placeholder(graph, pt.float64, (None,))
    store = static.Store()
    store.set(data.node, np.arange(14.0))
    run = static.Run(store, [make(SUM, x), i], [i], replaced={x: part})
    for n in (0, 2, 1, 0, 2):
        assert run([n]) == [sum(range(4 * n, 4 * n + 4)), n]
    [native] = run._compiled.values()
    assert native.compiled.traces == 1
    # The last one is shorter, and the one behind it empty.
    assert [run([n])[0] for n in (3, 4)] == [25.0, 0.0]
    assert len(run._compiled) == 3


@pytest.mark.parametrize("fed", [False, True])
def test_windows_take_the_short_way_as_long_as_they_lie_within_the_data(graph, fed):
    kind = static.placeholder if fed else static.variable
    data = kind(graph, pt.float64, (None,), "data")
    i = static.placeholder(graph, pt.int64, ())
    two, one = static.constant(graph, 2), static.constant(graph, 1)
    part = static.dynamic_slice(data, make(MUL, i, two), make(MUL, make(ADD, i, one), two))
    store = static.Store()
    run = static.Run(store, [make(SUM, part)], [i, data] if fed else [i])

    def total(n, count):
        if not fed:
            store.set(data.node, np.arange(float(count)))
        return run([n, np.arange(float(count))] if fed else [n])[0]

    assert [total(n, 6) for n in (0, 1)] == [1.0, 5.0]
    assert run._short is not None
    # Beyond the data, before it, and in data of another length, long and short.
    assert [total(n, 6) for n in (2, 3, -1)] == [9.0, 0.0, 0.0]
    assert [total(n, 5) for n in (2, 1, 0)] == [4.0, 5.0, 1.0]
    assert [total(n, 9) for n in (3, 4)] == [13.0, 8.0]


def test_results_are_not_the_memory_of_what_is_fed(graph):
    x = static.placeholder(graph, pt.float32, (None, 50))
    run = static.Run(static.Store(), [x, make(REVERSE, x), make(SUM, x)], [x], eager_first=1)
    fed = np.ones((64, 50), np.float32)
    for n in range(1, 6):  # eagerly, compiled, and then by the short way, from the same memory
        results = run([fed])
        kept = [r.copy() for r in results]
        fed += 1
        assert [float(k.max()) for k in kept] == [n, n, n * 3200]
        assert all(np.array_equal(r, k) for r, k in zip(results, kept))
    assert run._short is not None
    assert run([np.zeros((64, 50), np.float32)])[2] == 0
    assert run([fed.reshape(32, 100)[:, :50]])[2] == fed[:32].sum()
    assert run([fed])[2] == fed.sum()


def test_a_clone_is_computed_of_other_symbols(graph):
    x, y = (static.placeholder(graph, pt.float64, ()) for _ in range(2))
    shared = make(MUL, y, y)
    whole = make(ADD, make(MUL, x, x), shared)
    [copy] = static.clone([whole], {x: y})
    assert copy.node.inputs[1] is shared
    assert static.Run(static.Store(), [whole, copy], [x, y])([3.0, 2.0]) == [13.0, 8.0]


@pytest.mark.parametrize("eager", [0, 9])
def test_gradients_stay_those_of_the_graph_as_it_was(graph, eager):
    """d/dw (w t)^2 = 2 w t^2, and of the second kind 2 t^2, whatever t is computed of later."""
    w, t = (static.placeholder(graph, pt.float64, ()) for _ in range(2))
    cost = make(MUL, make(MUL, w, t), make(MUL, w, t))
    first, by_t = static.gradients([cost], [w, t])
    [second] = static.gradients([first], [w])
    wanted, later = [first, by_t, second], make(MUL, w, w)
    copies = static.clone([*wanted, cost], {t: later})
    # What is differentiated after that is w^6.
    copies[3:] = static.gradients(copies[3:], [w])
    run = static.Run(static.Store(), copies, [w], eager_first=eager)
    assert run([2.0]) == [64.0, 32.0, 32.0, 192.0]
    run = static.Run(static.Store(), wanted, [w], replaced={t: later}, eager_first=eager)
    assert run([2.0]) == [64.0, 32.0, 32.0]


@pytest.mark.parametrize("eager", [0, 9])
@pytest.mark.parametrize("how", ["fed", "replaced"])
def test_gradients_pass_what_is_given_in_place_of_a_computed_value(graph, eager, how):
    """d/dw y^2 with y = w w is 2 y 2 w, where y is what was given."""
    w, other = (static.placeholder(graph, pt.float64, ()) for _ in range(2))
    y = make(MUL, w, w)
    [slope] = static.gradients([make(MUL, y, y)], [w])
    feeds, replaced = ([w, y], {}) if how == "fed" else ([w, other], {y: other})
    run = static.Run(
        static.Store(), [slope, y], feeds, replaced=replaced, eager_first=eager)
    assert run([3.0, 5.0]) == [60.0, 5.0]
    assert run([1.0, np.inf]) == [np.inf, np.inf]
    with pytest.raises(pt.PentadError):
        static.Run(static.Store(), [slope], feeds[1:], replaced=replaced)([5.0])


def test_a_run_explains_itself(graph, capsys):
    x = static.placeholder(graph, pt.float32, (None,))
    w = static.variable(graph, pt.float32, (3,), "w")
    run = static.Run(static.Store(), [make(SUM, make(TANH, x)), static.assign(w, x)], [x])
    run.store.set(w.node, np.zeros(3))
    found = run.explain([np.ones(3)])
    assert "tanh" in found.kernels[0].ops
    assert "common.py" in found.kernels[0].line  # where the node was made
    assert "tanh" in capsys.readouterr().out
    assert run.store.values[w.node].tolist() == [0.0] * 3


def test_a_constant_that_repeats_a_number_is_a_number_in_the_code(graph):
    x = static.placeholder(graph, pt.float32, (None, 3))
    one = static.constant(graph, np.ones((1, 1), np.float32))
    zeros = static.constant(graph, np.array([0.0, -0.0, 0.0], np.float32))
    run = static.Run(static.Store(), [make(MUL, make(MUL, x, one), zeros)], [x])
    found = run.explain([np.ones((2, 3), np.float32)])
    assert len(found.before.inputs) == 2  # x and zeros, which are not the same number
    assert "x * 1" in {f.rule for f in found.rules}
    signs = np.signbit(np.asarray(run([np.ones((2, 3), np.float32)])[0]))
    assert signs.tolist() == [[False, True, False]] * 2


def test_a_variable_that_nothing_needs_goes_with_its_value(graph):
    class Forgetful(static.Graph):
        def keep(self, node):
            pass

    loose, store = Forgetful(), static.Store()
    w = static.variable(loose, pt.float64, (2,), "w")
    store.set(w.node, [1.0, 2.0])
    run = static.Run(store, [make(SUM, w)], [])
    assert run([]) == [3.0]
    assert len(store.values) == 1
    del w, run
    gc.collect()
    assert len(store.values) == 0


def test_code_stays_while_other_variables_change(graph):
    a, b = (static.variable(graph, pt.float64, (None,), n) for n in "ab")
    store = static.Store()
    store.set(a.node, [1.0])
    store.set(b.node, [1.0])
    run = static.Run(store, [make(SUM, a)], [])
    assert run([]) == [1.0]
    [native] = run._compiled.values()
    store.set(b.node, [1.0, 2.0])
    assert run([]) == [1.0]
    assert list(run._compiled.values()) == [native]
    store.set(a.node, [1.0, 2.0])
    assert run([]) == [3.0]
    assert list(run._compiled.values()) != [native]


def test_a_remainder_of_an_unknown_number_is_unknown(graph):
    n = static.placeholder(graph, pt.int64, ())
    five = static.constant(graph, 5)
    remainder = static.Op("mod", lambda a, b: a % b, known=lambda a, b: a % b)
    size = make(ADD, make(remainder, n, five), static.constant(graph, 1))
    full = static.Op(
        "full", lambda s: pt.ones(int(s)), sizes=(0,),
        infer=lambda s, node: [static.Type(pt.float32, (None,))],
    )
    made = make(full, size)
    assert made.static_type.shape == (None,)
    run = static.Run(static.Store(), [made], [n])
    assert [run([k])[0].shape for k in (3, 5, 9)] == [(4,), (1,), (5,)]


def test_gradients_pass_through_steps_in_python_that_have_one(graph):
    x = static.placeholder(graph, pt.float32, (None,))
    doubled = static.Op("double", lambda a: 2 * a, host=True,
                        backward=lambda node, inputs, gradients: [2 * gradients[0]])
    for value in (x, make(TANH, x)):
        y = static.apply(graph, doubled, [value], types=[value.static_type]).outputs[0]
        [found] = static.gradients([make(MUL, y, y)], [value])
        run = static.Run(static.Store(), [found, value], [x])
        gradient, v = run([[0.5, 1.0]])
        np.testing.assert_allclose(gradient, 8 * v, rtol=1e-6)
    without = static.apply(graph, PRINT, [x], types=[x.static_type]).outputs[0]
    assert static.gradients([without], [x]) == [None]


def test_constants_of_bfloat16_are_rounded_and_come_out_as_floats(graph):
    c = static.constant(graph, [1.3, 2.0], pt.bfloat16)
    run = static.Run(static.Store(), [c, make(ADD, c, c)], [])
    for _ in range(2):
        assert [v.tolist() for v in run([])] == [[1.296875, 2.0], [2.59375, 4.0]]
