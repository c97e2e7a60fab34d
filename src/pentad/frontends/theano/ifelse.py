"""`ifelse`: one of two values is computed, as a condition says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.cloning import clone
from pentad.frontends.theano.gof.bundle import Bundle
from pentad.frontends.theano.gof.graph import GRAPH, LEAVES, Apply, Variable
from pentad.frontends.theano.gof.opclass import OpClass
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.type import TensorType


def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """`then_branch` where the scalar condition is not zero, else `else_branch`; lists of the same
    lengths give a list. What only one branch needs is computed only if it is taken."""
    several = isinstance(then_branch, list | tuple)
    sides = [list(b) if isinstance(b, list | tuple) else [b] for b in (then_branch, else_branch)]
    if isinstance(else_branch, list | tuple) != several or len(sides[0]) != len(sides[1]):
        raise ValueError(
            static.message("The number of values on the `then` branch has to match the number of "
                           "values on the `else` branch", expected=str(len(sides[0])),
                           got=str(len(sides[1])))
        )
    condition = as_tensor_variable(condition)
    if condition.ndim:
        raise TypeError(
            static.message("ifelse: the condition must be a scalar", got=str(condition.type),
                           where=condition.node.line)
        )
    pairs = [_alike(as_variable(a), as_variable(b)) for a, b in zip(*sides, strict=True)]
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    blocks = (_lazy(first, [condition, *second]), _lazy(second, [condition, *first]))
    types = [_both(a.static_type, b.static_type) for a, b in pairs]
    extra = {}
    if any(t.dtype is static.STRING for t in types):
        extra = {"value_types": [a.type for a in first], "eager": "ifelse of objects of Python"}
    node = static.cond(condition, blocks, types, GRAPH.unique_name(name or "if"), extra)
    found = list(node.outputs)
    return type(then_branch)(found) if several else found[0]


def as_variable(value: Any) -> Any:
    """A variable of any type, or the tensor of a value."""
    return value if isinstance(value, Variable) else as_tensor_variable(value)


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    if isinstance(a, Bundle) or isinstance(b, Bundle):
        raise TypeError(
            static.message("ifelse: the branches must be tensors", got=f"{a.type} and {b.type}",
                           hint="choose among the parts of sparse matrices")
        )
    tensors = hasattr(a, "broadcastable") and hasattr(b, "broadcastable")
    if (a.dtype, a.ndim) != (b.dtype, b.ndim) if tensors else a.type != b.type:
        raise TypeError(
            static.message("The two branches should have identical types", expected=str(a.type),
                           got=str(b.type), hint="cast one of them", where=b.node.line)
        )
    return a, b


def _both(a: static.Type, b: static.Type) -> static.Type:
    shape = tuple(n if n == m else None for n, m in zip(a.shape, b.shape, strict=True))
    return static.Type(a.dtype, shape)


def _lazy(results: Sequence[Any], others: Sequence[Any]) -> static.Block:
    """The block of what only these results need."""
    shared = set(static.ancestors([v.node for v in others]))
    own = [
        n for n in static.ancestors([v.node for v in results], lambda n: n in shared)
        if n.op.name not in LEAVES
    ]
    inside = set(own)
    captures = dict.fromkeys(s for n in own for s in n.inputs if s.node not in inside)
    captures.update(dict.fromkeys(s for s in results if s.node not in inside))
    return static.Block((), tuple(own), tuple(results), tuple(captures))


class IfElse(metaclass=OpClass):
    """The operation: `IfElse(n)(condition, *then, *otherwise)`."""

    names = frozenset({"cond"})

    def __init__(self, n_outs: int, as_view: bool = False, name: str | None = None) -> None:
        self.n_outs, self.name = n_outs, name

    def __call__(self, condition: Any, *branches: Any, return_list: bool = False) -> Any:
        """The results."""
        if len(branches) != 2 * self.n_outs:
            raise AssertionError(
                static.message("IfElse: another number of values", got=str(len(branches)),
                               expected=str(2 * self.n_outs))
            )
        found = ifelse(condition, list(branches[:self.n_outs]), list(branches[self.n_outs:]),
                       self.name)
        return found if return_list or self.n_outs > 1 else found[0]


__all__ = ["Apply", "IfElse", "TensorType", "clone", "ifelse"]
__getattr__ = absent(__name__)
