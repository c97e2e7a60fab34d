"""Optimisers and learning-rate schedules, by PyTorch's names and formulas."""

from __future__ import annotations

from pentad.optim import lr_scheduler, swa_utils
from pentad.optim.adafactor import Adafactor
from pentad.optim.adam import Adam, AdamW, SparseAdam
from pentad.optim.adam_variants import Adamax, NAdam, RAdam
from pentad.optim.adaptive import Adadelta, Adagrad, RMSprop
from pentad.optim.asgd import ASGD
from pentad.optim.hooks import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from pentad.optim.lbfgs import LBFGS
from pentad.optim.muon import Muon
from pentad.optim.optimizer import Optimizer, required
from pentad.optim.rprop import Rprop
from pentad.optim.sgd import SGD
from pentad.optim.swapped import swap_in_optimizer_params_and_state

__all__ = [
    "ASGD",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Muon",
    "NAdam",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "SparseAdam",
    "lr_scheduler",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
    "swa_utils",
    "swap_in_optimizer_params_and_state",
]
