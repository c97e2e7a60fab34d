"""`Assert`: values that are only given where conditions hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.gof.op import Native, make
from pentad.frontends.theano.tensor.constants import as_tensor_variable


def _checked(x: Any, *conditions: Any, text: str) -> Any:
    for c in conditions:
        if not np.all(c):
            raise AssertionError(text)
    return x.clone()


class _Asserting(Native):
    """Conditions of sizes are looked at when code is made; others run the graph node by node."""

    def __init__(self, dynamic: bool) -> None:
        super().__init__("Assert", _checked, sizes=range(1, 64), dynamic=dynamic,
                         shows=lambda text: f"Assert{{msg='{text}'}}")


OF_SIZES, OF_VALUES = _Asserting(False), _Asserting(True)


class Assert:
    """`Assert("message")(x, *conditions)` is x; AssertionError unless all conditions hold."""

    def __init__(self, msg: str = "Theano Assert failed!") -> None:
        self.msg = msg

    def __call__(self, value: Any, *conds: Any) -> Any:
        """The value."""
        value, found = as_tensor_variable(value), [as_tensor_variable(c) for c in conds]
        for c in found:
            if c.ndim:
                raise AssertionError(
                    static.message("Assert: a condition must be a scalar", got=str(c.type),
                                   where=c.node.line)
                )
        kind = OF_SIZES if all(map(_of_sizes, found)) else OF_VALUES
        node = make(kind, [value, *found], {"text": self.msg}, types=[value.static_type])
        return node.outputs[0]

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.msg == other.msg

    def __hash__(self) -> int:
        return hash((type(self), self.msg))

    def __str__(self) -> str:
        return f"Assert{{msg='{self.msg}'}}"

    __repr__ = __str__


def _of_sizes(condition: Any) -> bool:
    """Is it computed of sizes and constants only, by what is computed of known arrays?"""
    stack = [condition]
    while stack:
        node = stack.pop().node
        if node.op.from_type or node.op.name == "const":
            continue
        if node.op.known is None or node.op.name in ("placeholder", "var"):
            return False
        stack.extend(node.inputs)
    return True


__all__ = ["Assert"]
