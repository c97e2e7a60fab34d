"""What is done with typed lists: taking elements, adding and removing them, counting.

Lists are held with tensors as their elements, so that gradients pass through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.bundle import Bundle
from pentad.frontends.theano.gof.graph import Apply, Constant, Variable
from pentad.frontends.theano.gof.type import boxed
from pentad.frontends.theano.gof.userop import Op
from pentad.frontends.theano.tensor.constants import as_tensor_variable, constant
from pentad.frontends.theano.tensor.type import TensorType
from pentad.frontends.theano.tensor.type_other import SliceType, as_slice
from pentad.frontends.theano.typed_list.type import TypedListType, as_value


class _typed_list_py_operators:
    """What makes variables look like lists."""

    type: TypedListType

    def __getitem__(self, index: Any) -> Any:
        return getitem(self, index)

    def __iter__(self) -> Any:
        raise TypeError(
            static.message("a typed list is not walked over: its length is not known yet",
                           got=str(self), hint="take elements by their places, or use theano.scan")
        )

    def __len__(self) -> Any:
        return length(self)

    def __bool__(self) -> bool:
        return True

    def append(self, toAppend: Any) -> Any:
        """The list with one element more."""
        return append(self, toAppend)

    def extend(self, toAppend: Any) -> Any:
        """The list with those of another behind it."""
        return extend(self, toAppend)

    def insert(self, index: Any, toInsert: Any) -> Any:
        """The list with an element put in at a place."""
        return insert(self, index, toInsert)

    def remove(self, toRemove: Any) -> Any:
        """The list without the first element that equals another."""
        return remove(self, toRemove)

    def reverse(self) -> Any:
        """The list from its last element to its first."""
        return reverse(self)

    def count(self, elem: Any) -> Any:
        """How many elements equal another."""
        return count(self, elem)

    def ind(self, elem: Any) -> Any:
        """The place of the first element that equals another."""
        return index_(self, elem)

    @property
    def ttype(self) -> Any:
        """The type of the elements."""
        return self.type.ttype

    @property
    def dtype(self) -> Any:
        """The element type of the elements."""
        return self.type.ttype.dtype  # type: ignore[attr-defined]

    @property
    def ndim(self) -> int:
        """How many axes the elements have, and one more."""
        return self.type.ndim


class TypedListVariable(_typed_list_py_operators, Variable):
    """A list that will be known when a function runs."""


class TypedListConstant(_typed_list_py_operators, TypedListType.Constant):  # type: ignore[misc]
    """A list that is known."""


TypedListType.Variable, TypedListType.Constant = TypedListVariable, TypedListConstant


# -- operations --------------------------------------------------------------------------------


class _Record(static.Op):
    """The core's operation for one on lists."""

    def __init__(self, op: ListOp) -> None:
        super().__init__(type(op).__name__, dynamic=True, differentiable=op.smooth)
        self.shown, self.made_by = op, ("program's own", op)

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        """What `compute` gives for lists as they are, tensors, and whole numbers."""
        found = self.shown.compute(node, *[_held(replay, v) for v in inputs])
        [out] = node.outputs
        if out.static_type.dtype is static.STRING:
            return static.Known(boxed(found), static.STRING)
        if isinstance(found, pt.Tensor):
            return found
        # What was fed stays the caller's memory, which may be written to later.
        return pt.as_tensor(np.array(found)).to(out.static_type.dtype)


def _held(replay: Any, value: Any) -> Any:
    if isinstance(value, static.Known) and value.dtype is static.STRING:
        return value.array.item()
    return replay.tensor(value)


class ListOp(Op):
    """An operation on lists: `compute` gives a new list, or something taken from one."""

    smooth = True
    """Do gradients pass?"""

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def compute(self, node: Any, *values: Any) -> Any:
        """The result."""
        raise NotImplementedError

    def record(self, count: int) -> static.Op:
        """The core's operation for this one."""
        found = self.__dict__.get("_record")
        if found is None:
            found = self.__dict__["_record"] = _Record(self)
        return found

    def applied(self, inputs: Sequence[Any], out: Any) -> Apply:
        """The application, whose result is a new variable."""
        node = Apply(self, list(inputs), [out])
        node.node.extra["holds_tensors"] = True
        return node

    def __str__(self) -> str:
        return type(self).__name__

    __repr__ = __str__


class Inplace(ListOp):
    """One that may write to its list: here each gives a list of its own."""

    __props__ = ("inplace",)


def _list(x: Any) -> Any:
    if not isinstance(getattr(x, "type", None), TypedListType):
        raise AssertionError(
            static.message("not a typed list", expected="a variable of a TypedListType",
                           got=str(getattr(x, "type", type(x))))
        )
    return x


def _fitting(kind: Any, value: Any) -> Any:
    """A variable of this type; AssertionError if it is of another."""
    value = value if isinstance(value, Variable) else kind.filter_variable(value)
    if isinstance(value, Bundle):
        raise TypeError(
            static.message("a typed list of sparse matrices is not supported", got=str(value.type),
                           hint="keep their parts in lists: S.csm_properties gives them")
        )
    if value.type != kind:
        raise AssertionError(
            static.message("the element is of another type than the list's", expected=str(kind),
                           got=str(value.type), where=value.node.line)
        )
    return value


def _place(index: Any) -> Any:
    """A whole number as a variable; AssertionError for another one."""
    if not isinstance(index, Variable):
        return constant(np.array(index, "int64"))
    if index.dtype != "int64" or index.ndim:
        raise AssertionError(
            static.message("the place must be an int64 scalar", got=str(index.type),
                           where=index.node.line)
        )
    return index


def _places(kind: Any, values: list[Any], wanted: Any) -> list[int]:
    """The places of the elements that equal another."""
    wanted = as_value(wanted)
    return [i for i, v in enumerate(values) if kind.values_eq(as_value(v), wanted)]


def _number(dtype: str) -> Any:
    return TensorType(dtype, ())()


class GetItem(ListOp):
    """An element, or the list of those that a slice takes."""

    __props__ = ()

    def make_node(self, x: Any, index: Any) -> Apply:
        """The application to a list and a place."""
        x = _list(x)
        if isinstance(index, slice):
            index = as_slice(index)
        if isinstance(index, Variable) and isinstance(index.type, SliceType):
            return self.applied([x, index], x.type())
        if isinstance(index, Variable) and (not hasattr(index, "broadcastable") or index.ndim):
            raise TypeError(
                static.message("Expected scalar or slice as index.", got=str(index.type),
                               where=index.node.line)
            )
        return self.applied([x, _place(index)], x.ttype())

    def compute(self, node: Any, x: Any, index: Any) -> Any:
        """The element or elements."""
        return x[index if isinstance(index, slice) else int(index)]


class Append(Inplace):
    """A list with one element more."""

    def make_node(self, x: Any, toAppend: Any) -> Apply:
        """The application to a list and an element."""
        x = _list(x)
        return self.applied([x, _fitting(x.ttype, toAppend)], x.type())

    def compute(self, node: Any, x: Any, value: Any) -> Any:
        """The longer list."""
        return [*x, value]


class Extend(Inplace):
    """A list with those of another behind it."""

    def make_node(self, x: Any, toAppend: Any) -> Apply:
        """The application to two lists."""
        x = _list(x)
        return self.applied([x, _fitting(x.type, toAppend)], x.type())

    def compute(self, node: Any, x: Any, values: Any) -> Any:
        """Both lists in one."""
        return [*x, *values]


class Insert(Inplace):
    """A list with an element put in at a place."""

    def make_node(self, x: Any, index: Any, toInsert: Any) -> Apply:
        """The application to a list, a place and an element."""
        x = _list(x)
        return self.applied([x, _place(index), _fitting(x.ttype, toInsert)], x.type())

    def compute(self, node: Any, x: Any, index: Any, value: Any) -> Any:
        """The longer list."""
        found = list(x)
        found.insert(int(index), value)
        return found


class Remove(Inplace):
    """A list without the first element that equals another."""

    def make_node(self, x: Any, toRemove: Any) -> Apply:
        """The application to a list and an element."""
        x = _list(x)
        return self.applied([x, _fitting(x.ttype, toRemove)], x.type())

    def compute(self, node: Any, x: Any, value: Any) -> Any:
        """The shorter list."""
        first = _places(node.inputs[0].type.ttype, x, value)[:1]
        return [v for i, v in enumerate(x) if i not in first]


class Reverse(Inplace):
    """A list from its last element to its first."""

    def make_node(self, x: Any) -> Apply:
        """The application to a list."""
        return self.applied([_list(x)], x.type())

    def compute(self, node: Any, x: Any) -> Any:
        """The reversed list."""
        return x[::-1]


class Index(ListOp):
    """The place of the first element that equals another, as a float."""

    __props__ = ()
    smooth = False

    def make_node(self, x: Any, elem: Any) -> Apply:
        """The application to a list and an element."""
        x = _list(x)
        return self.applied([x, _fitting(x.ttype, elem)], _number(config.floatX))

    def compute(self, node: Any, x: Any, value: Any) -> Any:
        """The place; ValueError if there is none."""
        found = _places(node.inputs[0].type.ttype, x, value)
        if not found:
            raise ValueError(
                static.message("the element is not in the list", got=str(as_value(value))[:80],
                               where=node.line)
            )
        return found[0]


class Count(ListOp):
    """How many elements equal another, as a float."""

    __props__ = ()
    smooth = False

    def make_node(self, x: Any, elem: Any) -> Apply:
        """The application to a list and an element."""
        x = _list(x)
        return self.applied([x, _fitting(x.ttype, elem)], _number(config.floatX))

    def compute(self, node: Any, x: Any, value: Any) -> Any:
        """The number."""
        return len(_places(node.inputs[0].type.ttype, x, value))


class Length(ListOp):
    """How many elements a list has."""

    __props__ = ()
    smooth = False

    def make_node(self, x: Any) -> Apply:
        """The application to a list."""
        return self.applied([_list(x)], _number("int64"))

    def compute(self, node: Any, x: Any) -> Any:
        """The number."""
        return len(x)


class MakeList(ListOp):
    """A list of variables of one type."""

    __props__ = ()

    def make_node(self, a: Any) -> Apply:  # type: ignore[override]
        """The application to a list or tuple of variables."""
        if not isinstance(a, list | tuple) or not a:
            raise AssertionError(
                static.message("make_list takes a list or tuple of variables", got=repr(a)[:80])
            )
        found = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in a]
        found = [_fitting(v.type, v) for v in found]
        if any(v.type != found[0].type for v in found):
            raise TypeError(
                static.message("MakeList need all input variable to be of the same type.",
                               got=", ".join(str(v.type) for v in found))
            )
        return self.applied(found, TypedListType(found[0].type)())

    def compute(self, node: Any, *values: Any) -> Any:
        """The list."""
        return list(values)


getitem, append, extend, insert = GetItem(), Append(), Extend(), Insert()
remove, reverse, index_, count = Remove(), Reverse(), Index(), Count()
length, make_list = Length(), MakeList()

__all__ = [
    "Append", "Apply", "Constant", "Count", "Extend", "GetItem", "Index", "Insert", "Length",
    "MakeList", "Op", "Remove", "Reverse", "TypedListConstant", "TypedListType",
    "TypedListVariable", "Variable", "append", "count", "extend", "getitem", "index_", "insert",
    "length", "make_list", "remove", "reverse",
]
__getattr__ = absent(__name__)
