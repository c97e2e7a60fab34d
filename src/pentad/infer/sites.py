"""Sites: what models and guides call, and one run of such a function that collects them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pentad.distributions.constraint_registry import biject_to, transform_to
from pentad.distributions.constraints import Constraint, real
from pentad.distributions.distribution import Distribution
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.tensor.functions.creation import full
from pentad.tensor.state import no_grad
from pentad.tensor.tensor import Tensor


@dataclass
class Site:
    """One `sample` or `deterministic` of a run.

    jacobian: log |d value / d unconstrained| where the value came from an unconstrained one.
    """

    name: str
    fn: Any
    value: Any
    observed: bool = False
    factor: Any = 1.0
    jacobian: Any = 0.0

    @property
    def log_prob(self) -> Any:
        """The log-density of the value, summed, times the scale around the site."""
        return self.factor * self.fn.log_prob(self.value).sum()


class Parameters:
    """The parameters of models and guides: unconstrained tensors and where their values lie."""

    def __init__(self) -> None:
        self.free: dict[str, Any] = {}
        self.constraints: dict[str, Constraint] = {}

    def value(self, name: str) -> Any:
        """The constrained value."""
        return transform_to(self.constraints[name])(self.free[name])

    def create(self, name: str, init: Any, constraint: Constraint) -> None:
        """Enter a parameter with an initial value."""
        with no_grad():
            start = init() if callable(init) else init
            if start is None:
                raise ArgumentError(
                    message(f"param {name!r}", expected="an initial value at its first use",
                            got="none")
                )
            start = start if isinstance(start, Tensor) else full((), float(start))
            free = transform_to(constraint).inv(start).detach().clone()
        self.free[name], self.constraints[name] = free.requires_grad_(), constraint


class Run:
    """One run of a model or guide. given: values of sites; free: unconstrained values of sites;
    parameters: where `param` finds its values."""

    def __init__(
        self, given: Mapping[str, Any] | None = None, free: Mapping[str, Any] | None = None,
        parameters: Parameters | None = None,
    ) -> None:
        self.given, self.free = given or {}, free or {}
        self.parameters = Parameters() if parameters is None else parameters
        self.sites: dict[str, Site] = {}
        self.factor: Any = 1.0

    def __call__(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The function's result; its sites are in `sites`."""
        before, _active.run = _active.run, self
        try:
            return function(*args, **kwargs)
        finally:
            _active.run = before

    def enter(self, site: Site) -> Any:
        """Keep a site; its value. ArgumentError if there is one of the name."""
        if site.name in self.sites:
            raise ArgumentError(
                message("two sites of one name", expected="a name of its own for each",
                        got=repr(site.name))
            )
        self.sites[site.name] = site
        return site.value

    def sample(self, name: str, fn: Distribution, obs: Any) -> Any:
        """The value of a site: observed, given, or drawn."""
        site = Site(name, fn, obs, observed=obs is not None, factor=self.factor)
        if obs is None and name in self.given:
            site.value = self.given[name]
        elif obs is None and name in self.free:
            transform = biject_to(fn.support)
            site.value = transform(self.free[name])
            found = transform.log_abs_det_jacobian(self.free[name], site.value)
            site.jacobian = found.sum()
        elif obs is None:
            site.value = fn.rsample() if fn.has_rsample else fn.sample()
        return self.enter(site)

    def latent(self) -> dict[str, Site]:
        """The sites that were not observed."""
        return {n: s for n, s in self.sites.items() if not s.observed and s.fn is not None}

    def log_joint(self) -> Any:
        """The log-density of all values, Jacobians included."""
        total: Any = 0.0
        for site in self.sites.values():
            if site.fn is not None:
                total = total + site.log_prob + site.jacobian
        return total


class _Active(threading.local):
    run: Run | None = None


_active = _Active()


def sample(name: str, fn: Distribution, obs: Any = None) -> Any:
    """A random value, or the observed one. Without inference around it, a plain sample.

    DTypeError if fn is no distribution.
    """
    if not isinstance(fn, Distribution):
        raise DTypeError(
            message(f"sample {name!r}", expected="a distribution", got=type(fn).__name__)
        )
    if _active.run is None:
        return fn.sample() if obs is None else obs
    return _active.run.sample(name, fn, obs)


def param(name: str, init: Any = None, constraint: Constraint = real) -> Any:
    """A value to be learnt, within a constraint; init: its first value, or a function that makes
    it."""
    parameters = Parameters() if _active.run is None else _active.run.parameters
    if name not in parameters.free:
        parameters.create(name, init, constraint)
    return parameters.value(name)


def deterministic(name: str, value: Any) -> Any:
    """Keep a computed value under a name, beside the samples."""
    return value if _active.run is None else _active.run.enter(Site(name, None, value))


@contextmanager
def scale(factor: Any) -> Iterator[None]:
    """Within it, log-densities count `factor` times: for a batch of a larger data set, the size of
    the set over that of the batch."""
    run = _active.run
    before = 1.0 if run is None else run.factor
    if run is not None:
        run.factor = before * factor
    try:
        yield
    finally:
        if run is not None:
            run.factor = before


def trace(model: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Site]:
    """The sites of one run of a model, by name."""
    run = Run()
    run(model, *args, **kwargs)
    return run.sites
