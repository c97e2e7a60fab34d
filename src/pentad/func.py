"""Functions of functions, under the names of torch.func."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pentad.nn.stateless import functional_call, stack_module_state
from pentad.tensor import methods
from pentad.tensor.transforms.derivatives import grad, jvp, linearize, value_and_grad, vjp
from pentad.tensor.transforms.jacobians import hessian, jacfwd, jacrev
from pentad.tensor.transforms.vmap import vmap

assert methods  # importing it gives tensors their methods

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp",
    "linearize", "stack_module_state", "vjp", "vmap",
]


def grad_and_value(
    func: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """(gradient, value): `pentad.value_and_grad` in the order of torch.func."""
    both = value_and_grad(func, argnums, has_aux=has_aux)

    @functools.wraps(func)
    def transformed(*args: Any, **kwargs: Any) -> Any:
        value, found = both(*args, **kwargs)
        return found, value

    return transformed
