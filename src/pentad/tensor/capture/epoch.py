"""The epoch: what modules are like, as one value by which compiled functions know of a change.

It has two parts: a count of changes (an attribute, a parameter, a buffer, a hook), and the sum of
the modules that are in evaluation mode, so that going back to training mode gives the epoch of
before and what was compiled for it. Values written in place do not count.
"""

from __future__ import annotations

from array import array

words = array("q", [0, 0])
"""The count and the sum, where native code can read them."""


def bump_epoch() -> None:
    """Note that a module is not what it was."""
    words[0] += 1


def toggle_mode(module: object) -> None:
    """Note that a module went to evaluation mode or came back."""
    words[1] ^= hash((id(module), "mode"))


def current_epoch() -> tuple[int, int]:
    """A value that is equal as long as no module has changed."""
    return words[0], words[1]
