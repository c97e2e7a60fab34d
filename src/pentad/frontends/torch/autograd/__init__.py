"""torch.autograd: backward and grad of several tensors, Variable, checks of gradients."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.torch.autograd import function, functional  # noqa: F401
from pentad.frontends.torch.autograd.checking import (  # noqa: F401
    GradcheckError,
    gradcheck,
    gradgradcheck,
)
from pentad.frontends.torch.mirror import mirror
from pentad.static import message


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, grad_variables: Any = None, inputs: Any = None,
) -> None:
    """Add the gradients of these tensors to the `.grad` of the leaves, or of `inputs` alone."""
    outputs = _listed(tensors)
    given = _listed(grad_variables if grad_tensors is None else grad_tensors)
    if inputs is None:
        given = given or [None] * len(outputs)
        for i, (t, g) in enumerate(zip(outputs, given, strict=True)):
            last = i == len(outputs) - 1
            t.backward(g, retain_graph if last else True, create_graph)
        return
    leaves = _listed(inputs)
    found = grad(outputs, leaves, given or None, retain_graph, create_graph, allow_unused=True)
    for leaf, g in zip(leaves, found, strict=True):
        if g is not None:
            leaf.grad = g if leaf.grad is None else leaf.grad + g


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, only_inputs: bool = True, allow_unused: bool | None = None,
    is_grads_batched: bool = False, materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of outputs with respect to inputs; is_grads_batched: for each of the cotangents
    along the first dimension of grad_outputs, stacked."""
    unused = materialize_grads if allow_unused is None else allow_unused
    if not is_grads_batched:
        return pt.autograd.grad(outputs, inputs, grad_outputs, retain_graph, create_graph, unused,
                                materialize_grads)
    given = _listed(grad_outputs)
    rows = [
        pt.autograd.grad(_listed(outputs), inputs, [g[i] for g in given], True, create_graph,
                         unused, True)
        for i in range(given[0].shape[0])
    ]
    return tuple(pt.stack(column) for column in zip(*rows, strict=True))


def _listed(values: Any) -> list[Any]:
    if values is None:
        return []
    return [values] if isinstance(values, pt.Tensor) else list(values)


class _VariableType:
    """`Variable(data)` of PyTorch before 0.4: the tensor itself, with or without a gradient."""

    def __call__(
        self, data: Any, requires_grad: bool = False, volatile: bool | None = None
    ) -> Any:
        made = data.detach()
        return made.requires_grad_() if requires_grad and not volatile else made

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, pt.Tensor)


Variable = _VariableType()


def variable(*args: Any, **kwargs: Any) -> Any:
    """Refused, as in PyTorch: use torch.tensor."""
    raise pt.AutogradError(message("torch.autograd.variable is no longer there",
                                   hint="use torch.tensor"))


class set_multithreading_enabled:
    """Backward runs in the thread that calls it: the flag changes nothing."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


_NOT_TORCHS = ("Hook", "detach", "detach_", "register_hook", "register_post_hook", "retain_grad",
               "once_differentiable")
__getattr__, __dir__, __all__ = mirror(__name__, pt.autograd, without=_NOT_TORCHS)
