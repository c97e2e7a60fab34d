"""What registering a hook on a module returns."""

from __future__ import annotations

from typing import Any

from pentad.tensor.capture.epoch import bump_epoch


class HookHandle:
    """What registering a hook returns: `remove()` takes the hook away."""

    def __init__(self, hooks: list[Any], hook: Any) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away; nothing happens the second time."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)
            bump_epoch()
