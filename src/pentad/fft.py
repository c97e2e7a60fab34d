"""Fourier transforms by PyTorch's names: `torch.fft`.

Transforms run on the host (NumPy's pocketfft) in the precision of the operand; they are
differentiable to any order, by PyTorch's convention for complex numbers.

>>> import pentad as pt
>>> pt.fft.rfft(pt.tensor([1.0, 0.0, 0.0, 0.0])).real.tolist()
[1.0, 1.0, 1.0]
"""

from pentad.tensor.functions.fourier import FUNCTIONS as _FUNCTIONS
from pentad.tensor.functions.fourier import fftfreq, fftshift, ifftshift, rfftfreq
from pentad.tensor.misfit import guard_names

fft, fft2, fftn = (_FUNCTIONS[n] for n in ("fft", "fft2", "fftn"))
ifft, ifft2, ifftn = (_FUNCTIONS[n] for n in ("ifft", "ifft2", "ifftn"))
rfft, rfft2, rfftn = (_FUNCTIONS[n] for n in ("rfft", "rfft2", "rfftn"))
irfft, irfft2, irfftn = (_FUNCTIONS[n] for n in ("irfft", "irfft2", "irfftn"))
hfft, hfft2, hfftn = (_FUNCTIONS[n] for n in ("hfft", "hfft2", "hfftn"))
ihfft, ihfft2, ihfftn = (_FUNCTIONS[n] for n in ("ihfft", "ihfft2", "ihfftn"))

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

guard_names(globals(), __all__)
