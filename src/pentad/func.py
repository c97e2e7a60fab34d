"""Functions of functions, under the names of torch.func."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, message
from pentad.nn.module import Module
from pentad.nn.normalization import running_norms
from pentad.nn.stateless import functional_call, stack_module_state
from pentad.tensor import methods
from pentad.tensor.functions.patterns import rearrange
from pentad.tensor.misfit import guarded
from pentad.tensor.transforms.derivatives import grad, jvp, linearize, value_and_grad, vjp
from pentad.tensor.transforms.jacobians import hessian, jacfwd, jacrev
from pentad.tensor.transforms.vmap import vmap

assert methods  # importing it gives tensors their methods

__all__ = [
    "debug_unwrap", "functional_call", "functionalize", "grad", "grad_and_value", "hessian",
    "jacfwd", "jacrev", "jvp", "linearize", "rearrange", "replace_all_batch_norm_modules_",
    "stack_module_state", "vjp", "vmap",
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


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """The function itself: compiled and transformed functions are without mutations in any case.

    remove: "mutations" or "mutations_and_views".
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise ArgumentError(
            message("functionalize: remove", expected='"mutations" or "mutations_and_views"',
                    got=repr(remove))
        )

    @functools.wraps(func)
    def functional(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return functional


def debug_unwrap(tensor: Any, *, recurse: bool = True) -> Any:
    """The tensor itself: transforms wrap none."""
    return tensor


@guarded
def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Let the batch norms in a model use each batch's own statistics and keep none; the model."""
    for norm in running_norms(root):
        norm.running_mean = norm.running_var = norm.num_batches_tracked = None
        norm.track_running_stats = False
    return root
