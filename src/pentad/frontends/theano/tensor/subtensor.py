"""Reading and writing parts of tensors: `x[...]`, `set_subtensor`, `inc_subtensor`.

What stands between the brackets becomes a pattern, see indexing.py.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.theano.gof.op import Native, all_known, make
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.dimshuffle import dimshuffle
from pentad.frontends.theano.tensor.elemwise import cast
from pentad.frontends.theano.tensor.indexing import (
    Pattern,
    as_index_variable,
    bound_places,
    is_mask,
    known_at,
    pattern_of,
    pattern_text,
    taken_at,
)


class AdvancedIndexingError(TypeError):
    """An index that needs more than slices and whole numbers where only these may be."""


class AdvancedBooleanIndexingError(TypeError):
    """A mask where none may be."""


# -- reading -----------------------------------------------------------------------------------


class Reading(Native):
    """Reading at a pattern; one record for each pattern."""

    def __init__(self, pattern: Pattern) -> None:
        arrays = any(e[0] == "a" for e in pattern)
        name = "AdvancedSubtensor" if arrays else "Subtensor"
        super().__init__(
            name, self._run, known=functools.partial(known_at, pattern=pattern),
            sizes=bound_places(pattern, 1),
            shows=name + ("" if arrays else f"{{{pattern_text(pattern)}}}"),
        )
        self.pattern, self.made_by = pattern, ("subtensor", pattern)
        self.idx_list = [e[1] if e[0] == "i" else slice(*e[1:]) for e in pattern if e[0] in "is"]

    def _run(self, x: Any, *values: Any) -> Any:
        return taken_at(x, self.pattern, values)


class _Masked(Reading):
    """Reading by a mask: the size of the result depends on values."""

    def __init__(self, pattern: Pattern) -> None:
        super().__init__(pattern)
        self.dynamic, self.known, self.made_by = True, None, ("masked_subtensor", pattern)


_reader = static.op_maker("subtensor")(functools.lru_cache(4096)(Reading))
_masked = static.op_maker("masked_subtensor")(functools.lru_cache(256)(_Masked))


def subtensor(x: Any, args: Any) -> Any:
    """`x[args]`."""
    x = as_tensor_variable(x)
    pattern, inputs = pattern_of(x, args)
    taken = (x, pattern, tuple(inputs))
    new = [i for i, e in enumerate(e for e in pattern if e != ("i",)) if e == ("n",)]
    if new and not any(e[0] == "a" for e in pattern):
        found = _read(x, tuple(e for e in pattern if e != ("n",)), inputs)
        kept = iter(range(found.ndim))
        order = ["x" if e[0] == "n" else next(kept) for e in pattern if e[0] != "i"]
        found = dimshuffle(found, order)
    else:
        found = _read(x, pattern, inputs)
    if found is x:
        # A part that is all of it is a variable of its own, which may be written to.
        found = make(_reader(pattern), [x], types=[x.static_type]).outputs[0]
    found.taken = taken
    return found


def _read(x: Any, pattern: Pattern, inputs: list[Any]) -> Any:
    if all(e == ("s", None, None, None) for e in pattern):
        return x
    x, pattern, inputs = _windowed(x, pattern, inputs)
    if all(e == ("s", None, None, None) for e in pattern):
        return x
    if any(is_mask(v) for v in inputs):
        return _read_mask(x, pattern, inputs)
    if any(e[0] == "a" for e in pattern):
        return make(_reader(pattern), [x, *inputs]).outputs[0]
    shape = [_left(n, e) for n, e in zip(x.static_type.shape, pattern, strict=True) if e[0] == "s"]
    types = [static.Type(x.static_type.dtype, tuple(shape))]
    return make(_reader(pattern), [x, *inputs], types=types).outputs[0]


def _read_mask(x: Any, pattern: Pattern, inputs: list[Any]) -> Any:
    if x.ndim < sum(v.ndim for v in inputs):
        raise IndexError(static.message("too many indices for array", got=str(pattern)))
    places = sum(v.ndim if is_mask(v) else 1 for v, e in zip(inputs, pattern))
    rest = x.static_type.shape[places:] if pattern[0][0] == "a" and len(inputs) == 1 else None
    if rest is None:
        arrays = [1 if is_mask(v) else v.ndim for v in inputs if is_mask(v) or v.ndim]
        axes = sum(e[0] in "sn" for e in pattern) + max(arrays)
        types = [static.Type(x.static_type.dtype, (None,) * axes)]
        return make(_masked(pattern), [x, *inputs], types=types).outputs[0]
    types = [static.Type(x.static_type.dtype, (None, *rest))]
    return make(_masked(pattern), [x, *inputs], types=types).outputs[0]


def _left(n: int | None, entry: tuple[Any, ...]) -> int | None:
    """The size that a slice leaves of one."""
    if entry == ("s", None, None, None) or (entry[1:3] == (None, None) and entry[3] == -1):
        return n
    if n is None or "?" in entry:
        return None
    return len(range(*slice(*entry[1:]).indices(n)))


def _windowed(
    x: Any, pattern: Pattern, inputs: list[Any]
) -> tuple[Any, Pattern, list[Any]]:
    """Slices with computed bounds and no step, taken first: the core lets them begin anywhere."""
    rest, kept, left = iter(inputs), [], []
    axis = 0
    for e in pattern:
        if e[0] == "s" and "?" in e and e[3] is None and not (
            all_known([x]) and all_known(inputs)
        ):
            bounds = [next(rest) if v == "?" else v for v in e[1:3]]
            start = as_tensor_variable(0 if bounds[0] is None else bounds[0])
            stop = x.shape[axis] if bounds[1] is None else as_tensor_variable(bounds[1])
            x = static.dynamic_slice(x, start, stop, axis)
            kept.append(("s", None, None, None))
        else:
            count = sum(v == "?" for v in e[1:]) + (e[0] == "a")
            left += [next(rest) for _ in range(count)]
            kept.append(e)
        axis += e[0] != "n"
    return x, tuple(kept), left


# -- writing -----------------------------------------------------------------------------------


class Writing(Native):
    """A tensor with a part set to, or increased by, another."""

    def __init__(self, pattern: Pattern, setting: bool) -> None:
        self.pattern, self.set_instead_of_inc = pattern, setting
        self.made_by = ("inc_subtensor", pattern, setting)
        arrays = any(e[0] == "a" for e in pattern)
        kind = "AdvancedIncSubtensor" if arrays else "IncSubtensor"
        mode = "Set" if setting else "Inc"
        shown = f"{kind}{{inplace=False, set_instead_of_inc={setting}}}" if arrays else (
            f"{kind}{{{mode};{pattern_text(pattern)}}}")
        super().__init__(kind, self._run, sizes=bound_places(pattern, 2), shows=shown)

    def _run(self, x: Any, y: Any, *values: Any) -> Any:
        y = y.to(x.dtype)
        places = pt.arange(x.numel()).reshape(tuple(x.shape))
        at = taken_at(places, self.pattern, values)
        try:
            y = y.broadcast_to(tuple(at.shape))
        except pt.ShapeError as error:
            raise pt.ShapeError(
                static.message("cannot write a tensor to a part of another shape",
                               expected=str(tuple(at.shape)), got=str(tuple(y.shape)))
            ) from error
        flat, at, y = x.reshape((-1,)), at.reshape((-1,)), y.reshape((-1,))
        if self.set_instead_of_inc:
            found = flat.index_copy(0, at, y)
        else:
            found = flat.index_add(0, at, y)
        return found.reshape(tuple(x.shape))


_writer = static.op_maker("inc_subtensor")(functools.lru_cache(4096)(Writing))


def inc_subtensor(
    x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False,
    set_instead_of_inc: bool = False, ignore_duplicates: bool = False,
) -> Any:
    """The tensor that x is a part of, this part increased by y."""
    x, y = as_tensor_variable(x), as_tensor_variable(y)
    taken = x.taken
    if y.ndim > x.ndim:
        raise TypeError(
            static.message("Trying to increment a part by a tensor of more dimensions",
                           expected=f"at most {x.ndim}", got=str(y.ndim), where=x.node.line)
        )
    if taken is None:
        whole = _through(x, y, set_instead_of_inc)
        if whole is not None:
            return whole
        raise TypeError(
            static.message("x must be the result of a subtensor operation", got=str(x),
                           expected="x[...]", where=x.node.line)
        )
    source, pattern, inputs = taken
    y = _as(y, source.dtype)
    record = _writer(pattern, set_instead_of_inc)
    record.dynamic = any(is_mask(v) for v in inputs)
    return make(record, [source, y, *inputs], types=[source.static_type]).outputs[0]


def _as(y: Any, dtype: str) -> Any:
    if not np.can_cast(y.dtype, dtype, "same_kind") and y.dtype != dtype:
        raise TypeError(
            static.message(f"Trying to increment a {dtype} subtensor with a value of dtype "
                           f"{y.dtype}", expected=dtype, got=y.dtype, where=y.node.line)
        )
    return cast(y, dtype)


def _through(x: Any, y: Any, setting: bool) -> Any:
    """Writing to a part that was reshaped or whose axes were moved after it was taken."""
    if x.owner is None:
        return None
    inner = x.node.inputs[0]
    if x.node.op.name == "dimshuffle":
        order = x.node.attrs["order"]
        y = dimshuffle(y, ("x",) * (x.ndim - y.ndim) + tuple(range(y.ndim)))
        dropped = [i for i, a in enumerate(order) if a == "x"]
        if any(not y.broadcastable[i] for i in dropped) or len(order) - len(dropped) != inner.ndim:
            return None
        back = [order.index(a) for a in range(inner.ndim)]
        return inc_subtensor(inner, dimshuffle(y, back), set_instead_of_inc=setting)
    if x.node.op.name in ("reshape", "flatten"):
        y = y if y.ndim == 0 else y.reshape(inner.shape, ndim=inner.ndim)
        return inc_subtensor(inner, y, set_instead_of_inc=setting)
    return None


def set_subtensor(
    x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False
) -> Any:
    """The tensor that x is a part of, this part set to y."""
    return inc_subtensor(x, y, inplace, tolerate_inplace_aliasing, set_instead_of_inc=True)


def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """Elements of a tensor along an axis, or of the flattened tensor."""
    a, indices = as_tensor_variable(a), as_tensor_variable(indices)
    if axis is None:
        return take(a.flatten(), indices, 0, mode)
    axis %= a.ndim
    if mode == "clip":
        from pentad.frontends.theano.tensor.elemwise import ELEMWISE

        indices = ELEMWISE["clip"](indices, 0, a.shape[axis] - 1)
    elif mode == "wrap":
        indices = indices % a.shape[axis]
    return subtensor(a, (slice(None),) * axis + (indices,))


__all__ = [
    "AdvancedBooleanIndexingError", "AdvancedIndexingError", "as_index_variable", "inc_subtensor",
    "set_subtensor", "take",
]
