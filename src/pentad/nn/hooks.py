"""Hooks of modules: what is called before and after forward, backward, saving and loading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pentad.graph.errors import ArgumentError, message
from pentad.tensor.capture.epoch import bump_epoch
from pentad.tensor.function import Function
from pentad.tensor.state import state
from pentad.tensor.tensor import Tensor


class Hook(NamedTuple):
    """A registered function, and how it is called."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always: bool = False


EVERYWHERE: dict[str, list[Hook]] = {}
"""The hooks of all modules, by kind; they are called before a module's own."""


def _add(
    table: dict[str, list[Hook]], kind: str, hook: Any, prepend: bool = False, **how: bool
) -> HookHandle:
    hooks = table.setdefault(kind, [])
    entry = Hook(hook, **how)
    hooks.insert(0 if prepend else len(hooks), entry)
    bump_epoch()
    return HookHandle(hooks, entry)


def _hooks_of(module: Any, kind: str) -> list[Hook]:
    """The hooks of one kind that a call of a module has, in order."""
    return [*EVERYWHERE.get(kind, ()), *module._hooks.get(kind, ())]


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call hook(module, args) before the forward of every module; it may return other arguments."""
    return _add(EVERYWHERE, "forward_pre", hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> HookHandle:
    """Call hook(module, args, result) after the forward of every module, as
    `Module.register_forward_hook` does for one."""
    return _add(EVERYWHERE, "forward", hook, with_kwargs=with_kwargs, always=always_call)


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call hook(module, grad_output) before the backward of every module."""
    return _add(EVERYWHERE, "backward_pre", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call hook(module, grad_input, grad_output) in the backward of every module."""
    return _add(EVERYWHERE, "backward", hook)


register_module_backward_hook = register_module_full_backward_hook


class HookHandle:
    """What registering a hook returns: `remove()` takes the hook away, as does leaving it as a
    context."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away; nothing happens the second time."""
        for i, hook in enumerate(self._hooks):
            if hook is self._hook:
                del self._hooks[i]
                bump_epoch()
                return

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class Hooked:
    """The methods of modules that register hooks."""

    _hooks: dict[str, list[Hook]]

    def _hook(self, kind: str, hook: Any, prepend: bool = False, **how: bool) -> HookHandle:
        return _add(self._hooks, kind, hook, prepend, **how)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call hook(module, args) before forward; it may return other arguments.

        with_kwargs: hook(module, args, kwargs), which may return (args, kwargs).
        """
        return self._hook("forward_pre", hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False,
        always_call: bool = False,
    ) -> HookHandle:
        """Call hook(module, args, result) after forward; it may return another result.

        with_kwargs: hook(module, args, kwargs, result); always_call: after an error, too.
        """
        return self._hook("forward", hook, prepend, with_kwargs=with_kwargs, always=always_call)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> HookHandle:
        """Call hook(module, grad_output) before the module's backward; it may return others."""
        return self._hook("backward_pre", hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> HookHandle:
        """Call hook(module, grad_input, grad_output) when the gradients of the inputs are known.

        The gradients are tuples; the hook may return others for the inputs.
        """
        return self._hook("backward", hook, prepend)

    register_backward_hook = register_full_backward_hook

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, prefix, keep_vars) before the module's part of a state_dict."""
        return self._hook("state_pre", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, state_dict, prefix, {}) after it, to change the dict."""
        return self._hook("state", hook)

    _register_state_dict_hook = register_state_dict_post_hook

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, state_dict, prefix, {}, strict, missing, unexpected, errors) before
        loading, to change the dict."""
        return self._hook("load_pre", hook, with_kwargs=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> HookHandle:
        return self._hook("load_pre", hook, with_kwargs=with_module)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call hook(module, incompatible_keys) after loading; it may empty their lists."""
        return self._hook("load", hook)


# -- calling ---------------------------------------------------------------------------------------


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """module.forward(*args, **kwargs) with the hooks around it."""
    after = _hooks_of(module, "forward")
    try:
        args, kwargs = _before(module, args, kwargs)
        boundary = _Boundary(module) if _wants_gradients(module) else None
        given = args if boundary is None else boundary.entered(args)
        result = module.forward(*given, **kwargs)
        while after:
            result = _after(module, after.pop(0), args, kwargs, result)
    except Exception:
        for hook in after:
            if hook.always:
                _after(module, hook, args, kwargs, None)
        raise
    return result if boundary is None else boundary.left(result)


def _before(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook in _hooks_of(module, "forward_pre"):
        if not hook.with_kwargs:
            changed = hook.function(module, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
            continue
        changed = hook.function(module, args, kwargs)
        if changed is None:
            continue
        if not isinstance(changed, tuple) or len(changed) != 2:
            raise ArgumentError(
                message("a forward pre-hook with keywords", expected="None or (args, kwargs)",
                        got=repr(changed))
            )
        args, kwargs = changed
    return args, kwargs


def _after(module: Any, hook: Hook, args: Any, kwargs: Any, result: Any) -> Any:
    given = (args, kwargs, result) if hook.with_kwargs else (args, result)
    changed = hook.function(module, *given)
    return result if changed is None else changed


# -- gradients -------------------------------------------------------------------------------------


def _wants_gradients(module: Any) -> bool:
    return state.grad and bool(_hooks_of(module, "backward") or _hooks_of(module, "backward_pre"))


class _Gate(Function):
    """The tensors themselves; their gradients pass a function, all at once."""

    @staticmethod
    def forward(ctx: Any, passed: Any, *tensors: Any) -> Any:
        ctx.passed = passed
        ctx.set_materialize_grads(False)
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return (None, *ctx.passed(gradients))


class _Boundary:
    """One call of a module with backward hooks: gates where values come in and where they leave."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.grad_output: tuple[Any, ...] = ()
        self.gated = False

    def entered(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments behind the gate."""
        own, self.gated = self._behind(args, self._inputs_known)
        return tuple(own)

    def left(self, result: Any) -> Any:
        """The result (a tensor, or a tuple or list with tensors) behind the gate."""
        several = isinstance(result, (tuple, list)) and not hasattr(result, "_fields")
        if not several and not isinstance(result, Tensor):
            return result
        own, _ = self._behind(result if several else (result,), self._outputs_known)
        return type(result)(own) if several else own[0]

    @staticmethod
    def _behind(values: Sequence[Any], passed: Callable[..., Any]) -> tuple[list[Any], bool]:
        places = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
        if not any(values[i].requires_grad for i in places):
            return list(values), False
        size = len(values)

        def spread(gradients: Sequence[Any]) -> Any:
            whole: list[Any] = [None] * size
            for i, g in zip(places, gradients, strict=True):
                whole[i] = g
            changed = passed(tuple(whole))
            return [changed[i] for i in places]

        gated = list(values)
        for i, t in zip(places, _Gate.apply(spread, *(values[i] for i in places)), strict=True):
            gated[i] = t
        return gated, True

    def _outputs_known(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in _hooks_of(self.module, "backward_pre"):
            changed = hook.function(self.module, gradients)
            if changed is not None:
                gradients = changed if isinstance(changed, tuple) else (changed,)
        self.grad_output = gradients
        if not self.gated:  # no input has a gradient: this is all that will be known
            self._inputs_known((None,))
        return gradients

    def _inputs_known(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in _hooks_of(self.module, "backward"):
            changed = hook.function(self.module, gradients, self.grad_output)
            if changed is not None:
                gradients = changed if isinstance(changed, tuple) else (changed,)
        return gradients
