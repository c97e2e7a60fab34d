"""weight_norm and spectral_norm in PyTorch's older form: their parts are parameters of the layer.

State_dict keys are weight_g and weight_v, weight_orig and weight_u, weight_v; the weight itself is
computed before each call. New programs use `parametrizations`.
"""

from __future__ import annotations

from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn.functional.regression import normalize
from pentad.nn.module import Module
from pentad.nn.parameter import Parameter
from pentad.nn.utils.parametrizations import norm_except
from pentad.tensor.functions.linalg import mv
from pentad.tensor.functions.random import randn
from pentad.tensor.state import no_grad


class _Recomputed:
    """A hook before each call that sets an attribute of the module anew."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.handle: Any = None

    def compute(self, module: Module) -> Any:
        """The tensor."""
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any) -> None:
        module.__dict__[self.name] = self.compute(module)

    def attach(self, module: Module) -> Module:
        """Call the hook from now on."""
        self.handle = module.register_forward_pre_hook(self)
        self(module, None)
        return module


def _recomputed(module: Module) -> list[Any]:
    """What is called before the module's forward."""
    return [hook.function for hook in module._hooks.get("forward_pre", ())]


def _weight(module: Module, name: str, what: str) -> Any:
    weight = module._parameters.get(name)
    if weight is None or any(
        isinstance(h, _Recomputed) and h.name == name for h in _recomputed(module)
    ):
        raise ArgumentError(
            message(f"{what}: no such parameter, or one that has a norm already",
                    expected=", ".join(module._parameters), got=repr(name))
        )
    return weight


class _WeightNorm(_Recomputed):
    def __init__(self, name: str, dim: int) -> None:
        super().__init__(name)
        self.dim = dim

    def compute(self, module: Module) -> Any:
        g, v = (getattr(module, f"{self.name}_{part}") for part in "gv")
        return v * (g / norm_except(v, self.dim))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train the length `name`_g and the direction `name`_v of a weight apart.

    dim: the dimension that keeps lengths of its own; None: one length for all.
    """
    weight = _weight(module, name, "weight_norm")
    hook = _WeightNorm(name, -1 if dim is None else dim)
    del module._parameters[name]
    with no_grad():
        g = norm_except(weight, hook.dim)
    module.register_parameter(f"{name}_g", Parameter(g.detach()))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    return hook.attach(module)


class _SpectralNorm(_Recomputed):
    def __init__(self, name: str, iterations: int, dim: int, eps: float) -> None:
        super().__init__(name)
        self.iterations, self.dim, self.eps = iterations, dim, eps

    def matrix(self, weight: Any) -> Any:
        return weight.movedim(self.dim, 0).flatten(1)

    def compute(self, module: Module) -> Any:
        weight = getattr(module, f"{self.name}_orig")
        u, v = (getattr(module, f"{self.name}_{part}") for part in "uv")
        matrix = self.matrix(weight)
        if module.training:
            with no_grad():
                fixed = matrix.detach()
                for _ in range(self.iterations):
                    v.copy_(normalize(mv(fixed.t(), u), dim=0, eps=self.eps))
                    u.copy_(normalize(mv(fixed, v), dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()
        return weight / (u * mv(matrix, v)).sum()


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight, `name`_orig, by its largest singular value, by power iteration."""
    weight = _weight(module, name, "spectral_norm")
    if n_power_iterations < 1:
        raise ArgumentError(
            message("spectral_norm: n_power_iterations", expected=">= 1",
                    got=str(n_power_iterations))
        )
    if dim is None:
        dim = 1 if getattr(module, "transposed", False) else 0
    hook = _SpectralNorm(name, n_power_iterations, dim, eps)
    del module._parameters[name]
    module.register_parameter(f"{name}_orig", weight)
    with no_grad():
        rows, columns = hook.matrix(weight).shape
        for part, n in (("u", rows), ("v", columns)):
            drawn = normalize(randn(n, dtype=weight.dtype), dim=0, eps=eps)
            module.register_buffer(f"{name}_{part}", drawn)
    return hook.attach(module)


def _removed(module: Module, name: str, kind: type[_Recomputed], parts: tuple[str, ...]) -> Module:
    hook = next((h for h in _recomputed(module)
                 if isinstance(h, kind) and h.name == name), None)
    if hook is None:
        raise ArgumentError(
            message(f"{type(module).__name__} has no such norm to remove", expected="one made by "
                    "weight_norm or spectral_norm", got=repr(name))
        )
    with no_grad():
        was = module.training
        module.__dict__["training"] = False  # the vectors stay as they are
        value = hook.compute(module).detach()
        module.__dict__["training"] = was
    hook.handle.remove()
    module.__dict__.pop(name, None)
    for part in parts:
        delattr(module, f"{name}_{part}")
    module.register_parameter(name, Parameter(value))
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, of its value."""
    return _removed(module, name, _WeightNorm, ("g", "v"))


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again, of its value."""
    return _removed(module, name, _SpectralNorm, ("orig", "u", "v"))
