"""Stochastic variational inference (Hoffman et al., 2013; Kucukelbir et al., 2017)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.infer.sites import Parameters, Run
from pentad.tensor.capture.compile import compile as compiled
from pentad.tensor.state import no_grad


class Trace_ELBO:
    """-E[log p(x, z) - log q(z)], z drawn from the guide, with reparametrised gradients.

    num_particles: how many draws it averages. Raises ArgumentError where guide and model have not
    the same latent sites, or the guide has one whose samples have no gradient.
    """

    def __init__(self, num_particles: int = 1) -> None:
        if not isinstance(num_particles, int) or num_particles < 1:
            raise ArgumentError(
                message("Trace_ELBO: num_particles", expected="at least 1", got=repr(num_particles))
            )
        self.num_particles = num_particles

    def __call__(
        self, model: Callable[..., Any], guide: Callable[..., Any], parameters: Parameters,
        args: Any, kwargs: Any,
    ) -> Any:
        """The loss."""
        found: Any = 0.0
        for _ in range(self.num_particles):
            q = Run(parameters=parameters)
            q(guide, *args, **kwargs)
            latent = q.latent()
            p = Run({name: site.value for name, site in latent.items()}, parameters=parameters)
            p.indices = q.indices
            p(model, *args, **kwargs)
            _require_match(latent, p.latent())
            found = found + q.log_joint() - p.log_joint()
        return found / self.num_particles


def _require_match(guide: dict[str, Any], model: dict[str, Any]) -> None:
    if guide.keys() != model.keys():
        raise ArgumentError(
            message("the latent sites of guide and model differ",
                    expected=f"{sorted(model)}, the model's", got=f"{sorted(guide)}, the guide's",
                    hint="a site of the model that is observed needs obs=...")
        )
    for name, site in guide.items():
        if not site.fn.has_rsample:
            raise ArgumentError(
                message(f"the guide's site {name!r} has no gradient of its samples",
                        expected="a distribution with rsample", got=type(site.fn).__name__,
                        hint="sum the model over the values of discrete sites")
            )


class SVI:
    """Fits the parameters of a guide (and of the model) by gradient steps on a loss.

    optim: from a list of tensors to an optimiser, such as `lambda p: pt.optim.Adam(p, lr=0.01)`.
    A step, from the draws to the optimiser's update, is one compiled call.
    """

    def __init__(
        self, model: Callable[..., Any], guide: Callable[..., Any],
        optim: Callable[[list[Any]], Any], loss: Trace_ELBO | None = None,
    ) -> None:
        self.model, self.guide, self._make = model, guide, optim
        self.loss = Trace_ELBO() if loss is None else loss
        self.parameters = Parameters()
        self.optimizer: Any = None
        self._compiled = compiled(self._step)

    def _found(self, args: Any, kwargs: Any) -> Any:
        return self.loss(self.model, self.guide, self.parameters, args, kwargs)

    def _step(self, *args: Any, **kwargs: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self._found(args, kwargs)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def step(self, *args: Any, **kwargs: Any) -> float:
        """One update with the arguments of model and guide; the loss before it.

        The first one runs both once outside of the compiler, to find their parameters.
        ArgumentError if there are none.
        """
        if self.optimizer is None:
            self.evaluate_loss(*args, **kwargs)
            if not self.parameters.free:
                raise ArgumentError(
                    message("SVI: nothing to learn", expected="a param in the guide or the model",
                            got="none")
                )
            self.optimizer = self._make(list(self.parameters.free.values()))
        return float(self._compiled(*args, **kwargs).item())

    def evaluate_loss(self, *args: Any, **kwargs: Any) -> float:
        """The loss without an update."""
        with no_grad():
            return float(self._found(args, kwargs).item())

    def params(self) -> dict[str, Any]:
        """The values of the parameters."""
        with no_grad():
            return {name: self.parameters.value(name) for name in self.parameters.free}
