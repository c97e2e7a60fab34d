"""Control flow: loops and branches, whose bodies are sub-graphs.

A control node runs its sub-graphs and has several results; each is read by a `result` node. The
node itself has an empty type. A sub-graph is closed: whatever it needs is one of its inputs, so
that passes can treat it like any other graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import DTypeError, GraphError, ShapeError, message
from pentad.graph.node import Graph, Node, apply
from pentad.graph.op import TensorType
from pentad.graph.sizes import Dim, Size
from pentad.ops.define import define

NOTHING = TensorType((0,), dtypes.uint8)
"""The type of a control node."""
COUNT = TensorType((), dtypes.int64)
"""The type of numbers of steps."""
_FLAG = TensorType((), dtypes.bool_)

# -- loop --------------------------------------------------------------------------------------


def _require(name: str, what: str, expected: TensorType, got: TensorType) -> None:
    """The error of the kind that tells how two types differ, if they do."""
    if not expected.matches(got):
        kind = DTypeError if expected.dtype is not got.dtype else ShapeError
        raise kind(message(f"{name}: {what}", expected=str(expected), got=str(got)))


def _require_count(name: str, what: str, expected: int, got: int) -> None:
    if expected != got:
        raise GraphError(message(f"{name}: number of {what}", expected=str(expected), got=str(got)))


def _infer_loop(
    *types: TensorType, body: Graph, cond: Graph | None, carries: int, xs: int,
    length: Size | None, reverse: bool, limited: bool,
) -> TensorType:
    operands = types[: len(types) - limited]
    _require_count("loop", "operands", len(body.inputs), len(operands))
    if not 0 <= carries <= carries + xs <= len(operands) or carries > len(body.outputs):
        got = f"{carries} carries and {xs} sequences among {len(operands)} operands"
        raise GraphError(message("loop: the body does not fit", expected="operands", got=got))
    _require_length(body, cond, carries, xs, length, reverse, limited)
    for i, (given, inside) in enumerate(zip(operands, body.inputs, strict=True)):
        if carries <= i < carries + xs:
            assert length is not None
            wanted = TensorType((length, *inside.shape), inside.dtype)
        else:
            wanted = inside.type
        _require("loop", f"operand {i}", wanted, given)
    for i in range(carries):
        what = f"value {i} that the body carries from step to step changes its type"
        _require("loop", what, body.inputs[i].type, body.outputs[i].type)
    if cond is not None:
        seen = [*body.inputs[:carries], *body.inputs[carries + xs :]]
        _require_count("loop", "inputs of the condition", len(seen), len(cond.inputs))
        for i, (a, b) in enumerate(zip(seen, cond.inputs, strict=True)):
            _require("loop", f"input {i} of the condition", a.type, b.type)
        _require_count("loop", "results of the condition", 1, len(cond.outputs))
        _require("loop", "the condition", _FLAG, cond.outputs[0].type)
    if limited:
        _require("loop", "the number of steps", COUNT, types[-1])
    return NOTHING


def _require_length(
    body: Graph, cond: Graph | None, carries: int, xs: int, length: Size | None,
    reverse: bool, limited: bool,
) -> None:
    if length is None:
        stacks = xs or len(body.outputs) > carries
        if cond is None or stacks or reverse or limited:
            expected = "a bound on the steps, for it has sequences, or no condition"
            raise GraphError(message("loop: no length", expected=expected, got="None"))
    elif not isinstance(length, Dim) and length < 0:
        raise ShapeError(
            message("loop: the length is negative", expected="at least 0", got=str(length))
        )
    if cond is not None and (reverse or limited):
        expected = "a condition, or a direction and a number of steps"
        raise GraphError(message("loop: both ways to end", expected=expected, got="both"))


def _loop_results(
    *types: TensorType, body: Graph, carries: int, length: Size | None, **attrs: Any
) -> tuple[TensorType, ...]:
    stacked = [
        TensorType((length, *n.shape), n.dtype)  # type: ignore[arg-type]
        for n in body.outputs[carries:]
    ]
    return (*(n.type for n in body.outputs[:carries]), *stacked, COUNT)


_loop = define(
    "loop",
    "Runs `body` on carried values, on what sequences hold at each step, and on constants: "
    "(carries, xs, constants) -> (carries, ys). It ends after `length` steps, before one where "
    "`cond` of (carries, constants) is false, or, if `limited`, after as many as the last operand "
    "says. "
    "Results: the last carries, the ys stacked (0 where no step was), the number of steps.",
    kind="control",
    infer=_infer_loop,
    results=_loop_results,
)


def loop(
    carries: Sequence[Node],
    xs: Sequence[Node] = (),
    constants: Sequence[Node] = (),
    *,
    body: Graph,
    cond: Graph | None = None,
    length: Size | None = None,
    reverse: bool = False,
    limit: Node | None = None,
) -> list[Node]:
    """The results of a loop: the last carries, the stacked ys, the number of steps (int64).

    length: the number of steps, or its bound where there is a `cond` or a `limit`. reverse: the
    last of the steps' places in the sequences comes first.
    """
    operands = [*carries, *xs, *constants, *([] if limit is None else [limit])]
    node = _loop(
        *operands, body=body, cond=cond, carries=len(carries), xs=len(xs), length=length,
        reverse=reverse, limited=limit is not None,
    )  # fmt: skip
    return results(node)


# -- cond --------------------------------------------------------------------------------------


def _infer_cond(*types: TensorType, on_true: Graph, on_false: Graph) -> TensorType:
    if not types:
        raise GraphError(message("cond: no predicate", expected="a bool", got="no operands"))
    _require("cond", "the predicate", _FLAG, types[0])
    for name, branch in (("on_true", on_true), ("on_false", on_false)):
        _require_count("cond", f"operands of {name}", len(branch.inputs), len(types) - 1)
        for i, (given, inside) in enumerate(zip(types[1:], branch.inputs, strict=True)):
            _require("cond", f"operand {i} of {name}", inside.type, given)
    _require_count("cond", "results", len(on_true.outputs), len(on_false.outputs))
    for i, (a, b) in enumerate(zip(on_true.outputs, on_false.outputs, strict=True)):
        _require("cond", f"result {i} of the branches differs", a.type, b.type)
    return NOTHING


def _cond_results(*types: TensorType, on_true: Graph, on_false: Graph) -> tuple[TensorType, ...]:
    return tuple(n.type for n in on_true.outputs)


_cond = define(
    "cond",
    "Runs `on_true` or `on_false` on the operands after the first, which says which: a 0-d bool.",
    kind="control",
    infer=_infer_cond,
    results=_cond_results,
)


def cond(predicate: Node, operands: Sequence[Node], on_true: Graph, on_false: Graph) -> list[Node]:
    """The results of one of two graphs on the operands, as the predicate (a 0-d bool) says."""
    return results(_cond(predicate, *operands, on_true=on_true, on_false=on_false))


# -- results -----------------------------------------------------------------------------------


def _infer_result(
    control: TensorType, *, index: int, shape: tuple[Size, ...], dtype: dtypes.DType
) -> TensorType:
    _require("result", "of what is no control node", NOTHING, control)
    return TensorType(shape, dtype)


result = define(
    "result",
    "Result `index` of a control node, whose shape and dtype are given for the type rule to see.",
    kind="result",
    infer=_infer_result,
)


def result_types(node: Node) -> tuple[TensorType, ...]:
    """The types of a control node's results."""
    assert node.op.results is not None
    return node.op.results(*(i.type for i in node.inputs), **node.attrs)


def results(node: Node) -> list[Node]:
    """The results of a control node."""
    types = result_types(node)
    return [
        apply(result.op, node, index=i, shape=t.shape, dtype=t.dtype) for i, t in enumerate(types)
    ]


# -- meaning -----------------------------------------------------------------------------------

Run = Callable[[Graph, Sequence[np.ndarray]], list[np.ndarray]]


def evaluate(node: Node, inputs: Sequence[np.ndarray], run: Run) -> tuple[np.ndarray, ...]:
    """The results of a control node, given what runs its sub-graphs."""
    attrs = node.attrs
    if node.op.name == "cond":
        return tuple(run(attrs["on_true" if inputs[0] else "on_false"], inputs[1:]))
    return _evaluate_loop(node, inputs, run, **attrs)


def _evaluate_loop(
    node: Node, inputs: Sequence[np.ndarray], run: Run, *, body: Graph, cond: Graph | None,
    carries: int, xs: int, length: Any, reverse: bool, limited: bool,
) -> tuple[np.ndarray, ...]:
    operands = inputs[: len(inputs) - limited]
    carry, sequences = list(operands[:carries]), operands[carries : carries + xs]
    constants = operands[carries + xs :]
    n = min(max(int(inputs[-1]), 0), length) if limited else length
    stacks: list[Any] = [None] * (len(body.outputs) - carries)
    step = 0
    while n is None or step < n:
        if cond is not None and not run(cond, [*carry, *constants])[0]:
            break
        at = n - 1 - step if reverse else step
        found = run(body, [*carry, *(x[at] for x in sequences), *constants])
        carry = found[:carries]
        for i, value in enumerate(found[carries:]):
            if stacks[i] is None:
                stacks[i] = np.zeros((length, *value.shape), value.dtype)
            stacks[i][at] = value
        step += 1
    types = result_types(node)[carries:-1]
    filled = [
        np.zeros(t.shape, t.dtype.numpy) if s is None else s
        for s, t in zip(stacks, types, strict=True)
    ]
    return (*carry, *filled, np.asarray(step, np.int64))


def is_static(node: Node) -> bool:
    """Is it a loop of a known number of steps?"""
    return node.attrs["cond"] is None and not node.attrs["limited"]


