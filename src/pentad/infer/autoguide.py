"""Guides made from models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pentad.distributions.constraint_registry import biject_to
from pentad.distributions.constraints import positive
from pentad.distributions.continuous import Normal
from pentad.distributions.multivariate import Independent
from pentad.distributions.transformed import TransformedDistribution
from pentad.graph.errors import ArgumentError, message
from pentad.infer.sites import Run, param, sample
from pentad.tensor.functions.creation import full_like, tensor
from pentad.tensor.state import no_grad

_DRAWS = 15


class AutoNormal:
    """A mean-field guide: each latent number an independent normal one, transformed into the
    support of its site (Kucukelbir et al., Automatic differentiation variational inference, 2017).

    It begins at the medians of draws from the prior, with standard deviation init_scale.
    Raises ArgumentError for discrete sites.
    """

    def __init__(self, model: Callable[..., Any], init_scale: float = 0.1) -> None:
        if not init_scale > 0:
            raise ArgumentError(
                message("AutoNormal: init_scale", expected="above 0", got=repr(init_scale))
            )
        self.model, self.init_scale = model, init_scale
        self._sites: dict[str, tuple[Any, Any]] = {}

    def _prepare(self, args: Any, kwargs: Any) -> None:
        """Where the latent sites lie (a constraint each), and where they begin."""
        drawn: dict[str, list[Any]] = {}
        with no_grad():
            for _ in range(_DRAWS):
                run = Run()
                run(self.model, *args, **kwargs)
                for name, site in run.latent().items():
                    support = site.fn.support
                    require_continuous(name, support)
                    free = biject_to(support).inv(site.value)
                    drawn.setdefault(name, []).append(free)
                    self._sites[name] = support, free
        for name, values in drawn.items():
            middle = np.median(np.stack([v.numpy() for v in values]), 0)
            support, free = self._sites[name]
            self._sites[name] = support, tensor(middle, dtype=free.dtype)

    def __call__(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Draw every site."""
        if not self._sites:
            self._prepare(args, kwargs)
        found = {}
        for name, (support, start) in self._sites.items():
            loc = param(f"{name}.loc", start)
            width = param(f"{name}.scale", full_like(start, self.init_scale), positive)
            normal = Independent(Normal(loc, width), start.ndim)
            transform = biject_to(support).with_cache()
            found[name] = sample(name, _wide(normal, transform))
        return found


def _wide(normal: Any, transform: Any) -> Any:
    return TransformedDistribution(normal, [transform], validate_args=False)


def require_continuous(name: str, support: Any) -> None:
    """ArgumentError for a site of whole numbers."""
    if support.is_discrete:
        raise ArgumentError(
            message(f"the latent site {name!r} is discrete", expected="continuous latent sites",
                    got=repr(support), hint="sum the model over its values")
        )
