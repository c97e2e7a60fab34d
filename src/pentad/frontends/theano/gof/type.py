"""`Type`: what the types of variables have in common."""

from __future__ import annotations

from typing import Any


class Type:
    """The type of variables: which values they may have."""

    name: str | None = None

    def filter(self, data: Any, strict: bool = False, allow_downcast: Any = None) -> Any:
        """The value as this type has it; TypeError if it cannot be one."""
        raise NotImplementedError(f"{type(self).__name__}.filter")

    def is_valid_value(self, a: Any) -> bool:
        """Is it a value of this type?"""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError):
            return False
        return True

    def value_validity_msg(self, a: Any) -> str:
        """Why something is no value of this type."""
        try:
            self.filter(a, strict=True)
        except (TypeError, ValueError) as error:
            return str(error)
        return "value is valid"

    @staticmethod
    def values_eq(a: Any, b: Any) -> bool:
        """Are two values equal?"""
        return bool(a == b)

    @classmethod
    def values_eq_approx(cls, a: Any, b: Any) -> bool:
        """Are two values equal up to rounding?"""
        return cls.values_eq(a, b)


__all__ = ["Type"]
