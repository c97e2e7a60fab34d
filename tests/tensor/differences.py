"""Gradients of functions of tensors against central differences."""

from __future__ import annotations

import numpy as np

import pentad as pt

RNG = np.random.default_rng(1)


def numeric(f, arrays, i, eps=1e-6):
    """Central differences of a function of tensors, projected on a fixed cotangent."""
    found = np.zeros_like(arrays[i])
    for at in np.ndindex(*arrays[i].shape):
        sides = []
        for sign in (1, -1):
            moved = [a.copy() for a in arrays]
            moved[i][at] += sign * eps
            sides.append(f(*map(pt.tensor, moved)).item())
        found[at] = (sides[0] - sides[1]) / (2 * eps)
    return found


def gradcheck(f, *shapes, positive=False, second=True):
    arrays = [RNG.standard_normal(s) for s in shapes]
    if positive:
        arrays = [np.abs(a) + 0.5 for a in arrays]
    shape = f(*map(pt.tensor, arrays)).shape
    weight = pt.tensor(RNG.standard_normal(shape))

    def loss(*xs):
        return (f(*xs) * weight).sum()

    leaves = [pt.tensor(a, requires_grad=True) for a in arrays]
    loss(*leaves).backward()
    for i, leaf in enumerate(leaves):
        expected = numeric(loss, arrays, i)
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-4, atol=1e-5)
    if second:
        outer = [pt.tensor(RNG.standard_normal(s)) for s in shapes]

        def slope(*xs):
            given = [x if x.requires_grad else x.requires_grad_() for x in xs]
            grads = pt.autograd.grad(loss(*given), given, create_graph=True)
            zero = pt.zeros((), dtype=pt.float64)
            return sum(((g * o).sum() for g, o in zip(grads, outer)), zero)

        gradcheck_sum(slope, arrays)


def gradcheck_sum(f, arrays):
    leaves = [pt.tensor(a, requires_grad=True) for a in arrays]
    value = f(*leaves)
    if not value.requires_grad:
        return
    found = pt.autograd.grad(value, leaves, allow_unused=True)
    for i, g in enumerate(found):
        expected = numeric(f, arrays, i, 1e-5)
        got = np.zeros_like(arrays[i]) if g is None else g.numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)
