"""Types that stand for gradients that there are not."""

from __future__ import annotations

from typing import Any


class DisconnectedType:
    """The type of a gradient by something that the cost does not depend on."""

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __call__(self) -> Missing:
        """A gradient that is not there."""
        return Missing(self)

    def __str__(self) -> str:
        return "DisconnectedType"

    __repr__ = __str__


class NullType:
    """The type of a gradient that is not a number; `why_null` says why."""

    def __init__(self, why_null: str = "(no explanation given)") -> None:
        self.why_null = why_null

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    def __call__(self) -> Missing:
        """A gradient that is not a number."""
        return Missing(self)

    def __str__(self) -> str:
        return "NullType"

    __repr__ = __str__


class Missing:
    """A gradient that is not there: `.type` says how."""

    name = owner = None

    def __init__(self, type: Any) -> None:
        self.type = type

    def __str__(self) -> str:
        return f"<{self.type}>"

    __repr__ = __str__


disconnected_type, null_type = DisconnectedType(), NullType()
__all__ = ["DisconnectedType", "Missing", "NullType", "disconnected_type", "null_type"]
