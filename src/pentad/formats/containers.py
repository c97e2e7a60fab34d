"""What repeats in a message, and its maps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class RepeatedField(list):
    """The values of a field that repeats."""

    def __init__(self, field: Any, owner: Any) -> None:
        super().__init__()
        self.field, self.owner = field, owner

    def _checked(self, value: Any) -> Any:
        kind = self.field.message
        if kind is None:
            return self.field.checked(value)
        made = kind(**value) if isinstance(value, dict) else kind()
        if not isinstance(value, dict):
            made.CopyFrom(value)
        made.__dict__.update(_owner=self.owner)
        return made

    def add(self, **values: Any) -> Any:
        """A new message at the end, with these fields."""
        made = self.field.message(**values)
        made.__dict__.update(_owner=self.owner)
        super().append(made)
        self.owner._touch()
        return made

    def append(self, value: Any) -> None:
        """One more value; messages are copied."""
        super().append(self._checked(value))
        self.owner._touch()

    def extend(self, values: Iterable[Any]) -> None:
        """More values; messages are copied."""
        super().extend([self._checked(v) for v in values])
        self.owner._touch()

    def insert(self, index: Any, value: Any) -> None:
        """One more value before a place."""
        super().insert(index, self._checked(value))
        self.owner._touch()

    def __setitem__(self, index: Any, value: Any) -> None:
        several = isinstance(index, slice)
        made = [self._checked(v) for v in value] if several else self._checked(value)
        super().__setitem__(index, made)
        self.owner._touch()

    def MergeFrom(self, values: Iterable[Any]) -> None:
        """The same as extend."""
        self.extend(values)

    def CopyFrom(self, values: Iterable[Any]) -> None:
        """These values instead."""
        self[:] = list(values)


class MapField(dict):
    """A map within a message; reading a message that is not there makes it."""

    def __init__(self, field: Any, owner: Any) -> None:
        super().__init__()
        self.field, self.owner = field, owner

    def __missing__(self, key: Any) -> Any:
        kind = self.field.message
        if kind is None:
            raise KeyError(key)
        made = kind()
        made.__dict__.update(_owner=self.owner)
        super().__setitem__(key, made)
        self.owner._touch()
        return made

    def __setitem__(self, key: Any, value: Any) -> None:
        if self.field.message is not None:
            raise ValueError("a message in a map is not assigned: use map[key].CopyFrom(value)")
        super().__setitem__(key, self.field.checked(value))
        self.owner._touch()

    def get_or_create(self, key: Any) -> Any:
        """The message of a key, made if it is not there."""
        return self[key]

    def update(self, values: Any) -> None:
        """More scalars."""
        for key, value in dict(values).items():
            self[key] = value
