"""Control flow on tensors: cond, while_loop, scan, map, fori_loop, with the semantics of jax.lax.

Eager they run as Python would. Under pentad.compile their functions are traced once (bodies.py)
and become sub-graphs, which run as native loops. Arguments and results are nested tuples, lists and
dicts of tensors; what the functions use from outside is captured.

Random numbers: each call draws from a stream of its own, whose key is one number of the default
stream; so they differ from step to step and are the same in both modes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, CaptureError, DTypeError, message
from pentad.graph.sizes import Dim
from pentad.ops.random import philox
from pentad.tensor.capture.trace import Trace
from pentad.tensor.control.bodies import Body
from pentad.tensor.control.tracing import LoopTrace, reserved_key, trace_cond, traced
from pentad.tensor.control.trees import (
    Tree,
    predicate_of,
    require_callable,
    require_same,
    require_unchanged,
    steps_of,
    tensors_of,
    tree_of,
    types_of,
    whole_number,
)
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.random import default_generator
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.shaping import stack
from pentad.tensor.pytree import flatten
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor

# -- random streams in eager mode --------------------------------------------------------------


_philox: Any = philox.op.reference


@contextmanager
def _stream(always: bool) -> Iterator[None]:
    """Within it, the default generator is at the start of the stream of one call.

    always: one number of the stream outside is used up even if nothing was drawn.
    """
    generator = default_generator
    seed, offset = generator.seed_value, generator.offset
    key = _philox(np.uint64(offset), np.uint64(seed))
    generator.seed_value, generator.offset = int(key), 0
    try:
        yield
    finally:
        used = always or generator.offset != 0
        generator.seed_value = seed
        generator.offset = (offset + used) & ((1 << 64) - 1)


# -- cond --------------------------------------------------------------------------------------


def cond(
    pred: Any, true_fn: Callable[..., Tree], false_fn: Callable[..., Tree], *operands: Tree
) -> Tree:
    """`true_fn(*operands)` if `pred`, a 0-d bool tensor, is true, else `false_fn(*operands)`.

    Both give results of one structure, with the same shapes and dtypes; under pentad.compile both
    are traced, and one of them runs. The gradient is that of the branch taken. Semantics of
    jax.lax.cond.
    Raises DTypeError or ShapeError for a predicate that is no single bool, and, under
    pentad.compile, ArgumentError, DTypeError or ShapeError for results that differ.
    """
    require_callable("cond", true_fn=true_fn, false_fn=false_fn)
    predicate = predicate_of("cond", pred)
    structure, leaves = tensors_of("cond", "an operand", operands)
    if state.trace is None:
        with _stream(True):
            chosen = true_fn if predicate.item() else false_fn  # type: ignore[attr-defined]
            return tree_of(*tensors_of("cond", "the result", chosen(*tree_of(structure, leaves))))
    return trace_cond(predicate, (structure, leaves), (true_fn, false_fn))


# -- while_loop --------------------------------------------------------------------------------


def while_loop(
    cond_fn: Callable[[Tree], Any], body_fn: Callable[[Tree], Tree], init: Tree,
    max_steps: int | None = None,
) -> Tree:
    """`carry = init; while cond_fn(carry): carry = body_fn(carry)`; the last carry.

    With max_steps it ends after so many steps at the latest, and has a gradient in reverse mode
    under pentad.compile too (a value of each step is stored). Semantics of jax.lax.while_loop.
    Raises ArgumentError, DTypeError or ShapeError where the body changes the structure, a shape or
    a dtype of the carry, and where the condition is no single bool.
    """
    require_callable("while_loop", cond_fn=cond_fn, body_fn=body_fn)
    if max_steps is not None:
        max_steps = whole_number("while_loop", "max_steps", max_steps)
    carry = tensors_of("while_loop", "init", init)
    if state.trace is None:
        return _eager_while(cond_fn, body_fn, carry, max_steps)
    trace = state.trace
    loop = LoopTrace("while_loop", carry, (flatten((), []), []))
    key = reserved_key(trace)
    ends = traced(
        lambda: Body(trace, "while_loop's condition", draws=False), cond_fn,
        [(carry[0], types_of(carry[1]))], loop.smooth,
        lambda made, asked: made.value(predicate_of("while_loop", asked)),
    )
    body, nodes = loop.step(
        lambda: Body(trace, "while_loop", key=key), lambda carry, x: (body_fn(carry), ())
    )
    return loop.emit(body, nodes, max_steps, False, ends)[0]


def _eager_while(
    cond_fn: Callable[[Tree], Any], body_fn: Callable[[Tree], Tree],
    carry: tuple[Any, list[Tensor]], max_steps: int | None,
) -> Tree:
    step = 0
    with _stream(True):
        while max_steps is None or step < max_steps:
            drawn = default_generator.offset
            going = predicate_of("while_loop", cond_fn(tree_of(*carry)))
            if default_generator.offset != drawn:
                raise CaptureError(
                    message("the condition of while_loop draws random numbers",
                            expected="a condition on the carried values",
                            got="random numbers", hint="draw them in the body, and carry them")
                )
            if not going.item():  # type: ignore[attr-defined]
                break
            found = tensors_of("while_loop", "what the body carries", body_fn(tree_of(*carry)))
            require_unchanged("while_loop", carry, found)
            carry, step = found, step + 1
    return tree_of(*carry)


# -- scan, map, fori_loop ----------------------------------------------------------------------


def scan(
    f: Callable[[Tree, Tree], tuple[Tree, Tree]], init: Tree, xs: Tree = None,
    length: int | None = None, reverse: bool = False,
) -> tuple[Tree, Tree]:
    """Carry a value over the first dimension of xs: `carry, y = f(carry, x)` for each x in turn.

    Gives (the last carry, the ys stacked along a new first dimension). xs may be None if `length`
    is given; reverse: from the last x to the first, the ys in the places of their xs. Semantics of
    jax.lax.scan.
    Raises ShapeError for lengths that differ or are negative, and ArgumentError, DTypeError or
    ShapeError where f changes the structure, a shape or a dtype of the carry.
    """
    require_callable("scan", f=f)
    return _scan("scan", f, init, xs, length, bool(reverse))


def _scan(
    name: str, f: Callable[[Tree, Tree], Any], init: Tree, xs: Tree, length: Any, reverse: bool
) -> tuple[Tree, Tree]:
    carry = tensors_of(name, "init", init)
    sequences = tensors_of(name, "xs", xs)
    steps = steps_of(name, sequences[1], length)

    def step(carry: Tree, x: Tree) -> tuple[Tree, Tree]:
        found = f(carry, x)
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise ArgumentError(
                message(f"{name}: the result of the function", expected="a pair (carry, y)",
                        got=type(found).__name__)
            )
        return found[0], found[1]

    if state.trace is not None or steps == 0:
        return _traced_scan(name, step, carry, sequences, steps, reverse)
    return _eager_scan(name, step, carry, sequences, steps, reverse)


def _traced_scan(
    name: str, step: Callable[[Tree, Tree], tuple[Tree, Tree]], carry: tuple[Any, list[Tensor]],
    xs: tuple[Any, list[Tensor]], steps: Any, reverse: bool,
) -> tuple[Tree, Tree]:
    if state.trace is None:
        return _empty_scan(name, step, carry, xs, reverse)
    loop = LoopTrace(name, carry, xs)
    trace = state.trace
    body, nodes = loop.step(lambda: Body(trace, name), step)
    last, ys, _ = loop.emit(body, nodes, steps, reverse)
    return last, ys


def _empty_scan(
    name: str, step: Callable[[Tree, Tree], tuple[Tree, Tree]], carry: tuple[Any, list[Tensor]],
    xs: tuple[Any, list[Tensor]], reverse: bool,
) -> tuple[Tree, Tree]:
    """Without steps, in eager mode: only a trace tells the types of the ys."""
    with Trace(name):
        _, ys = _traced_scan(name, step, carry, xs, 0, reverse)
        structure, leaves = tensors_of(name, "the result of the body", ys)
        types = types_of(leaves)
    made = [zeros(t.shape, dtype=t.dtype) for t in types]
    return tree_of(*carry), tree_of(structure, made)


def _eager_scan(
    name: str, step: Callable[[Tree, Tree], tuple[Tree, Tree]], carry: tuple[Any, list[Tensor]],
    xs: tuple[Any, list[Tensor]], steps: int, reverse: bool,
) -> tuple[Tree, Tree]:
    found: list[tuple[Any, list[Tensor]]] = []
    with _stream(False):
        for i in reversed(range(steps)) if reverse else range(steps):
            x = tree_of(xs[0], [t[i] for t in xs[1]])  # type: ignore[index]
            new, y = step(tree_of(*carry), x)
            after = tensors_of(name, "what the body carries", new)
            require_unchanged(name, carry, after)
            carry = after
            found.append(tensors_of(name, "the result of the body", y))
            require_same(f"{name}: the results of two steps differ", found[0], found[-1],
                  "return the same structure, shapes and dtypes in each step")
    if reverse:
        found.reverse()
    columns = zip(*(leaves for _, leaves in found), strict=True)
    return tree_of(*carry), tree_of(found[0][0], [stack(column) for column in columns])


def map(f: Callable[[Tree], Tree], xs: Tree) -> Tree:
    """`f(x)` for each x along the first dimension of xs, the results stacked: a scan that carries
    nothing. Semantics of jax.lax.map; raises what `scan` raises."""
    require_callable("map", f=f)
    return _scan("map", lambda carry, x: (carry, f(x)), (), xs, None, False)[1]


def fori_loop(
    lower: Any, upper: Any, body: Callable[[Tensor, Tree], Tree], init: Tree
) -> Tree:
    """`carry = init; for i in range(lower, upper): carry = body(i, carry)`; the last carry.

    i is a 0-d int64 tensor. Bounds that are Python numbers make a loop with a gradient; with bounds
    that are tensors it is a while_loop without a bound. Semantics of jax.lax.fori_loop.
    Raises ArgumentError or DTypeError for bounds that are no whole numbers, and ArgumentError,
    DTypeError or ShapeError where the body changes the type of the carry.
    """
    require_callable("fori_loop", body=body)
    first, last = _bound(lower), _bound(upper)
    if isinstance(first, int) and isinstance(last, int):
        places = arange(first, max(first, last), dtype=dtypes.int64)
        return _scan("fori_loop", lambda s, i: (body(i, s), ()), init, places, None, False)[0]
    start, end = tensors_of("fori_loop", "a bound", (first, last))[1]
    if not isinstance(first, Tensor) and not isinstance(last, Tensor):
        return _scan(
            "fori_loop", lambda s, x: ((s[0] + 1, body(*s)), ()), (start, init), None,
            last - first, False,
        )[0][1]
    return while_loop(lambda s: s[0] < end, lambda s: (s[0] + 1, body(*s)), (start, init))[1]


def _bound(value: Any) -> Any:
    """A bound of fori_loop: a Python number or size, or a 0-d int64 tensor."""
    if isinstance(value, Tensor):
        if value.ndim or not value.dtype.is_integer:
            raise DTypeError(
                message("fori_loop: a bound", expected="int64[]", got=str(value.meta.type))
            )
        return value.to(dtypes.int64)  # type: ignore[attr-defined]
    if isinstance(value, Dim) or (
        isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    ):
        return value if isinstance(value, Dim) else int(value)
    raise DTypeError(message("fori_loop: a bound", expected="int64[]", got=f"{value!r:.60}"))

