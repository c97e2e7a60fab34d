"""Types of slices and of None, for operations that take them as inputs."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.generic import Generic
from pentad.frontends.theano.gof.graph import Apply, Variable
from pentad.frontends.theano.gof.type import ObjectConstant, Type
from pentad.frontends.theano.gof.userop import Op
from pentad.frontends.theano.tensor.constants import as_tensor_variable


class SliceConstant(ObjectConstant):
    """A slice that is known."""

    def signature(self) -> Any:
        """What equal constants have in common."""
        return SliceConstant, self.data.start, self.data.stop, self.data.step

    def __str__(self) -> str:
        return f"SliceConstant{{{self.data.start}, {self.data.stop}, {self.data.step}}}"

    __repr__ = __str__


class SliceType(Type):
    """The type of slices."""

    Constant = SliceConstant

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """The slice; TypeError if it is none."""
        if not isinstance(data, slice):
            raise TypeError(static.message("Expected a slice!", got=type(data).__name__))
        parts = (data.start, data.stop, data.step)
        return slice(*[None if p is None else int(p) for p in parts])

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __str__(self) -> str:
        return "slice"

    __repr__ = __str__


class NoneTypeT(Generic):
    """The type of None."""

    def __init__(self) -> None:
        super().__init__("None")

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """None; TypeError for anything else."""
        if data is not None:
            raise TypeError(static.message("Expected None!", got=type(data).__name__))


slicetype, none_type_t = SliceType(), NoneTypeT()
NoneConst = none_type_t.make_constant(None, name="NoneConst")


def as_int_none_variable(x: Any) -> Any:
    """A bound of a slice as a variable."""
    if x is None or x is NoneConst:
        return NoneConst
    x = as_tensor_variable(x, ndim=0)
    if not x.dtype.startswith(("int", "uint")):
        raise TypeError(
            static.message("index must be integers", got=str(x.type), where=x.node.line)
        )
    return x


class MakeSlice(Op):
    """A slice of variables."""

    __props__ = ()

    def make_node(self, slc: Any, stop: Any = None, step: Any = None) -> Apply:
        """The application to a slice, or to its bounds."""
        parts = (slc.start, slc.stop, slc.step) if isinstance(slc, slice) else (slc, stop, step)
        return Apply(self, [as_int_none_variable(p) for p in parts], [slicetype()])

    def perform(self, node: Any, inputs: list[Any], output_storage: list[Any]) -> None:
        """Make it."""
        output_storage[0][0] = slice(*[None if v is None else int(v) for v in inputs])


make_slice = MakeSlice()


def as_slice(value: slice) -> Any:
    """A slice as a variable: a constant, if no bound is one."""
    if any(isinstance(p, Variable) for p in (value.start, value.stop, value.step)):
        return make_slice(value)
    return slicetype.make_constant(value)


__all__ = [
    "MakeSlice", "NoneConst", "NoneTypeT", "SliceConstant", "SliceType", "as_int_none_variable",
    "make_slice", "none_type_t", "slicetype",
]
__getattr__ = absent(__name__)
