"""Predictive: what a model gives for values of its latent sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.infer.sites import Parameters, Run
from pentad.tensor.functions.shaping import stack
from pentad.tensor.state import no_grad


class Predictive:
    """Runs a model once for each posterior sample, or num_samples times.

    The latent values come from posterior_samples (of `MCMC.get_samples()`), else from a guide (with
    the parameters of an `SVI`), else from the prior. return_sites: which sites to give; by default
    those that were not given. Raises ArgumentError for samples of different lengths or none.
    """

    def __init__(
        self, model: Callable[..., Any], posterior_samples: Mapping[str, Any] | None = None,
        guide: Callable[..., Any] | None = None, num_samples: int | None = None,
        return_sites: Sequence[str] = (), parameters: Parameters | None = None,
    ) -> None:
        self.model, self.guide, self.parameters = model, guide, parameters
        self.samples = dict(posterior_samples or {})
        lengths = {int(x.shape[0]) for x in self.samples.values()}
        if num_samples is None and len(lengths) != 1:
            raise ArgumentError(
                message("Predictive: how many samples", expected="posterior_samples of one length, "
                        "or num_samples", got=f"lengths {sorted(lengths)}")
            )
        self.count = min(lengths) if num_samples is None else num_samples
        if self.count < 1 or any(n < self.count for n in lengths):
            raise ArgumentError(
                message("Predictive: num_samples", expected=f"1 to {min(lengths, default='any')}",
                        got=str(num_samples))
            )
        self.return_sites = tuple(return_sites)

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The values of the sites, [samples, ...], for the model's arguments."""
        columns: dict[str, list[Any]] = {}
        with no_grad():
            for i in range(self.count):
                for name, value in self._once(i, args, kwargs).items():
                    columns.setdefault(name, []).append(value)
        return {name: stack(values) for name, values in columns.items()}

    def _once(self, i: int, args: Any, kwargs: Any) -> dict[str, Any]:
        given = {name: x[i] for name, x in self.samples.items()}
        if self.guide is not None:
            q = Run(parameters=self.parameters)
            q(self.guide, *args, **kwargs)
            given.update({name: site.value for name, site in q.latent().items()})
        run = Run(given, parameters=self.parameters)
        if self.guide is not None:
            run.indices = q.indices
        run(self.model, *args, **kwargs)
        missing = set(self.return_sites) - run.sites.keys()
        if missing:
            raise ArgumentError(
                message("Predictive: return_sites", expected=f"sites of {sorted(run.sites)}",
                        got=str(sorted(missing)))
            )
        wanted = self.return_sites or [n for n in run.sites if n not in given]
        return {name: run.sites[name].value for name in wanted}
