"""Optimisers and learning-rate schedules, by PyTorch's names and formulas."""

from __future__ import annotations

from pentad.optim import lr_scheduler
from pentad.optim.adam import Adam, AdamW
from pentad.optim.adaptive import Adadelta, Adagrad, RMSprop
from pentad.optim.optimizer import Optimizer
from pentad.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "lr_scheduler",
]
