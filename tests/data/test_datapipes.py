"""Pipes made of pipes, their decorators, pipes in workers."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from multiprocessing.reduction import ForkingPickler
from typing import Any

import pytest

import pentad as pt
from pentad import data
from pentad.data import IterableWrapper, SequenceWrapper


def numbers(n: int = 6) -> IterableWrapper:
    return IterableWrapper(range(n))


def double(x: Any) -> Any:
    return 2 * x


OPERATIONS = {
    "map": (lambda: numbers(3).map(double), [0, 2, 4]),
    "columns": (lambda: IterableWrapper([(1, 2), (3, 4)]).map(double, 1), [(1, 4), (3, 8)]),
    "new column": (
        lambda: IterableWrapper([(1, 2)]).map(lambda a, b: a + b, [0, 1], -1), [(1, 2, 3)]),
    "named": (lambda: IterableWrapper([{"a": 1}]).map(double, "a", "b"), [{"a": 1, "b": 2}]),
    "filter": (lambda: numbers().filter(lambda x: x % 2), [1, 3, 5]),
    "batch": (lambda: numbers(5).batch(2), [[0, 1], [2, 3], [4]]),
    "whole batches": (lambda: numbers(5).batch(2, drop_last=True), [[0, 1], [2, 3]]),
    "unbatch": (lambda: IterableWrapper([[0, [1]], [2]]).unbatch(), [0, [1], 2]),
    "unbatch all": (lambda: IterableWrapper([[0, [1]], [2]]).unbatch(-1), [0, 1, 2]),
    "concat": (lambda: numbers(2).concat(numbers(1)), [0, 1, 0]),
    "zip": (lambda: numbers(2).zip(numbers(3)), [(0, 0), (1, 1)]),
    "mux": (lambda: numbers(2).mux(IterableWrapper("abc")), [0, "a", 1, "b"]),
    "enumerate": (lambda: IterableWrapper("ab").enumerate(5), [(5, "a"), (6, "b")]),
    "groupby": (lambda: numbers(5).groupby(lambda x: x % 2, 2), [[0, 2], [1, 3], [4]]),
    "sharding": (lambda: numbers(3).sharding_filter(), [0, 1, 2]),
    "map of a mapping": (lambda: SequenceWrapper([1, 2]).map(double), [2, 4]),
    "zip of mappings": (lambda: SequenceWrapper("ab").zip(SequenceWrapper("xyz")),
                        [("a", "x"), ("b", "y")]),
    "batch of a mapping": (lambda: SequenceWrapper("abc").batch(2), [["a", "b"], ["c"]]),
    "concat of mappings": (lambda: SequenceWrapper("ab").concat(SequenceWrapper("c")),
                           ["a", "b", "c"]),
}
WITHOUT_LENGTH = ("filter", "unbatch", "unbatch all", "groupby", "sharding")


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name: str) -> None:
    make, expected = OPERATIONS[name]
    pipe = make()
    mapping = isinstance(pipe, data.MapDataPipe)
    for _ in range(2):
        found = [pipe[i] for i in range(len(pipe))] if mapping else list(pipe)
        assert found == expected
    if name in WITHOUT_LENGTH:
        with pytest.raises(TypeError, match="no length"):
            len(pipe)
    else:
        assert len(pipe) == len(expected)


def test_shuffled_elements() -> None:
    pt.manual_seed(0)
    first = list(numbers(50).shuffle())
    assert sorted(first) == list(range(50))
    assert first != list(range(50))
    pt.manual_seed(0)
    assert list(numbers(50).shuffle()) == first
    near = list(numbers(50).shuffle(buffer_size=3))
    assert sorted(near) == list(range(50))
    assert near[0] < 3


@pytest.mark.parametrize("persistent", [False, True])
def test_shuffles_before_a_sharding_filter_are_alike_in_all_workers(persistent: bool) -> None:
    """Each worker takes its part of one order: nothing is lost, nothing comes twice."""
    pt.manual_seed(3)
    pipe = numbers(20).map(double).shuffle().sharding_filter()
    loader = data.DataLoader(pipe, 5, num_workers=2, persistent_workers=persistent)
    passes = [[x for b in loader for x in b.tolist()] for _ in range(2)]
    loader.close()
    for found in passes:
        assert sorted(found) == list(range(0, 40, 2))
    assert passes[0] != passes[1]
    pt.manual_seed(3)
    alone = [x for b in data.DataLoader(pipe, 5) for x in b.tolist()]
    assert alone[0::2][:5] == passes[0][:5]


def test_loaders_turn_shuffles_on_and_off() -> None:
    def found(pipe: Any, **options: Any) -> list[int]:
        return [x for b in data.DataLoader(pipe, 4, **options) for x in b.tolist()]

    ordered = list(range(20))
    assert found(numbers(20).shuffle(), shuffle=False) == ordered
    assert found(numbers(20)) == ordered
    pipe = numbers(20).shuffle()
    for each in (found(pipe), found(pipe, shuffle=True), found(numbers(20), shuffle=True)):
        assert each != ordered
        assert sorted(each) == ordered
    pipe = numbers(20).shuffle(buffer_size=5)
    first, second = (list(pipe.set_seed(seed)) for seed in (7, 7))
    assert first == second != list(pipe.set_seed(8))
    assert list(pipe.set_shuffle(False)) == ordered
    assert list(IterableWrapper([[2], [1], [0]]).shuffle(unbatch_level=1).set_seed(1)) != [[2]]
    with pytest.raises(pt.ArgumentError, match="buffer_size"):
        numbers().shuffle(buffer_size=0)


def test_wrapped_elements_are_copies_unless_asked() -> None:
    for wrapper in (IterableWrapper, SequenceWrapper):
        for deepcopy, expected in ((True, [[], []]), (False, [[1], [1]])):
            source: list[list[int]] = [[], []]
            pipe = wrapper(source, deepcopy=deepcopy)
            for i, element in enumerate(pipe if wrapper is IterableWrapper else range(2)):
                (element if wrapper is IterableWrapper else pipe[i]).append(1)
            assert source == expected
    with pytest.warns(UserWarning, match="cannot be copied"):
        assert list(IterableWrapper(x for x in "ab")) == ["a", "b"]
    assert list(IterableWrapper((x for x in "ab"), deepcopy=False)) == ["a", "b"]


def test_batches_of_a_mapping_are_made_when_asked_for() -> None:
    asked = []

    def noted(x: Any) -> Any:
        asked.append(x)
        return x

    pipe = SequenceWrapper(range(7)).map(noted).batch(3)
    assert len(pipe) == 3
    assert asked == []
    assert (pipe[1], pipe[-1]) == ([3, 4, 5], [6])
    assert asked == [3, 4, 5, 6]
    assert len(SequenceWrapper(range(7)).batch(3, drop_last=True)) == 2
    with pytest.raises(IndexError):
        SequenceWrapper(range(7)).batch(3, drop_last=True)[2]


def test_batches_and_collation() -> None:
    [batch] = numbers(3).batch(3).collate()
    assert batch.tolist() == [0, 1, 2]
    chunk = data.DataChunk([1, 2])
    assert (chunk.as_str(" "), list(chunk.raw_iterator())) == (" [1, 2]", [1, 2])
    assert list(data.DFIterDataPipe()) == []
    with pytest.raises(pt.ArgumentError, match="batch_size"):
        list(numbers().batch(0))
    with pytest.raises(TypeError):
        numbers().map()


def test_pipes_feed_loaders_and_can_be_sent_to_workers() -> None:
    pipe = numbers(8).map(double).sharding_filter()
    again = pickle.loads(ForkingPickler.dumps(pipe))
    for each in (pipe, again):
        batches = data.DataLoader(each, 2)
        assert [x for b in batches for x in b.tolist()] == list(range(0, 16, 2))


def test_classes_become_methods() -> None:
    @data.functional_datapipe("tripled_for_a_test")
    class _Tripled(data.IterDataPipe[int]):
        def __init__(self, source: Any, by: int = 3) -> None:
            self.source, self.by = source, by

        def __iter__(self) -> Iterator[int]:
            return (self.by * x for x in self.source)

    try:
        assert list(numbers(3).tripled_for_a_test()) == [0, 3, 6]
        assert list(numbers(3).tripled_for_a_test(by=4)) == [0, 4, 8]
        with pytest.raises(pt.ArgumentError, match="a new name"):
            data.functional_datapipe("tripled_for_a_test")(_Tripled)
    finally:
        del data.IterDataPipe.functions["tripled_for_a_test"]
    with pytest.raises(AttributeError, match="no attribute"):
        numbers().tripled_for_a_test()
    with pytest.raises(TypeError, match="an IterDataPipe"):
        data.functional_datapipe("x")(int)


def test_determinism() -> None:
    @data.non_deterministic
    class _Any(IterableWrapper):
        pass

    @data.non_deterministic(lambda source, some: some)
    class _Some(data.IterDataPipe):
        def __init__(self, source: Any, some: bool) -> None:
            self.source = source

        def __iter__(self) -> Iterator[Any]:
            return iter(self.source)

    assert list(_Any("ab")) == ["a", "b"]
    with data.guaranteed_datapipes_determinism():
        assert list(_Some("ab", False)) == ["a", "b"]
        for make in (lambda: _Any("ab"), lambda: _Some("ab", True)):
            with pytest.raises(TypeError, match="not deterministic"):
                make()
    assert list(_Some("ab", True)) == ["a", "b"]
    with pytest.raises(TypeError):
        data.non_deterministic(int)


def test_checked_arguments_and_elements() -> None:
    class _Checked(data.IterDataPipe):
        @data.argument_validation
        def __init__(self, source: data.IterDataPipe) -> None:
            self.source = source

        @data.runtime_validation
        def __iter__(self) -> Iterator[tuple[int, str]]:
            yield from self.source

    assert list(_Checked(IterableWrapper([(1, "a")]))) == [(1, "a")]
    with pytest.raises(TypeError, match="'source'"):
        _Checked([1])  # type: ignore[arg-type]
    wrong = _Checked(IterableWrapper([(1, "a"), ("b", 1)]))
    with pytest.raises(pt.DataError, match="an element of _Checked"):
        list(wrong)
    with data.runtime_validation_disabled():
        assert len(list(wrong)) == 2
    with pytest.raises(TypeError, match="__iter__"):
        data.runtime_validation(double)
