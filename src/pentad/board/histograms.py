"""Histograms: values counted in buckets, as torch.utils.tensorboard and TensorFlow count them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pentad.board import summaries
from pentad.board.values import Array


@cache
def _growing() -> Array:
    """TensorFlow's limits: each a tenth further from zero than the one before."""
    found, v = [], 1e-12
    while v < 1e20:
        found.append(v)
        v *= 1.1
    return np.array([*(-x for x in reversed(found)), 0.0, *found])


def summary(tag: str, values: Array, bins: Any, max_bins: int | None) -> Any:
    """A histogram of at least one value; `bins`: "tensorflow", or what numpy.histogram takes."""
    flat = values.reshape(-1).astype(np.float64)
    counts, limits = _counted(flat, bins)
    if max_bins is not None and len(counts) > max_bins:
        counts, limits = _coarser(counts, limits, len(counts) // max_bins)
    counts, limits = _trimmed(counts, limits)
    return summaries.histogram(
        tag, flat.min(), flat.max(), counts.tolist(), limits.tolist(), len(flat), flat.sum(),
        flat.dot(flat))


def _counted(flat: Array, bins: Any) -> tuple[Array, Array]:
    """Counts, and the limits of the buckets: one more than there are."""
    if not isinstance(bins, str) or bins != "tensorflow":
        return np.histogram(flat, bins=bins)
    limits = _growing()
    # The last bucket holds its upper limit too.
    above = np.searchsorted(np.sort(flat), limits[:-1])
    within = np.append(above, np.count_nonzero(flat <= limits[-1]))
    return np.diff(within), limits


def _coarser(counts: Array, limits: Array, every: int) -> tuple[Array, Array]:
    """Some neighbouring buckets as one."""
    padded = np.pad(counts, (0, -len(counts) % every))
    return padded.reshape(-1, every).sum(1), np.append(limits[:-1:every], limits[-1])


def _trimmed(counts: Array, limits: Array) -> tuple[Array, Array]:
    """Counts and upper limits without empty buckets at the ends, but for one at the left: its
    upper limit is where the first bucket begins."""
    filled = np.flatnonzero(counts)
    first, last = (int(filled[0]), int(filled[-1])) if len(filled) else (0, 0)
    return np.append(0, counts[first:last + 1]), limits[first:last + 2]
