"""Arrays as what summaries hold: histograms, PNG images, WAV sounds."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from pentad import formats, static
from pentad.frontends.tensorflow1 import errors

events, media = formats.tensorflow.events, formats.media
_TINY = 1e-6


def _limits() -> np.ndarray[Any, Any]:
    """The limits of TensorFlow's buckets: each a tenth further from zero than the one before."""
    found, v = [], 1e-12
    while v < 1e20:
        found.append(v)
        v *= 1.1
    positive = np.array([*found, sys.float_info.max])
    return np.concatenate([-positive[::-1], [0.0], positive])


LIMITS = _limits()


def histogram(values: Any) -> Any:
    """Values in buckets; neighbouring empty ones are left out."""
    flat = np.asarray(values, np.float64).reshape(-1)
    if not np.isfinite(flat).all():
        kind = "Nan" if np.isnan(flat).any() else "Infinity"
        raise errors.InvalidArgumentError(None, None, static.message(
            f"{kind} in summary histogram", got=f"{(~np.isfinite(flat)).sum()} of {flat.size}"))
    made = events.HistogramProto(num=flat.size, sum=flat.sum(), sum_squares=(flat * flat).sum())
    if flat.size:
        made.min, made.max = flat.min(), flat.max()
    else:
        made.min, made.max = sys.float_info.max, -sys.float_info.max
    counts = np.bincount(np.searchsorted(LIMITS, flat, side="right"), minlength=len(LIMITS))
    i = 0
    while i < len(LIMITS):
        end, count = LIMITS[i], counts[i]
        i += 1
        if count == 0:
            while i < len(LIMITS) and counts[i] == 0:
                end = LIMITS[i]
                i += 1
        made.bucket_limit.append(end)
        made.bucket.append(count)
    return made


# -- images ----------------------------------------------------------------------------------------


def as_bytes(image: Any, bad: Any = (255, 0, 0, 255)) -> np.ndarray[Any, Any]:
    """An image of numbers scaled to bytes; pixels that are not finite get a colour of their own."""
    if image.dtype == np.uint8:
        return image
    values = np.asarray(image, np.float64)
    finite = np.isfinite(values)
    whole = finite.all(axis=-1)
    inside = values[whole]
    low, high = (inside.min(), inside.max()) if inside.size else (0.0, 0.0)
    if low < 0:
        most, shift = max(abs(low), abs(high)), 128.0
        scale = 127.0 / most if most >= _TINY else 0.0
    else:
        scale, shift = (255.0 / high if high >= _TINY else 0.0), 0.0
    found = np.zeros(values.shape, np.uint8)
    found[whole] = (inside * scale + shift).astype(np.uint8)
    found[~whole] = np.array(bad, np.uint8)[:values.shape[-1]]
    return found


def image_value(tag: str, image: Any, bad: Any) -> Any:
    """An image as a value of a summary."""
    pixels = as_bytes(image, bad)
    made = events.SummaryImage(height=pixels.shape[0], width=pixels.shape[1],
                               colorspace=pixels.shape[2], encoded_image_string=media.png(pixels))
    return events.SummaryValue(tag=tag, image=made)


# -- sounds ----------------------------------------------------------------------------------------


def wav(samples: Any, rate: float) -> bytes:
    """(frames, channels) numbers from -1 to 1 as a WAV file of 16 bits."""
    scaled = np.asarray(samples, np.float64) * 32768
    whole = np.clip(np.sign(scaled) * np.floor(np.abs(scaled) + 0.5), -32768, 32767)
    return media.wav(whole, rate)


def audio_value(tag: str, samples: Any, rate: float) -> Any:
    """A sound as a value of a summary."""
    made = events.SummaryAudio(
        sample_rate=rate, num_channels=samples.shape[1], length_frames=samples.shape[0],
        encoded_audio_string=wav(samples, rate), content_type="audio/wav")
    return events.SummaryValue(tag=tag, audio=made)
