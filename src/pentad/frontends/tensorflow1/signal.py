"""tf.signal."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "ops.fourier": """
        dct fft fft2d fft3d fftshift frame hamming_window hann_window idct ifft ifft2d ifft3d
        ifftshift inverse_stft inverse_stft_window_fn irfft irfft2d irfft3d overlap_and_add rfft
        rfft2d rfft3d stft""",
    "ops.mel": "linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms",
})
