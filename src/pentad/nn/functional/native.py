"""What PyTorch has at its top level in another form than in nn.functional: operands in the order of
its native functions, reductions as numbers (0: none, 1: mean, 2: sum), nothing left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, ShapeError, message
from pentad.nn.functional import (
    bags,
    convolution,
    ctc,
    losses,
    normalization,
    regression,
    sampling,
)
from pentad.nn.functional.common import by_position
from pentad.nn.functional.dropout import alpha_dropout as _alpha_dropout
from pentad.nn.functional.dropout import dropout as _dropout
from pentad.nn.functional.dropout import dropout2d
from pentad.nn.functional.dropout import feature_alpha_dropout as _feature_alpha_dropout
from pentad.nn.functional.linear import embedding as _embedding
from pentad.tensor.functions.creation import zeros
from pentad.tensor.functions.ranges import arange
from pentad.tensor.functions.shaping import stack

_REDUCTIONS = ("none", "mean", "sum")


def _reduction(name: str, given: Any) -> str:
    if given in _REDUCTIONS:
        return str(given)
    if isinstance(given, bool) or given not in (0, 1, 2):
        raise ArgumentError(
            message(f"{name}: unknown reduction", expected="0 (none), 1 (mean) or 2 (sum)",
                    got=repr(given))
        )
    return _REDUCTIONS[given]


def _numbered(function: Any, *keywords: str) -> Callable[..., Any]:
    """A loss of nn.functional whose further arguments may be given by position, the last of them
    the number of a reduction."""
    name = function.__name__
    operands = 2 if "weight" in keywords else function.surface.is_operand.count(True)

    def adapted(further: dict[str, Any]) -> dict[str, Any]:
        return further | {"reduction": _reduction(name, further.get("reduction", 1))}

    loss = by_position(function, operands, (*keywords, "reduction"), adapted)
    loss.__doc__ = f"`nn.functional.{name}` with a reduction by number: 0 none, 1 mean, 2 sum."
    return loss


binary_cross_entropy_with_logits = _numbered(
    losses.binary_cross_entropy_with_logits, "weight", "pos_weight")
cosine_embedding_loss = _numbered(regression.cosine_embedding_loss, "margin")
hinge_embedding_loss = _numbered(regression.hinge_embedding_loss, "margin")
kl_div = _numbered(losses.kl_div)
margin_ranking_loss = _numbered(regression.margin_ranking_loss, "margin")
poisson_nll_loss = _numbered(regression.poisson_nll_loss, "log_input", "full", "eps")
triplet_margin_loss = _numbered(regression.triplet_margin_loss, "margin", "p", "eps", "swap")


def ctc_loss(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0,
    reduction: Any = 1, zero_infinity: bool = False,
) -> Any:
    """`nn.functional.ctc_loss` with a reduction by number."""
    return ctc.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank,
                        _reduction("ctc_loss", reduction), zero_infinity)


# -- normalisation, dropout ------------------------------------------------------------------------


def batch_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool,
    momentum: float, eps: float, cudnn_enabled: bool = False,
) -> Any:
    """`nn.functional.batch_norm`, the parameters first; cudnn_enabled changes nothing."""
    return normalization.batch_norm(input, running_mean, running_var, weight, bias, training,
                                    momentum, eps)


def instance_norm(
    input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any,
    use_input_stats: bool, momentum: float, eps: float, cudnn_enabled: bool = False,
) -> Any:
    """`nn.functional.instance_norm`, the parameters first; cudnn_enabled changes nothing."""
    return normalization.instance_norm(input, running_mean, running_var, weight, bias,
                                       use_input_stats, momentum, eps)


def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None,
    eps: float = 1e-5, cudnn_enable: bool = False,
) -> Any:
    """`nn.functional.layer_norm`; cudnn_enable changes nothing."""
    return normalization.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5,
    cudnn_enabled: bool = False,
) -> Any:
    """`nn.functional.group_norm`; cudnn_enabled changes nothing."""
    return normalization.group_norm(input, num_groups, weight, bias, eps)


def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropout of whole channels of [N, C, ...]."""
    return dropout2d(input, p, train)


def _trained(function: Callable[..., Any]) -> Callable[..., Any]:
    def drop(input: Any, p: float, train: bool) -> Any:
        return function(input, p, train)

    drop.__name__ = drop.__qualname__ = function.__name__
    drop.__doc__ = f"`nn.functional.{function.__name__}`; train: drop, or give the input as it is."
    return drop


dropout = _trained(_dropout)
alpha_dropout = _trained(_alpha_dropout)
feature_alpha_dropout = _trained(_feature_alpha_dropout)

# -- rows of tables --------------------------------------------------------------------------------


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """`nn.functional.embedding`, the table first; a padding_idx below 0 is none."""
    row = None if padding_idx < 0 else padding_idx
    return _embedding(indices, weight, row, scale_grad_by_freq=scale_grad_by_freq)


def embedding_bag(
    weight: Any, indices: Any, offsets: Any, scale_grad_by_freq: bool = False, mode: int = 0,
    sparse: bool = False, per_sample_weights: Any = None, include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Any, Any, Any, Any]:
    """(bags, the bag of each index, the length of each bag, the index of each maximum).

    mode 0: sum, 1: mean, 2: max, which alone has the last result (else it is empty).
    """
    if mode not in (0, 1, 2):
        raise ArgumentError(message("embedding_bag: mode", expected="0, 1 or 2", got=repr(mode)))
    found = bags.embedding_bag(
        indices, weight, offsets, None, 2.0, scale_grad_by_freq, ("sum", "mean", "max")[mode],
        sparse, per_sample_weights, include_last_offset, padding_idx,
    )
    starts = offsets[:-1] if include_last_offset else offsets
    place = arange(len(indices))
    bag = (place.unsqueeze(1) >= starts.unsqueeze(0)).sum(1) - 1
    counted = indices != (-1 if padding_idx is None else padding_idx)
    length = ((bag.unsqueeze(0) == arange(len(starts)).unsqueeze(1)) & counted).sum(1)
    return found, bag, length, _largest(weight, indices, bag, found) if mode == 2 else zeros(
        0, dtype=dtypes.int64)


def _largest(weight: Any, indices: Any, bag: Any, found: Any) -> Any:
    """The index whose row has the maximum of each bag, the first of equal ones."""
    rows = []
    for i in range(found.shape[0]):
        own = indices[bag == i]
        if own.numel() == 0:
            rows.append(zeros(found.shape[1], dtype=dtypes.int64))
        else:
            rows.append(own[weight[own].argmax(0)])
    return stack(rows)


# -- windows ---------------------------------------------------------------------------------------


def convolve(
    input: Any, weight: Any, bias: Any, stride: Sequence[int], padding: Sequence[int],
    dilation: Sequence[int], transposed: bool, output_padding: Sequence[int], groups: int,
) -> Any:
    """A convolution, or (transposed) its transpose, over as many axes as the weight has."""
    rank = weight.ndim - 2
    if rank not in (1, 2, 3):
        raise ShapeError(message("convolution: the weight", expected="3, 4 or 5 dimensions",
                                 got=str(list(weight.shape))))
    if transposed:
        function = getattr(convolution, f"conv_transpose{rank}d")
        return function(input, weight, bias, _all(stride), _all(padding), _all(output_padding),
                        groups, _all(dilation))
    function = getattr(convolution, f"conv{rank}d")
    return function(input, weight, bias, _all(stride), _all(padding), _all(dilation), groups)


def _all(sizes: Any) -> Any:
    """One size for all axes, or a size for each."""
    sizes = tuple(sizes) if isinstance(sizes, (list, tuple)) else (sizes,)
    return sizes[0] if len(sizes) == 1 else sizes


_MODES, _PADDING = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def grid_sampler(
    input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Any:
    """`nn.functional.grid_sample` by numbers: bilinear, nearest, bicubic; zeros, border,
    reflection."""
    if interpolation_mode not in range(3) or padding_mode not in range(3):
        raise ArgumentError(message("grid_sampler: modes", expected="0, 1 or 2",
                                    got=f"{interpolation_mode}, {padding_mode}"))
    return sampling.grid_sample(input, grid, _MODES[interpolation_mode], _PADDING[padding_mode],
                                align_corners)
