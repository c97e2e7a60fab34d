"""`MRG_RandomStreams`: the same interface as RandomStreams'; the numbers are Pentad's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.function import function
from pentad.frontends.theano.compile.sharedvalue import shared
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.generic import Generic
from pentad.frontends.theano.gof.graph import Apply, Variable
from pentad.frontends.theano.stops import undefined_grad
from pentad.frontends.theano.tensor import raw_random
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.elemwise import cast
from pentad.frontends.theano.tensor.random_state import seeded
from pentad.frontends.theano.tensor.shaping import get_vector_length
from pentad.frontends.theano.tensor.type import TensorType

M1, M2 = 2147483647, 2147462579
MASK12, MASK13, MASK2, MULT2 = 511, 16777215, 65535, 21069
NORM = 4.656612873077392578125e-10


def guess_n_streams(size: Any, warn: bool = False) -> int:
    """How many streams would be drawn from at a time: as many as numbers, at most 15360."""
    known = isinstance(size, tuple | list) and all(isinstance(n, int | np.integer) for n in size)
    if not known:
        return 60 * 256
    count = int(np.prod(size)) if len(size) else 1
    rounds = -(-count // (60 * 256)) if count > 60 * 256 else 1
    return -(-count // rounds)


def _kind(dtype: Any) -> str:
    return config.floatX if dtype is None or dtype == "floatX" else str(dtype)


class MRG_RandomStreams:
    """Makes random variables, each with a stream of its own that begins at a seed."""

    def __init__(self, seed: Any = 12345, use_cuda: Any = None) -> None:
        self.state_updates: list[tuple[Any, Any, Any, Any, Any]] = []
        self.set_rstate(seed)

    def set_rstate(self, seed: Any) -> None:
        """Let the next stream begin at this seed, a whole number or six of them."""
        if isinstance(seed, int | np.integer):
            if seed == 0:
                raise ValueError(static.message("seed should not be 0", got=str(seed)))
            if seed >= M2:
                raise ValueError(
                    static.message("seed should be less than 2147462579", got=str(seed)))
            seeds = [int(seed)] * 6
        else:
            seeds = [int(n) for n in seed]
            if len(seeds) != 6 or not any(seeds[:3]) or not any(seeds[3:]):
                raise ValueError(
                    static.message("seed should be a number, or six of which neither the first nor "
                                   "the last three are all 0", got=repr(seed)))
        self.rstate, self._count = np.asarray(seeds, "int32"), 0

    def inc_rstate(self) -> None:
        """Go on to the next stream."""
        self._count += 1

    def _next_seed(self) -> list[int]:
        self.inc_rstate()
        return [*np.abs(self.rstate.astype("int64")).tolist(), self._count]

    def seed(self, seed: Any = None) -> None:
        """Begin all streams anew."""
        self.set_rstate(self.rstate.tolist() if seed is None else seed)
        for stream, *_ in self.state_updates:
            stream.set_value(seeded(self._next_seed()).get_value())

    def updates(self) -> list[tuple[Any, Any]]:
        """The streams and what becomes of them."""
        return [(stream, after) for stream, after, *_ in self.state_updates]

    def _gen(self, make: Any, *args: Any, **kwargs: Any) -> Any:
        stream = seeded(self._next_seed())
        after, found = make(stream, *args, **kwargs)
        found.rng, found.update = stream, (stream, after)
        self.state_updates.append((stream, after, None, None, None))
        stream.default_update = after
        return found

    # -- distributions -------------------------------------------------------------------------

    def uniform(
        self, size: Any, low: Any = 0.0, high: Any = 1.0, ndim: int | None = None,
        dtype: Any = None, nstreams: Any = None, **kwargs: Any,
    ) -> Any:
        """Numbers between low and high."""
        _check_size(size)
        return self._gen(raw_random.uniform, size, low, high, ndim, _kind(dtype))

    def normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
        dtype: Any = None, nstreams: Any = None, truncate: bool = False, **kwargs: Any,
    ) -> Any:
        """Normal numbers, with `truncate` within two standard deviations."""
        _check_size(size)
        if truncate:
            return self._gen(_truncated, size, avg, std, ndim, _kind(dtype))
        return self._gen(raw_random.normal, size, avg, std, ndim, _kind(dtype))

    def truncated_normal(
        self, size: Any, avg: Any = 0.0, std: Any = 1.0, ndim: int | None = None,
        dtype: Any = None, nstreams: Any = None, **kwargs: Any,
    ) -> Any:
        """Normal numbers within two standard deviations."""
        std = as_tensor_variable(std) / np.sqrt(0.774).astype(config.floatX)
        return self.normal(size, avg, std, ndim, dtype, nstreams, True)

    def binomial(
        self, size: Any = None, n: Any = 1, p: Any = 0.5, ndim: int | None = None,
        dtype: Any = "int64", nstreams: Any = None, **kwargs: Any,
    ) -> Any:
        """1 with probability p, else 0."""
        if not isinstance(n, int) or n != 1:
            raise NotImplementedError(
                static.message("MRG_RandomStreams.binomial with n != 1", got=str(n),
                               hint="RandomStreams has it")
            )
        return self._gen(raw_random.binomial, size, n, p, ndim, _kind(dtype))

    def multinomial(
        self, size: Any = None, n: Any = 1, pvals: Any = None, ndim: int | None = None,
        dtype: Any = "int64", nstreams: Any = None, **kwargs: Any,
    ) -> Any:
        """For each row of probabilities how often each place is drawn in n draws."""
        if pvals is None:
            raise TypeError(static.message("You have to specify pvals"))
        pvals = as_tensor_variable(pvals)
        if size is not None and any(
            isinstance(n, int) and n <= 0 for n in (size if isinstance(size, tuple) else ())
        ):
            raise ValueError(static.message("The specified size contains a dimension with value "
                                            "<= 0", got=str(size)))
        return self._gen(raw_random.multinomial, None, n, pvals, ndim, _kind(dtype))

    def choice(
        self, size: Any = 1, a: Any = None, replace: bool = True, p: Any = None,
        ndim: int | None = None, dtype: Any = "int64", nstreams: Any = None, **kwargs: Any,
    ) -> Any:
        """For each row of the probabilities `p`, `size` places without replacement."""
        if replace:
            raise NotImplementedError(
                static.message("MRG_RandomStreams.choice only works without replacement for now.")
            )
        if a is not None or p is None:
            raise TypeError(
                static.message("For now, p has to be specified in MRG_RandomStreams.choice, and a "
                               "must be None")
            )
        return self._gen(_without, size, as_tensor_variable(p), _kind(dtype))

    multinomial_wo_replacement: Any

    def permutation(
        self, size: Any = None, n: Any = 1, ndim: int | None = None, dtype: Any = "int64"
    ) -> Any:
        """The numbers below n in random orders."""
        return self._gen(raw_random.permutation, size, n, ndim, dtype)

    def random_integers(
        self, size: Any = None, low: Any = 0, high: Any = 1, ndim: int | None = None,
        dtype: Any = "int64",
    ) -> Any:
        """Whole numbers from low to high, both included."""
        return self._gen(raw_random.random_integers, size, low, high, ndim, dtype)


def _wo_replacement(
    self: MRG_RandomStreams, size: Any = None, n: Any = 1, pvals: Any = None,
    ndim: int | None = None, dtype: Any = "int64", nstreams: Any = None, **kwargs: Any,
) -> Any:
    """The older name of `choice`."""
    return self.choice(n, None, False, pvals, ndim, dtype, nstreams)


MRG_RandomStreams.multinomial_wo_replacement = _wo_replacement


def _truncated(state: Any, size: Any, avg: Any, std: Any, ndim: Any, dtype: str) -> Any:
    return raw_random.drawn("truncated_normal", state, size, [avg, std], dtype, ndim)


def _without(state: Any, count: Any, p: Any, dtype: str) -> Any:
    return raw_random.drawn("multinomial_wo_replacement", state, None, [count, p], dtype)


def _check_size(size: Any) -> None:
    numbers = size if isinstance(size, tuple | list) else [size]
    if any(isinstance(n, int | np.integer) and n <= 0 for n in numbers):
        raise ValueError(
            static.message("The specified size contains a dimension with value <= 0",
                           expected="positive sizes", got=str(size))
        )
    if not isinstance(size, tuple | list | int | np.integer | Variable):
        raise TypeError(static.message("size must be a tuple or a variable", got=repr(size)))


bool_t, int_t = Generic("bool"), Generic("int")
"""Types of C's numbers, which operations of Theano take as parameters."""

__all__ = [
    "Apply", "M1", "M2", "MASK12", "MASK13", "MASK2", "MRG_RandomStreams", "MULT2", "NORM",
    "TensorType", "Variable", "as_tensor_variable", "cast", "config", "function",
    "bool_t", "get_vector_length", "guess_n_streams", "int_t", "shared", "undefined_grad",
]
__getattr__ = absent(__name__)
