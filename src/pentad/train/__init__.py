"""Training: fit, evaluate, metrics, callbacks, checkpoints that are resumed to the same bits."""

from __future__ import annotations

from pentad.train.callbacks import Callback, EarlyStopping, LRMonitor, ModelCheckpoint
from pentad.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pentad.train.fit import Run, evaluate, fit
from pentad.train.history import History
from pentad.train.metrics import Accuracy, MeanOf, Metric, TopKAccuracy

__all__ = [
    "Accuracy",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "LRMonitor",
    "MeanOf",
    "Metric",
    "ModelCheckpoint",
    "Run",
    "TopKAccuracy",
    "evaluate",
    "fit",
    "load_checkpoint",
    "save_checkpoint",
]
