"""Which module makes which operation: names of scopes while a function is traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pentad.graph.lines import in_scope
from pentad.nn.module import Module


def scope_name(model: Module, path: str) -> str:
    """The scope of a part of a model, of the classes and names on the way to it.

    >>> from pentad import nn
    >>> scope_name(nn.Sequential(nn.Linear(2, 3)), "0")
    'Sequential/Linear[0]'
    """
    module, names = model, [type(model).__name__]
    for name in path.split(".") if path else ():
        module = module.get_submodule(name)
        names.append(f"{type(module).__name__}[{name}]")
    return "/".join(names)


@contextmanager
def module_scopes(model: Module) -> Iterator[None]:
    """Within it, what is traced of a model knows which of its parts it belongs to.

    The lines of nodes (`node.source`) then have an attribute `scope`, see scope_name; rewriting
    keeps it. Hooks are set for the time, so that compiled functions trace the model anew.
    """
    open_scopes: list[tuple[Module, Any]] = []

    def enter(name: str) -> Any:
        def before(module: Module, args: Any) -> None:
            scope = in_scope(name)
            scope.__enter__()
            open_scopes.append((module, scope))
        return before

    def leave(module: Module, args: Any, result: Any) -> None:
        if open_scopes and open_scopes[-1][0] is module:  # else another hook failed before `enter`
            open_scopes.pop()[1].__exit__(None, None, None)

    with ExitStack() as stack:
        for path, module in model.named_modules():
            hook = module.register_forward_pre_hook(enter(scope_name(model, path)))
            stack.callback(hook.remove)
            # A module that fails leaves, too: its caller may go on with another.
            stack.callback(module.register_forward_hook(leave, always_call=True).remove)
        try:
            yield
        finally:
            while open_scopes:  # a module that was interrupted (Ctrl-C) did not leave
                open_scopes.pop()[1].__exit__(None, None, None)
