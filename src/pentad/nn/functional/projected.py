"""linear_cross_entropy: a linear map to classes and its cross entropy in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pentad import ops
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.graph.node import Node
from pentad.graph.sizes import product
from pentad.nn.functional.common import require_same_dtype
from pentad.nn.functional.losses import cross_entropy
from pentad.tensor.dispatch import surface


@dataclass(frozen=True, slots=True)
class LinearCrossEntropyOptions:
    """How PyTorch splits the work of linear_cross_entropy, accepted so that programs run.

    None of it changes a result, and here nothing is split: the scores are made as a whole.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"

    def __post_init__(self) -> None:
        """ArgumentError for a chunk size below 1."""
        if self.batch_chunk_size is not None and self.batch_chunk_size < 1:
            raise ArgumentError(
                message("LinearCrossEntropyOptions: batch_chunk_size", expected=">= 1",
                        got=str(self.batch_chunk_size))
            )


@surface
def _scores(x: Node, weight: Node, bias: Node | None) -> Node:
    """[N, C, ...] (or [C]) from [N, in] and a weight [C, ..., in]."""
    require_same_dtype("linear_cross_entropy", x, weight, bias)
    fits = x.ndim in (1, 2) and weight.ndim >= 2 and x.shape[-1] == weight.shape[-1]
    inner = weight.shape[:-1]
    if not fits or (x.ndim == 1 and len(inner) > 1) or (bias is not None and bias.shape != inner):
        raise ShapeError(
            message("linear_cross_entropy: the operands do not fit",
                    expected="an input [N, in] (or [in]), a weight [C, ..., in], a bias [C, ...]",
                    got=f"{list(x.shape)}, {list(weight.shape)}"
                    + ("" if bias is None else f", {list(bias.shape)}"))
        )
    flat = ops.reshape(weight, (product(inner), weight.shape[-1]))
    scores = ops.dot_general(x, flat, contract=((x.ndim - 1,), (1,)), batch=((), ()))
    scores = ops.reshape(scores, (*x.shape[:-1], *inner))
    if bias is None:
        return scores
    lead = x.ndim - 1
    return ops.add(scores, ops.broadcast(bias, scores.shape, range(lead, scores.ndim)))


_scores.surface.name = "linear_cross_entropy"


def linear_cross_entropy(
    input: Any, linear_weight: Any, target: Any, *, linear_bias: Any = None, weight: Any = None,
    reduction: str = "mean", ignore_index: int | None = None, label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Any:
    """cross_entropy(linear(input, linear_weight, linear_bias), target).

    input [N, in] or [in]; linear_weight [C, in], or [C, d1, ..., in] for targets [N, d1, ...].
    """
    if options is not None and not hasattr(options, "chunking_method"):
        raise ArgumentError(
            message("linear_cross_entropy: options", expected="LinearCrossEntropyOptions or None",
                    got=type(options).__name__)
        )
    scores = _scores(input, linear_weight, linear_bias)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy(scores, target, weight, ignore_index=ignored, reduction=reduction,
                         label_smoothing=label_smoothing)
