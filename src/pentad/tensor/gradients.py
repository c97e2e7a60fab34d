"""The user's side of autograd: backward, grad, hooks, detach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

from pentad.graph.errors import ArgumentError, AutogradError, DTypeError, message
from pentad.tensor.anomaly import detect_anomaly, is_anomaly_enabled, set_detect_anomaly
from pentad.tensor.autograd import run_backward
from pentad.tensor.function import Function, once_differentiable
from pentad.tensor.functions.creation import ones_like
from pentad.tensor.functions.creation import zeros_like as _zeros_like
from pentad.tensor.nodes import edge
from pentad.tensor.state import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    state,
)
from pentad.tensor.tensor import Leaf, Tensor
from pentad.tensor.views import detached

__all__ = [
    "Function", "Hook", "backward", "detach", "detach_", "detect_anomaly", "enable_grad", "grad",
    "inference_mode", "is_anomaly_enabled", "no_grad", "once_differentiable", "register_hook",
    "register_post_hook", "retain_grad", "set_detect_anomaly", "set_grad_enabled",
]


def _check_tensors(name: str, values: Any) -> None:
    """DTypeError unless all are tensors."""
    for t in values:
        if not isinstance(t, Tensor):
            raise DTypeError(
                message(f"{name}: not a tensor", expected="Tensor", got=type(t).__name__)
            )


def _root_gradient(t: Tensor, gradient: Any) -> Tensor:
    if t.node is None:
        raise AutogradError(
            message(
                "backward of a tensor that does not require a gradient",
                expected="the result of an operation on tensors with requires_grad=True",
                got=str(t.meta.type),
                hint="was it computed under no_grad(), or detached?",
            )
        )
    if gradient is None:
        if t.meta.numel != 1:
            raise AutogradError(
                message(
                    "backward of a tensor with several elements needs a gradient",
                    expected="a tensor of one element, such as a loss",
                    got=f"shape {list(t.shape)}",
                    hint="reduce it (.sum(), .mean()), or pass gradient=...",
                )
            )
        return _one(t)
    if gradient.shape != t.shape or gradient.dtype is not t.dtype:
        raise AutogradError(
            message(
                "the gradient does not fit the tensor",
                expected=str(t.meta.type),
                got=str(gradient.meta.type),
            )
        )
    return gradient  # type: ignore[no-any-return]


_ones: dict[Any, Tensor] = {}


def _one(t: Tensor) -> Tensor:
    """The gradient of a tensor of one element with respect to itself."""
    if state.trace is not None or t.meta.traced is not None:
        return ones_like(t)  # type: ignore[no-any-return]
    found = _ones.get(t.meta)
    if found is None:
        found = _ones[t.meta] = ones_like(t)
    return found


def backward(
    input: Tensor, gradient: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Add the gradients of this tensor to the `.grad` of the leaves that it depends on.

    gradient: the cotangent to begin with, needed unless the tensor has one element. The saved
    values are freed unless retain_graph (which defaults to create_graph); with create_graph the
    gradients are themselves recorded.
    """
    _check_tensors("backward", (input,) if gradient is None else (input, gradient))
    root = _root_gradient(input, gradient)
    run_backward(
        [(input.node, root)],
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
    )


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, allow_unused: bool = False, materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the outputs' sum with respect to the inputs, without touching `.grad`.

    AutogradError if an input is not used, unless allow_unused (None then) or materialize_grads
    (zeros then).
    """
    outs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    ins = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    given = (grad_outputs,) if isinstance(grad_outputs, Tensor) else grad_outputs
    cotangents = [None] * len(outs) if given is None else list(given)
    _check_tensors("grad", (*outs, *ins, *(g for g in cotangents if g is not None)))
    if len(cotangents) != len(outs):
        raise ArgumentError(
            message("grad: as many gradients as outputs are needed",
                    expected=f"{len(outs)} in grad_outputs", got=str(len(cotangents)))
        )
    for t in ins:
        if t.node is None:
            raise AutogradError(
                message("grad: an input does not require a gradient",
                        expected="requires_grad=True", got=str(t.meta.type))
            )
    found = run_backward(
        [(t.node, _root_gradient(t, g)) for t, g in zip(outs, cotangents, strict=True)],
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        targets=[t.node for t in ins],
    )
    results = [found.get(edge(t.node)) for t in ins]
    for i, g in enumerate(results):
        if g is None and materialize_grads:
            results[i] = _zeros_like(ins[i])
        elif g is None and not allow_unused:
            raise AutogradError(
                message(
                    f"grad: input {i} was not used to compute the outputs",
                    expected="inputs that the outputs depend on",
                    got=str(ins[i].meta.type),
                    hint="pass allow_unused=True to get None",
                )
            )
    return tuple(results)


# -- methods ---------------------------------------------------------------------------------------


def detach(input: Tensor) -> Tensor:
    """The same memory without autograd history."""
    if not isinstance(input, Tensor):
        _check_tensors("detach", (input,))
    return detached(input)


def detach_(input: Tensor) -> Tensor:
    """Forget this tensor's autograd history."""
    _check_tensors("detach_", (input,))
    if state.trace is not None:
        state.trace.touch(input)
    input.node = None
    return input


class Hook:
    """What `register_hook` returns: `remove()` takes the hook away."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)


def register_hook(input: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Hook:
    """Call `hook(gradient)` when this tensor's gradient is known; it may return another one."""
    _check_tensors("register_hook", (input,))
    if input.node is None:
        raise AutogradError(
            message("register_hook: the tensor does not require a gradient",
                    expected="requires_grad=True", got=str(input.meta.type))
        )
    owner, index = edge(input.node)
    if owner.hooks is None:
        owner.hooks = {}
    hooks = owner.hooks.setdefault(index, [])
    hooks.append(hook)
    return Hook(hooks, hook)


def register_post_hook(input: Tensor, hook: Callable[[Tensor], None]) -> Hook:
    """Call `hook(tensor)` each time after `backward` has added to this leaf's `.grad`.

    AutogradError unless it is a leaf that requires a gradient.
    """
    leaf = getattr(input, "node", None)
    if type(leaf) is not Leaf:
        raise AutogradError(
            message("register_post_accumulate_grad_hook", expected="a leaf that requires a "
                    "gradient", got=str(input.meta.type if leaf else type(input).__name__))
        )
    if leaf.after is None:
        leaf.after = []
    leaf.after.append(hook)
    return Hook(leaf.after, hook)


def retain_grad(input: Tensor) -> None:
    """Keep the gradient of a result in its `.grad`, as leaves do."""
    if input.is_leaf:
        return
    target = ref(input)

    def keep(gradient: Tensor) -> None:
        t = target()
        if t is not None:
            t._grad = gradient if t._grad is None else t._grad + gradient

    keep.keeps = True  # type: ignore[attr-defined]
    register_hook(input, keep)


