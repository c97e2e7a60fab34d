"""Where a NaN or an infinity came from: the first operation of a function that made one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from pentad.graph.node import Node
from pentad.runtime.interpreter import evaluate
from pentad.tensor.capture.bound import Bound
from pentad.tensor.capture.cells import Argument, Fixed
from pentad.tensor.capture.explain import _traced
from pentad.tensor.pytree import flatten
from pentad.tensor.tensor import Tensor


class Origin(NamedTuple):
    """What made a value that is no finite number.

    what: "NaN" or "infinity"; by: the operation with its operands, or None where the value came
    in; line: the user's, if known; argument: which tensor argument it came in by; tensor: which
    tensor found outside.
    """

    what: str
    by: str | None = None
    line: str | None = None
    argument: int | None = None
    tensor: Tensor | None = None


def first_nonfinite(function: Callable[..., Any], *args: Any) -> Origin | None:
    """The first operation with a NaN in its result and none in its operands, or else an infinity;
    None if there is neither. An operand that comes in with one is told first.

    The function is traced, and its graph evaluated by the operations' NumPy references, one after
    the other: slow, and exact. Tensors stay as they are, but random numbers are drawn.
    Raises what tracing raises.
    """
    bound = _traced(function, args, {})
    values = dict(zip(bound.graph.inputs, _inputs(bound, args), strict=True))
    given: list[Origin] = []
    for i, node in enumerate(bound.graph.inputs):
        what = _fault(values[node])
        if what is not None:
            given.append(_from_outside(what, bound.program.sources[i]))
    if given:
        return min(given, key=lambda origin: origin.what != "NaN")
    infinity: Origin | None = None
    for node in bound.graph.nodes:
        if node in values:
            continue
        operands = [values[i] for i in node.inputs]
        value = values[node] = evaluate(node, operands)
        what = _fault(value)
        if what == "NaN" and not any(_fault(v) == "NaN" for v in operands):
            return _made(what, node)
        if what is not None and infinity is None and _is_news(node, operands):
            infinity = _made(what, node)
    return infinity


def _inputs(bound: Bound, args: Any) -> list[np.ndarray]:
    """What the inputs of the graph hold in a call."""
    tensors: list[Tensor] = []
    flatten((args, {}), tensors)
    bound._read_numbers()
    given: list[Any] = [bound._input(i, tensors) for i in range(len(bound.graph.inputs))]
    return [t.numpy(force=True) for t in given]


def _fault(value: Any) -> str | None:
    """ "NaN" or "infinity" if a value holds one, or a tuple of values does."""
    if isinstance(value, tuple):
        found = {_fault(v) for v in value}
        return next((what for what in ("NaN", "infinity") if what in found), None)
    if value.dtype.kind not in "fc":
        return None
    if np.isnan(value).any():
        return "NaN"
    return "infinity" if np.isinf(value).any() else None


def _is_news(node: Node, operands: list[Any]) -> bool:
    """Is an infinity in the result one that was computed, rather than a constant such as a mask?"""
    constant = not operands or all(i.op.kind in ("source", "view") for i in node.inputs)
    return not constant and not any(_fault(v) for v in operands)


def _made(what: str, node: Node) -> Origin:
    operands = ", ".join(str(i.type) for i in node.inputs)
    return Origin(what, f"{node.op.name}({operands})", node.source)


def _from_outside(what: str, source: Any) -> Origin:
    if isinstance(source, Argument):
        return Origin(what, argument=source.index)
    if isinstance(source, Fixed):
        return Origin(what, tensor=source.tensor)
    return Origin(what, by="a number of the host, such as a learning rate")
