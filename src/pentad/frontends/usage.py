"""Which names of other frameworks a program uses, and which of them are there; nothing is run.

Followed: imports in all their forms, `a = tf.nn`, chains of attributes, and the modules that lie
beside the program. Not followed: attributes of values (`x.dot`), names that are put together.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pentad as pt
from pentad.frontends.missing import equivalent, note, public, reason
from pentad.frontends.serving import serve

STATES = ("absent", "partly", "supported")


@dataclass
class Use:
    """A name, whether it is there, what is to be said of it, where it is used (file, line)."""

    name: str
    state: str
    note: str
    places: list[tuple[str, int]] = field(default_factory=list)


def uses(
    path: str, frameworks: Sequence[str], read: Callable[[Path], str] | None = None
) -> list[Use]:
    """The names that a program and the modules beside it use, those that are absent first."""
    serve(frameworks)
    read = read or source
    found: dict[str, Use] = {}
    waiting, seen = [Path(path)], set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        names = _Names(ast.parse(read(file), str(file)), frameworks)
        for name, line in names.used():
            judged, state, text = judge(name)
            use = found.setdefault(judged, Use(judged, state, text))
            if (str(file), line) not in use.places:
                use.places.append((str(file), line))
        waiting += beside(file.parent, names.modules)
    return sorted(found.values(), key=lambda u: (STATES.index(u.state), u.name))


def source(path: Path) -> str:
    """The text of a program in the encoding that it declares."""
    with tokenize.open(path) as file:
        return file.read()


def beside(folder: Path, modules: Sequence[str]) -> list[Path]:
    """The files of the modules that lie in a folder."""
    paths = [folder.joinpath(*m.split(".")) for m in modules]
    files = [f for p in paths for f in (p.with_suffix(".py"), p / "__init__.py")]
    return [f for f in files if f.is_file()]


class _Names(ast.NodeVisitor):
    """Finds chains of attributes that begin with a name of a framework."""

    def __init__(self, tree: ast.Module, frameworks: Sequence[str]) -> None:
        self.tree, self.frameworks = tree, frameworks
        self.aliases: dict[str, str] = {}
        self.stars: list[str] = []
        self.modules: list[str] = []
        self.found: list[tuple[str, int]] = []

    def used(self) -> Iterator[tuple[str, int]]:
        """(name, line), each name in full."""
        self.visit(self.tree)
        bound = {n.id for n in ast.walk(self.tree)
                 if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                known = node.id in bound or node.id in self.aliases or hasattr(builtins, node.id)
                for module in () if known else self.stars:
                    if node.id in public(importlib.import_module(module)):
                        self.found.append((f"{module}.{node.id}", node.lineno))
        chains = [n for n, _ in self.found]
        # `tf.nn` within `tf.nn.relu` is no use of its own.
        for name, line in self.found:
            longer = any(c.startswith(name + ".") and (c, line) in self.found for c in chains)
            if not longer:
                yield name, line

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            if top in self.frameworks:
                self.aliases[alias.asname or top] = alias.name if alias.asname else top
                self.found.append((alias.name, node.lineno))
            else:
                self.modules.append(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if module.partition(".")[0] not in self.frameworks:
            self.modules += [module, *(f"{module}.{a.name}".strip(".") for a in node.names)]
            return
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
                continue
            self.aliases[alias.asname or alias.name] = f"{module}.{alias.name}"
            self.found.append((f"{module}.{alias.name}", node.lineno))

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        name = self._full(node.value)
        if name is not None:
            self.aliases.update({t.id: name for t in node.targets if isinstance(t, ast.Name)})

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = self._full(node)
        if name is None:
            self.generic_visit(node)
        else:
            self.found.append((name, node.lineno))

    def _full(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id)
        if isinstance(node, ast.Attribute):
            above = self._full(node.value)
            return None if above is None else f"{above}.{node.attr}"
        return None


def judge(name: str) -> tuple[str, str, str]:
    """The part of a chain that can be judged, its state, and what is to be said of it."""
    parts = name.split(".")
    found: Any = importlib.import_module(parts[0])
    for i, part in enumerate(parts[1:], 1):
        upto = ".".join(parts[:i + 1])
        if not has(found, part) and not importable(upto):
            holds = isinstance(found, (ModuleType, SimpleNamespace, type))
            if holds:
                instead = equivalent(part)
                why = reason(upto) or ("" if instead is None else f"Pentad has {instead}")
                return upto, "absent", why
            name = ".".join(parts[:i])   # an attribute of a value: only running tells
            break
        found = getattr(found, part)
    partly = note(name, "PARTLY")
    return name, "partly" if partly else "supported", partly or ""


def has(holder: Any, name: str) -> bool:
    """hasattr, for front ends whose names are imported late."""
    try:
        getattr(holder, name)
    except (AttributeError, ImportError):
        return False
    return True


def importable(module: str) -> bool:
    """Is it a module of a front end? It is imported then."""
    try:
        importlib.import_module(module)
    except (ImportError, pt.PentadError):
        return False
    return True
