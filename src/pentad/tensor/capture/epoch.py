"""The epoch: what modules are like, as one value by which compiled functions know of a change.

It has two parts: a count of changes (an attribute, a parameter, a buffer, a hook), and the sum of
the modules that are in evaluation mode, so that going back to training mode gives the epoch of
before and what was compiled for it. Values written in place do not count.
"""

from __future__ import annotations

_changes = 0
_modes = 0


def bump_epoch() -> None:
    """Note that a module is not what it was."""
    global _changes
    _changes += 1


def toggle_mode(module: object) -> None:
    """Note that a module went to evaluation mode or came back."""
    global _modes
    _modes ^= hash((id(module), "mode"))


def current_epoch() -> tuple[int, int]:
    """A value that is equal as long as no module has changed."""
    return _changes, _modes
