"""The epoch: how often any module has changed, by which compiled functions know that one has.

Modules bump it when an attribute, a parameter, a buffer, a hook or train/eval mode changes;
values written in place do not count.
"""

from __future__ import annotations

_count = 0


def bump_epoch() -> None:
    """Note that a module is not what it was."""
    global _count
    _count += 1


def current_epoch() -> int:
    """How many changes there have been."""
    return _count
