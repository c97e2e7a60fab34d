"""`RandomStreams`: random numbers that are new in each call of a function."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.sharedvalue import (
    SharedVariable,
    shared,
    shared_constructor,
)
from pentad.frontends.theano.tensor import raw_random
from pentad.frontends.theano.tensor.random_state import (
    RandomStateSharedVariable,
    randomstate_constructor,
    seeded,
)


def _method(name: str) -> Any:
    function = getattr(raw_random, name)

    def draw(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.gen(function, *args, **kwargs)

    draw.__name__, draw.__doc__ = name, function.__doc__
    return draw


class RandomStreams:
    """Makes random variables, each with a stream of its own that begins at a seed."""

    def __init__(self, seed: Any = None) -> None:
        self.state_updates: list[tuple[Any, Any]] = []
        self.default_instance_seed = seed
        self.gen_seedgen = np.random.RandomState(seed)

    def updates(self) -> list[tuple[Any, Any]]:
        """The streams and what becomes of them."""
        return list(self.state_updates)

    def seed(self, seed: Any = None) -> None:
        """Begin all streams anew."""
        seed = self.default_instance_seed if seed is None else seed
        seeds = np.random.RandomState(seed)
        for stream, _ in self.state_updates:
            stream.set_value(seeded(int(seeds.randint(2**30))).get_value())

    def __getitem__(self, item: Any) -> Any:
        for stream, _ in self.state_updates:
            if stream is item:
                return stream.get_value(borrow=True)
        raise KeyError(item)

    def __setitem__(self, item: Any, value: Any) -> None:
        if not isinstance(item, SharedVariable):
            raise TypeError(static.message("not a random stream", got=repr(item)))
        if all(stream is not item for stream, _ in self.state_updates):
            raise KeyError(item)
        item.set_value(value)

    def gen(self, op: Any, *args: Any, **kwargs: Any) -> Any:
        """A random variable of a distribution."""
        stream = seeded(int(self.gen_seedgen.randint(2**30)))
        after, found = op(stream, *args, **kwargs)
        found.rng, found.update = stream, (stream, after)
        self.state_updates.append(found.update)
        stream.default_update = after
        return found

    uniform, normal, binomial = _method("uniform"), _method("normal"), _method("binomial")
    random_integers, poisson = _method("random_integers"), _method("poisson")
    multinomial, permutation = _method("multinomial"), _method("permutation")
    choice, shuffle_row_elements = _method("choice"), _method("shuffle_row_elements")


__all__ = [
    "RandomStateSharedVariable", "RandomStreams", "SharedVariable", "randomstate_constructor",
    "shared", "shared_constructor",
]
__getattr__ = absent(__name__)
