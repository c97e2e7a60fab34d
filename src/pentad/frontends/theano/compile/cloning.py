"""`theano.clone`: expressions with some of their variables replaced."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.gof.graph import Variable, inputs


def clone(
    output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True,
    copy_inputs: Any = None,
) -> Any:
    """The expression, or list of them, computed from other variables; `replace` says which.

    share_inputs: keep the inputs that are not replaced; otherwise they are copied too.
    """
    if isinstance(copy_inputs, bool):
        share_inputs = copy_inputs
    pairs = list(replace.items()) if hasattr(replace, "items") else list(replace or [])
    found: dict[Any, Any] = {}
    for old, new in pairs:
        if not isinstance(old, Variable):
            raise TypeError(static.message("clone: what is replaced must be a Variable",
                                           got=repr(old)))
        if strict or not isinstance(new, Variable):
            new = old.type.filter_variable(new)
        found[old] = new
    outputs = list(output) if isinstance(output, list | tuple) else [output]
    if not share_inputs:
        for v in inputs(outputs):
            if v.node.op.name == "placeholder":
                found.setdefault(v, v.clone())
    made = static.clone(outputs, found)
    for old, new in zip(outputs, made):
        if new is not old and new.name is None and old not in found:
            new.name = old.name
    return made if isinstance(output, list | tuple) else made[0]


__all__ = ["clone"]
