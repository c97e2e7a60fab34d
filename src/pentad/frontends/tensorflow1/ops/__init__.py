"""The operations, in tables by family, and the functions that make nodes of them."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every table, so that an operation can be found by its name."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")
