"""autocast: matrix products in 16 bits, what is sensitive to them in float32.

Within `autocast` the operations named in `LOW` take float operands in the dtype asked for, and
those in `WIDE` take 16-bit operands in float32; all others take what comes. 16-bit products are
summed in float32 in any case (so are 16-bit sums, norms and losses outside of autocast): what
`WIDE` adds is that their results stay float32.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.tensor.dispatch import POLICY
from pentad.tensor.functions.pointwise import cast
from pentad.tensor.state import set_autocast, state
from pentad.tensor.tensor import Tensor

_LOW = """
addbmm addmm baddbmm bmm conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
einsum linear matmul mm mv scaled_dot_product_attention tensordot
"""
_WIDE = """
batch_norm binary_cross_entropy binary_cross_entropy_with_logits cdist cosine_embedding_loss
cosine_similarity cross_entropy ctc_loss cumprod cumsum gaussian_nll_loss group_norm
hinge_embedding_loss huber_loss instance_norm kl_div l1_loss layer_norm linear_cross_entropy
local_response_norm log_softmax logcumsumexp logsumexp margin_ranking_loss mean mse_loss
multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss norm normalize
pairwise_distance pdist poisson_nll_loss prod rms_norm smooth_l1_loss soft_margin_loss softmax
std sum triplet_margin_loss triplet_margin_with_distance_loss var
"""
LOW, WIDE = _LOW.split(), _WIDE.split()
SHORT = (dtypes.float16, dtypes.bfloat16)


def _in_low(operands: list[Tensor]) -> list[Tensor]:
    """Floats but float64 in the dtype of autocast; Python numbers stay."""
    target = state.autocast
    return [
        cast(t, target)
        if t.meta.dtype.is_floating_point and not t.meta.weak
        and t.meta.dtype is not dtypes.float64 and t.meta.dtype is not target
        else t
        for t in operands
    ]


def _in_single(operands: list[Tensor]) -> list[Tensor]:
    return [cast(t, dtypes.float32) if t.meta.dtype in SHORT else t for t in operands]


POLICY.update(dict.fromkeys(LOW, _in_low))
POLICY.update(dict.fromkeys(WIDE, _in_single))


@contextmanager
def autocast_to(dtype: DType | None) -> Iterator[None]:
    """Within it, autocast is to this dtype, or off."""
    before = state.autocast
    set_autocast(dtype)
    try:
        yield
    finally:
        set_autocast(before)


class autocast:
    """Within it (or in a function decorated with it) matrix products and convolutions compute in
    16 bits, while losses, norms, softmax and sums stay in float32 (torch.autocast on the CPU).

    dtype: bfloat16 (the default) or float16; the latter needs gradient scaling (amp.GradScaler).
    Parameters stay in float32 and get float32 gradients. enabled=False switches an outer autocast
    off. Compiled functions notice the mode. cache_enabled changes nothing: within a compiled
    function a parameter is converted once anyway.

    >>> import pentad as pt
    >>> a = pt.ones(2, 2)
    >>> with pt.autocast("cpu"):
    ...     b = a @ a
    ...     print(b.dtype, b.softmax(0).dtype)
    pentad.bfloat16 pentad.float32
    """

    def __init__(
        self, device_type: str = "cpu", dtype: DType | None = None, enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if device_type != "cpu":
            raise ArgumentError(
                message("autocast: device_type", expected="'cpu'", got=repr(device_type))
            )
        wanted = dtypes.bfloat16 if dtype is None else dtype
        if wanted not in SHORT:
            raise DTypeError(
                message("autocast: dtype", expected="bfloat16 or float16", got=str(wanted),
                        hint="enabled=False switches autocast off")
            )
        self.fast_dtype = wanted
        self.enabled = bool(enabled)
        self._before: list[Any] = []

    def __enter__(self) -> autocast:
        self._before.append(state.autocast)
        set_autocast(self.fast_dtype if self.enabled else None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        set_autocast(self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)("cpu", self.fast_dtype, self.enabled):
                return function(*args, **kwargs)

        return wrapped


def is_autocast_enabled(device_type: str = "cpu") -> bool:
    """Is autocast on in this thread?"""
    return device_type == "cpu" and state.autocast is not None


def get_autocast_dtype(device_type: str = "cpu") -> DType:
    """The dtype of matrix products under the present autocast, or of one begun now."""
    return dtypes.bfloat16 if state.autocast is None else state.autocast  # type: ignore
