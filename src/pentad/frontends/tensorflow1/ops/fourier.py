"""Fourier transforms, windows and frames of signals."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
import pentad.frontends.tensorflow1 as tf
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value
from pentad.frontends.tensorflow1.framework.make import op


def _complex(name: str, run: Any) -> Any:
    return op(name, "input: Tcomplex -> output: Tcomplex", run,
              allow={"Tcomplex": dtypes.COMPLEX})


_AXES = {"": (-1,), "2D": (-2, -1), "3D": (-3, -2, -1)}
fft, fft2d, fft3d = (
    _complex(f"FFT{kind}", lambda x, axes=axes: pt.fft.fftn(x, dim=axes))
    for kind, axes in _AXES.items())
ifft, ifft2d, ifft3d = (
    _complex(f"IFFT{kind}", lambda x, axes=axes: pt.fft.ifftn(x, dim=axes))
    for kind, axes in _AXES.items())


def _real(kind: str, axes: Any) -> tuple[Any, Any]:
    """The transform of real numbers and its inverse, of lengths that may be given."""
    forward = op(
        f"RFFT{kind}", "input: float32, fft_length: int32 -> output: complex64",
        lambda x, n: pt.fft.rfftn(x, s=tuple(n.tolist()), dim=axes), sizes=(1,),
        infer=lambda x, n, node: [static.Type(pt.complex64, x.shape and (None,) * len(x.shape))])
    inverse = op(
        f"IRFFT{kind}", "input: complex64, fft_length: int32 -> output: float32",
        lambda x, n: pt.fft.irfftn(x, s=tuple(n.tolist()), dim=axes), sizes=(1,),
        infer=lambda x, n, node: [static.Type(pt.float32, x.shape and (None,) * len(x.shape))])

    def rfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
        x = tf.convert_to_tensor(input_tensor, tf.float32)
        length = tf.shape(x)[-len(axes):] if fft_length is None else fft_length
        return forward(x, length, name=name)

    def irfft(input_tensor: Any, fft_length: Any = None, name: str | None = None) -> Any:
        x = tf.convert_to_tensor(input_tensor, tf.complex64)
        if fft_length is None:
            sizes = tf.shape(x)[-len(axes):]
            last = tf.maximum(2 * (sizes[-1:] - 1), 0)
            fft_length = tf.concat([sizes[:-1], last], 0)
        return inverse(x, fft_length, name=name)

    rfft.__doc__ = "The Fourier transform of real numbers, the first half of it."
    irfft.__doc__ = "The real numbers with that half of a Fourier transform."
    return rfft, irfft


(rfft, irfft), (rfft2d, irfft2d), (rfft3d, irfft3d) = (
    _real(kind, axes) for kind, axes in _AXES.items())


def _shift(inverse: bool) -> Any:
    def call(x: Any, axes: Any = None, name: str | None = None) -> Any:
        x = tf.convert_to_tensor(x)
        axes = list(range(x.shape.ndims)) if axes is None else np.atleast_1d(axes).tolist()
        shifts = [x.shape[a].value // 2 for a in axes]
        steps = [-s for s in shifts] if inverse else shifts
        return tf.roll(x, steps, axes, name=name)

    call.__doc__ = "The zero frequency moved " + (
        "back to the front." if inverse else "into the middle.")
    return call


fftshift, ifftshift = _shift(False), _shift(True)


# -- windows and frames ----------------------------------------------------------------------------


def _window(public: str, a: float, b: float) -> Any:
    def call(
        window_length: Any, periodic: bool = True, dtype: Any = dtypes.float32,
        name: str | None = None,
    ) -> Any:
        with tf.name_scope(name, public, []):
            length = tf.cast(tf.convert_to_tensor(window_length), dtypes.int32)
            n = tf.cast(length if periodic else tf.maximum(length - 1, 1), dtype)
            steps = tf.cast(tf.range(length), dtype)
            return a - b * tf.cos(2 * np.pi * steps / n)

    call.__name__ = public
    call.__doc__ = f"The {public.replace('_', ' ')}."
    return call


hann_window = _window("hann_window", 0.5, 0.5)
hamming_window = _window("hamming_window", 0.54, 0.46)


def _number(value: Any, what: str) -> int:
    found = constant_value(tf.convert_to_tensor(value))
    if found is None:
        raise pt.ArgumentError(static.message(f"{what} must be known", got=repr(value)))
    return int(found)


def frame(
    signal: Any, frame_length: Any, frame_step: Any, pad_end: bool = False, pad_value: Any = 0,
    axis: int = -1, name: str | None = None,
) -> Any:
    """Pieces of a signal, as a new axis: of a length, beginning in steps."""
    with tf.name_scope(name, "frame", [signal]):
        x = tf.convert_to_tensor(signal)
        length, step = _number(frame_length, "frame_length"), _number(frame_step, "frame_step")
        axis = axis % x.shape.ndims
        size = x.shape[axis].value
        if size is None:
            raise pt.ShapeError(static.message("frame: the length of the signal must be known",
                                               got=str(x.shape)))
        count = -(-size // step) if pad_end else max(0, 1 + (size - length) // step)
        more = max(0, (count - 1) * step + length - size)
        if more:
            paddings = [[0, more if a == axis else 0] for a in range(x.shape.ndims)]
            x = tf.pad(x, paddings, constant_values=pad_value)
        places = np.arange(count)[:, None] * step + np.arange(length)
        return tf.gather(x, places.astype(np.int32), axis=axis)


def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Any:
    """The sum of pieces that begin in steps."""
    with tf.name_scope(name, "overlap_and_add", [signal]):
        x = tf.convert_to_tensor(signal)
        step = _number(frame_step, "frame_step")
        count, length = (d.value for d in x.shape[-2:])
        size = (count - 1) * step + length
        places = (np.arange(count)[:, None] * step + np.arange(length)).reshape(-1)
        outer = x.shape.as_list()[:-2]
        flat = tf.transpose(tf.reshape(x, [-1, count * length]))
        total = tf.unsorted_segment_sum(flat, places.astype(np.int32), size)
        return tf.reshape(tf.transpose(total), [*[-1 if n is None else n for n in outer], size])


def stft(
    signals: Any, frame_length: Any, frame_step: Any, fft_length: Any = None,
    window_fn: Any = hann_window, pad_end: bool = False, name: str | None = None,
) -> Any:
    """The Fourier transforms of pieces of a signal."""
    with tf.name_scope(name, "stft", [signals]):
        length = _number(frame_length, "frame_length")
        size = 2 ** int(np.ceil(np.log2(length))) if fft_length is None else fft_length
        pieces = frame(signals, length, frame_step, pad_end)
        if window_fn is not None:
            pieces = pieces * window_fn(length, dtype=pieces.dtype)
        return rfft(pieces, [size])


def inverse_stft_window_fn(
    frame_step: Any, forward_window_fn: Any = hann_window, name: str | None = None
) -> Any:
    """The window with which inverse_stft gives the signal back."""
    step = _number(frame_step, "frame_step")

    def call(frame_length: Any, dtype: Any) -> Any:
        length = _number(frame_length, "frame_length")
        window = forward_window_fn(length, dtype=dtype)
        overlaps = -(-length // step)
        squares = tf.pad(tf.square(window), [[0, overlaps * step - length]])
        total = tf.reduce_sum(tf.reshape(squares, [overlaps, step]), 0, keepdims=True)
        return window / tf.reshape(tf.tile(total, [overlaps, 1]), [-1])[:length]

    return call


def inverse_stft(
    stfts: Any, frame_length: Any, frame_step: Any, fft_length: Any = None,
    window_fn: Any = hann_window, name: str | None = None,
) -> Any:
    """The signal with these Fourier transforms of its pieces."""
    with tf.name_scope(name, "inverse_stft", [stfts]):
        length = _number(frame_length, "frame_length")
        size = 2 ** int(np.ceil(np.log2(length))) if fft_length is None else fft_length
        pieces = irfft(stfts, [size])[..., :length]
        pieces = tf.reshape(pieces, [*stfts.shape.as_list()[:-1], length])
        if window_fn is not None:
            pieces = pieces * window_fn(length, dtype=pieces.dtype)
        return overlap_and_add(pieces, frame_step)


def dct(
    input: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None,
    name: str | None = None,
) -> Any:
    """The discrete cosine transform over the last axis: type 2, or 3 for its inverse."""
    if type not in (2, 3) or n is not None or axis != -1 or norm not in (None, "ortho"):
        raise pt.ArgumentError(static.message(
            "dct: of type 2 or 3, over the last axis, norm None or 'ortho'",
            got=f"type={type}, n={n}, axis={axis}, norm={norm!r}"))
    x = tf.convert_to_tensor(input)
    size = x.shape[-1].value
    k, i = np.arange(size)[:, None], np.arange(size)
    table = 2 * np.cos(np.pi * k * (2 * i + 1) / (2 * size))
    if norm == "ortho":
        table *= np.where(k == 0, np.sqrt(1 / (4 * size)), np.sqrt(1 / (2 * size)))
    if type == 3:
        table = table if norm == "ortho" else np.where(k == 0, table / 2, table)
    else:
        table = table.T
    return tf.tensordot(x, table.astype(x.dtype.as_numpy_dtype), [[-1], [0]], name=name)


def idct(
    input: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None,
    name: str | None = None,
) -> Any:
    """The inverse of the discrete cosine transform, up to a factor without norm."""
    return dct(input, {2: 3, 3: 2}.get(type, type), n, axis, norm, name)
