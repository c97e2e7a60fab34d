"""tf.signal."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.fft

import pentad.frontends.tensorflow1 as tf
from tests.frontends.tensorflow1.values import close, same, table, value

calls = table()
M = "tf.signal"
X = np.random.default_rng(0).standard_normal((2, 3, 4, 8)).astype(np.float32)
C = (X + 1j * X[::-1]).astype(np.complex64)
AXES = {"": (-1,), "2d": (-2, -1), "3d": (-3, -2, -1)}


def kind(name):
    return AXES[name.partition("fft")[2]]


calls(M, "fft fft2d fft3d", lambda f, n: close(f(C), np.fft.fftn(C, axes=kind(n)), 1e-4))
calls(M, "ifft ifft2d ifft3d", lambda f, n: close(f(C), np.fft.ifftn(C, axes=kind(n)), 1e-4))
calls(M, "rfft rfft2d rfft3d", lambda f, n: close(f(X), np.fft.rfftn(X, axes=kind(n)), 1e-4))
calls(M, "irfft irfft2d irfft3d", lambda f, n: close(
    f(np.fft.rfftn(X, axes=kind(n)).astype(np.complex64)), X, 1e-4))
calls(M, "fftshift", lambda f: same(f(X), np.fft.fftshift(X)))
calls(M, "ifftshift", lambda f: same(f(X[0, 0], 1), np.fft.ifftshift(X[0, 0], 1)))
calls(M, "hann_window", lambda f: close(f(8), np.hanning(9)[:8]) and close(
    f(8, periodic=False), np.hanning(8)))
calls(M, "hamming_window", lambda f: close(f(8), np.hamming(9)[:8]))
calls(M, "frame", lambda f: same(f(tf.range(7), 3, 2), [[0, 1, 2], [2, 3, 4], [4, 5, 6]]) is None
      and same(f(tf.range(4), 3, 2, pad_end=True), [[0, 1, 2], [2, 3, 0]]) is None)
calls(M, "overlap_and_add", lambda f: same(f([[1.0, 1, 1], [1, 1, 1]], 2), [1, 1, 2, 1, 1]))
calls(M, "dct", lambda f: close(f(X), scipy.fft.dct(X), 1e-4) and close(
    f(X, norm="ortho"), scipy.fft.dct(X, norm="ortho"), 1e-4) and close(
    f(X, 3), scipy.fft.dct(X, 3), 1e-4))
calls(M, "idct", lambda f: close(f(tf.signal.dct(X, norm="ortho"), norm="ortho"), X, 1e-4))
calls("tf", "fft ifft", lambda f: value(f(C)).shape == C.shape)


@calls(M, "stft")
def stft(f):
    found = value(f(X[0, 0], 4, 2))
    pieces = np.stack([X[0, 0, :, i:i + 4] for i in (0, 2, 4)], 1)
    np.testing.assert_allclose(found, np.fft.rfft(pieces * np.hanning(5)[:4]), atol=1e-5)


@calls(M, "inverse_stft inverse_stft_window_fn")
def inverse_stft(f, name):
    window = tf.signal.inverse_stft_window_fn(2) if name == "inverse_stft" else f(2)
    signal = X.reshape(-1)[:32]
    found = value(tf.signal.inverse_stft(tf.signal.stft(signal, 4, 2), 4, 2, window_fn=window))
    np.testing.assert_allclose(found[4:-4], signal[4:-4], atol=1e-5)


MEL = [[0.0, 0.0, 0.0], [0.940982, 0.059018, 0.0], [0.031255, 0.968745, 0.0],
       [0.0, 0.357842, 0.642158], [0.0, 0.0, 0.822948], [0.0, 0.0, 0.379195],
       *[[0.0, 0.0, 0.0]] * 3]
"""What TensorFlow 1.15.5 gives."""
calls(M, "linear_to_mel_weight_matrix", lambda f: close(f(3, 9, 8000, 100.0, 3000.0), MEL, 1e-4)
      and f(4, 5).dtype is tf.float32 and refuses(lambda: f(3, 9, 8000, 100.0, 5000.0)))
calls(M, "mfccs_from_log_mel_spectrograms", lambda f: close(
    f([[1.0, 2.0, 4.0, 3.0]]), [[7.0710678, -1.8477591, -0.9999999, 0.7653669]])
    and refuses(lambda: f(tf.placeholder(tf.float32, [2, None]))))


def refuses(call):
    with pytest.raises(ValueError, match=r"does not fit a spectrum|must be known"):
        call()
    return True
