"""Which functions of the larger families the package and its tensors have, under which names.

A row names a module and functions of it. `SURFACES` have an in-place form of their own; the
results of `COMPOSED` are written over the tensor; both also get the name with an underscore.
`PLAIN` have no in-place form.
"""

from __future__ import annotations

from typing import Any

from pentad.tensor import inplace
from pentad.tensor.functions import (
    compare,
    counting,
    cumulative,
    diagonals,
    elementary,
    fills,
    joining,
    linalg,
    numeric,
    ordering,
    picking,
    placing,
    pointwise,
    products,
    rearranging,
    reductions,
    reshaped,
    shaping,
    statistics,
    strided,
)
from pentad.tensor.functions.indexing import nonzero

_SURFACES: list[tuple[Any, str]] = [
    (cumulative, "cumsum cumprod"),
    (numeric, "copysign nextafter ldexp nan_to_num clamp_min clamp_max hypot heaviside "
              "float_power gcd lcm frac rad2deg deg2rad"),
    (placing, "scatter_reduce index_copy index_add index_fill index_reduce put masked_scatter"),
    (picking, "scatter_add"),
    (products, "addmm addmv addr baddbmm addbmm"),
    (statistics, "renorm"),
    (compare, "bitwise_left_shift bitwise_right_shift"),
]
_PLAIN: list[tuple[Any, str]] = [
    (cumulative, "logcumsumexp cummax cummin diff trapezoid cumulative_trapezoid gradient"),
    (ordering, "sort msort argsort topk kthvalue median nanmedian mode quantile nanquantile"),
    (counting, "unique unique_consecutive bincount histc histogram histogramdd searchsorted "
               "bucketize isin unravel_index"),
    (numeric, "signbit frexp isposinf isneginf fmax fmin logaddexp logaddexp2 positive"),
    (picking, "index_select gather take take_along_dim scatter"),
    (placing, "index_put"),
    (products, "tensordot inner cross"),
    (statistics, "hash_tensor cdist aminmax std_mean var_mean nansum nanmean cov corrcoef norm "
                 "dist"),
    (reductions, "var std"),
    (diagonals, "diag diag_embed diagflat vander tril_indices triu_indices"),
    (strided, "diagonal as_strided diagonal_scatter select_scatter slice_scatter "
              "as_strided_scatter empty_strided"),
    (joining, "atleast_1d atleast_2d atleast_3d hstack vstack dstack column_stack block_diag "
              "split_with_sizes tensor_split hsplit vsplit dsplit meshgrid cartesian_prod "
              "combinations"),
    (inplace, "fill"),
    (fills, "multinomial"),
    (rearranging, "flip fliplr flipud rot90 roll repeat_interleave tile"),
]
_FUNCTIONS_ONLY = frozenset({
    "gradient", "trapezoid", "cumulative_trapezoid", "tensordot", "std_mean", "var_mean",
    "cdist", "vander", "tril_indices", "triu_indices", "empty_strided", "atleast_1d",
    "atleast_2d", "atleast_3d", "hstack", "vstack", "dstack", "column_stack", "block_diag",
    "meshgrid", "cartesian_prod", "combinations", "searchsorted", "bucketize", "fill",
    "histogramdd", "unravel_index",
})
_ALIASES = {
    "absolute": pointwise.abs_, "arccos": elementary.acos, "arccosh": elementary.acosh,
    "arcsin": elementary.asin, "arcsinh": elementary.asinh, "arctan": elementary.atan,
    "arctanh": elementary.atanh, "arctan2": elementary.atan2, "fix": elementary.trunc,
    "greater": compare.gt, "greater_equal": compare.ge, "less": compare.lt,
    "less_equal": compare.le, "not_equal": compare.ne,
}
_PLAIN_ALIASES = {
    "argwhere": nonzero, "concat": shaping.cat, "concatenate": shaping.cat,
    "row_stack": joining.vstack, "trapz": cumulative.trapezoid, "ger": linalg.outer,
    "vdot": linalg.vdot, "broadcast_shapes": joining.broadcast_shapes_of,
    "unsafe_chunk": shaping.chunk, "unsafe_split": shaping.split,
    "unsafe_split_with_sizes": joining.split_with_sizes,
}
_ALIASES_ONLY_FUNCTIONS = ("concat", "concatenate", "row_stack", "trapz", "broadcast_shapes")


def _rows(table: list[tuple[Any, str]]) -> dict[str, Any]:
    return {name: getattr(module, name) for module, names in table for name in names.split()}


SURFACES: dict[str, Any] = {**_rows(_SURFACES), **_ALIASES}
FUNCTIONS: dict[str, Any] = {**_rows(_PLAIN), **_PLAIN_ALIASES, **SURFACES}


def composed(function: Any) -> Any:
    """The in-place form of a function that is made of others: its result, written over."""

    def method(input: Any, *args: Any, **kwargs: Any) -> Any:
        # The gradient may need the value that is written over.
        source = pointwise.clone(input) if input.requires_grad else input
        return inplace.assign(input, function(source, *args, **kwargs))

    method.__name__ = method.__qualname__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}` in place."
    return method


METHODS: dict[str, Any] = {
    **{
        name: getattr(fills, name)
        for name in ("cauchy_", "exponential_", "geometric_", "log_normal_", "random_")
    },
    **{
        name: f for name, f in FUNCTIONS.items()
        if name not in _FUNCTIONS_ONLY and name not in _ALIASES_ONLY_FUNCTIONS
    },
    **{f"{name}_": f.inplace for name, f in SURFACES.items()},
    "scatter_": picking.scatter_, "index_put_": placing.index_put_,
    "fill_diagonal_": strided.fill_diagonal_, "unfold": strided.unfold,
    **reshaped.METHODS, "new_empty_strided": strided.new_empty_strided, "divide_": pointwise.div_,
    "subtract_": pointwise.sub_,
}
"""What tensors get besides what `methods.py` names."""
