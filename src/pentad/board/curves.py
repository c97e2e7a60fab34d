"""Curves of precision and recall over thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad.board import summaries
from pentad.board.package import part
from pentad.board.values import Array
from pentad.static import message

MOST = 127
"""Thresholds of a curve, as torch.utils.tensorboard has it."""
_TINY = 1e-7


def thresholds(count: int) -> int:
    """So many, but at most MOST; ArgumentError for less than two."""
    if count < 2:
        raise pt.ArgumentError(message("add_pr_curve: num_thresholds", expected="2 or more",
                                       got=f"{count}"))
    return min(count, MOST)


def summary(tag: str, rows: Array) -> Any:
    """A curve: true and false positives, true and false negatives, precision and recall, each at
    the same thresholds, which lie evenly between 0 and 1."""
    about = part("plugins.pr_curve.metadata").create_summary_metadata("", "", rows.shape[1])
    return summaries.summary(tag, about, tensor=summaries.tensor(rows.astype(np.float32)))


def of_predictions(
    tag: str, labels: Array, predictions: Array, thresholds: int, weights: Array | float
) -> Any:
    """A curve of predictions between 0 and 1, of which those that are labelled true should be 1."""
    places = np.floor(predictions.reshape(-1) * (thresholds - 1)).astype(np.int64)
    true = labels.reshape(-1).astype(np.float64)
    weights = np.broadcast_to(weights, predictions.shape).reshape(-1)
    positive = np.bincount(places, true * weights, thresholds)
    negative = np.bincount(places, (1 - true) * weights, thresholds)
    # What lies at a threshold or above it is predicted to be true.
    tp, fp = (np.cumsum(counts[::-1])[::-1] for counts in (positive, negative))
    tn, fn = fp[0] - fp, tp[0] - tp
    precision, recall = tp / np.maximum(_TINY, tp + fp), tp / np.maximum(_TINY, tp + fn)
    return summary(tag, np.stack((tp, fp, tn, fn, precision, recall)))
