"""Loading Python 2 files: the program, and the modules that lie beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import CodeType, ModuleType
from typing import Any

from pentad.frontends.program import SourceLoader
from pentad.frontends.python2 import runtime
from pentad.frontends.python2.meaning import HELPER, tree_of
from pentad.frontends.python2.translate import decoded, summary, translate


class Python2Loader(SourceLoader):
    """Loads a Python 2 file as Python 3, and says on stderr what it changed."""

    def source_to_code(self, data: Any, path: Any, **options: Any) -> CodeType:  # type: ignore[override]
        """The code of the translated file."""
        name = os.fspath(path)
        original = decoded(data)
        text, changes = translate(original, name)
        tree, more = tree_of(text, original, name)
        sys.stderr.write(summary(changes + more, os.path.relpath(name)) + "\n")
        return super().source_to_code(tree, path, **options)  # type: ignore[arg-type]

    def exec_module(self, module: ModuleType) -> None:
        """Run it, with what translated programs call."""
        module.__dict__[HELPER] = runtime
        super().exec_module(module)


class Python2Finder(MetaPathFinder):
    """Finds the modules in the folder of the program."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.realpath(folder) + os.sep

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module there; None for all others."""
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or not isinstance(spec.origin, str) or not spec.origin.endswith(".py"):
            return None
        if not os.path.realpath(spec.origin).startswith(self.folder):
            return None
        spec.loader = Python2Loader(fullname, spec.origin)
        return spec


def read_python2(path: os.PathLike[str]) -> str:
    """The translated text of a file."""
    with open(path, "rb") as file:
        return translate(decoded(file.read()), os.fspath(path))[0]


def translate_beside(script: str) -> None:
    """From now on, modules in the folder of a program pass through the translation too."""
    sys.meta_path.insert(0, Python2Finder(os.path.dirname(os.path.abspath(script))))
