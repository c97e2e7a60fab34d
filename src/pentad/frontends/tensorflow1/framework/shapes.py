"""TensorShape and Dimension: what is known of a shape while the graph is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pentad as pt
from pentad import static


class Dimension:
    """A size, known or not; arithmetic with an unknown one gives an unknown one."""

    def __init__(self, value: Any) -> None:
        if value is None:
            self._value = None
            return
        if isinstance(value, Dimension):
            self._value = value.value
            return
        if isinstance(value, float | str):
            raise TypeError(static.message("Dimension value must be integer or None",
                                           got=repr(value)))
        self._value = int(value.__index__() if hasattr(value, "__index__") else value)
        if self._value < 0:
            raise ValueError(static.message(f"Dimension {self._value} must be >= 0"))

    @property
    def value(self) -> int | None:
        """The size, None if it is unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Could both be the same size?"""
        other = as_dimension(other)
        return self._value is None or other.value is None or self._value == other.value

    def assert_is_compatible_with(self, other: Any) -> None:
        """ValueError unless both could be the same size."""
        if not self.is_compatible_with(other):
            raise pt.ShapeError(static.message(
                f"Dimensions {self} and {other} are not compatible"))

    def merge_with(self, other: Any) -> Dimension:
        """What is known of the size from both; ValueError if they contradict."""
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return Dimension(other.value if self._value is None else self._value)

    def _with(self, other: Any, rule: Any) -> Any:
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or other.value is None:
            return Dimension(None)
        return Dimension(rule(self._value, other.value))

    def _asks(self, other: Any, rule: Any) -> Any:
        other = as_dimension(other)
        if self._value is None or other.value is None:
            return None
        return rule(self._value, other.value)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a // b)

    __div__ = __floordiv__

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b // a)

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(static.message(
            f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}'",
            hint="use // instead"))

    def __mod__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a % b)

    def __rmod__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b % a)

    def __eq__(self, other: Any) -> Any:
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        return self._asks(other, lambda a, b: a == b)

    def __ne__(self, other: Any) -> Any:
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        return self._asks(other, lambda a, b: a != b)

    def __lt__(self, other: Any) -> Any:
        return self._asks(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._asks(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._asks(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._asks(other, lambda a, b: a >= b)

    def __hash__(self) -> int:
        return hash(self._value)

    def __int__(self) -> Any:
        if self._value is None:
            raise TypeError(static.message("an unknown size is no number",
                                           hint="use tf.shape(x)[i] for the size at run time"))
        return self._value

    __index__ = __int__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return f"Dimension({self._value!r})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)


def as_dimension(value: Any) -> Dimension:
    """The value as a Dimension."""
    return value if isinstance(value, Dimension) else Dimension(value)


class TensorShape:
    """A shape of which the number of axes, or some sizes, may be unknown."""

    def __init__(self, dims: Any) -> None:
        self._dims: list[Dimension] | None
        if dims is None:
            self._dims = None
        elif isinstance(dims, TensorShape):
            self._dims = dims._dims
        elif hasattr(dims, "unknown_rank") and hasattr(dims, "dim"):
            sizes = [None if d.size == -1 else d.size for d in dims.dim]
            self._dims = None if dims.unknown_rank else [Dimension(n) for n in sizes]
        elif isinstance(dims, str) or not hasattr(dims, "__iter__"):
            self._dims = [as_dimension(dims)]
        else:
            self._dims = [as_dimension(d) for d in dims]

    @property
    def dims(self) -> list[Dimension] | None:
        """The sizes, None if not even their number is known."""
        return self._dims

    @property
    def ndims(self) -> int | None:
        """The number of axes, None if it is unknown."""
        return None if self._dims is None else len(self._dims)

    rank = ndims

    def as_list(self) -> list[int | None]:
        """The sizes as numbers, None for unknown ones; ValueError if their number is unknown."""
        if self._dims is None:
            raise pt.ShapeError(
                static.message("as_list() is not defined on an unknown TensorShape."))
        return [d.value for d in self._dims]

    def known(self) -> tuple[int | None, ...] | None:
        """The shape as the core writes it."""
        return None if self._dims is None else tuple(d.value for d in self._dims)

    def num_elements(self) -> int | None:
        """How many elements, None if that is unknown."""
        if not self.is_fully_defined():
            return None
        total = 1
        for d in self._dims or ():
            total *= int(d)
        return total

    def is_fully_defined(self) -> bool:
        """Are all sizes known?"""
        return self._dims is not None and all(d.value is not None for d in self._dims)

    def assert_is_fully_defined(self) -> None:
        """ValueError unless all sizes are known."""
        if not self.is_fully_defined():
            raise pt.ShapeError(static.message(f"Shape {self} is not fully defined"))

    def is_compatible_with(self, other: Any) -> bool:
        """Could a tensor have both shapes?"""
        other = as_shape(other)
        if self._dims is None or other._dims is None:
            return True
        return len(self._dims) == len(other._dims) and all(
            a.is_compatible_with(b) for a, b in zip(self._dims, other._dims)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """ValueError unless a tensor could have both shapes."""
        if not self.is_compatible_with(other):
            raise pt.ShapeError(static.message(f"Shapes {self} and {other} are incompatible"))

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """The shape that both are examples of."""
        other = as_shape(other)
        if self._dims is None or other._dims is None or self.ndims != other.ndims:
            return unknown_shape()
        pairs = zip(self.as_list(), other.as_list())
        return TensorShape([a if a == b else None for a, b in pairs])

    def merge_with(self, other: Any) -> TensorShape:
        """What is known from both; ValueError if they contradict."""
        other = as_shape(other)
        if self._dims is None:
            return other
        if other._dims is None:
            return self
        self.assert_is_compatible_with(other)
        return TensorShape([a.merge_with(b) for a, b in zip(self._dims, other._dims)])

    def concatenate(self, other: Any) -> TensorShape:
        """This shape, then the other."""
        other = as_shape(other)
        if self._dims is None or other._dims is None:
            return unknown_shape()
        return TensorShape(self._dims + other._dims)

    def assert_same_rank(self, other: Any) -> None:
        """ValueError unless both could have as many axes."""
        other = as_shape(other)
        if None not in (self.ndims, other.ndims) and self.ndims != other.ndims:
            raise pt.ShapeError(static.message(
                f"Shapes {self} and {other} must have the same rank"))

    def assert_has_rank(self, rank: int) -> None:
        """ValueError unless it could have so many axes."""
        if self.ndims not in (None, rank):
            raise pt.ShapeError(static.message(f"Shape {self} must have rank {rank}"))

    def with_rank(self, rank: int) -> TensorShape:
        """The shape, known to have so many axes; ValueError if it has not."""
        try:
            return self.merge_with(unknown_shape(rank))
        except ValueError:
            raise pt.ShapeError(static.message(f"Shape {self} must have rank {rank}")) from None

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """The shape; ValueError if it has fewer axes."""
        if self.ndims is not None and self.ndims < rank:
            raise pt.ShapeError(static.message(f"Shape {self} must have rank at least {rank}"))
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """The shape; ValueError if it has more axes."""
        if self.ndims is not None and self.ndims > rank:
            raise pt.ShapeError(static.message(f"Shape {self} must have rank at most {rank}"))
        return self

    def __len__(self) -> int:
        if self._dims is None:
            raise pt.ShapeError(
                static.message("Cannot take the length of Shape with unknown rank."))
        return len(self._dims)

    def __iter__(self) -> Iterator[Dimension]:
        if self._dims is None:
            raise pt.ShapeError(static.message("Cannot iterate over a shape with unknown rank."))
        return iter(self._dims)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __getitem__(self, key: Any) -> Any:
        if self._dims is not None:
            found = self._dims[key]
            return TensorShape(found) if isinstance(key, slice) else found
        if not isinstance(key, slice):
            return Dimension(None)
        start, stop = key.start or 0, key.stop
        if key.step is not None or stop is None or stop < 0 or start < 0:
            return unknown_shape()
        return unknown_shape(max(stop - start, 0))

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return as_shape(other).concatenate(self)

    def __eq__(self, other: Any) -> Any:
        try:
            other = as_shape(other)
        except (TypeError, ValueError):
            return NotImplemented
        return self.known() == other.known()

    def __ne__(self, other: Any) -> Any:
        same = self.__eq__(other)
        return same if same is NotImplemented else not same

    def __hash__(self) -> int:
        return hash(self.known())

    def __repr__(self) -> str:
        return f"TensorShape({self._dims!r})"

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        comma = "," if len(self._dims) == 1 else ""
        return f"({', '.join(map(str, self._dims))}{comma})"


def as_shape(value: Any) -> TensorShape:
    """The value as a TensorShape."""
    return value if isinstance(value, TensorShape) else TensorShape(value)


def unknown_shape(rank: int | None = None) -> TensorShape:
    """A shape with so many axes of unknown sizes."""
    return TensorShape(None if rank is None else [None] * rank)


def dimension_value(dimension: Any) -> Any:
    """The number of a Dimension."""
    return dimension.value if isinstance(dimension, Dimension) else dimension


def dimension_at_index(shape: Any, index: int) -> Dimension:
    """The size of an axis."""
    shape = as_shape(shape)
    return Dimension(None) if shape.ndims is None else as_dimension(shape.dims[index])


def vector(sizes: Sequence[Any]) -> list[Any]:
    """Sizes with the numbers of Dimensions."""
    return [dimension_value(n) for n in sizes]
