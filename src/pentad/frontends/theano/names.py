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
    found = []
    for file in files:
        place, _, names = file.partition(":")
        found.append((importlib.import_module(f"{ROOT}.{place}"), names.split()))
    # A module that is imported becomes a name of its package: names are set after that.
    for module, names in found:
        for name in names or module.__all__:
            setattr(target, name, getattr(module, name))
