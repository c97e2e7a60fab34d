"""torch.nn.functional: Pentad's, with the arguments of older versions where PyTorch has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.static import by_position

_ORDER = {
    "binary_cross_entropy": "weight size_average reduce reduction",
    "binary_cross_entropy_with_logits": "weight size_average reduce reduction pos_weight",
    "cosine_embedding_loss": "margin size_average reduce reduction",
    "cross_entropy": "weight size_average ignore_index reduce reduction label_smoothing",
    "hinge_embedding_loss": "margin size_average reduce reduction",
    "kl_div": "size_average reduce reduction log_target",
    "l1_loss": "size_average reduce reduction weight",
    "margin_ranking_loss": "margin size_average reduce reduction",
    "mse_loss": "size_average reduce reduction weight",
    "multi_margin_loss": "p margin weight size_average reduce reduction",
    "multilabel_margin_loss": "size_average reduce reduction",
    "multilabel_soft_margin_loss": "weight size_average reduce reduction",
    "nll_loss": "weight size_average ignore_index reduce reduction",
    "poisson_nll_loss": "log_input full size_average eps reduce reduction",
    "smooth_l1_loss": "size_average reduce reduction beta",
    "soft_margin_loss": "size_average reduce reduction",
    "triplet_margin_loss": "margin p eps swap size_average reduce reduction",
}
_OPERANDS = {"cosine_embedding_loss": 3, "margin_ranking_loss": 3, "triplet_margin_loss": 3}


def _older(name: str) -> Callable[..., Any]:
    """A loss that also takes size_average and reduce, and all by position."""
    function = getattr(pt.nn.functional, name)

    def adapted(further: dict[str, Any]) -> dict[str, Any]:
        size_average, reduce = further.pop("size_average", None), further.pop("reduce", None)
        if size_average is not None or reduce is not None:
            further["reduction"] = "none" if reduce is False else (
                "sum" if size_average is False else "mean")
        return further

    loss = by_position(function, _OPERANDS.get(name, 2), _ORDER[name].split(), adapted)
    loss.__module__, loss.__doc__ = __name__, function.__doc__
    return loss


for _name in _ORDER:
    globals()[_name] = _older(_name)


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """exp(x) over its sum along a dimension (without one: 1 of matrices, else 0)."""
    return pt.nn.functional.softmax(_converted(input, dtype), _implicit(input, dim))


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
                ) -> Any:
    """The logarithm of `softmax`."""
    return pt.nn.functional.log_softmax(_converted(input, dtype), _implicit(input, dim))


def _converted(x: Any, dtype: Any) -> Any:
    return x if dtype is None else x.to(dtype)


def _implicit(x: Any, dim: int | None) -> int:
    return dim if dim is not None else 0 if x.ndim in (0, 1, 3) else 1


__getattr__, __dir__, __all__ = mirror(
    __name__, pt.nn.functional, without=("attention_weights", "count_correct"))
