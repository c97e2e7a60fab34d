"""What functions change: shared variables and their new values, in order."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.sharedvalue import SharedVariable


class OrderedUpdates(OrderedDict[Any, Any]):
    """Shared variables and their new values; two different values for one are an error."""

    def __init__(self, *entries: Any, **named: Any) -> None:
        if len(entries) == 1 and isinstance(entries[0], dict) and not isinstance(
            entries[0], OrderedDict
        ) and len(entries[0]) > 1:
            warnings.warn("OrderedUpdates: a dict may not keep the order of its items",
                          stacklevel=2)
        super().__init__(*entries, **named)
        for key in self:
            _require_shared(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _require_shared(key)
        super().__setitem__(key, value)

    def update(self, other: Any = None) -> None:  # type: ignore[override]
        """Add others; KeyError for a variable that has another value here."""
        pairs = [] if other is None else other.items() if hasattr(other, "items") else other
        for key, value in pairs:
            if key in self and self[key] is not value:
                raise KeyError(static.message("Collision", got=f"two new values of {key}"))
            self[key] = value

    def __add__(self, other: Any) -> OrderedUpdates:
        made = OrderedUpdates()
        made.update(self)
        made.update(other)
        return made

    def __radd__(self, other: Any) -> OrderedUpdates:
        made = OrderedUpdates()
        made.update(other)
        made.update(self)
        return made


def _require_shared(key: Any) -> None:
    if not isinstance(key, SharedVariable):
        raise TypeError(
            static.message("OrderedUpdates keys must inherit from SharedVariable",
                           got=f"{key!r} of type {type(key).__name__}")
        )


__all__ = ["OrderedUpdates", "SharedVariable"]
__getattr__ = absent(__name__)
