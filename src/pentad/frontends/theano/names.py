"""Theano's modules give each other's names: a package here gathers those of its files."""

from __future__ import annotations

import importlib
import sys

ROOT = __name__.rpartition(".")[0]


def gather(package: str, *files: str) -> None:
    """Let a package give the public names of some of the front end's modules.

    "gof.graph" stands for its `__all__`, "gof.graph: Apply Variable" for these of its names.
    """
    target = sys.modules[package]
    for file in files:
        place, _, names = file.partition(":")
        module = importlib.import_module(f"{ROOT}.{place}")
        for name in names.split() or module.__all__:
            setattr(target, name, getattr(module, name))
