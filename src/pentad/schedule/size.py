"""Sizes in kernel specs: known integers, or parameters that the kernel reads at run time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Param:
    """The entry `index` of the kernel's table of run-time parameters (i64)."""

    index: int

    def __repr__(self) -> str:
        return f"p{self.index}"


Size = int | Param
"""A size or stride (in elements) of a kernel spec."""
