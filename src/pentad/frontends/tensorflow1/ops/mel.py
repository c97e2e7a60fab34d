"""Spectrograms on the scale of mels, on which equal distances sound equal."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import as_dtype, float32
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.ops.fourier import dct


def linear_to_mel_weight_matrix(
    num_mel_bins: int = 20, num_spectrogram_bins: int = 129, sample_rate: float = 8000,
    lower_edge_hertz: float = 125.0, upper_edge_hertz: float = 3800.0, dtype: Any = float32,
    name: str | None = None,
) -> Any:
    """The matrix [num_spectrogram_bins, num_mel_bins] that makes mels of a spectrogram.

    Each column is a triangle on the scale 1127 ln(1 + f / 700); the first row is zero. An
    ArgumentError for numbers that are none of a spectrum.
    """
    rate = float(sample_rate)
    bounds = {"num_mel_bins": num_mel_bins > 0, "lower_edge_hertz": lower_edge_hertz >= 0,
              "sample_rate": rate > 0, "upper_edge_hertz": (
                  lower_edge_hertz < upper_edge_hertz <= rate / 2)}
    for key, fits in bounds.items():
        if not fits:
            raise pt.ArgumentError(static.message(
                f"{key} does not fit a spectrum", expected="positive numbers, lower_edge_hertz < "
                "upper_edge_hertz <= sample_rate / 2", got=str((
                    num_mel_bins, lower_edge_hertz, upper_edge_hertz, sample_rate))))
    mels = _mel(np.linspace(0.0, rate / 2, num_spectrogram_bins)[1:])[:, None]
    edges = np.linspace(_mel(lower_edge_hertz), _mel(upper_edge_hertz), num_mel_bins + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((mels - low) / (centre - low), (high - mels) / (high - centre))
    table = np.pad(np.maximum(triangles, 0.0), [[1, 0], [0, 0]])
    return constant(table, as_dtype(dtype), name=name or "linear_to_mel_weight_matrix")


def _mel(hertz: Any) -> Any:
    return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)


def mfccs_from_log_mel_spectrograms(
    log_mel_spectrograms: Any, name: str | None = None
) -> Any:
    """The cepstral coefficients of logarithms of mel spectrograms [..., bins]: their cosine
    transform, scaled as HTK does. ArgumentError if there are no bins, or unknown how many."""
    with name_scope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        x = convert_to_tensor(log_mel_spectrograms)
        bins = x.shape.as_list()[-1] if x.shape.ndims else None
        if not bins:
            raise pt.ArgumentError(static.message(
                "num_mel_bins must be known and positive", got=str(x.shape)))
        return dct(x) * float(1 / np.sqrt(2.0 * bins))


__all__ = ["linear_to_mel_weight_matrix", "mfccs_from_log_mel_spectrograms"]
