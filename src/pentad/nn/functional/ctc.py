"""Connectionist temporal classification (Graves et al., 2006), in logarithms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn.functional.losses import reduced, require_reduction
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.creation import tensor
from pentad.tensor.functions.shaping import unbind
from pentad.tensor.tensor import Tensor

# In place of log(0), whose differences would be no numbers; sums of it stay finite.
_NEVER = -1e30


def _shifted(x: Node, by: int) -> Node:
    """x [N, S] moved right, with impossible states coming in."""
    back = ops.pad(x, (0, by), (0, 0), None, _NEVER)
    return ops.slice_(back, (0, 0), x.shape)


def _add_logarithms(*parts: Node) -> Node:
    most = parts[0]
    for part in parts[1:]:
        most = ops.maximum(most, part)
    most = ops.stop_gradient(most)
    total = ops.exp(ops.sub(parts[0], most))
    for part in parts[1:]:
        total = ops.add(total, ops.exp(ops.sub(part, most)))
    return ops.add(most, ops.log(total))


@surface
def _prepared(
    log_probs: Node, targets: Node, target_lengths: Node, input_lengths: Node, blank: int
) -> tuple[Node, Node, Node]:
    """(emissions [T, N, S], may a state be entered from two before it? [N, S], `_mass` [N]).

    The S = 2 L + 1 states of a sample are its labels with blanks around each.
    """
    steps, count, classes = log_probs.shape
    states = 2 * targets.shape[1] + 1
    shape = (count, states)
    state = ops.iota(shape, 1, dtypes.int64)
    half = ops.floor_divide(state, ops.full_like(2, state))
    label = ops.lt(half * 2, state)
    lengths = ops.broadcast(ops.cast(target_lengths, dtypes.int64), shape, (0,))
    label = ops.logical_and(label, ops.lt(half, lengths))
    empty = ops.full(blank, shape, dtypes.int64)
    if targets.shape[1] == 0:
        symbol = empty
    else:
        most = ops.full_like(targets.shape[1] - 1, half)
        own = ops.take_along_axis(ops.cast(targets, dtypes.int64), ops.minimum(half, most), 1)
        symbol = ops.where(label, own, empty)
    symbol = ops.check_index(symbol, ops.full_like(classes, symbol))
    wide = ops.broadcast(symbol, (steps, *shape), (1, 2))
    emitted = ops.take_along_axis(log_probs, wide, 2)
    never = ops.full_like(_NEVER, emitted)
    emitted = ops.where(ops.gt(emitted, never), emitted, never)
    before = ops.slice_(ops.pad(symbol, (0, 2), (0, 0), None, -1), (0, 0), shape)
    entered = ops.logical_and(label, ops.ne(before, symbol))
    return emitted, entered, _mass(log_probs, input_lengths)


def _mass(log_probs: Node, input_lengths: Node) -> Node:
    """[N]: zeros, whose gradient is that of the sum of exp(log_probs) over a sample's steps."""
    step = ops.iota(log_probs.shape, 0, dtypes.int64)
    lengths = ops.cast(input_lengths, dtypes.int64)
    lengths = ops.check_index(lengths, ops.full_like(log_probs.shape[0] + 1, lengths))
    inside = ops.lt(step, ops.broadcast(lengths, log_probs.shape, (1,)))
    # Far above any logarithm of a probability; what is not one must not become inf - inf.
    low = ops.minimum(log_probs, ops.full_like(40, log_probs))
    odds = ops.where(inside, ops.exp(low), ops.full_like(0, log_probs))
    total = ops.reduce_sum(odds, (0, 2))
    return ops.sub(total, ops.stop_gradient(total))


@surface
def _first(emitted: Node) -> Node:
    state = ops.iota(emitted.shape, 1, dtypes.int64)
    start = ops.lt(state, ops.full_like(2, state))
    return ops.where(start, emitted, ops.full_like(_NEVER, emitted))


@surface
def _advanced(alpha: Node, emitted: Node, skip: Node, lengths: Node, step: Node) -> Node:
    """The forward variables one step on, for samples that are not at their end."""
    two = ops.where(skip, _shifted(alpha, 2), ops.full_like(_NEVER, alpha))
    after = ops.add(_add_logarithms(alpha, _shifted(alpha, 1), two), emitted)
    lengths = ops.cast(lengths, dtypes.int64)
    now = ops.broadcast(ops.cast(step, dtypes.int64), lengths.shape)
    going = ops.lt(now, lengths)
    return ops.where(ops.broadcast(going, alpha.shape, (0,)), after, alpha)


@surface
def _ended(
    alpha: Node, mass: Node, input_lengths: Node, target_lengths: Node, zero_infinity: bool,
    reduction: str,
) -> Node:
    """The losses from the forward variables at the ends."""
    count, states = alpha.shape
    lengths = ops.cast(target_lengths, dtypes.int64)
    last = ops.reshape(lengths * 2, (count, 1))
    last = ops.check_index(last, ops.full_like(states, last))
    low = ops.maximum(last - 1, ops.full_like(0, last))
    blank = ops.take_along_axis(alpha, last, 1)
    none = ops.eq(last, ops.full_like(0, last))
    label = ops.take_along_axis(alpha, low, 1)
    label = ops.where(none, ops.full_like(_NEVER, label), label)
    loss = ops.reshape(ops.neg(_add_logarithms(blank, label)), (count,))
    empty_input = ops.eq(ops.cast(input_lengths, dtypes.int64), ops.full_like(0, lengths))
    empty = ops.logical_and(empty_input, ops.eq(lengths, ops.full_like(0, lengths)))
    infinite = ops.gt(loss, ops.full_like(-_NEVER / 10, loss))
    infinite = ops.logical_or(infinite, empty_input)
    zero = ops.full_like(0, loss)
    unreachable = zero if zero_infinity else ops.full_like(math.inf, loss)
    loss = ops.where(empty, zero, ops.where(infinite, unreachable, ops.add(loss, mass)))
    if reduction == "mean":
        shares = ops.maximum(lengths, ops.full_like(1, lengths))
        loss = ops.div(loss, ops.cast(shares, loss.dtype))
    return reduced("ctc_loss", loss, reduction)


for _function in (_prepared, _first, _advanced, _ended):
    _function.surface.name = "ctc_loss"


def _as_lengths(name: str, given: Any, count: int) -> Any:
    lengths = given if isinstance(given, Tensor) else tensor(given, dtype=dtypes.int64)
    if not lengths.dtype.is_integer:
        raise DTypeError(message(f"ctc_loss: {name}", expected="integers", got=lengths.dtype.name))
    if lengths.numel() != count:
        raise ShapeError(
            message(f"ctc_loss: {name}", expected=f"[{count}]: one for each sample",
                    got=str(list(lengths.shape)))
        )
    return lengths.reshape(count)  # type: ignore[attr-defined]


def _padded(targets: Any, lengths: Any) -> Any:
    """Targets one after the other as rows [N, longest]."""
    sizes = np.asarray(lengths.tolist(), np.int64)
    if sizes.sum() != targets.shape[0] or (sizes < 0).any():
        raise ShapeError(
            message("ctc_loss: the targets do not fit",
                    expected=f"{int(sizes.sum())} labels, the sum of target_lengths",
                    got=str(targets.shape[0]))
        )
    longest = int(sizes.max(initial=0))
    if longest == 0:
        return targets.new_zeros((len(sizes), 0))
    starts = np.cumsum(sizes) - sizes
    place = np.minimum(starts[:, None] + np.arange(longest), targets.shape[0] - 1)
    return targets.index_select(0, tensor(place.reshape(-1))).reshape(len(sizes), longest)


def _require(log_probs: Any, targets: Any, blank: int) -> None:
    if log_probs.ndim not in (2, 3) or not log_probs.dtype.is_floating_point:
        raise ShapeError(
            message("ctc_loss: log_probs", expected="floating-point [T, N, C] or [T, C]",
                    got=f"{log_probs.dtype.name} {list(log_probs.shape)}")
        )
    if not targets.dtype.is_integer or targets.ndim not in (1, 2):
        raise DTypeError(
            message("ctc_loss: targets", expected="integers [N, S] or [sum of target_lengths]",
                    got=f"{targets.dtype.name} {list(targets.shape)}")
        )
    if not 0 <= blank < log_probs.shape[-1]:
        raise ArgumentError(
            message("ctc_loss: blank", expected=f"a class, 0..{log_probs.shape[-1] - 1}",
                    got=str(blank))
        )
    if log_probs.shape[0] == 0:
        raise ShapeError(message("ctc_loss: log_probs", expected="a step or more", got="none"))


def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any | Sequence[int],
    target_lengths: Any | Sequence[int], blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """Minus the log-probability of each target under all its alignments with the inputs.

    log_probs [T, N, C] (or [T, C]) are logarithms of probabilities; targets [N, S] are padded
    rows, or [sum of target_lengths] rows one after the other, without blanks. reduction "mean"
    divides each loss by its target's length first, as in PyTorch. A target longer than its input
    allows has the loss inf, or 0 with zero_infinity, and no gradient.

    The gradient is PyTorch's, which takes log_probs for the result of a log_softmax: it is the
    derivative plus exp(log_probs). Behind a log_softmax both are the same.
    """
    require_reduction("ctc_loss", reduction)
    _require(log_probs, targets, blank)
    single = log_probs.ndim == 2
    x = log_probs.unsqueeze(1) if single else log_probs
    if targets.ndim == 1 and single:
        targets = targets.unsqueeze(0)
    count = x.shape[1]
    own = _as_lengths("target_lengths", target_lengths, count)
    times = _as_lengths("input_lengths", input_lengths, count)
    if targets.ndim == 1:
        targets = _padded(targets, own)
    if targets.shape[0] != count:
        raise ShapeError(
            message("ctc_loss: targets", expected=f"{count} rows", got=str(list(targets.shape)))
        )
    if x.dtype in (dtypes.float16, dtypes.bfloat16):
        x = x.float()
    emitted, skip, mass = _prepared(x, targets, own, times, blank)
    first, *rest = unbind(emitted, 0)
    alpha = _first(first)
    for step, now in enumerate(rest, 1):
        alpha = _advanced(alpha, now, skip, times, step)
    loss = _ended(alpha, mass, times, own, zero_infinity, reduction)
    loss = loss.squeeze(0) if single and reduction == "none" else loss
    return loss.to(log_probs.dtype)
