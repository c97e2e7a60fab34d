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
from pentad.graph.errors import ArgumentError, DTypeError, ShapeError, message
from pentad.tensor.functions.creation import full
from pentad.tensor.functions.random import randperm
from pentad.tensor.functions.ranges import arange
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
        self.indices: dict[str, Any] = {}  # which members of plates were drawn
        self.subsampled: set[str] = set()  # the plates that drew some of their members

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
        fn = _within_plates(name, fn)
        site = Site(name, fn, obs, observed=obs is not None, factor=_active.factor)
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
    factor: Any = 1.0
    plates: tuple[tuple[int, int], ...] = ()  # (dimension from the right, size) of each


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
        return _within_plates(name, fn).sample() if obs is None else obs
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
    before = _active.factor
    _active.factor = before * factor
    try:
        yield
    finally:
        _active.factor = before


@contextmanager
def plate(
    name: str, size: int, subsample_size: int | None = None, dim: int | None = None
) -> Iterator[Any]:
    """Within it, values are independent along a dimension of batches, the first free one from the
    right unless `dim` says which (-1, -2, ...); distributions without it are repeated along it.

    Gives the indices of its members, 0 to size - 1: with subsample_size as many drawn without
    replacement, the same for guide and model, and densities count size / subsample_size times.
    Raises ArgumentError for sizes out of range and a dimension that is taken.
    """
    count = size if subsample_size is None else subsample_size
    taken = [at for at, _ in _active.plates]
    at = next(d for d in range(-1, -99, -1) if d not in taken) if dim is None else dim
    if not 1 <= count <= size or at >= 0 or at in taken:
        raise ArgumentError(
            message(f"plate {name!r}", expected="1 <= subsample_size <= size, dim < 0 and free",
                    got=f"size={size}, subsample_size={subsample_size}, dim={at}")
        )
    known = {} if _active.run is None else _active.run.indices
    if name not in known:
        known[name] = arange(0, size) if count == size else randperm(size).narrow(0, 0, count)
    if count < size and _active.run is not None:
        _active.run.subsampled.add(name)
    before, _active.plates = _active.plates, (*_active.plates, (at, count))
    try:
        with scale(size / count):
            yield known[name]
    finally:
        _active.plates = before


def _within_plates(name: str, fn: Distribution) -> Distribution:
    """The distribution with the dimensions of the plates around it. ShapeError for other sizes."""
    if not _active.plates:
        return fn
    rank = max(len(fn.batch_shape), *(-at for at, _ in _active.plates))
    shape = [1] * (rank - len(fn.batch_shape)) + list(fn.batch_shape)
    for at, count in _active.plates:
        if shape[at] not in (1, count):
            raise ShapeError(
                message(f"sample {name!r} within a plate", expected=f"size {count} in dim {at}",
                        got=str(list(fn.batch_shape)))
            )
        shape[at] = count
    return fn if tuple(shape) == fn.batch_shape else fn.expand(tuple(shape))


def trace(model: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Site]:
    """The sites of one run of a model, by name."""
    run = Run()
    run(model, *args, **kwargs)
    return run.sites
