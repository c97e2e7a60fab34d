"""tf.contrib.signal."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "signal": """
        frame hamming_window hann_window inverse_stft
        inverse_stft_window_fn linear_to_mel_weight_matrix mfccs_from_log_mel_spectrograms
        overlap_and_add stft""",
})
