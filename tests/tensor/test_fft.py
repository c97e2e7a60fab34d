"""pentad.fft against NumPy, in both precisions; stft and windows against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

import pentad as pt

RNG = np.random.default_rng(0)
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


def drawn(shape: tuple[int, ...], name: str, dtype: type = np.float64) -> np.ndarray:
    real = RNG.standard_normal(shape)
    if name in ("rfft", "ihfft", "rfft2", "rfftn"):
        return real.astype(dtype)
    return (real + 1j * RNG.standard_normal(shape)).astype(np.result_type(dtype, np.complex64))


def close(found: pt.Tensor, expected: np.ndarray, tol: float = 1e-12) -> None:
    assert tuple(found.shape) == expected.shape
    assert np.allclose(found.numpy(), expected, rtol=tol, atol=tol)


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("name", ONE)
def test_one_dimension(name: str, norm: str | None) -> None:
    for shape, n, dim in (((7,), None, -1), ((3, 6), 4, 1), ((5, 2), 8, 0), ((2, 3), 1, 1)):
        x = drawn(shape, name)
        found = getattr(pt.fft, name)(pt.from_numpy(x), n, dim, norm)
        close(found, getattr(np.fft, name)(x, n, dim, norm))


@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn",
                                  "irfftn"])
def test_several_dimensions(name: str) -> None:
    x = drawn((3, 4, 5), name)
    axes = (-2, -1) if name.endswith("2") else None
    close(getattr(pt.fft, name)(pt.from_numpy(x)), getattr(np.fft, name)(x, axes=axes))
    found = getattr(pt.fft, name)(pt.from_numpy(x), (2, 6), (2, 0), "ortho")
    close(found, getattr(np.fft, name)(x, (2, 6), (2, 0), "ortho"))


def test_hermitian_in_several_dimensions() -> None:
    x = drawn((3, 4), "hfft")
    found = pt.fft.hfft2(pt.from_numpy(x), (3, 6))
    close(found, np.fft.hfft(np.fft.fft(x, axis=0), 6, axis=1))
    real = drawn((3, 6), "rfft")
    close(pt.fft.hfftn(pt.fft.ihfftn(pt.from_numpy(real)), (3, 6)), real)


@pytest.mark.parametrize("name", ONE)
def test_the_precision_is_that_of_the_operand(name: str) -> None:
    x = drawn((9,), name, np.float32)
    found = getattr(pt.fft, name)(pt.from_numpy(x))
    assert found.numpy().dtype.itemsize == (4 if name in ("irfft", "hfft") else 8)
    close(found, getattr(np.fft, name)(x.astype(np.result_type(x, np.float64))), 1e-5)


def test_integers_are_floats_and_halves_are_refused() -> None:
    assert pt.fft.fft(pt.tensor([1, 2, 3])).dtype is pt.complex64
    for bad in (lambda: pt.fft.fft(pt.ones(3, dtype=pt.float16)),
                lambda: pt.fft.rfft(pt.ones(3, dtype=pt.complex64))):
        with pytest.raises(pt.DTypeError):
            bad()
    for bad in (lambda: pt.fft.fft(pt.ones(0)), lambda: pt.fft.fft(pt.ones(3), 0),
                lambda: pt.fft.fft(pt.ones(3), dim=1), lambda: pt.fft.fftn(pt.ones(3), (2, 2)),
                lambda: pt.fft.fftn(pt.ones(3, 3), dim=(0, 0)), lambda: pt.fft.fft(pt.ones(()))):
        with pytest.raises(pt.ShapeError):
            bad()
    with pytest.raises(pt.ArgumentError, match="norm"):
        pt.fft.fft(pt.ones(3), norm="whole")


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies_and_shifts(n: int) -> None:
    close(pt.fft.fftfreq(n, 0.5, dtype=pt.float64), np.fft.fftfreq(n, 0.5))
    close(pt.fft.rfftfreq(n, 0.5, dtype=pt.float64), np.fft.rfftfreq(n, 0.5))
    x = RNG.standard_normal((n, 3))
    close(pt.fft.fftshift(pt.from_numpy(x)), np.fft.fftshift(x))
    close(pt.fft.ifftshift(pt.from_numpy(x), 0), np.fft.ifftshift(x, 0))


def test_gradients_of_a_spectrum() -> None:
    """Parseval: the energy of a spectrum is n times that of the signal."""
    for n in (5, 6):
        x = pt.from_numpy(RNG.standard_normal(n)).requires_grad_()
        spectrum = pt.fft.fft(x)
        (spectrum.abs().square().sum() / n).backward()
        close(x.grad, 2 * x.detach().numpy())
        y = pt.from_numpy(RNG.standard_normal(n)).requires_grad_()
        back = pt.fft.irfft(pt.fft.rfft(y), n)
        (back * back).sum().backward()
        close(y.grad, 2 * y.detach().numpy())


def test_compiled_is_eager() -> None:
    def smooth(x: pt.Tensor) -> pt.Tensor:
        spectrum = pt.fft.rfft(x)
        return pt.fft.irfft(spectrum * spectrum.abs(), x.shape[-1])

    x = pt.from_numpy(RNG.standard_normal((3, 8)))
    close(pt.compile(smooth)(x), smooth(x).numpy())


@pytest.mark.parametrize("onesided", [True, False])
def test_windowed_transforms(onesided: bool) -> None:
    signal = RNG.standard_normal((2, 50))
    x, window = pt.from_numpy(signal), pt.hann_window(12, dtype=pt.float64)
    found = pt.stft(x, 16, 4, 12, window, onesided=onesided, return_complex=True)
    padded = np.pad(signal, ((0, 0), (8, 8)), "reflect")
    wide = np.pad(window.numpy(), (2, 2))
    frames = np.stack([padded[:, i : i + 16] * wide for i in range(0, 51, 4)], 2)
    transform = np.fft.rfft if onesided else np.fft.fft
    close(found, transform(frames, axis=1))
    back = pt.istft(found, 16, 4, 12, window, onesided=onesided, length=50)
    close(back, signal)
    parts = pt.stft(x[0], 16, return_complex=False, normalized=True)
    assert tuple(parts.shape) == (9, 13, 2)
    again = pt.istft(pt.view_as_complex(parts), 16, normalized=True, length=50)
    close(again, signal[0])


@pytest.mark.parametrize("mode", ["reflect", "constant", "circular", "replicate"])
def test_padding_of_windowed_transforms(mode: str) -> None:
    signal = RNG.standard_normal(20)
    numpy_mode = {"replicate": "edge", "circular": "wrap"}.get(mode, mode)
    padded = np.pad(signal, 4, numpy_mode)
    found = pt.stft(pt.from_numpy(signal), 8, 8, pad_mode=mode, return_complex=True)
    close(found, np.fft.rfft(np.stack([padded[i : i + 8] for i in (0, 8, 16)]), axis=1).T)


def test_misused_windowed_transforms() -> None:
    x = pt.ones(20)
    for call in (lambda: pt.stft(x, 8), lambda: pt.stft(x, 8, 0, return_complex=True),
                 lambda: pt.stft(x, 8, pad_mode="no", return_complex=True)):
        with pytest.raises(pt.ArgumentError):
            call()
    for call in (lambda: pt.stft(x, 50, return_complex=True),
                 lambda: pt.stft(x, 8, window=pt.ones(4), return_complex=True),
                 lambda: pt.istft(pt.ones(3, 4, dtype=pt.complex64), 8)):
        with pytest.raises(pt.ShapeError):
            call()


def test_windows() -> None:
    for name, numpy_name in (("hann", "hanning"), ("hamming", "hamming"),
                             ("blackman", "blackman"), ("bartlett", "bartlett")):
        made = getattr(pt, f"{name}_window")
        close(made(9, periodic=False, dtype=pt.float64), getattr(np, numpy_name)(9), 1e-12)
        close(made(8, dtype=pt.float64), getattr(np, numpy_name)(9)[:8], 1e-12)
        assert made(1).tolist() == [1]
        assert made(0).shape == (0,)
    close(pt.kaiser_window(9, False, 5.0, dtype=pt.float64), np.kaiser(9, 5.0))
    with pytest.raises(pt.ArgumentError):
        pt.hann_window(-1)
