"""torch.utils.data: data sets, samplers, loaders."""

from __future__ import annotations

from collections.abc import Iterator

from tests.frontends.torch.values import refused, same, table, torch

calls = table()
data = torch.utils.data
D = "torch.utils.data"


class Squares(data.Dataset):
    def __init__(self, count=6):
        self.count = count

    def __getitem__(self, i):
        return torch.tensor(float(i * i)), i

    def __len__(self):
        return self.count


class Stream(data.IterableDataset):
    def __iter__(self):
        return iter(range(5))


@calls(D, "DataLoader")
def loader(make):
    batches = list(make(Squares(), batch_size=4, shuffle=False, pin_memory=True, timeout=0))
    same(batches[0][0], [0, 1, 4, 9])
    same(batches[1][1], [4, 5])
    assert len(make(Squares(), batch_size=4, drop_last=True)) == 1


calls(D, "Dataset", lambda base: isinstance(Squares(), base) and len(Squares() + Squares()) == 12)
calls(D, "IterableDataset", lambda base: isinstance(Stream(), base)
      and [b.tolist() for b in data.DataLoader(Stream(), 2)] == [[0, 1], [2, 3], [4]])
calls(D, "TensorDataset", lambda make: same(make(torch.arange(3), torch.arange(3) * 2)[1], (1, 2)))
calls(D, "ConcatDataset", lambda make: make([Squares(2), Squares(3)])[3][1] == 1)
calls(D, "ChainDataset", lambda make: list(make([Stream(), Stream()])) == [*range(5), *range(5)])
calls(D, "StackDataset", lambda make: [v[1] for v in make(Squares(3), Squares(3))[2]] == [2, 2]
      and set(make(a=Squares(3))[1]) == {"a"})
calls(D, "Subset", lambda make: make(Squares(), [4, 2])[0][1] == 4)
calls(D, "random_split", lambda f: sorted(len(p) for p in f(Squares(), [4, 2])) == [2, 4])
calls(D, "Sampler", lambda base: issubclass(data.RandomSampler, base))
calls(D, "SequentialSampler", lambda make: list(make(Squares(3))) == [0, 1, 2])
calls(D, "RandomSampler", lambda make: sorted(make(Squares())) == list(range(6)))
calls(D, "SubsetRandomSampler", lambda make: sorted(make([3, 1])) == [1, 3])
calls(D, "WeightedRandomSampler", lambda make: set(make([0.0, 1.0, 0.0], 5)) == {1})
calls(D, "BatchSampler", lambda make: list(make(data.SequentialSampler(Squares(5)), 2, False))
      == [[0, 1], [2, 3], [4]])


@calls(D, "DistributedSampler")
def distributed(make):
    parts = [list(make(Squares(5), num_replicas=2, rank=r, shuffle=False)) for r in (0, 1)]
    assert parts == [[0, 2, 4], [1, 3, 0]]


calls(D, "default_collate", lambda f: same(f([torch.tensor(1.0), torch.tensor(2.0)]), [1, 2]))
calls(D, "default_convert", lambda f: f([1, "a"]) == [1, "a"])
calls(D, "get_worker_info", lambda f: f() is None)

# -- data pipes ------------------------------------------------------------------------------------


class Few(data.IterDataPipe):
    def __init__(self, source=range(4)):
        self.source = source

    def __iter__(self) -> Iterator[int]:
        return iter(self.source)


class Places(data.MapDataPipe):
    def __getitem__(self, i):
        return i * 10

    def __len__(self):
        return 3


calls(D, "DataChunk", lambda make: list(make([1, 2])) == [1, 2])
calls(D, "IterDataPipe", lambda base: isinstance(Few(), base)
      and list(Few().map(lambda i: i + 1).batch(2)) == [[1, 2], [3, 4]])
calls(D, "MapDataPipe", lambda base: isinstance(Places(), base) and Places()[2] == 20)


@calls(D, "functional_datapipe")
def named(mark):
    @mark("twice_each")
    class Twice(data.IterDataPipe):
        def __init__(self, source):
            self.source = source

        def __iter__(self):
            return (i * 2 for i in self.source)

    assert list(Few().twice_each()) == [0, 2, 4, 6]


@calls(D, "non_deterministic guaranteed_datapipes_determinism")
def unordered(_):
    @data.non_deterministic
    class Any(data.IterDataPipe):
        def __iter__(self):
            return iter([1])

    with data.guaranteed_datapipes_determinism():
        assert refused(Any)
    assert list(Any()) == [1]


@calls(D, "argument_validation")
def arguments(check):
    @check
    def count(pipe: data.IterDataPipe):
        return len(list(pipe))

    assert count(Few()) == 4
    assert refused(lambda: count([1]))


@calls(D, "runtime_validation runtime_validation_disabled")
def elements(_):
    class Checked(Few):
        @data.runtime_validation
        def __iter__(self) -> Iterator[int]:
            return iter(self.source)

    with data.runtime_validation_disabled():
        assert list(Checked(["a"])) == ["a"]
    assert refused(lambda: list(Checked(["a"])))
calls(D, "DFIterDataPipe", lambda base: issubclass(base, data.IterDataPipe))
