"""Philox against Random123's known answers, and the numbers made from its bits."""

from __future__ import annotations

import numpy as np
import pytest

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ShapeError
from pentad.graph.node import Graph, input_node
from pentad.ops.random import NumPyWords, philox4x32
from pentad.runtime.interpreter import run, run_node

# Random123, tests/kat_vectors: philox4x32 10 rounds: counter, key, result.
KNOWN = [
    (
        "00000000 00000000 00000000 00000000",
        "00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff",
        "ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344",
        "a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


def _words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize("counter,key,expected", KNOWN)
def test_known_answers(counter: str, key: str, expected: str) -> None:
    assert philox4x32(NumPyWords, _words(counter), _words(key)) == _words(expected)


def test_the_op_gives_the_first_two_words() -> None:
    counter = np.array([0, 1, (5 << 32) | 7], np.uint64)
    key = np.full(3, (9 << 32) | 3, np.uint64)
    found = run_node(ops.philox, counter, key)
    for value, (low, high) in zip(found, ((0, 0), (1, 0), (7, 5)), strict=True):
        counter_words = [np.uint64(w) for w in (low, high, 0, 0)]
        words = philox4x32(NumPyWords, counter_words, [np.uint64(3), np.uint64(9)])
        assert int(value) == int(words[0]) | int(words[1]) << 32
    assert int(run_node(ops.philox, np.zeros(1, np.uint64), np.zeros(1, np.uint64))[0]) == (
        0xE169C58D6627E8D5
    )


def _bits(n: int, key: int = 42, offset: int = 0) -> np.ndarray:
    k, o = (input_node(name, (), dtypes.uint64) for name in ("key", "offset"))
    graph = Graph([k, o], [ops.random_bits(k, o, (n // 4, 4))])
    return run(graph, [np.array(key, np.uint64), np.array(offset, np.uint64)])[0]


def test_a_value_depends_on_offset_plus_position_alone() -> None:
    assert np.array_equal(_bits(64).ravel()[16:48], _bits(32, offset=16).ravel())
    assert not np.array_equal(_bits(64), _bits(64, key=43))


def test_key_and_offset_are_single_numbers() -> None:
    k, o = input_node("key", (1,), dtypes.uint64), input_node("offset", (), dtypes.uint64)
    with pytest.raises(ShapeError, match="single numbers"):
        ops.random_bits(k, o, (3,))


@pytest.mark.parametrize("dtype", dtypes.FLOATS, ids=lambda d: d.name)
def test_uniform_lies_in_zero_to_one(dtype: dtypes.DType) -> None:
    ends = np.array([0, 2**64 - 1], np.uint64)
    low, high = run_node(ops.uniform_from_bits, ends, dtype=dtype).astype(np.float64)
    assert low == 0
    assert 0.99 < high < 1
    drawn = run_node(ops.uniform_from_bits, _bits(20000), dtype=dtype).astype(np.float64)
    assert abs(drawn.mean() - 0.5) < 0.01
    assert abs(drawn.var() - 1 / 12) < 0.005


@pytest.mark.parametrize("dtype", dtypes.FLOATS, ids=lambda d: d.name)
def test_normal_has_the_moments_of_the_bell(dtype: dtypes.DType) -> None:
    ends = np.array([0, 2**64 - 1], np.uint64)
    assert np.all(np.isfinite(run_node(ops.normal_from_bits, ends, dtype=dtype)))
    z = run_node(ops.normal_from_bits, _bits(40000), dtype=dtype).astype(np.float64)
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02
    assert abs((z**3).mean()) < 0.1
    assert abs((z**4).mean() - 3) < 0.2
    assert abs((np.abs(z) < 1).mean() - 0.6827) < 0.01


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_bernoulli_is_true_that_often(probability: float) -> None:
    drawn = run_node(ops.bernoulli, _bits(20000), probability=probability)
    assert drawn.mean() == pytest.approx(probability, abs=0.01 if probability == 0.25 else 0)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_dropout_keeps_the_mean(rate: float) -> None:
    mask = run_node(ops.dropout_mask, _bits(20000), rate=rate, dtype=dtypes.float32)
    assert set(np.unique(mask)) <= {0.0, np.float32(1 / (1 - rate)) if rate < 1 else 0.0}
    assert mask.mean() == pytest.approx(1 if rate < 1 else 0, abs=0.03)
