"""Signal processing by PyTorch's names: `torch.signal`, which has windows.

>>> import pentad as pt
>>> pt.signal.windows.hann(5).tolist()
[0.0, 0.5, 1.0, 0.5, 0.0]
"""

from pentad.tensor.functions import signal_windows as windows

__all__ = ["windows"]
