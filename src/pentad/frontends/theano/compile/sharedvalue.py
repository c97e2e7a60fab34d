"""Shared variables: values that functions read and update."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.generic import generic
from pentad.frontends.theano.gof.graph import GRAPH, Variable
from pentad.frontends.theano.gof.type import boxed
from pentad.frontends.theano.scalar.types import DTYPES
from pentad.frontends.theano.tensor.type import TensorType
from pentad.frontends.theano.tensor.var import _tensor_py_operators

STORE = static.Store()
"""Where the values of all shared variables are."""


class SharedVariable(Variable):
    """A value that stays between calls of functions."""

    _update: Any = None

    def _of_type(  # type: ignore[override]
        self, name: str | None = None, type: Any = None, value: Any = None, strict: bool = False,
        allow_downcast: bool | None = None, container: Any = None,
    ) -> None:
        """A new one of a type, as programs make it by the class."""
        held = value if container is None else container.value
        make = _tensor if isinstance(type, TensorType) else _object
        self._be(make(type, held, name, strict, allow_downcast), type)

    @property
    def container(self) -> Container:
        """What holds the value."""
        return Container(self)

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The value; with `borrow` the array that functions write to, the same one each time."""
        if not borrow:
            return STORE.tensor(self.node).numpy().copy()
        found = self._lent()
        if found is None:
            found = STORE.tensor(self.node).numpy()
            self.node.extra["lent"] = weakref.ref(found), STORE.tensor(self.node)
        return found

    def _lent(self) -> Any:
        """The array on the value's memory that a program has; None if it has none."""
        found, tensor = self.node.extra.get("lent", (None, None))
        return found() if found is not None and tensor is STORE.values.get(self.node) else None

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Give it another value, which is copied.

        Arrays that programs were lent, or lent themselves, keep their values: then the variable
        gets memory of its own, for which functions that use it are compiled once more.
        """
        value, lent = self._filtered(new_value), self._lent()
        if lent is None or (value.shape == lent.shape and np.shares_memory(value, lent)):
            STORE.set(self.node, value)
        else:
            STORE.move(self.node, value)

    def _filtered(self, value: Any) -> Any:
        extra = self.node.extra
        return self.type.filter(value, extra.get("strict", False), extra.get("allow_downcast"))

    def zero(self, borrow: bool = False) -> None:
        """Set all elements to zero."""
        self.set_value(np.zeros_like(self.get_value(borrow=True)))

    @property
    def default_update(self) -> Any:
        """What it becomes after each call of a function that uses it."""
        if self._update is None:
            raise AttributeError("default_update")
        return self._update

    @default_update.setter
    def default_update(self, value: Any) -> None:
        self._update = None if value is None else self.type.filter_variable(value)

    @default_update.deleter
    def default_update(self) -> None:
        self._update = None

    def clone(self) -> Any:
        """A variable of the same type that shares the value."""
        return copy.copy(self)

    def __str__(self) -> str:
        return self.name if self.name is not None else f"<{self.type}>"

    __repr__ = __str__


class TensorSharedVariable(_tensor_py_operators, SharedVariable):
    """A tensor that stays between calls: programs tell it from a TensorVariable by its class."""

    __str__ = __repr__ = SharedVariable.__str__


class ScalarSharedVariable(TensorSharedVariable):
    """The same of a tensor without axes."""


def _of_rank(node: Any, index: int, probes: tuple[Any, ...], dtype: Any) -> SharedVariable:
    kind = TensorSharedVariable if probes[0].shape else ScalarSharedVariable
    return kind(node, index, probes, dtype)


GRAPH.kinds["var"] = _of_rank


class Container:
    """The value of a shared variable, as a cell."""

    def __init__(self, variable: SharedVariable) -> None:
        self.variable, self.type, self.name = variable, variable.type, variable.name

    @property
    def value(self) -> Any:
        """The value, not a copy of it."""
        return self.variable.get_value(borrow=True)

    @value.setter
    def value(self, value: Any) -> None:
        self.variable.set_value(value)

    data = value

    @property
    def storage(self) -> list[Any]:
        """The array that the value lies in, in a list."""
        return [self.variable.get_value(borrow=True)]


class ObjectSharedVariable(SharedVariable):
    """An object of Python that stays between calls of functions."""

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The object, or a copy of it."""
        [found] = self.node.extra["held"]
        return found if borrow else copy.deepcopy(found)

    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Let it be another object."""
        found = self._filtered(new_value)
        self.node.extra["held"][0] = found if borrow else copy.deepcopy(found)

    def __getitem__(self, args: Any) -> Any:
        raise TypeError(
            static.message("The generic 'SharedVariable' object is not subscriptable.",
                           got=f"an object of type {type(self.get_value(borrow=True))}",
                           hint="give theano.shared an array of numbers")
        )


class _Held(static.Op):
    """The object that a shared variable is at this time."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        return static.Known(boxed(node.extra["held"][0]), static.STRING)


HELD = _Held("var")


def _object(type: Any, value: Any, name: Any, strict: bool, allow_downcast: Any) -> Any:
    """A shared variable of objects."""
    held = copy.deepcopy(type.filter(value, strict, allow_downcast))
    extra = {"value_types": [type], "held": [held], "kind": ObjectSharedVariable, "strict": strict,
             "allow_downcast": allow_downcast}
    made = static.apply(GRAPH, HELD, types=[type.static], extra=extra).outputs[0]
    made.name = name
    return made


def _tensor(
    type: TensorType, value: Any, name: Any, strict: bool, allow_downcast: Any,
    borrow: bool = False,
) -> Any:
    """A shared variable of tensors."""
    made = static.variable(GRAPH, DTYPES[type.dtype], type.static.shape)
    made.name = name
    made.node.extra.update(strict=strict, allow_downcast=allow_downcast)
    array = type.filter(value, strict, allow_downcast)
    if borrow and array is value and _lendable(array):
        STORE.values[made.node] = tensor = pt.from_numpy(array)
        made.node.extra["lent"] = weakref.ref(array), tensor
    else:
        STORE.set(made.node, array)
    return made


def shared(
    value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None,
    **kwargs: Any,
) -> Any:
    """A variable that keeps a value between calls of functions, `value` at first.

    borrow: the variable is the array itself where its layout allows that, so that changes of one
    are seen in the other; otherwise it is copied. What is no number and no array is kept as an
    object of Python.
    """
    if isinstance(value, Variable):
        raise TypeError(
            static.message("Shared variable constructor needs numeric values and not symbolic "
                           "variables.", got=str(value), hint="give it an array")
        )
    for fits, make in CONSTRUCTORS:
        if fits(value):
            return make(value, name=name, strict=strict, allow_downcast=allow_downcast, **kwargs)
    numeric = np.ndarray | np.generic | int | float | complex
    if isinstance(value, numeric) and np.asarray(value).dtype.kind in "biufc":
        array = np.asarray(value)
        kind = TensorType(array.dtype, kwargs.pop("broadcastable", None) or (False,) * array.ndim)
        borrow = kwargs.pop("borrow", False)
        kwargs.pop("target", None)
        if not kwargs:
            return _tensor(kind, array, name, strict, allow_downcast, borrow)
    elif not kwargs:
        return _object(generic, value, name, strict, allow_downcast)
    raise TypeError(
        static.message("No suitable SharedVariable constructor could be found. Are you sure "
                       "all kwargs are supported?", got=f"{type(value).__name__}, with "
                       f"{', '.join(kwargs)}", expected="an array or a number, with borrow or "
                       "broadcastable")
    )


def _lendable(array: np.ndarray[Any, Any]) -> bool:
    """Can a tensor lie in the memory of the array?"""
    flags = array.flags
    forward = all(s >= 0 and s % array.itemsize == 0 for s in array.strides)
    return forward and flags.writeable and flags.aligned and array.dtype.isnative


CONSTRUCTORS: list[tuple[Any, Any]] = []
"""What `shared` does with values that are not arrays: a test, and what makes the variable."""


def shared_constructor(function: Any, remove: bool = False) -> Any:
    """Register a constructor of a program's own, which is tried first, or forget it."""
    if remove:
        CONSTRUCTORS[:] = [c for c in CONSTRUCTORS if c[1] is not function]
        return function

    def attempt(value: Any) -> bool:
        try:
            return function(value) is not None
        except TypeError:
            return False

    CONSTRUCTORS.insert(0, (attempt, function))
    return function


__all__ = [
    "STORE", "Container", "ObjectSharedVariable", "ScalarSharedVariable", "SharedVariable",
    "TensorSharedVariable", "generic", "shared", "shared_constructor",
]
