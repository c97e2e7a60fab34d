"""Losses with parameters of their own: the adaptive softmax, linear_cross_entropy's layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from pentad import ops
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.nn import functional as F
from pentad.nn.containers import ModuleList, Sequential
from pentad.nn.functional.linear import checked
from pentad.nn.functional.losses import require_reduction
from pentad.nn.functional.projected import LinearCrossEntropyOptions, linear_cross_entropy
from pentad.nn.linear import Linear, require_positive
from pentad.nn.module import Module
from pentad.tensor.dispatch import surface
from pentad.tensor.functions.shaping import cat


class ASMoutput(NamedTuple):
    """What AdaptiveLogSoftmaxWithLoss gives: the log-probabilities of the targets, the loss."""

    output: Any
    loss: Any


@surface
def _picked(output: Node, scores: Node, target: Node, low: int, high: int) -> Node:
    """output [N] plus, where low <= target < high, the score of the target in scores [N, n]."""
    index = ops.cast(target, dtypes.int64) - low
    inside = ops.logical_and(
        ops.ge(index, ops.full_like(0, index)), ops.lt(index, ops.full_like(high - low, index))
    )
    place = ops.where(inside, index, ops.full_like(0, index))
    column = ops.take_along_axis(scores, ops.reshape(place, (*place.shape, 1)), 1)
    found = ops.reshape(column, place.shape)
    return ops.add(output, ops.where(inside, found, ops.full_like(0, found)))


@surface
def _in_head(scores: Node, target: Node, cutoffs: Sequence[int]) -> Node:
    """The head's score of each target: its own in the shortlist, else that of its cluster."""
    label = checked(target, cutoffs[-1])
    place = label
    for i, low in enumerate(cutoffs[:-1]):
        cluster = ops.full_like(cutoffs[0] + i, label)
        place = ops.where(ops.ge(label, ops.full_like(low, label)), cluster, place)
    return ops.reshape(
        ops.take_along_axis(scores, ops.reshape(place, (*place.shape, 1)), 1), place.shape
    )


class AdaptiveLogSoftmaxWithLoss(Module):
    """A softmax over many classes in clusters by frequency (Grave et al., 2017).

    cutoffs: where the clusters begin after the shortlist, whose classes are in the head; cluster i
    is projected to in_features / div_value ** (i + 1) features first. Classes are in the order of
    falling frequency. Every cluster is computed for every sample, so that shapes do not depend on
    the targets.
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
        head_bias: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:
        super().__init__()
        require_positive("AdaptiveLogSoftmaxWithLoss", in_features=in_features, n_classes=n_classes)
        given = list(cutoffs)
        rising = all(a < b for a, b in zip(given, given[1:], strict=False))
        whole = all(isinstance(c, int) and 0 < c < n_classes for c in given)
        if not given or not rising or not whole:
            raise ArgumentError(
                message("AdaptiveLogSoftmaxWithLoss: cutoffs",
                        expected=f"rising whole numbers between 1 and {n_classes - 1}",
                        got=str(given))
            )
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*given, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = given[0], len(given)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, dtype=dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            width = int(in_features // div_value ** (i + 1))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(Sequential(
                Linear(in_features, width, False, dtype=dtype),
                Linear(width, size, False, dtype=dtype),
            ))

    def reset_parameters(self) -> None:
        """Draw the values anew."""
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input: Any, target: Any) -> ASMoutput:
        """(log-probability of each target [N], their negative mean) of [N, in_features]."""
        single = target.ndim == 0
        x, labels = (input.unsqueeze(0), target.unsqueeze(0)) if single else (input, target)
        if x.ndim != 2 or labels.shape != x.shape[:1] or x.shape[1] != self.in_features:
            raise ShapeError(
                message("AdaptiveLogSoftmaxWithLoss: the operands do not fit",
                        expected=f"[N, {self.in_features}] and [N]",
                        got=f"{list(input.shape)} and {list(target.shape)}")
            )
        output = _in_head(F.log_softmax(self.head(x), 1), labels, self.cutoffs)
        for i, cluster in enumerate(self.tail):
            scores = F.log_softmax(cluster(x), 1)
            output = _picked(output, scores, labels, self.cutoffs[i], self.cutoffs[i + 1])
        loss = (-output).mean()
        return ASMoutput(output.squeeze(0) if single else output, loss)

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities [N, n_classes] of all classes."""
        head = F.log_softmax(self.head(input), 1)
        parts = [head.narrow(1, 0, self.shortlist_size)]
        for i, cluster in enumerate(self.tail):
            own = head.narrow(1, self.shortlist_size + i, 1)
            parts.append(F.log_softmax(cluster(input), 1) + own)
        return cat(parts, 1)

    def predict(self, input: Any) -> Any:
        """The class of the highest probability of each sample: [N]."""
        return self.log_prob(input).argmax(1)


class LinearCrossEntropyLoss(Module):
    """A linear layer to classes and its cross entropy in one."""

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (),
        bias: bool = False, device: Any = None, dtype: Any = None, reduction: str = "mean",
        weight: Any = None, ignore_index: int | None = None, label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        super().__init__()
        require_reduction("LinearCrossEntropyLoss", reduction)
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise ShapeError(
                message("LinearCrossEntropyLoss: weight", expected=f"[{num_classes}]",
                        got=str(list(weight.shape)))
            )
        self.num_classes, self.out_features = num_classes, tuple(out_features)
        self.reduction, self.ignore_index = reduction, ignore_index
        self.label_smoothing, self.options = label_smoothing, options
        self.register_buffer("weight", weight)
        size = math.prod(self.out_features, start=num_classes)
        self.linear = Linear(in_features, size, bias, dtype=dtype)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of inputs [N, in_features] and classes [N, *out_features]."""
        inner = (self.num_classes, *self.out_features)
        bias = None if self.linear.bias is None else self.linear.bias.reshape(inner)
        return linear_cross_entropy(
            input, self.linear.weight.reshape((*inner, self.linear.in_features)), target,
            linear_bias=bias, weight=self.weight, reduction=self.reduction,
            ignore_index=self.ignore_index, label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        """The sizes and constants."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, "
            f"reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )
