"""The name by which the package goes in texts such as `pentad.float32`: its own, or that of the
framework that a running program was written for."""

from __future__ import annotations


class Naming:
    """What texts say before the dot."""

    __slots__ = ("package",)

    def __init__(self) -> None:
        self.package = "pentad"


naming = Naming()
