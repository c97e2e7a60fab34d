"""Random graphs natively against the references; `python -m tests.fuzz` runs more of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError
from pentad.graph.node import Graph, apply, input_node
from pentad.graph.op import TABLE
from pentad.graph.text import parse_graph, print_graph
from pentad.graph.verify import verify
from pentad.ops.fourier import fft_c2c
from pentad.ops.polynomials import orthogonal_polynomial
from pentad.runtime import interpreter
from tests.fuzz.__main__ import main
from tests.fuzz.causal import row_by_row
from tests.fuzz.check import complaint
from tests.fuzz.generate import arguments, random_graph
from tests.fuzz.judge import Judge
from tests.fuzz.modes import after_passes, graph_of
from tests.fuzz.records import TIED, samples_of, usable
from tests.fuzz.shrink import shrunk
from tests.fuzz.work import FOUND, Work, examined

BLOCK = 20
PLAIN, GRADIENTS, QUICK = 200, 60, 5000


def _blocks(count: int, first: int) -> list[range]:
    return [range(at, at + BLOCK) for at in range(first, first + count, BLOCK)]


@pytest.mark.parametrize("seeds", _blocks(PLAIN, 1000), ids=lambda r: f"from-{r.start}")
def test_graphs_agree_in_all_ways(seeds: range) -> None:
    for seed in seeds:
        assert complaint(graph_of(seed, "plain"), seed) is None, f"seed {seed}"


@pytest.mark.parametrize("seeds", _blocks(GRADIENTS, 5000), ids=lambda r: f"from-{r.start}")
def test_gradients_agree_in_all_ways(seeds: range) -> None:
    for seed in seeds:
        assert complaint(graph_of(seed, "gradient"), seed) is None, f"seed {seed}"


@pytest.mark.parametrize("first", range(20_000, 20_000 + QUICK, 500))
def test_passes_keep_the_meaning_of_small_graphs(first: int) -> None:
    work = Work(range(first, first + 500), "passes", "both", "host", shrink=False, keep=False)
    assert examined(work) == []


def test_every_op_of_the_table_comes_into_random_graphs() -> None:
    drawn = {n.op.name for seed in range(6000) for n in graph_of(seed, "plain", True).nodes}
    plain = {op.name for op in usable(False)}
    assert plain - drawn == set()
    assert {"loop", "cond"} <= drawn
    left_out = set(TABLE) - plain - {"input", *TIED}
    assert all(not samples_of(name) for name in left_out)


def test_records_are_drawn_in_complex_dtypes() -> None:
    drawn = {
        n.op.name
        for seed in range(2000)
        for n in graph_of(seed, "plain", True).nodes
        if n.dtype.is_complex
    }
    assert {"mul", "fft_c2c", "dot_general", "reduce_sum"} <= drawn


def test_the_judge_of_complex_steps_allows_rounding_and_no_more() -> None:
    z = input_node("z", (2, 3, 4), dtypes.complex64)
    found = fft_c2c(ops.exp(z), axes=(2,), inverse=False)
    graph = Graph([z], [ops.real(found), ops.imag(found)])
    arrays = arguments(graph, 3)
    judge = Judge(graph, arrays)
    right = judge.reference
    assert judge.complaint([a * np.float32(1 + 2**-23) for a in right]) is None
    assert "output 1" in str(judge.complaint([right[0], right[1] + np.float32(1e-3)]))


def test_a_process_takes_seeds_in_turn_and_reports_failures() -> None:
    done = CliRunner().invoke(main, ["--mode", "passes", "--count", "300", "--jobs", "1"])
    assert done.exit_code == 0, done.output
    assert "300 graphs from seed 0 on (passes), 0 failures" in done.output


def test_as_a_program_it_shares_the_seeds_among_processes() -> None:
    options = ["--mode", "passes", "--count", "1000", "--jobs", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1000 graphs from seed 0 on (passes), 0 failures" in done.stdout


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.txt")), ids=lambda p: p.stem)
def test_what_once_failed_agrees(path: Path) -> None:
    graph = parse_graph(path.read_text())
    for seed in range(4):
        assert complaint(graph, seed, every_pass=seed == 0) is None


# -- the tests of the tools --------------------------------------------------------------------


def test_graphs_of_a_seed_are_the_same_and_can_be_kept_as_text() -> None:
    for seed in range(40):
        graph = random_graph(seed)
        verify(graph)
        text = print_graph(graph)
        assert text == print_graph(random_graph(seed))
        again = parse_graph(text)
        assert print_graph(again) == text
        for a, b in zip(arguments(graph, 1), arguments(again, 1), strict=True):
            np.testing.assert_array_equal(a, b)


def _small() -> tuple[Graph, list[np.ndarray]]:
    x = input_node("x", (64,), dtypes.float32)
    graph = Graph([x], [ops.reduce_sum(ops.sin(x), [0]), ops.exp(x), ops.floor(x)])
    return graph, arguments(graph, 3)


@pytest.mark.parametrize("error, accepted", [(2e-7, True), (2e-5, False), (1e-3, False)])
def test_the_judge_tells_rounding_from_errors(error: float, accepted: bool) -> None:
    graph, arrays = _small()
    judge = Judge(graph, arrays)
    total, powers, floors = judge.reference
    wrong = [total, (powers * (1 + error)).astype(np.float32), floors]
    assert (judge.complaint(wrong) is None) == accepted


def test_the_judge_sees_wrong_integers_shapes_and_infinities() -> None:
    graph, arrays = _small()
    judge = Judge(graph, arrays)
    total, powers, floors = judge.reference
    assert judge.complaint([total, powers, floors]) is None
    assert judge.complaint([total, powers, floors + np.float32(1)])
    assert judge.complaint([total * np.float32(np.nan), powers, floors])
    assert judge.complaint([total[None], powers, floors])
    powers = powers.copy()
    powers[17] = np.inf
    assert "(17,)" in str(judge.complaint([total, powers, floors]))


def test_the_judge_forgives_what_rounding_explains() -> None:
    x = input_node("x", (256,), dtypes.float32)
    near = ops.sub(ops.add(x, ops.full_like(1e4, x)), ops.full_like(1e4, x))
    graph = Graph([x], [near])
    arrays = arguments(graph, 0)
    judge = Judge(graph, arrays)
    assert judge.complaint([arrays[0]]) is None, "0.001 is one unit in the last place of 10000"
    assert judge.complaint([arrays[0] + np.float32(0.1)])


@pytest.mark.parametrize("name", ["flash_attention", "flash_attention_grad"])
def test_causal_attention_can_be_computed_row_by_row(name: str) -> None:
    causal = [s for s in samples_of(name) if s.attrs["causal"]]
    assert causal
    for sample in causal:
        nodes = [input_node(f"x{i}", *t) for i, t in enumerate(sample.inputs)]
        graph = Graph(nodes, [apply(TABLE[name], *nodes, **sample.attrs)])
        arrays = arguments(graph, 5)
        found = row_by_row(graph.outputs[0], arrays, interpreter.run)
        np.testing.assert_allclose(found, interpreter.run(graph, arrays)[0], rtol=1e-3, atol=1e-4)


def test_the_judge_knows_what_its_noise_cannot_keep_apart() -> None:
    """Of 21 terms of 3e38 and 20 of -3e38 an order makes infinity; noise makes NaN of logsumexp."""
    x, w = (input_node(n, (41, 1), dtypes.float32) for n in "xw")
    terms = ops.logsumexp(x, axes=[1])
    graph = Graph([x, w], [ops.dot_general(terms, w, contract=([0], [0]))])
    signs = np.where(np.arange(41) % 2, -1, 1)[:, None].astype("f4")
    judge = Judge(graph, [np.full((41, 1), 3e38, "f4"), signs])
    assert judge.complaint([np.array([np.inf], "f4")]) is None


def test_the_judge_knows_how_sums_are_rounded() -> None:
    """One number 600 times: each further term is rounded to the same side."""
    x = input_node("x", (600,), dtypes.float32)
    judge = Judge(Graph([x], [ops.reduce_sum(x, [0])]), [np.full(600, 0.7, np.float32)])
    one_by_one = np.cumsum(np.full(600, 0.7, np.float32), dtype=np.float32)[-1]
    assert abs(one_by_one / judge.reference[0] - 1) > 2e-6
    assert judge.complaint([one_by_one]) is None
    assert judge.complaint([one_by_one * np.float32(1.001)])


def test_the_judge_knows_how_products_overflow() -> None:
    """1e30 * 1e30 * 0 is NaN, 1e30 * 0 * 1e30 is 0; 1e-30 * 1e-30 * 1e30 is 0 or 1e-30."""
    x = input_node("x", (3, 3), dtypes.float32)
    rows = [[1e30, 1e30, 0], [1e-30, 1e-30, 1e30], [2, 3, 4]]
    judge = Judge(Graph([x], [ops.reduce_prod(x, [1])]), [np.array(rows, np.float32)])
    for first in (np.nan, 0.0):
        for second in (0.0, 1e-30):
            assert judge.complaint([np.array([first, second, 24], np.float32)]) is None
    assert judge.complaint([np.array([0, 1e-30, 25], np.float32)])
    assert judge.complaint([np.array([0, 1e-28, 24], np.float32)])


def test_the_judge_knows_what_rounding_makes_zero() -> None:
    """1 - tanh(9)**2 is 6e-8 or, rounded, 0: times infinity it is infinity or NaN."""
    x, y = (input_node(name, (), dtypes.float32) for name in "xy")
    t = ops.tanh(x)
    graph = Graph([x, y], [ops.mul(ops.sub(ops.full_like(1, t), ops.mul(t, t)), y)])
    judge = Judge(graph, [np.array(9, np.float32), np.array(np.inf, np.float32)])
    assert judge.complaint([np.array(np.nan, np.float32)]) is None
    assert judge.complaint([np.array(np.inf, np.float32)]) is None
    assert judge.complaint([np.array(1.0, np.float32)])


def test_values_that_an_op_refuses_are_no_failure() -> None:
    """A degree of a billion of a Chebyshev polynomial."""
    x = input_node("x", (6,), dtypes.float64)
    polynomial = orthogonal_polynomial(x, ops.full_like(1e9, x), family="chebyshev_u")
    graph = Graph([x], [polynomial])
    with pytest.raises(ArgumentError, match="degree"):
        interpreter.run(graph, arguments(graph, 0))
    assert after_passes(graph, 0) is None


def test_the_judge_knows_sums_over_turns_that_overflow() -> None:
    """Terms of 4e38 and -6e38 in a loop: which infinity, or NaN, depends on the order."""
    graph = parse_graph((Path(__file__).parent / "sums_over_turns.txt").read_text())
    assert after_passes(graph, seed=50_251_607) is None


def test_failures_are_made_small() -> None:
    graph = random_graph(11, differentiable=True, length=12)
    inputs, outputs = list(graph.inputs), list(graph.outputs)
    culprit = ops.sin(ops.abs(inputs[0]))
    large = Graph(inputs, [*outputs, ops.add(culprit, culprit)])
    small = shrunk(large, lambda g: any(n.op.name == "sin" for n in g.nodes))
    assert [n.op.name for n in small.nodes] == ["input", "sin"]
