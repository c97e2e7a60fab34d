"""Random counts as functions of tensors: torch.poisson and torch.binomial."""

from __future__ import annotations

from typing import Any

from pentad.distributions import counts
from pentad.distributions.utils import broadcast_all
from pentad.graph.errors import ArgumentError, message
from pentad.tensor.state import no_grad


def _require(name: str, good: Any, expected: str, generator: Any) -> None:
    if generator is not None:
        raise ArgumentError(
            message(f"{name}: a generator of its own", expected="the default stream",
                    got="generator=...", hint="use pentad.manual_seed")
        )
    if not bool(good.all()):
        raise ArgumentError(message(f"{name}: out of its domain", expected=expected, got="others"))


def poisson(input: Any, generator: Any = None) -> Any:
    """A Poisson number for each rate; ArgumentError for negative rates."""
    with no_grad():
        _require("poisson", input >= 0, "rates >= 0", generator)
        return counts.poisson(input)


def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    """A binomial number for each count of trials and each probability, broadcast together;
    ArgumentError for negative counts and for probabilities outside of 0..1."""
    with no_grad():
        n, p = broadcast_all(count, prob)
        _require("binomial", (n >= 0) & (p >= 0) & (p <= 1), "counts >= 0, 0 <= prob <= 1",
                 generator)
        return counts.Binomial(n, p, validate_args=False).sample()
