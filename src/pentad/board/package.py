"""The package tensorboard, and what else comes with an extra: imported when it is first used."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import pentad as pt
from pentad.static import message


@functools.cache
def part(name: str) -> Any:
    """A module of the package tensorboard, such as "plugins.mesh.metadata".

    MissingExtra if the package is not installed.
    """
    return extra(f"tensorboard.{name}", "TensorBoard's files")


@functools.cache
def proto(name: str) -> Any:
    """A module of its protocol buffers, such as "summary"."""
    return part(f"compat.proto.{name}_pb2")


def extra(module: str, what: str, install: str = "'pentad[board]'") -> Any:
    """A module that comes with an extra; MissingExtra, which says what needs it, if it is absent.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise pt.MissingExtra(message(
            f"{what} need the package {module.partition('.')[0]}", expected=install.strip("'"),
            got=str(error), hint=f"pip install {install}")) from None
