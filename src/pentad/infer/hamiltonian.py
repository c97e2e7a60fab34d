"""Hamiltonian Monte Carlo: the potential of a model, the leapfrog, transitions (Neal, MCMC using
Hamiltonian dynamics, 2011)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pentad.distributions.constraint_registry import biject_to
from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DataError, message
from pentad.infer.autoguide import require_continuous
from pentad.infer.sites import Run
from pentad.tensor.control.flow import while_loop
from pentad.tensor.functions.creation import full
from pentad.tensor.functions.pointwise import where
from pentad.tensor.functions.random import rand, randn
from pentad.tensor.state import no_grad
from pentad.tensor.transforms.derivatives import value_and_grad

DIVERGENCE = 1000.0
"""A transition whose energy grows by more has left the typical set for good."""
_ATTEMPTS = 100


class Potential:
    """-log p of a model's latent sites as a function of one vector of unconstrained numbers.

    Raises ArgumentError for a model without latent sites, or with discrete ones.
    """

    def __init__(self, model: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.model, self.args, self.kwargs = model, args, kwargs
        run = Run()
        with no_grad():
            run(model, *args, **kwargs)
            if run.subsampled:
                raise ArgumentError(
                    message("a plate draws some of its members",
                            expected="all of the data in each evaluation of the density",
                            got=f"subsample_size in {sorted(run.subsampled)}",
                            hint="leave subsample_size out, or use SVI")
                )
            self.shapes: dict[str, tuple[int, ...]] = {}
            for name, site in run.latent().items():
                require_continuous(name, site.fn.support)
                free = biject_to(site.fn.support).inv(site.value)
                self.shapes[name], self.dtype = tuple(free.shape), free.dtype
        if not self.shapes:
            raise ArgumentError(
                message("the model has nothing to infer", expected="a sample without obs",
                        got=f"observed sites only: {sorted(run.sites)}")
            )
        self.size = sum(math.prod(shape) for shape in self.shapes.values())

    def _run(self, z: Any) -> Run:
        free, start = {}, 0
        for name, shape in self.shapes.items():
            count = math.prod(shape)
            free[name] = z.narrow(0, start, count).reshape(*shape)
            start += count
        run = Run(free=free)
        run(self.model, *self.args, **self.kwargs)
        return run

    def __call__(self, z: Any) -> Any:
        """-log p at z, Jacobians included."""
        return -self._run(z).log_joint()

    def force(self, z: Any) -> tuple[Any, Any]:
        """The potential and its gradient."""
        return value_and_grad(self.__call__)(z)  # type: ignore[no-any-return]

    def values(self, z: Any) -> dict[str, Any]:
        """The values of the latent and the deterministic sites at z."""
        sites = self._run(z).sites.values()
        return {s.name: s.value for s in sites if not s.observed}

    def start(self) -> tuple[Any, Any, Any]:
        """(z, potential, gradient), z uniform in (-2, 2), drawn again where that is not finite.

        DataError after 100 attempts.
        """
        for _ in range(_ATTEMPTS):
            z = rand(self.size, dtype=self.dtype) * 4 - 2
            potential, gradient = self.force(z)
            if math.isfinite(potential.item()) and bool(gradient.isfinite().all()):
                return z, potential, gradient
        raise DataError(
            message(f"no finite density in {_ATTEMPTS} random places",
                    expected="a model whose density is finite in most places",
                    got="inf or NaN, or such gradients",
                    hint="look at infer.trace(model): is an observation outside its support?")
        )


def velocity(inverse_mass: Any, momentum: Any) -> Any:
    """M^-1 r; the inverse mass matrix is given whole or by its diagonal."""
    return momentum * inverse_mass if inverse_mass.ndim == 1 else momentum @ inverse_mass


def kinetic(inverse_mass: Any, momentum: Any) -> Any:
    """r^T M^-1 r / 2."""
    return 0.5 * (momentum * velocity(inverse_mass, momentum)).sum()


def draw_momentum(factor: Any, size: int, dtype: Any) -> Any:
    """A normal momentum of covariance M = factor factor^T."""
    normal = randn(size, dtype=dtype)
    return factor * normal if factor.ndim == 1 else factor @ normal


def leapfrog(potential: Potential, z: Any, r: Any, g: Any, step: Any, inverse_mass: Any) -> Any:
    """One step: (z, r, potential, gradient) after it."""
    r = r - 0.5 * step * g
    z = z + step * velocity(inverse_mass, r)
    u, g = potential.force(z)
    return z, r - 0.5 * step * g, u, g


def growth(energy: Any, before: Any) -> Any:
    """How much energy was won, a large number in place of NaN and inf."""
    found = energy - before
    return where(found < 1e30, found, 1e30)


class HMC:
    """Trajectories of a fixed length, then Metropolis' choice.

    trajectory_length defaults to 2 pi, unless num_steps is given. The step size is adapted to
    target_accept_prob, the mass matrix (dense with full_mass) to the posterior.
    """

    def __init__(
        self, model: Callable[..., Any], step_size: float = 1.0,
        trajectory_length: float | None = None, num_steps: int | None = None,
        adapt_step_size: bool = True, adapt_mass_matrix: bool = True, full_mass: bool = False,
        target_accept_prob: float = 0.8,
    ) -> None:
        for name, value in (("step_size", step_size), ("target_accept_prob", target_accept_prob),
                            ("trajectory_length", trajectory_length), ("num_steps", num_steps)):
            if value is not None and not value > 0:
                raise ArgumentError(message(f"{type(self).__name__}: {name}", expected="above 0",
                                            got=repr(value)))
        if target_accept_prob >= 1:
            raise ArgumentError(message("target_accept_prob", expected="below 1",
                                        got=repr(target_accept_prob)))
        self.model, self.step_size, self.target_accept_prob = model, step_size, target_accept_prob
        self.trajectory_length, self.num_steps = trajectory_length, num_steps
        self.adapt_step_size, self.adapt_mass_matrix = adapt_step_size, adapt_mass_matrix
        self.full_mass = full_mass

    def _count(self, step: Any) -> Any:
        if self.num_steps is not None:
            return full((), self.num_steps, dtype=dtypes.int64)
        length = 2 * math.pi if self.trajectory_length is None else self.trajectory_length
        return (length / step).ceil().clamp(1, 1024).to(dtypes.int64)

    def transition(
        self, potential: Potential, z: Any, u: Any, g: Any, step: Any, inverse_mass: Any,
        factor: Any,
    ) -> dict[str, Any]:
        """One draw from another: z, u, g (the potential and its gradient there), and what happened
        on the way (accept_prob, diverging, steps)."""
        r = draw_momentum(factor, potential.size, potential.dtype)
        before = u + kinetic(inverse_mass, r)
        count = self._count(step)

        def body(s: dict[str, Any]) -> dict[str, Any]:
            z, r, u, g = leapfrog(potential, s["z"], s["r"], s["g"], step, inverse_mass)
            return {"z": z, "r": r, "u": u, "g": g, "n": s["n"] + 1}

        start = {"z": z, "r": r, "u": u, "g": g, "n": count * 0}
        end = while_loop(lambda s: s["n"] < count, body, start)
        change = growth(end["u"] + kinetic(inverse_mass, end["r"]), before)
        chance = (-change).exp().clamp(max=1)
        taken = rand((), dtype=potential.dtype) < chance
        return {
            "z": where(taken, end["z"], z), "u": where(taken, end["u"], u),
            "g": where(taken, end["g"], g), "accept_prob": chance, "steps": count,
            "diverging": change > DIVERGENCE,
        }
