"""What Python 3 spells as Python 2 does, but means otherwise: rewritten in the syntax tree.

Whole numbers divided, builtins that are gone, the module `string`, pickles of Python 2's strings,
`cmp=`. Lines stay those of the program as it was written.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator

from pentad.frontends.python2 import runtime
from pentad.frontends.python2.translate import Change

HELPER = "__python2__"
DIVISION = "division of whole numbers"
PICKLE = "pickles are read with Python 2's strings as Latin-1"
STRING = "functions of the module string"
CMP = "cmp="
CLOCK = "time.clock is time.perf_counter"


def tree_of(text: str, original: str, name: str) -> tuple[ast.Module, list[Change]]:
    """The syntax tree of a translated text, rewritten, with the lines of the original."""
    tree = ast.parse(text, name)
    number(tree, text, original)
    rewriter = Rewriter(tree)
    tree = rewriter.visit(tree)
    ast.fix_missing_locations(tree)
    return tree, rewriter.changes


def number(tree: ast.Module, text: str, original: str) -> None:
    """Give the nodes the original's lines; columns only where the line is unchanged."""
    new, old = text.splitlines(), original.splitlines()
    lines = dict(_lines(new, old))
    for node in ast.walk(tree):
        if not hasattr(node, "lineno"):
            continue
        first, last = lines.get(node.lineno, 1), lines.get(node.end_lineno, 1)
        same = new[node.lineno - 1:node.end_lineno] == old[first - 1:last]
        node.lineno, node.end_lineno = first, max(first, last)
        if not same:
            node.end_lineno, node.col_offset, node.end_col_offset = first, -1, -1


def _lines(new: list[str], old: list[str]) -> Iterator[tuple[int, int]]:
    """(line in `new`, its line in `old`), both from 1."""
    if len(new) == len(old):
        yield from ((i, i) for i in range(1, len(new) + 1))
        return
    matcher = difflib.SequenceMatcher(None, new, old, autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        for i in range(i1, i2):
            yield i + 1, max(1, min(j1 + i - i1, max(j1, j2 - 1)) + 1)


class Rewriter(ast.NodeTransformer):
    """Rewrites, and notes what."""

    def __init__(self, tree: ast.Module) -> None:
        self.changes: list[Change] = []
        self.bound = set(_bound(tree))
        self.true_division = any(
            isinstance(n, ast.ImportFrom) and n.module == "__future__"
            and any(a.name == "division" for a in n.names) for n in ast.walk(tree)
        )

    def _helper(self, node: ast.expr, path: str, kind: str) -> ast.expr:
        self.changes.append(Change(kind, node.lineno))
        found: ast.expr = ast.Name(HELPER, ast.Load())
        for part in path.split("."):
            found = ast.Attribute(found, part, ast.Load())
        for made in ast.walk(found):
            if isinstance(made, ast.expr):
                ast.copy_location(made, node)
        return found

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        plain = not isinstance(node.op, ast.Div) or self.true_division
        if plain or _is_float(node.left) or _is_float(node.right):
            return node
        function = self._helper(node, "divide", DIVISION)
        return ast.copy_location(ast.Call(function, [node.left, node.right], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Div) or self.true_division or _is_float(node.value):
            return node
        if any(isinstance(n, (ast.Call, ast.NamedExpr, ast.Await)) for n in ast.walk(node.target)):
            return node   # what stands on the left must not be computed twice
        function = self._helper(node.target, "divide_inplace", DIVISION)
        value = ast.Call(function, [_loaded(node.target), node.value], [])
        return ast.copy_location(
            ast.Assign([node.target], ast.copy_location(value, node.target)), node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.bound or node.id not in runtime.NAMES:
            return node
        return self._helper(node, node.id, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        of_string = isinstance(node.value, ast.Name) and node.value.id == "string"
        gone = not node.attr.startswith("_") and hasattr(runtime.string, node.attr)
        if of_string and gone and "string" in self.bound:
            return self._helper(node, f"string.{node.attr}", STRING)
        match node:
            case ast.Attribute(value=ast.Name(id="time"), attr="clock") if "time" in self.bound:
                node.attr = "perf_counter"
                self.changes.append(Change(CLOCK, node.lineno))
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        named = {k.arg for k in node.keywords}
        match node.func:
            case ast.Attribute(value=ast.Name(id="pickle"), attr="load" | "loads") if not named:
                latin = ast.copy_location(ast.Constant("latin1"), node)
                node.keywords.append(ast.keyword("encoding", latin))
                self.changes.append(Change(PICKLE, node.lineno))
            case ast.Attribute(attr="sort") | ast.Name(id="sorted") if "cmp" in named:
                for keyword in (k for k in node.keywords if k.arg == "cmp"):
                    made = self._helper(node, "cmp_to_key", CMP)
                    keyword.arg = "key"
                    keyword.value = ast.copy_location(ast.Call(made, [keyword.value], []), node)
        return node


def _is_float(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
            return True
    return False


def _loaded(target: ast.expr) -> ast.expr:
    """The target of an assignment, read."""
    match target:
        case ast.Name(id=name):
            made: ast.expr = ast.Name(name, ast.Load())
        case ast.Attribute(value=value, attr=attr):
            made = ast.Attribute(value, attr, ast.Load())
        case ast.Subscript(value=value, slice=index):
            made = ast.Subscript(value, index, ast.Load())
        case _:
            return target
    return ast.copy_location(made, target)


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that a program gives a value to, anywhere."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield (other or name).partition(".")[0]
