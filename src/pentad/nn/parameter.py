"""Parameter: a tensor that a module trains."""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import DTypeError, message
from pentad.tensor import methods
from pentad.tensor.functions.creation import empty, make_subclass
from pentad.tensor.tensor import Tensor

assert methods  # importing it gives tensors their methods


class Parameter(Tensor):
    """A Tensor that, as an attribute of a Module, is one of its parameters.

    data: the values, whose memory it shares; requires_grad: is it trained?
    """

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """Make a leaf on the memory of `data`; DTypeError unless it is a tensor."""
        values = empty(0) if data is None else data
        if not isinstance(values, Tensor):
            raise DTypeError(
                message("Parameter: not a tensor", expected="a Tensor", got=type(data).__name__,
                        hint="Parameter(pentad.tensor(...))")
            )
        return make_subclass(cls, values, requires_grad)

    def __init__(self, data: Any = None, requires_grad: bool = True) -> None:
        """All is done in __new__, so that PyTorch's subclassing works here, too."""


def new_parameter(*size: Any, dtype: Any = None, present: bool = True) -> Any:
    """A Parameter whose values are yet to be set, or None."""
    return Parameter(empty(*size, dtype=dtype)) if present else None


class Buffer(Tensor):
    """A Tensor that, as an attribute of a Module, is one of its buffers.

    persistent: is it part of the state_dict?
    """

    def __new__(cls, data: Any = None, persistent: bool = True) -> Any:
        """Make a tensor on the memory of `data`; DTypeError unless it is a tensor."""
        values = empty(0) if data is None else data
        if not isinstance(values, Tensor):
            raise DTypeError(
                message("Buffer: not a tensor", expected="a Tensor", got=type(data).__name__)
            )
        made = make_subclass(cls, values, False)
        made.persistent = persistent
        return made

    def __init__(self, data: Any = None, persistent: bool = True) -> None:
        """All is done in __new__."""


class UninitializedParameter(Parameter):
    """A Parameter whose shape is not known yet; lazy layers materialize it."""

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        """Make a parameter without elements."""
        return make_subclass(cls, empty(0, dtype=dtype), requires_grad)

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        """All is done in __new__."""

    def materialize(self, value: Tensor) -> Parameter:
        """Take the shape and values of `value`, in its own dtype, and become a Parameter: the same
        object."""
        self.data = value.detach().to(self.dtype)  # type: ignore[attr-defined]
        self.__class__ = Parameter  # type: ignore[assignment]
        return self


class UninitializedBuffer(Buffer):
    """A buffer whose shape is not known yet."""

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> Any:
        """Make a buffer without elements."""
        made = make_subclass(cls, empty(0, dtype=dtype), False)
        made.persistent = True
        return made

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> None:
        """All is done in __new__."""

    def materialize(self, value: Tensor) -> Tensor:
        """The tensor that takes its place, in its dtype."""
        return value.to(self.dtype)  # type: ignore[attr-defined, no-any-return]


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """device, dtype and memory_format of a layer's arguments, for what makes its tensors.

    A member "factory_kwargs" may hold them too; DTypeError for others, and for what comes twice.
    """
    given = dict(kwargs or {})
    found = dict(given.pop("factory_kwargs", {}))
    known = {"device", "dtype", "memory_format"}
    if not set(given) <= known or set(given) & set(found):
        raise DTypeError(
            message("factory_kwargs", expected="device, dtype, memory_format, each once",
                    got=", ".join([*given, *found]))
        )
    return {**found, **given}
