"""From a function of graph nodes to a function of tensors: the `surface` decorator.

A *surface function* says in terms of graph ops what an operation of the user's side computes:

    @surface
    def lerp(x: Node, y: Node, weight: Node, *, clip: bool = False) -> Node:
        x, y, weight = promoted_to_float("lerp", x, y, weight)
        ...
        return ops.add(x, ops.mul(weight, ops.sub(y, x)))

* A parameter whose annotation names `Node` is an operand: the caller passes a Tensor or a Python
  number (or None, if the annotation allows it); the function gets a node. `Sequence[Node]` takes a
  list or tuple of tensors.
* Every other parameter is static: hashable after lists have become tuples. It may be given by
  position or keyword and reaches the function unchanged.
* The result is a node or a tuple of nodes; tensors come out in the same arrangement.

The function is traced once for each combination of metas (shape, strides, dtype) and static
arguments; afterwards a call is a dictionary look-up, an allocation and one native call. Python
numbers are run-time operands (`weak` ones, see promotion.py): another learning rate compiles
nothing. Gradients come from the graph; nothing is written for them. While a function is being
traced (pentad.compile), the call adds nodes to the trace instead.

`lerp.inplace(x, y, weight)` is the same operation written over its first operand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad import ops
from pentad.graph.errors import DTypeError, PentadError, ShapeError, message
from pentad.graph.node import Graph, Node, input_node, recording_source
from pentad.tensor.fastpath import REQUIRED, fast_call, fast_inplace
from pentad.tensor.meta import Meta, concrete, plain_meta
from pentad.tensor.misfit import INSIDE, NUMPYS, misfit
from pentad.tensor.operands import (
    NUMBERS,
    convert_operand,
    frozen,
    has_dim,
    melted,
    scalar_operand,
)
from pentad.tensor.run import leaked, run
from pentad.tensor.specialise import Specialised
from pentad.tensor.state import on_new_default_dtype, state
from pentad.tensor.tensor import Tensor
from pentad.tensor.writes import write_over

_CACHE_LIMIT = 2048
POLICY: dict[str, Callable[[list[Tensor]], list[Tensor]]] = {}
"""What autocast does with the operands of the operations of these names; filled by autocast.py."""


class Surface:
    """A function of tensors made from a function of nodes; see the module's text."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.name = function.__name__.strip("_")
        self.__name__ = self.__qualname__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__
        self.__wrapped__ = function
        self.cache: dict[Any, Specialised] = {}
        self._parameters(function)
        on_new_default_dtype(self.cache.clear)

    def _parameters(self, function: Callable[..., Any]) -> None:
        code = function.__code__
        count = code.co_argcount + code.co_kwonlyargcount
        self.names = code.co_varnames[:count]
        self.positional = code.co_argcount
        defaults: dict[str, Any] = dict(function.__kwdefaults__ or {})
        given = function.__defaults__ or ()
        defaults.update(
            zip(self.names[self.positional - len(given) : self.positional], given, strict=True)
        )
        self.defaults = [defaults.get(n, REQUIRED) for n in self.names]
        self.place = {n: i for i, n in enumerate(self.names)}
        kinds = [str(function.__annotations__.get(n, "")) for n in self.names]
        self.is_operand = ["Node" in k for k in kinds]
        self.is_sequence = ["Node" in k and "Sequence" in k for k in kinds]
        if self.positional and "self" not in self.place and "input" not in self.place:
            self.place["input"] = 0
        for other, name in NUMPYS.items():
            if name in self.place:
                self.place.setdefault(other, self.place[name])

    # -- arguments -----------------------------------------------------------------------------

    def bind(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """One value for each parameter, in order; TypeError as Python itself would raise."""
        if len(args) > self.positional:
            raise TypeError(f"{self.name}() takes {self.positional} arguments, got {len(args)}")
        values = [*args, *self.defaults[len(args) :]]
        for name, value in kwargs.items():
            at = self.place.get(name)
            if at is None:
                raise TypeError(f"{self.name}() got an unexpected keyword argument {name!r}")
            if at < len(args):
                raise TypeError(f"{self.name}() got several values for argument {name!r}")
            values[at] = value
        for name, value in zip(self.names, values, strict=True):
            if value is REQUIRED:
                raise TypeError(f"{self.name}() misses the argument {name!r}")
        return values

    def split(self, values: Sequence[Any]) -> tuple[list[Tensor], tuple[Any, ...]]:
        """(operands in order, what is static: the other values and the operands' pattern)."""
        operands: list[Tensor] = []
        static: list[Any] = []
        for i, value in enumerate(values):
            if not self.is_operand[i]:
                static.append(frozen(value))
            elif self.is_sequence[i]:
                members = [self._operand(i, v) for v in value]
                operands += members
                static.append(len(members))
            elif value is None:
                static.append(None)
            else:
                operands.append(self._operand(i, value))
        return operands, tuple(static)

    def _operand(self, i: int, value: Any) -> Tensor:
        if isinstance(value, Tensor):
            return value
        if isinstance(value, NUMBERS):
            return scalar_operand(value)
        return convert_operand(self.name, self.names[i], value, first=i == 0)

    def thaw(self, operands: Sequence[Any], static: Sequence[Any]) -> list[Any]:
        """The inverse of `split`."""
        nodes, rest = iter(operands), iter(static)
        values: list[Any] = []
        for i in range(len(self.names)):
            if not self.is_operand[i]:
                values.append(melted(next(rest)))
            elif self.is_sequence[i]:
                values.append([next(nodes) for _ in range(next(rest))])
            elif i in static[-1]:
                values.append(next(rest))
            else:
                values.append(next(nodes))
        return values

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the operation to tensors."""
        operands, static = self.arranged(args, kwargs)
        spec = self.specialise(operands, static)
        results = run(spec, operands)
        return tuple(results) if spec.multiple else results[0]

    def prepare(
        self, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[list[Tensor], tuple[Any, ...]]:
        """Bind and split the arguments of a call; the last static value tells absent operands."""
        values = self.bind(args, kwargs)
        absent = tuple(
            i for i, v in enumerate(values) if v is None and self.is_operand[i]
        )
        operands, static = self.split(values)
        return operands, (*static, absent)

    def arranged(
        self, args: Sequence[Any], kwargs: dict[str, Any]
    ) -> tuple[list[Tensor], tuple[Any, ...]]:
        """`prepare`, and under autocast the operands in the dtypes of its policy."""
        operands, static = self.prepare(args, kwargs)
        if state.autocast is not None and self.name in POLICY:
            operands = POLICY[self.name](operands)
        return operands, static

    def specialise(
        self, operands: Sequence[Tensor], static: tuple[Any, ...], *, donate: bool = False
    ) -> Specialised:
        """The Specialised for these operands, from the cache if sizes are numbers."""
        metas = [t.meta for t in operands]
        if any(m.traced is not None for m in metas):
            if state.trace is None:
                raise leaked(operands)
            metas = [plain_meta(m) for m in metas]
        if not all(concrete(m.shape) for m in metas) or has_dim(static):
            return self.trace(metas, static, donate)
        key = (*metas, static, donate)
        found = self.cache.get(key)
        if found is None:
            if len(self.cache) >= _CACHE_LIMIT:
                for old in list(self.cache)[: _CACHE_LIMIT // 2]:
                    del self.cache[old]
            found = self.cache[key] = self.trace(metas, static, donate)
        return found

    def trace(self, metas: Sequence[Meta], static: Sequence[Any], donate: bool) -> Specialised:
        """Run the function on input nodes of these metas."""
        inputs = [
            input_node(f"weak{i}" if m.weak else f"x{i}", m.shape, m.dtype)
            for i, m in enumerate(metas)
        ]
        with recording_source(lambda: None):
            given = dict(zip(self.names, self.thaw(inputs, static), strict=True))
            try:
                made = self.function(**given)
            except INSIDE as error:
                if isinstance(error, PentadError):
                    raise
                raise misfit(self.name, error, (), given) from error
            outputs = list(made) if isinstance(made, (tuple, list)) else [made]
            _require_whole_sizes(self.name, outputs)
            if donate:
                outputs = [fit(self.name, outputs[0], inputs[0])]
        graph = Graph(inputs, outputs)
        if donate:
            return Specialised(f"{self.name}_", graph, metas, donated={0: 0})
        return Specialised(self.name, graph, metas, multiple=isinstance(made, (tuple, list)))

    def inplace(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Tensor:
        """Apply the operation and write the result over the first operand."""
        operands, static = self.prepare(args, kwargs)
        return write_over(
            self.name, operands, lambda: self.specialise(operands, static, donate=True)
        )

    def __repr__(self) -> str:
        return f"<surface function {self.name}>"


def _require_whole_sizes(name: str, outputs: Sequence[Node]) -> None:
    """ShapeError where a number that is not whole became a size."""
    for node in outputs:
        for n in node.shape:
            if not (hasattr(n, "terms") or hasattr(n, "__index__")):
                raise ShapeError(
                    message(f"{name}: a size is no integer", expected="integers", got=repr(n))
                )


def fit(name: str, value: Node, target: Node) -> Node:
    """The value in the type of the tensor it is written to; an error if it does not fit."""
    ranks = {"float": 1, "complex": 2}
    if ranks.get(value.dtype.kind, 0) > ranks.get(target.dtype.kind, 0):
        raise DTypeError(
            message(
                f"{name}_: the result cannot be written in place",
                expected=f"a result that {target.dtype.name} can hold",
                got=value.dtype.name,
                hint=f"use {name} without the underscore, or convert the tensor first",
            )
        )
    wide = value.ndim > target.ndim
    if wide or any(
        not (isinstance(n, int) and n == 1) and n != m
        for n, m in zip(reversed(value.shape), reversed(target.shape), strict=False)
    ):
        raise ShapeError(
            message(
                f"{name}_: the result does not fit the tensor that it is written to",
                expected=f"a shape that broadcasts to {list(target.shape)}",
                got=str(list(value.shape)),
            )
        )
    return ops.broadcast(ops.cast(value, target.dtype), target.shape)


def surface(function: Callable[..., Any]) -> Any:
    """Make a function of nodes a function of tensors (see the module's text).

    What comes back is a plain function, for speed; `.surface` is its Surface, `.inplace` its
    in-place form; `.checked` says that both look at their operands themselves.
    """
    general = Surface(function)
    call = fast_call(general)
    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = function.__doc__
    call.__module__ = function.__module__
    call.surface = general
    call.inplace = fast_inplace(general)
    call.checked = call.inplace.checked = True
    return call
