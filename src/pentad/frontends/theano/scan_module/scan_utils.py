"""What the function of a scan gives: results, updates, a condition to stop."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.theano.compile.cloning import clone
from pentad.frontends.theano.compile.sharedvalue import SharedVariable
from pentad.frontends.theano.gof.graph import Variable, equal_computations
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.updates import OrderedUpdates


class until:
    """The function of a scan gives it last: no step follows the one where it is true."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)
        if self.condition.ndim:
            raise TypeError(
                static.message("until: the condition must be a scalar",
                               got=str(self.condition.type), where=self.condition.node.line)
            )


def _is_updates(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    return isinstance(value, list | tuple) and bool(value) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], SharedVariable)
        for pair in value
    )


def _as_updates(value: Any) -> OrderedUpdates:
    made = OrderedUpdates()
    made.update(value)
    return made


def _as_outputs(value: Any) -> list[Any]:
    values = value if isinstance(value, list | tuple) else [value]
    return [v if isinstance(v, Variable) else as_tensor_variable(v) for v in values]


def get_updates_and_outputs(found: Any) -> tuple[Any, list[Any], OrderedUpdates]:
    """What the function of a scan gave, told apart: the condition, the results, the updates."""
    if found is None:
        return None, [], OrderedUpdates()
    if isinstance(found, until):
        return found.condition, [], OrderedUpdates()
    if _is_updates(found):
        return None, [], _as_updates(found)
    if not isinstance(found, list | tuple):
        return None, _as_outputs(found), OrderedUpdates()
    parts = list(found)
    stop = parts.pop().condition if parts and isinstance(parts[-1], until) else None
    outputs: list[Any] = []
    updates = OrderedUpdates()
    nested = any(isinstance(p, list | tuple | dict) for p in parts)
    if not nested:
        return stop, _as_outputs(parts), updates
    if len(parts) > 2:
        if not _is_updates(parts[-1]):
            raise ValueError(
                static.message("scan cannot parse the return value of its function",
                               expected="results, updates, until", got=repr(found)[:120])
            )
        updates, parts = _as_updates(parts[-1]), parts[:-1]
        return stop, _as_outputs(parts), updates
    for part in parts:
        if _is_updates(part) or (isinstance(part, list | tuple) and not part and part is not
                                 parts[0]):
            updates = _as_updates(part)
        else:
            outputs = _as_outputs(part)
    return stop, outputs, updates


__all__ = ["clone", "equal_computations", "get_updates_and_outputs", "until"]
