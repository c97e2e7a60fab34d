"""Markov chains: warm-up, draws, what they say."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from pentad.graph.errors import ArgumentError, message
from pentad.infer.adaptation import DualAveraging, MassMatrix, window_ends
from pentad.infer.diagnostics import effective_sample_size, split_rhat
from pentad.infer.hamiltonian import HMC, Potential, draw_momentum, kinetic, leapfrog
from pentad.tensor.capture.compile import compile as compiled
from pentad.tensor.functions.creation import full, tensor
from pentad.tensor.functions.shaping import stack
from pentad.tensor.state import no_grad


class MCMC:
    """Draws from the posterior by a kernel (`HMC` or `NUTS`).

    warmup_steps defaults to num_samples. A transition is one compiled call; warm-up adapts the step
    size and the mass matrix between the calls.
    """

    def __init__(
        self, kernel: HMC, num_samples: int, warmup_steps: int | None = None, num_chains: int = 1
    ) -> None:
        warmup_steps = num_samples if warmup_steps is None else warmup_steps
        for name, value, least in (("num_samples", num_samples, 1), ("num_chains", num_chains, 1),
                                   ("warmup_steps", warmup_steps, 0)):
            if not isinstance(value, int) or value < least:
                raise ArgumentError(
                    message(f"MCMC: {name}", expected=f"at least {least}", got=repr(value))
                )
        self.kernel, self.num_samples, self.warmup_steps = kernel, num_samples, warmup_steps
        self.num_chains = num_chains
        self._draws: dict[str, Any] = {}
        self._stats: dict[str, list[list[float]]] = {}
        self.step_sizes: list[float] = []
        self._transition: Any = None

    def run(self, *args: Any, **kwargs: Any) -> None:
        """Draw, the arguments being those of the model.

        Raises ArgumentError for a model without continuous latent sites, DataError where no place
        of finite density is found.
        """
        potential = Potential(self.kernel.model, args, kwargs)

        def transition(*state: Any) -> Any:
            with no_grad():
                found = self.kernel.transition(potential, *state)
                return found, potential.values(found["z"])

        self._transition = step = compiled(transition)
        self._stats = {"accept_prob": [], "diverging": [], "steps": []}
        self.step_sizes = []
        chains = [self._chain(potential, step) for _ in range(self.num_chains)]
        self._draws = {name: stack([c[name] for c in chains]) for name in chains[0]}

    def _chain(self, potential: Potential, transition: Callable[..., Any]) -> dict[str, Any]:
        place = potential.start()
        warm = _WarmUp(self.kernel, potential, self.warmup_steps, place)
        draws: dict[str, list[Any]] = {}
        stats: dict[str, list[float]] = {name: [] for name in self._stats}
        for i in range(self.warmup_steps + self.num_samples):
            found, values = transition(*place, *warm.tensors)
            place = found["z"], found["u"], found["g"]
            if i < self.warmup_steps:
                warm.learn(i, found, place)
                continue
            for name, value in values.items():
                draws.setdefault(name, []).append(value)
            for name, kept in stats.items():
                kept.append(float(found[name].item()))
        for name, kept in stats.items():
            self._stats[name].append(kept)
        self.step_sizes.append(warm.averaging.step)
        return {name: stack(values) for name, values in draws.items()}

    def get_samples(self, group_by_chain: bool = False) -> dict[str, Any]:
        """The draws of each site: [chains * draws, ...], or [chains, draws, ...].

        ArgumentError before `run`.
        """
        if not self._draws:
            raise ArgumentError(message("MCMC: no samples", expected="run(...) before", got="none"))
        if group_by_chain:
            return dict(self._draws)
        return {n: x.reshape(-1, *x.shape[2:]) for n, x in self._draws.items()}

    def diagnostics(self) -> dict[str, Any]:
        """For each site n_eff and r_hat; for each chain its divergences, mean acceptance and mean
        number of leapfrog steps."""
        found: dict[str, Any] = {
            name: {"n_eff": effective_sample_size(x), "r_hat": split_rhat(x)}
            for name, x in self.get_samples(True).items()
        }
        chains = range(self.num_chains)
        stats = self._stats
        found["divergences"] = {i: int(sum(stats["diverging"][i])) for i in chains}
        found["acceptance rate"] = {i: float(np.mean(stats["accept_prob"][i])) for i in chains}
        found["leapfrog steps"] = {i: float(np.mean(stats["steps"][i])) for i in chains}
        return found

    def summary(self) -> str:
        """A table: mean, deviation, median, 90% interval, n_eff and r_hat of each number."""
        rows = [f"{'':16}{'mean':>9}{'std':>9}{'median':>9}{'5.0%':>9}{'95.0%':>9}"
                f"{'n_eff':>9}{'r_hat':>8}"]
        for name, x in self.get_samples(True).items():
            draws = x.numpy().reshape(self.num_chains, self.num_samples, -1).astype(np.float64)
            n_eff, r_hat = effective_sample_size(draws), split_rhat(draws)
            for i in range(draws.shape[2]):
                each = draws[:, :, i]
                low, middle, high = np.quantile(each, [0.05, 0.5, 0.95])
                numbers = (each.mean(), each.std(), middle, low, high)
                index = np.unravel_index(i, x.shape[2:])
                label = name + (f"[{','.join(map(str, index))}]" if x.ndim > 2 else "")
                rows.append(f"{label:16}" + "".join(f"{v:9.2f}" for v in numbers)
                            + f"{n_eff[i]:9.0f}{r_hat[i]:8.2f}")
        rows.append(f"divergences: {sum(self.diagnostics()['divergences'].values())}")
        return "\n".join(rows)


class _WarmUp:
    """What a chain learns: the step size and the mass matrix, as operands of the transition."""

    def __init__(self, kernel: HMC, potential: Potential, count: int, place: Any) -> None:
        self.kernel, self.potential, self.count = kernel, potential, count
        self.first, self.ends, self.last = window_ends(count)
        self.mass = MassMatrix(potential.size, kernel.full_mass)
        self._set_mass()
        self.averaging = DualAveraging(kernel.step_size, kernel.target_accept_prob)
        if kernel.adapt_step_size and count:
            self.averaging.restart(self._reasonable(place, kernel.step_size))
        self.tensors: tuple[Any, ...] = ()
        self._settle()

    def _set_mass(self) -> None:
        dtype = self.potential.dtype
        self._inverse = tensor(self.mass.inverse, dtype=dtype)
        self._factor = tensor(self.mass.factor(), dtype=dtype)

    def _settle(self) -> None:
        step = full((), self.averaging.step, dtype=self.potential.dtype)
        self.tensors = step, self._inverse, self._factor

    def _reasonable(self, place: Any, step: float) -> float:
        """A step size at which one leapfrog is accepted with a probability about 0.8 (Hoffman and
        Gelman, 2014, algorithm 4)."""
        z, u, g = place
        direction = 0
        for _ in range(60):
            r = draw_momentum(self._factor, self.potential.size, self.potential.dtype)
            _, new_r, new_u, _ = leapfrog(self.potential, z, r, g, step, self._inverse)
            before = u + kinetic(self._inverse, r)
            change = (before - new_u - kinetic(self._inverse, new_r)).item()
            now = 1 if math.isfinite(change) and change > math.log(0.8) else -1
            if direction and now != direction:
                break
            direction = now
            step *= 2.0**now
        return step

    def learn(self, i: int, found: dict[str, Any], place: Any) -> None:
        """Adapt to warm-up transition number i."""
        if self.kernel.adapt_step_size:
            self.averaging.update(float(found["accept_prob"].item()))
        if self.kernel.adapt_mass_matrix and self.first <= i < self.last:
            self.mass.update(found["z"].numpy())
            if i in self.ends:
                self.mass.finish_window()
                self._set_mass()
                if self.kernel.adapt_step_size:
                    self.averaging.restart(self._reasonable(place, self.averaging.step))
        if i == self.count - 1:
            self.averaging.finish()
        self._settle()
