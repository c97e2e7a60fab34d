"""Gradients checked against central differences (float64), as torch.autograd.gradcheck does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pentad.autodiff.reverse import vjp_graph
from pentad.graph.errors import AutogradError, message
from pentad.graph.node import Graph

_DOUBLE = (np.float64, np.complex128)

Runner = Callable[[Graph, Sequence[np.ndarray]], Sequence[np.ndarray]]


def gradcheck(
    graph: Graph,
    arrays: Sequence[np.ndarray],
    run: Runner,
    *,
    wrt: Sequence[int] | None = None,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    seed: int = 0,
) -> None:
    """Compare reverse mode with central differences, projected on random cotangents.

    `run` evaluates a graph on arrays (an interpreter, an executable). `wrt` defaults to every
    float64 or complex128 input. The gradient of a real loss L with respect to a complex x is
    dL/dRe x + i dL/dIm x (PyTorch's convention); L is the real part of the sum of the outputs
    times the conjugate cotangents. Raises AutogradError that names the input and the worst element.
    """
    arrays = [np.asarray(a) for a in arrays]
    if wrt is None:
        wrt = [i for i, a in enumerate(arrays) if a.dtype in _DOUBLE]
    rng = np.random.default_rng(seed)
    cotangents = [random_like(rng, _wide(o)) for o in run(graph, arrays)]
    for o, node in zip(cotangents, graph.outputs, strict=True):
        if not node.dtype.is_inexact:
            o[...] = 0
    given = [c.astype(n.dtype.numpy) for c, n in zip(cotangents, graph.outputs, strict=True)]
    analytic = run(vjp_graph(graph, wrt), [*arrays, *given])
    for i, found in zip(wrt, analytic, strict=True):
        expected = _central_differences(graph, arrays, run, i, cotangents, eps)
        _compare(np.asarray(found), expected, i, atol, rtol)


def _central_differences(
    graph: Graph,
    arrays: Sequence[np.ndarray],
    run: Runner,
    i: int,
    cotangents: Sequence[np.ndarray],
    eps: float,
) -> np.ndarray:
    def projected(x: np.ndarray) -> float:
        moved = [*arrays[:i], x, *arrays[i + 1 :]]
        return float(
            sum(
                np.sum((_wide(o) * np.conj(c)).real)
                for o, c in zip(run(graph, moved), cotangents, strict=True)
            )
        )

    numeric = np.zeros_like(_wide(arrays[i]))
    for at in np.ndindex(*arrays[i].shape):
        for direction in (1.0, 1j) if np.iscomplexobj(numeric) else (1.0,):
            plus, minus = arrays[i].copy(), arrays[i].copy()
            plus[at] += eps * direction
            minus[at] -= eps * direction
            numeric[at] += direction * (projected(plus) - projected(minus)) / (2 * eps)
    return numeric


def _wide(x: np.ndarray) -> np.ndarray:
    """The array in double precision."""
    return np.asarray(x, dtype=np.complex128 if np.iscomplexobj(x) else np.float64)


def random_like(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Standard normal numbers, complex where `x` is, in double precision."""
    drawn = rng.standard_normal(x.shape)
    return drawn + 1j * rng.standard_normal(x.shape) if np.iscomplexobj(x) else np.asarray(drawn)


def _compare(
    found: np.ndarray, expected: np.ndarray, i: int, atol: float, rtol: float
) -> None:
    if np.allclose(found, expected, rtol=rtol, atol=atol):
        return
    worst = np.unravel_index(np.argmax(np.abs(found - expected)), found.shape)
    raise AutogradError(
        message(
            f"gradcheck: the gradient of input {i} is wrong at {tuple(map(int, worst))}",
            expected=f"{expected[worst]} (central differences)",
            got=f"{found[worst]}",
        )
    )


def gradgradcheck(
    graph: Graph, arrays: Sequence[np.ndarray], run: Runner, *, seed: int = 0, **options: float
) -> None:
    """gradcheck of the gradient graph: second order."""
    wrt = [i for i, a in enumerate(arrays) if np.asarray(a).dtype in _DOUBLE]
    rng = np.random.default_rng(seed + 1)
    cotangents = [
        random_like(rng, o).astype(n.dtype.numpy)
        for o, n in zip(run(graph, arrays), graph.outputs, strict=True)
    ]
    gradcheck(vjp_graph(graph, wrt), [*arrays, *cotangents], run, seed=seed, **options)  # type: ignore[arg-type]
