"""Random streams as values: a key and a position, which each draw moves on.

Programs see them as NumPy's RandomState: they seed them, and copy them from one to another. The
numbers are Pentad's own.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.compile.sharedvalue import (
    CONSTRUCTORS,
    STORE,
    TensorSharedVariable,
)
from pentad.frontends.theano.gof.graph import GRAPH
from pentad.frontends.theano.tensor.type import TensorType


class StreamState:
    """Where a stream stands, with the methods of NumPy's RandomState that programs call."""

    def __init__(self, value: Any = None) -> None:
        self.value = np.zeros(2, np.uint64) if value is None else np.array(value, np.uint64)

    def seed(self, seed: Any = None) -> None:
        """Begin the stream of a seed, one of the operating system's if None."""
        words = np.random.SeedSequence(None if seed is None else np.abs(np.atleast_1d(seed)))
        self.value = np.array([words.generate_state(1, np.uint64)[0], 0], np.uint64)

    def get_state(self) -> tuple[Any, ...]:
        """The state."""
        return ("Philox", self.value.copy(), 0, 0, 0.0)

    def set_state(self, state: Any) -> None:
        """Go on from a state."""
        self.value = as_words(state)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, StreamState) and np.array_equal(self.value, other.value)

    __hash__ = object.__hash__


def as_words(value: Any) -> Any:
    """The two numbers of a state: of a StreamState, NumPy's RandomState, or what these give."""
    if isinstance(value, StreamState):
        return value.value
    if isinstance(value, np.random.RandomState):
        value = value.get_state()
    if isinstance(value, tuple):
        words = np.asarray(value[1])
        if words.shape == (2,) and words.dtype == np.uint64:
            return words
        digest = hashlib.blake2b(words.tobytes() + str(value[2]).encode(), digest_size=8).digest()
        return np.array([int.from_bytes(digest, "little"), 0], np.uint64)
    return value


class RandomStateType(TensorType):
    """The type of random streams."""

    def __init__(self) -> None:
        super().__init__("uint64", (False,), "RandomStateType")

    def filter(self, data: Any, strict: bool = False, allow_downcast: bool | None = None) -> Any:
        """The value of a stream; TypeError if it is none."""
        found = as_words(data)
        if not isinstance(found, np.ndarray) or found.shape != (2,):
            raise TypeError(
                static.message("not a random state", expected="numpy.random.RandomState",
                               got=repr(data)[:80])
            )
        return super().filter(found, strict, allow_downcast)

    def make_variable(self, name: str | None = None) -> Any:
        """A stream that is given when a function is called."""
        made = super().make_variable(name)
        made.__dict__["_type"] = self
        return made

    @property
    def static(self) -> static.Type:
        """The same for the core."""
        return static.Type(pt.uint64, (2,))


random_state_type = RandomStateType()


class RandomStateSharedVariable(TensorSharedVariable):
    """A stream that stays between calls of functions."""

    @property
    def type(self) -> Any:
        """Its type."""
        return random_state_type

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """Where it stands."""
        return StreamState(STORE.tensor(self.node).numpy())

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Let it stand elsewhere."""
        STORE.set(self.node, random_state_type.filter(new_value))


def randomstate_constructor(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: Any = None,
    borrow: bool = False,
) -> Any:
    """A shared stream that begins where a RandomState stands."""
    if not isinstance(value, np.random.RandomState | StreamState):
        raise TypeError(static.message("not a random state", got=type(value).__name__))
    made = static.variable(GRAPH, pt.uint64, (2,), extra={"kind": RandomStateSharedVariable})
    made.name = name
    made.set_value(value)
    return made


def seeded(seed: Any, name: str | None = None) -> Any:
    """A shared stream of a seed."""
    state = StreamState()
    state.seed(seed)
    return randomstate_constructor(state, name)


class Draws(pt.Generator):
    """A generator whose position is a value of the graph."""

    def __init__(self, state: Any) -> None:
        super().__init__()
        self.key, self.at = state[0], state[1]

    def draw(self, count: Any) -> tuple[Any, Any]:
        """Reserve positions: the key and the first of them."""
        first = self.at
        self.at = first + count
        return self.key, first

    def state(self) -> Any:
        """The state after what was drawn."""
        return pt.stack([self.key, self.at])


CONSTRUCTORS.append((lambda v: isinstance(v, np.random.RandomState | StreamState),
                     randomstate_constructor))

__all__ = [
    "Draws", "RandomStateSharedVariable", "RandomStateType", "StreamState", "random_state_type",
    "randomstate_constructor", "seeded",
]
