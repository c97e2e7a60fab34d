"""Operations that programs write in Python: `theano.Op`, `as_op`.

Their `perform` is called where the graph runs, with arrays, so that such a graph runs eagerly;
their `grad` gives expressions, which are evaluated when a gradient is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.graph import Apply
from pentad.frontends.theano.gof.ruled import Ruled
from pentad.frontends.theano.gof.type import boxed
from pentad.frontends.theano.gof.utils import MethodNotDefined, object2


class Op(object2):
    """An operation: `make_node` types it, `perform` computes it on arrays, `grad` differentiates.

    __props__: the attributes that tell one instance from another.
    """

    itypes: Sequence[Any] | None = None
    otypes: Sequence[Any] | None = None
    default_output: int | None = None
    view_map: dict[int, list[int]] = {}
    destroy_map: dict[int, list[int]] = {}
    use_c_code = False

    def __call__(self, *inputs: Any, **kwargs: Any) -> Any:
        """The results for variables."""
        return_list = kwargs.pop("return_list", False)
        name = kwargs.pop("name", None)
        node = self.make_node(*inputs, **kwargs)
        outputs = node.outputs
        if name is not None and len(outputs) == 1:
            outputs[0].name = name
        if self.default_output is not None and not return_list:
            return outputs[self.default_output]
        return outputs if return_list or len(outputs) != 1 else outputs[0]

    def make_node(self, *inputs: Any) -> Apply:
        """The application to variables, by `itypes` and `otypes`."""
        if self.itypes is None or self.otypes is None:
            raise NotImplementedError(
                static.message("You can either define itypes and otypes, or implement make_node",
                               got=type(self).__name__)
            )
        if len(inputs) != len(self.itypes):
            raise ValueError(
                static.message(f"We expected {len(self.itypes)} inputs but got {len(inputs)}.",
                               got=", ".join(map(str, inputs)))
            )
        for v, wanted in zip(inputs, self.itypes):
            if v.type != wanted and not wanted.is_super(v.type):
                raise TypeError(
                    static.message(f"We expected inputs of types '{self.itypes}'",
                                   expected=str(wanted), got=str(v.type), where=v.node.line)
                )
        return Apply(self, list(inputs), [t() for t in self.otypes])

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Compute the results: put each into `output_storage[i][0]`."""
        raise MethodNotDefined("perform", type(self), type(self).__name__)

    def _props(self) -> tuple[Any, ...]:
        return tuple(getattr(self, a) for a in getattr(self, "__props__", ()))

    def __eq__(self, other: Any) -> bool:
        if not hasattr(self, "__props__"):
            return self is other
        return type(self) is type(other) and self._props() == other._props()

    def __hash__(self) -> int:
        if not hasattr(self, "__props__"):
            return id(self)
        return hash((type(self), self._props()))

    def __str__(self) -> str:
        names = getattr(self, "__props__", ())
        if not names:
            return getattr(self, "name", None) or type(self).__name__
        values = ", ".join(f"{n}={getattr(self, n)!r}" for n in names)
        return f"{type(self).__name__}{{{values}}}"

    __repr__ = __str__

    def record(self, count: int) -> static.Op:
        """The core's operation for this one."""
        found = self.__dict__.get("_record")
        if found is None:
            found = self.__dict__["_record"] = _Performed(self)
        return found


class _Performed(Ruled):
    """Calls `perform` of a program's operation."""

    def __init__(self, op: Any) -> None:
        smooth = hasattr(op, "grad") or hasattr(op, "L_op")
        super().__init__(type(op).__name__, dynamic=True, differentiable=smooth)
        self.shown, self.made_by = op, ("program's own", op)

    def compute(self, replay: Any, node: static.Node, tensors: Sequence[Any]) -> tuple[Any, ...]:
        """What `perform` gives for copies of the arrays."""
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        arrays = [
            v.type.joined([t.array]) if isinstance(t, static.Known)
            else t.detach().numpy().copy() for v, t in zip(node.inputs, tensors)
        ]
        self.shown.perform(Apply.of(node), arrays, storage)
        found: list[Any] = []
        for symbol, (value,) in zip(node.outputs, storage):
            wanted = symbol.static_type
            if wanted.dtype is static.STRING:
                found.append(static.Known(boxed(value), static.STRING))
                continue
            array = np.asarray(value)
            if array.ndim != len(wanted.shape):
                raise TypeError(
                    static.message(f"{self.shown}.perform gave an array of another type",
                                   expected=str(wanted), got=f"{array.dtype}{array.shape}",
                                   where=node.line)
                )
            found.append(pt.as_tensor(np.array(array)).to(wanted.dtype))
        return tuple(found)

    def slopes(
        self, node: static.Node, inputs: list[Any], outputs: list[Any], weights: list[Any]
    ) -> list[Any]:
        """What `L_op` or `grad` of the operation gives."""
        op = self.shown
        if hasattr(op, "L_op"):
            found = op.L_op(inputs, outputs, weights)
        else:
            found = op.grad(inputs, weights)
        if not isinstance(found, list | tuple):
            raise TypeError(
                static.message(f"{op}.grad returned {type(found)}, expected iterable.",
                               where=node.line)
            )
        if len(found) != len(inputs):
            raise ValueError(
                static.message(f"{op}.grad returned the wrong number of gradients.",
                               expected=str(len(inputs)), got=str(len(found)))
            )
        return list(found)


@static.op_maker("program's own")
def _performed(op: Op) -> static.Op:
    return op.record(1)


class FromFunctionOp(Op):
    """A Python function of arrays as an operation."""

    def __init__(
        self, fn: Callable[..., Any], itypes: Any, otypes: Any, infer_shape: Any = None
    ) -> None:
        self.fn, self.infer_shape_ = fn, infer_shape
        self.itypes = list(itypes) if isinstance(itypes, list | tuple) else [itypes]
        self.otypes = list(otypes) if isinstance(otypes, list | tuple) else [otypes]

    def perform(self, node: Apply, inputs: list[Any], output_storage: list[Any]) -> None:
        """Call the function."""
        found = self.fn(*inputs)
        several = isinstance(found, list | tuple)
        for cell, value in zip(output_storage, found if several else [found], strict=True):
            cell[0] = np.asarray(value)

    def __str__(self) -> str:
        return f"FromFunctionOp{{{self.fn.__name__}}}"


def as_op(itypes: Any, otypes: Any, infer_shape: Any = None) -> Callable[..., Any]:
    """A decorator: a Python function of arrays becomes an operation of these types."""
    return lambda fn: FromFunctionOp(fn, itypes, otypes, infer_shape)


__all__ = ["FromFunctionOp", "Op", "as_op"]
