"""`TensorVariable`: a tensor that will be known, with the methods and operators of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import GRAPH, Constant, Variable
from pentad.frontends.theano.tensor import (
    creation,
    elemwise,
    extra_ops,
    nlinalg,
    nonzeros,
    numerics,
    products,
    reductions,
    shaping,
    sort,
    subtensor,
)
from pentad.frontends.theano.tensor.constants import AsTensorError
from pentad.frontends.theano.tensor.elemwise import ELEMWISE as E
from pentad.frontends.theano.tensor.type import TensorType, interned


def _forward(function: Callable[..., Any]) -> Callable[..., Any]:
    def operator(self: Any, other: Any) -> Any:
        try:
            return function(self, other)
        except (NotImplementedError, AsTensorError):
            return NotImplemented

    return operator


def _reversed(function: Callable[..., Any]) -> Callable[..., Any]:
    return _forward(lambda self, other: function(other, self))


def _comparing(function: Callable[..., Any]) -> Callable[..., Any]:
    def compared(self: Any, other: Any) -> Any:
        found = function(self, other)
        # Whether it holds is not known yet: `if x < y` is an error.
        found._is_nonzero = False
        return found

    return _forward(compared)


class _tensor_py_operators:
    """What makes tensors look like arrays."""

    __array_priority__ = 1000
    __hash__ = object.__hash__

    __add__, __radd__ = _forward(E["add"]), _reversed(E["add"])
    __sub__, __rsub__ = _forward(E["sub"]), _reversed(E["sub"])
    __mul__, __rmul__ = _forward(E["mul"]), _reversed(E["mul"])
    __pow__, __rpow__ = _forward(E["pow"]), _reversed(E["pow"])
    __and__, __rand__ = _forward(E["and_"]), _reversed(E["and_"])
    __or__, __ror__ = _forward(E["or_"]), _reversed(E["or_"])
    __xor__, __rxor__ = _forward(E["xor"]), _reversed(E["xor"])
    __floordiv__, __rfloordiv__ = _forward(E["int_div"]), _reversed(E["int_div"])
    __truediv__, __rtruediv__ = _forward(E["true_div"]), _reversed(E["true_div"])
    __div__, __rdiv__ = __truediv__, __rtruediv__
    __mod__, __rmod__ = _forward(E["mod"]), _reversed(E["mod"])
    __lt__, __le__ = _comparing(E["lt"]), _comparing(E["le"])
    __gt__, __ge__ = _comparing(E["gt"]), _comparing(E["ge"])

    def __divmod__(self, other: Any) -> Any:
        return E["int_div"](self, other), E["mod"](self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return E["int_div"](other, self), E["mod"](other, self)

    def __neg__(self) -> Any:
        return E["neg"](self)

    def __abs__(self) -> Any:
        return E["abs_"](self)

    def __invert__(self) -> Any:
        return E["invert"](self)

    def __ceil__(self) -> Any:
        return E["ceil"](self)

    def __floor__(self) -> Any:
        return E["floor"](self)

    def __trunc__(self) -> Any:
        return E["trunc"](self)

    def __bool__(self) -> bool:
        if getattr(self, "_is_nonzero", True):
            return True
        raise TypeError(
            static.message("Variables do not support boolean operations", got=str(self),
                           hint="use T.switch, T.and_, T.or_: the value is not known yet")
        )

    def __index__(self) -> Any:
        raise TypeError(
            static.message("a variable is no whole number: its value is not known yet",
                           got=str(self), hint="use .eval(), or the number itself")
        )

    def __getitem__(self, args: Any) -> Any:
        return subtensor.subtensor(self, args)

    def __iter__(self) -> Any:
        try:
            count = shaping.get_vector_length(self)
        except TypeError as error:
            raise TypeError(
                static.message("TensorType does not support iteration.", got=str(self),
                               hint="maybe you are using builtins.sum instead of theano.tensor.sum,"
                                    " or builtins.max and min")
            ) from error
        return iter([self[i] for i in range(count)])

    def __dot__(left, right: Any) -> Any:
        return products.dot(left, right)

    def __rdot__(right, left: Any) -> Any:
        return products.dot(left, right)

    __matmul__, __rmatmul__ = _forward(products.dot), _reversed(products.dot)
    dot = products.dot

    # -- what it is ----------------------------------------------------------------------------

    @property
    def type(self) -> TensorType:
        """Its type."""
        found = self.__dict__.get("_type")
        if found is None:
            t = self.static_type  # type: ignore[attr-defined]
            found = interned(t.dtype.name, tuple(n == 1 for n in t.shape))
            self.__dict__["_type"] = found
        return found

    @property
    def dtype(self) -> str:
        """The name of its element type."""
        found: str = self.static_type.dtype.name  # type: ignore[attr-defined]
        return found

    @property
    def broadcastable(self) -> tuple[bool, ...]:
        """For each axis, is its size known to be one?"""
        return self.type.broadcastable

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.static_type.shape)  # type: ignore[attr-defined]

    @property
    def T(self) -> Any:
        """The tensor with its axes reversed."""
        return shaping.transpose(self)

    @property
    def shape(self) -> Any:
        """Its sizes."""
        return shaping.shape(self)

    @property
    def size(self) -> Any:
        """How many elements it has."""
        if self.ndim == 1:
            return self.shape[0]
        return reductions.prod(self.shape)

    @property
    def real(self) -> Any:
        """The real parts."""
        return E["real"](self)

    @property
    def imag(self) -> Any:
        """The imaginary parts."""
        return E["imag"](self)

    # -- methods with arguments of their own ---------------------------------------------------

    def dimshuffle(self, *pattern: Any) -> Any:
        """The tensor with its axes in another order; "x" adds one."""
        if len(pattern) == 1 and isinstance(pattern[0], list | tuple):
            pattern = tuple(pattern[0])
        from pentad.frontends.theano.tensor.dimshuffle import dimshuffle

        return dimshuffle(self, pattern)

    def transpose(self, *axes: Any) -> Any:
        """The tensor with its axes in another order."""
        if not axes:
            return shaping.transpose(self)
        return shaping.transpose(self, axes[0] if isinstance(axes[0], list | tuple) else axes)

    def astype(self, dtype: Any) -> Any:
        """The tensor converted to an element type."""
        return elemwise.cast(self, dtype)

    def reshape(self, shape: Any, ndim: int | None = None) -> Any:
        """The elements in another shape."""
        if ndim is not None and not isinstance(ndim, int):
            raise ValueError(
                static.message("reshape: ndim is no number: give the shape as one argument",
                               got=repr(ndim), expected="x.reshape((a, b))")
            )
        return shaping.reshape(self, shape, ndim)

    def fill(self, value: Any) -> Any:
        """A tensor of this shape, filled with a value."""
        return creation.fill(self, value)

    def copy(self, name: str | None = None) -> Any:
        """A variable of the same value."""
        found = E["identity"](self)
        found.name = name
        return found

    def norm(self, L: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """The norm of order L."""
        return reductions.norm(self, L, axis, keepdims)

    def get_scalar_constant_value(self) -> Any:
        """The number that it is everywhere."""
        from pentad.frontends.theano.tensor.constants import get_scalar_constant_value

        return get_scalar_constant_value(self)

    def transfer(self, target: Any) -> Any:
        """The tensor on a device: here there is one only."""
        return self

    flatten = shaping.flatten
    ravel = shaping.flatten
    take = subtensor.take
    swapaxes = shaping.swapaxes
    squeeze = shaping.squeeze
    zeros_like = creation.zeros_like
    ones_like = creation.ones_like
    sum, prod, mean, var, std = (
        reductions.sum, reductions.prod, reductions.mean, reductions.var, reductions.std
    )
    min, max, argmin, argmax, ptp = (
        reductions.min, reductions.max, reductions.argmin, reductions.argmax, reductions.ptp
    )
    any, all = reductions.any, reductions.all
    sort, argsort = sort.sort, sort.argsort
    nonzero, nonzero_values = nonzeros.nonzero, nonzeros.nonzero_values
    round, clip, choose = numerics.round, numerics.clip, numerics.choose
    diagonal, trace = nlinalg.diagonal, nlinalg.trace
    cumsum, cumprod = extra_ops.cumsum, extra_ops.cumprod
    repeat, searchsorted = extra_ops.repeat, extra_ops.searchsorted

    def compress(self, a: Any, axis: int | None = None) -> Any:
        """The slices along an axis where a vector is true."""
        return extra_ops.compress(self, a, axis)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(
            static.message("'TensorVariable' object does not support item assignment",
                           hint="T.set_subtensor(x[i], value) gives a tensor with the part set")
        )


class TensorVariable(_tensor_py_operators, Variable):
    """A tensor that will be known when a function runs."""


class TensorConstant(_tensor_py_operators, Constant):
    """A tensor that is known."""

    @property
    def type(self) -> TensorType:
        """Its type: axes of size one are known to be so."""
        return _tensor_py_operators.type.fget(self)  # type: ignore[attr-defined]

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        text = str(self.data)
        if self.data.size > 1 and (self.data == self.data.reshape(-1)[0]).all():
            text = f"{self.data.shape} of {self.data.reshape(-1)[0]}"
        text = " ".join(text.split())
        return f"TensorConstant{{{text if len(text) <= 20 else text[:10] + '..' + text[-8:]}}}"

    __repr__ = __str__

    def clone(self) -> Any:
        """A constant of the same value."""
        return static.constant(GRAPH, self.data, self.static_type.dtype)


def _methods() -> None:
    """Every operation on elements with one operand is a method too."""
    for name in (
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan",
        "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh",
        "ceil", "floor", "trunc", "deg2rad", "rad2deg", "conj",
    ):
        record = E[name]
        setattr(_tensor_py_operators, name, lambda self, record=record: record(self))
    _tensor_py_operators.conjugate = _tensor_py_operators.conj  # type: ignore[attr-defined]


_methods()
GRAPH.kinds.update({"": TensorVariable, "const": TensorConstant})


__all__ = ["TensorConstant", "TensorVariable"]
