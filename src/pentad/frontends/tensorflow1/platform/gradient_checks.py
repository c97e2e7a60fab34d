"""Gradients of graphs, compared with differences."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.session import default_session
from pentad.frontends.tensorflow1.framework.slices import IndexedSlices

_TYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")


def _numbers(array: Any) -> Any:
    """An array as a list of real numbers: the parts of complex ones beside each other."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def _theoretical(session: Any, x: Any, data: Any, y: Any, y_shape: Any, dy: Any, feeds: Any) -> Any:
    from pentad.frontends.tensorflow1.ops.gradients import gradients

    [gradient] = gradients(y, x, dy)
    if gradient is None:
        raise pt.ArgumentError(static.message(
            "compute_gradient: y does not depend on x", got=f"{y.name} by {x.name}"))
    seed = np.zeros(y_shape, y.dtype.as_numpy_dtype)
    weights = _numbers(seed)
    rows = []
    for k in range(weights.size):
        weights[:] = 0
        weights[k] = 1
        given = weights.view(seed.dtype).reshape(y_shape)
        found = session.run(gradient, {**feeds, x: data, dy: given})
        if isinstance(gradient, IndexedSlices):
            dense = np.zeros(data.shape, data.dtype)
            np.add.at(dense, found.indices, found.values)
            found = dense
        rows.append(_numbers(np.asarray(found, data.dtype)).copy())
    return np.stack(rows, 1) if rows else np.zeros((_numbers(data).size, 0), data.real.dtype)


def _numeric(session: Any, x: Any, data: Any, y: Any, delta: float, feeds: Any) -> Any:
    rows, values = [], data.copy()
    flat = values.reshape(-1).view(values.real.dtype)
    for k in range(flat.size):
        kept = flat[k]
        ends = []
        for step in (-delta, delta):
            flat[k] = kept + step
            ends.append(_numbers(session.run(y, {**feeds, x: values.copy()})).copy())
        flat[k] = kept
        rows.append((ends[1] - ends[0]) / (2 * delta))
    return np.stack(rows) if rows else np.zeros((0, 0), data.real.dtype)


def _compared(
    x: Any, x_shape: Any, data: Any, y: Any, y_shape: Any, delta: float, feeds: Any
) -> tuple[Any, Any]:
    from pentad.frontends.tensorflow1.ops.creation import placeholder_with_default

    for t in (x, y):
        if t.dtype.base_dtype.name not in _TYPES:
            raise TypeError(f"{t.name} is of type {t.dtype.name}, which has no gradients")
    kind = x.dtype.base_dtype.as_numpy_dtype
    if data is None:
        data = np.random.random_sample(x_shape).astype(kind)
        if data.dtype.kind == "c":
            data.imag = np.random.random_sample(x_shape)
    data = np.ascontiguousarray(data, kind).reshape(x_shape)
    session = default_session(None, y.graph, "compute gradients")
    with name_scope(None, "compute_gradient"):
        dy = placeholder_with_default(np.ones(y_shape, y.dtype.as_numpy_dtype), y_shape)
        found = _theoretical(session, x, data, y, tuple(y_shape), dy, feeds)
    return found, _numeric(session, x, data, y, delta, feeds)


def compute_gradient(
    x: Any, x_shape: Any, y: Any, y_shape: Any, x_init_value: Any = None, delta: float = 1e-3,
    init_targets: Any = None, extra_feed_dict: Any = None,
) -> Any:
    """(the derivatives of y by x as gradients give them, and as differences do).

    Both are [numbers of x, numbers of y]; for a list of xs a list of such pairs.
    """
    feeds = dict(extra_feed_dict or {})
    if init_targets is not None:
        session = default_session(None, y.graph, "compute gradients")
        for target in init_targets if isinstance(init_targets, list | tuple) else [init_targets]:
            session.run(target)
    if not isinstance(x, list):
        return _compared(x, x_shape, x_init_value, y, y_shape, delta, feeds)
    first = x_init_value or [None] * len(x)
    return [_compared(t, s, v, y, y_shape, delta, feeds) for t, s, v in zip(x, x_shape, first)]


def compute_gradient_error(
    x: Any, x_shape: Any, y: Any, y_shape: Any, x_init_value: Any = None, delta: float = 1e-3,
    init_targets: Any = None, extra_feed_dict: Any = None,
) -> float:
    """The largest difference of the two."""
    found = compute_gradient(
        x, x_shape, y, y_shape, x_init_value, delta, init_targets, extra_feed_dict)
    pairs = [found] if isinstance(found, tuple) else found
    return max((float(np.abs(a - b).max()) for a, b in pairs if a.size or b.size), default=0.0)
