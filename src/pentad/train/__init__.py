"""Training: fit, evaluate, predict, metrics, callbacks, checkpoints resumed to the same bits."""

from __future__ import annotations

from pentad.train.averages import MovingAverage
from pentad.train.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    LRMonitor,
    ModelCheckpoint,
)
from pentad.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pentad.train.evaluation import evaluate, predict
from pentad.train.fit import fit
from pentad.train.history import History
from pentad.train.metrics import (
    Accuracy,
    AveragePrecision,
    BinaryAccuracy,
    ConfusionMatrix,
    F1Score,
    LogLoss,
    MeanAbsoluteError,
    MeanOf,
    MeanSquaredError,
    Metric,
    Perplexity,
    Precision,
    R2Score,
    Recall,
    RocAuc,
    RootMeanSquaredError,
    TopKAccuracy,
)
from pentad.train.run import Run

__all__ = [
    "Accuracy",
    "AveragePrecision",
    "BinaryAccuracy",
    "CSVLogger",
    "Callback",
    "Checkpoint",
    "ConfusionMatrix",
    "EarlyStopping",
    "F1Score",
    "History",
    "LRMonitor",
    "LambdaCallback",
    "LogLoss",
    "MeanAbsoluteError",
    "MeanOf",
    "MeanSquaredError",
    "Metric",
    "ModelCheckpoint",
    "MovingAverage",
    "Perplexity",
    "Precision",
    "R2Score",
    "Recall",
    "RocAuc",
    "RootMeanSquaredError",
    "Run",
    "TopKAccuracy",
    "evaluate",
    "fit",
    "load_checkpoint",
    "predict",
    "save_checkpoint",
]
