"""Learning-rate schedules: each `step()` sets the rate of every group, by PyTorch's formulas.

As in PyTorch most schedules go from the present rate to the next, so that several can work on
one optimiser; `step(epoch)` (deprecated there) takes the closed formula.
"""

from __future__ import annotations

from pentad.optim.lr_scheduler.base import LRScheduler, _LRScheduler
from pentad.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from pentad.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from pentad.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from pentad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from pentad.optim.lr_scheduler.several import ChainedScheduler, SequentialLR

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "_LRScheduler",
]
