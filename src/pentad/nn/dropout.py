"""Dropout layers."""

from __future__ import annotations

from typing import Any

from pentad.nn import functional as F
from pentad.nn.functional.common import require_fraction
from pentad.nn.module import Module


class Dropout(Module):
    """In training each element is 0 with probability p, else divided by 1 - p."""

    function = "dropout"

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        require_fraction(type(self).__name__, "p", p)
        self.p, self.inplace = p, inplace

    def forward(self, input: Any) -> Any:
        """The input, with elements dropped in training."""
        return getattr(F, self.function)(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """In training whole channels of [N, C, L] or [C, L] are dropped."""

    function = "dropout1d"


class Dropout2d(Dropout):
    """In training whole channels of [N, C, H, W] are dropped."""

    function = "dropout2d"


class Dropout3d(Dropout):
    """In training whole channels of [N, C, D, H, W] or [C, D, H, W] are dropped."""

    function = "dropout3d"


class AlphaDropout(Dropout):
    """Dropout that keeps mean and variance, for networks of SELU."""

    function = "alpha_dropout"


class FeatureAlphaDropout(Dropout):
    """AlphaDropout of whole channels of [N, C, ...]."""

    function = "feature_alpha_dropout"
