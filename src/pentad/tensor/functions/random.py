"""Random numbers: a value depends on the seed, the offset and its position alone (Philox).

A Generator is a seed and an offset, the count of numbers drawn so far. Each random operation
reserves as many positions as its result has elements; seed and offset are run-time operands, so
that nothing is compiled anew, and a compiled function reads and advances the generator at each
call just as eager code does.
"""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Sequence
from typing import Any

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.runtime.memory import allocate
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.complex import view_as_complex
from pentad.tensor.functions.creation import check_dtype, check_shape, finished, full_like, tensor
from pentad.tensor.inplace import copy_into
from pentad.tensor.meta import contiguous_meta
from pentad.tensor.state import get_default_dtype, state
from pentad.tensor.tensor import Tensor, wrap

_MASK = (1 << 64) - 1


class Generator:
    """A stream of random numbers: `seed`, and `offset`, how many were drawn."""

    def __init__(self, device: str = "cpu") -> None:
        self.seed_value = 0
        self.offset = 0

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of this seed."""
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise ArgumentError(message("manual_seed", expected="an integer", got=repr(seed)))
        self.seed_value, self.offset = seed & _MASK, 0
        return self

    def initial_seed(self) -> int:
        """The seed."""
        return self.seed_value

    def seed(self) -> int:
        """Start a stream with a seed from the operating system; that seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self.seed_value

    def get_state(self) -> Tensor:
        """The state as a tensor: seed and offset."""
        return tensor(  # type: ignore[no-any-return]
            [_signed(self.seed_value), _signed(self.offset)], dtype=dtypes.int64
        )

    def set_state(self, new_state: Tensor) -> None:
        """Go on from a state that `get_state` gave."""
        seed, offset = new_state.tolist()  # type: ignore[attr-defined]
        self.seed_value, self.offset = seed & _MASK, offset & _MASK

    def draw(self, count: Any) -> tuple[Tensor, Tensor]:
        """Reserve `count` positions: (key, first position), the operands of `random_bits`."""
        if state.replay is not None:
            return state.replay.draw(self, count)  # type: ignore[no-any-return]
        if state.trace is not None:
            return state.trace.draw(self, count)  # type: ignore[no-any-return]
        first = self.offset
        self.offset = (first + count) & _MASK
        return word(self.seed_value), word(first)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def word(value: int) -> Tensor:
    """A 0-d uint64 tensor."""
    t = wrap(allocate(8), contiguous_meta((), dtypes.uint64))
    ctypes.c_uint64.from_address(t.ptr).value = value
    return t


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default stream anew from this seed."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seed the default stream from the operating system."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default stream."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default stream."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Go on from a state of the default stream."""
    default_generator.set_state(new_state)


# -- distributions ---------------------------------------------------------------------------------


@surface
def _uniform(key: Node, offset: Node, shape: Sequence[int], dtype: DType) -> Node:
    return ops.uniform_from_bits(ops.random_bits(key, offset, shape), dtype=dtype)


@surface
def _normal(key: Node, offset: Node, shape: Sequence[int], dtype: DType) -> Node:
    return ops.normal_from_bits(ops.random_bits(key, offset, shape), dtype=dtype)


@surface
def _integers(
    key: Node, offset: Node, low: int, high: int, shape: Sequence[int], dtype: DType
) -> Node:
    bits = ops.random_bits(key, offset, shape)
    rest = ops.remainder(bits, ops.full_like(high - low, bits))
    value = ops.cast(rest, dtypes.int64)
    return ops.cast(ops.add(value, ops.full_like(low, value)), dtype)


@surface
def _order(key: Node, offset: Node, n: int, dtype: DType) -> Node:
    return ops.cast(ops.argsort(ops.random_bits(key, offset, (n,)), 0), dtype)


@surface
def _coin(key: Node, offset: Node, p: Node) -> Node:
    uniform = ops.uniform_from_bits(ops.random_bits(key, offset, p.shape), dtype=p.dtype)
    return ops.cast(ops.lt(uniform, p), p.dtype)


def _drawn(distribution: Any, shape: tuple[Any, ...], dtype: Any, generator: Any) -> Any:
    wanted = get_default_dtype() if dtype is None else check_dtype(dtype)
    if wanted.is_complex:
        return _drawn_complex(distribution, shape, wanted, generator)
    key, offset = (generator or default_generator).draw(product(shape))
    return distribution(key, offset, shape, wanted)


def _drawn_complex(distribution: Any, shape: tuple[Any, ...], dtype: DType, generator: Any) -> Any:
    """Both parts drawn alike; normal numbers of variance 1 have parts of variance 1/2."""
    parts = _drawn(distribution, (*shape, 2), dtype.real, generator)
    return view_as_complex(parts * math.sqrt(0.5) if distribution is _normal else parts)


def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers in [0, 1)."""
    return finished(_drawn(_uniform, check_shape("rand", size), dtype, generator), requires_grad)


def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Standard normal numbers."""
    return finished(_drawn(_normal, check_shape("randn", size), dtype, generator), requires_grad)


def randint(
    low: int = 0, high: Any = None, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Any:
    """Whole numbers low <= n < high; `randint(high, size)` begins at 0."""
    if size is not None and high is None:
        low, high = 0, low
    if size is None:
        low, high, size = 0, low, high
    if not isinstance(high, int) or high <= low:
        raise ArgumentError(
            message("randint: an empty range", expected="low < high", got=f"{low}, {high}")
        )
    shape = check_shape("randint", (size,))
    key, offset = (generator or default_generator).draw(product(shape))
    wanted = dtypes.int64 if dtype is None else check_dtype(dtype)
    return finished(_integers(key, offset, low, high, shape, wanted), requires_grad)


def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None
) -> Any:
    """The numbers 0 to n - 1 in random order."""
    [n] = check_shape("randperm", (n,))
    key, offset = (generator or default_generator).draw(n)
    return _order(key, offset, n, dtypes.int64 if dtype is None else check_dtype(dtype))


def bernoulli(input: Tensor, p: Any = None, *, generator: Generator | None = None) -> Any:
    """1 with the probability given by each element (or by `p`), else 0."""
    chance = input if p is None else full_like(input, p)
    key, offset = (generator or default_generator).draw(chance.numel())
    return _coin(key, offset, chance.detach())


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Any:
    """Normal numbers of the given mean and standard deviation (numbers or tensors)."""
    like = mean if isinstance(mean, Tensor) else std if isinstance(std, Tensor) else None
    shape = check_shape("normal", (size,)) if like is None else like.shape
    dtype = dtype if like is None else like.dtype
    return finished(_drawn(_normal, shape, dtype, generator) * std + mean, requires_grad)


def rand_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Uniform numbers in the shape of `input`."""
    return rand(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Standard normal numbers in the shape of `input`."""
    return randn(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Any:
    """Whole numbers in the shape of `input`."""
    low, high = (0, low) if high is None else (low, high)
    made = randint(low, high, input.shape, dtype=dtype or input.dtype)
    return finished(made, requires_grad)


# -- in place --------------------------------------------------------------------------------------


def uniform_(
    input: Tensor, low: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Overwrite with uniform numbers in [low, to); PyTorch's names are `from` and `to`."""
    drawn = _drawn(_uniform, input.shape, input.dtype, generator)
    return copy_into(input, drawn * (to - low) + low)


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Overwrite with normal numbers."""
    return copy_into(input, _drawn(_normal, input.shape, input.dtype, generator) * std + mean)


def bernoulli_(input: Tensor, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Overwrite with 1 (with probability p) and 0."""
    uniform = _drawn(_uniform, input.shape, dtypes.float32, generator)
    return copy_into(input, uniform < p)

