"""Operations whose gradient the user writes: `autograd.Function` (PyTorch) and `custom_vjp` (JAX).

Both leave a node on their results whose backward pass is a Python function. It runs on tensors, so
that it is traced by pentad.compile and mapped by vmap like anything else, and recorded where a
gradient of the gradient is asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from pentad.graph.errors import ArgumentError, AutogradError, message
from pentad.graph.lines import user_line
from pentad.tensor.functions.creation import zeros, zeros_like
from pentad.tensor.nodes import GradNode, Port
from pentad.tensor.pytree import flatten, map_leaves, unflatten
from pentad.tensor.state import enable_grad, no_grad, state
from pentad.tensor.tensor import Tensor, same_value
from pentad.tensor.views import detached
from pentad.tensor.writes import set_history

Gradients = Callable[[GradNode, Sequence[Any], tuple[bool, ...]], Sequence[Any]]
_new = object.__new__


class PythonPlan:
    """What the engine asks of an operation: its name, its outputs, its backward pass."""

    def __init__(self, name: str, outputs: Sequence[Tensor], gradients: Gradients) -> None:
        self.name = name
        self.spec = self
        self.outputs = tuple((t.shape, t.dtype) for t in outputs)
        self.saved: tuple[Any, ...] = ()
        self.refusal = gradients


def python_node(
    name: str, parents: Sequence[Any], outputs: Sequence[Tensor], gradients: Gradients,
    saved: Sequence[Tensor] = (),
) -> GradNode:
    """A node with a backward pass in Python: `gradients(node, cotangents, wanted)` gives a tensor
    or None for each of the parents. `saved` must not be written to before that."""
    node = _new(GradNode)
    node.plan = PythonPlan(name, outputs, gradients)  # type: ignore[assignment]
    node.parents = tuple(parents)
    node.saved = tuple(saved)
    node.versions = tuple((t.storage, t.storage.version, t.ptr) for t in saved)
    node.hooks = None
    node.line = user_line() if state.anomaly else None
    trace = state.trace
    while trace is not None:
        # The graph of what is traced shows nothing of such a gradient.
        trace.custom = True
        trace = trace.outer
    return node


def attach(node: GradNode, index: int, t: Tensor) -> None:
    """Make a tensor output `index` of a node."""
    t.node = node if index == 0 else Port(node, index)


def check_saved(node: GradNode) -> None:
    """AutogradError if saved values were freed or written to."""
    if node.saved is None:
        raise AutogradError(
            message(f"backward through {node.name} a second time",
                    expected="one backward pass, for it frees the saved values",
                    got="another one over the same graph",
                    hint="pass retain_graph=True to the first backward")
        )
    for t, (storage, version, _) in zip(node.saved, node.versions, strict=True):
        if storage.version != version:
            raise AutogradError(
                message(f"a value that the gradient of {node.name} needs was changed in place",
                        expected=f"{t.meta.type} at version {version}",
                        got=f"version {storage.version}",
                        hint="use the operation that is not in place, or clone() the value first")
            )


def renewed(t: Tensor) -> Tensor:
    """Another tensor on the same memory, without history (and nothing else: under vmap, too)."""
    return detached(t) if state.trace is None else state.trace.unrecorded(t)  # type: ignore


def materialized(node: GradNode, cotangents: Sequence[Any]) -> list[Tensor]:
    """The cotangents, zeros where there is none."""
    return [
        zeros(*shape, dtype=dtype) if c is None else c
        for c, (shape, dtype) in zip(cotangents, node.plan.outputs, strict=True)  # type: ignore
    ]


def checked_gradient(name: str, i: int, g: Any, t: Tensor) -> Any:
    """A gradient that the user computed for `t`, in its dtype; AutogradError if it does not fit."""
    if g is None:
        return None
    if not isinstance(g, Tensor) or g.shape != t.shape:
        raise AutogradError(
            message(f"{name}: gradient {i} does not fit its argument",
                    expected=str(t.meta.type),
                    got=str(g.meta.type) if isinstance(g, Tensor) else type(g).__name__)
        )
    return g if g.dtype is t.dtype else g.to(t.dtype)  # type: ignore[attr-defined]


# -- PyTorch's ---------------------------------------------------------------------------------


class Context:
    """What `forward` leaves for `backward` (torch.autograd.function.FunctionCtx)."""

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._saved: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._materialize = True
        self._node: Any = None
        self._outputs: list[Tensor] = []

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`; writing to them meanwhile is an error there."""
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept."""
        if self._node is not None:
            check_saved(self._node)
        return tuple(self._with_history(t) for t in self._saved)

    def _with_history(self, t: Any) -> Any:
        for i, out in enumerate(self._outputs):
            if out is t and self._node is not None and out.node is None:
                return same_value(t, self._node if i == 0 else Port(self._node, i))
        return t

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """No gradient flows through these outputs."""
        self._constant = outputs

    def mark_dirty(self, *inputs: Tensor) -> None:
        """These inputs were written to in place; they must be among the outputs."""
        self._dirty = inputs

    def set_materialize_grads(self, value: bool) -> None:
        """Should cotangents that are not there be zeros (the default) or None?"""
        self._materialize = value


def _among(t: Any, members: Sequence[Any]) -> bool:
    return any(t is m for m in members)


class Function:
    """An operation with a gradient of its own (torch.autograd.Function).

    Subclasses define static methods `forward(ctx, *args)` and `backward(ctx, *cotangents)`, the
    latter with a gradient (or None) for each argument; or `forward(*args)` together with
    `setup_context(ctx, inputs, output)`. Call it by `apply`.

    >>> import pentad as pt
    >>> class Cube(pt.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         [x] = ctx.saved_tensors
    ...         return g * 3 * x ** 2
    >>> x = pt.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The values."""
        raise NotImplementedError("a Function needs a static method forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Leave in `ctx` what `backward` needs."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """A gradient for each argument of `forward`."""
        raise NotImplementedError("a Function needs a static method backward")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward`; the results' gradients come from `backward`."""
        needs = tuple(isinstance(a, Tensor) and a.node is not None for a in args)
        ctx = Context(needs)
        before = [a.node if isinstance(a, Tensor) else None for a in args]
        with no_grad():
            if cls.setup_context is Function.setup_context:
                made = cls.forward(ctx, *args)
            else:
                made = cls.forward(*args)
                cls.setup_context(ctx, args, made)
        if not (state.grad and any(needs)):
            return made
        several = isinstance(made, (tuple, list))
        outputs = list(made) if several else [made]
        tensors = [t for t in outputs if isinstance(t, Tensor)]
        saved = [t for t in ctx._saved if isinstance(t, Tensor)]
        name = cls.__name__
        node = python_node(name, before, tensors, _backward_of(cls, ctx, args), saved)
        ctx._node, ctx._outputs = node, tensors
        given = iter(_recorded(ctx, node, tensors, args))
        results = [next(given) if isinstance(t, Tensor) else t for t in outputs]
        return type(made)(results) if several else results[0]


def _recorded(
    ctx: Context, node: GradNode, tensors: Sequence[Tensor], args: Sequence[Any]
) -> list[Tensor]:
    """The outputs with their history; an argument that is passed on stays what it is, unless it
    was written to."""
    results = []
    for i, t in enumerate(tensors):
        if _among(t, ctx._constant) or not t.dtype.is_inexact:
            results.append(t)
            continue
        if _among(t, ctx._dirty):
            history = node if i == 0 else Port(node, i)
            set_history(t, history)  # type: ignore[arg-type]
            results.append(t)
            continue
        # What is saved must not lead back to itself: the result is another object.
        own = renewed(t)
        attach(node, i, own)
        results.append(own)
    return results


def _backward_of(cls: type[Function], ctx: Context, args: Sequence[Any]) -> Gradients:
    def gradients(node: GradNode, cotangents: Sequence[Any], wanted: Any) -> list[Any]:
        check_saved(node)
        given = materialized(node, cotangents) if ctx._materialize else list(cotangents)
        found = cls.backward(ctx, *given)
        found = list(found) if isinstance(found, (tuple, list)) else [found]
        while len(found) > len(args) and found[-1] is None:
            found.pop()
        if len(found) != len(args):
            raise AutogradError(
                message(f"{cls.__name__}.backward: a gradient (or None) for each argument",
                        expected=f"{len(args)} values", got=str(len(found)))
            )
        return [
            checked_gradient(cls.__name__, i, g, a) if w else None
            for i, (g, a, w) in enumerate(zip(found, args, wanted, strict=True))
        ]

    return gradients


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A `backward` through which no gradient of a gradient flows."""

    @functools.wraps(backward)
    def run(ctx: Any, *cotangents: Any) -> Any:
        with no_grad():
            found = backward(ctx, *cotangents)
        return map_leaves(lambda t: t.detach(), found)  # type: ignore[attr-defined]

    return run


# -- JAX's -------------------------------------------------------------------------------------


class custom_vjp:
    """A function whose gradient is given by two others (jax.custom_vjp).

    After `f.defvjp(forward, backward)`: `forward(*args)` gives (result, residuals) and
    `backward(residuals, cotangent)` a tuple with the cotangent of each argument (None: zeros).
    Arguments and results may be nested structures. The arguments in nondiff_argnums are passed to
    `backward` first, and have no cotangents.

    >>> import pentad as pt
    >>> @pt.custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (x, None), lambda _, g: (g.clamp(-1, 1),))
    >>> pt.grad(lambda x: (clipped(x) * 5).sum())(pt.tensor([2.0]))
    tensor([1.])
    """

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()) -> None:
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.constant = tuple(nondiff_argnums)
        self.rules: tuple[Callable[..., Any], Callable[..., Any]] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Give the two functions."""
        self.rules = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The result of the function; its gradient is that of the rules."""
        if self.rules is None:
            raise AutogradError(
                message(f"custom_vjp: {self.__name__} has no rules",  # type: ignore[attr-defined]
                        expected="f.defvjp(forward, backward) before the first call", got="none")
            )
        moving = [a for i, a in enumerate(args) if i not in self.constant]
        leaves: list[Tensor] = []
        structure = flatten(moving, leaves)
        if not state.grad or all(t.node is None for t in leaves):
            return self.fun(*args, **kwargs)
        with enable_grad():
            made = self.rules[0](*args, **kwargs)
        if not isinstance(made, tuple) or len(made) != 2:
            raise ArgumentError(
                message("custom_vjp: the forward rule", expected="a pair (result, residuals)",
                        got=type(made).__name__)
            )
        return self._recorded(args, structure, leaves, *made)

    def _recorded(
        self, args: Sequence[Any], structure: Any, leaves: Sequence[Tensor], result: Any,
        residuals: Any,
    ) -> Any:
        assert self.rules is not None
        backward = self.rules[1]
        first = [args[i] for i in self.constant]
        outputs: list[Tensor] = []
        arranged = flatten(result, outputs)

        def gradients(node: GradNode, cotangents: Sequence[Any], wanted: Any) -> list[Any]:
            each = iter(materialized(node, cotangents))
            found = backward(*first, residuals, unflatten(arranged, lambda: next(each)))
            given = spread_over(structure, found)
            return [
                zeros_like(t) if g is None else checked_gradient(node.name, i, g, t)
                for i, (g, t) in enumerate(zip(given, leaves, strict=True))
            ]

        name = getattr(self.fun, "__name__", "custom_vjp").strip("<>")
        node = python_node(name, [t.node for t in leaves], outputs, gradients)
        fresh = [renewed(t) for t in outputs]
        for i, t in enumerate(fresh):
            if t.dtype.is_inexact:
                attach(node, i, t)
        each = iter(fresh)
        return unflatten(arranged, lambda: next(each))


def spread_over(structure: Any, tree: Any) -> list[Any]:
    """The leaves of a tree of that structure, in which None may stand for a part."""
    from pentad.tensor.pytree import LEAF, Plain

    if structure is LEAF:
        return [tree]
    if isinstance(structure, Plain):
        return []
    kind, *parts = structure
    if tree is None:
        inner: list[Any] = [None] * len(parts)
    elif issubclass(kind, dict):
        inner = [tree.get(k.value) for k, _ in parts] if isinstance(tree, dict) else []
    else:
        inner = list(tree) if isinstance(tree, (tuple, list)) else []
    if len(inner) != len(parts):
        raise AutogradError(
            message("custom_vjp: the backward rule", expected="cotangents in the structure of the "
                    f"arguments ({len(parts)} here)", got=f"{type(tree).__name__}: {tree!r:.80}")
        )
    if issubclass(kind, dict):
        parts = [p for _, p in parts]
    return [g for p, v in zip(parts, inner, strict=True) for g in spread_over(p, v)]
