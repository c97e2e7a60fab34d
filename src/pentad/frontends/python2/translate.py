"""From the text of a Python 2 program to that of a Python 3 one, by the fixers of fissix.

fissix (licence: PSF) carries on lib2to3, which Python no longer has from 3.13 on.
"""

from __future__ import annotations

import io
import tokenize
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

import pentad as pt
from pentad.static import message

KINDS = {
    "print": "print statements", "xrange": "xrange and range", "except": "except X, e",
    "raise": "raise X, e", "imports": "renamed modules", "urllib": "urllib and urllib2",
    "dict": "iteritems, keys and the like", "has_key": "dict.has_key", "raw_input": "raw_input",
    "repr": "backticks", "ne": "<>", "unicode": "unicode", "basestring": "basestring",
    "long": "long", "numliterals": "0777 and 10L", "exec": "exec statements", "map": "map as list",
    "filter": "filter as list", "zip": "zip as list", "itertools": "izip, imap and the like",
    "itertools_imports": "izip, imap and the like", "next": "x.next()", "input": "input",
    "tuple_params": "tuples as parameters", "nonzero": "__nonzero__", "execfile": "execfile",
    "import": "modules of the same package", "metaclass": "__metaclass__", "renames": "sys.maxint",
    "sorted": "cmp=",
}
"""What a fixer is called in the summary; others by their own name."""
# The first three add lines for what runtime.py provides; meaning.py reads `from __future__`.
LEFT_OUT = {"reduce", "intern", "reload", "future"}
TABS = "tabs in indentation"
TAB = 8


class Change(NamedTuple):
    """Something that was changed, and where."""

    kind: str
    line: int


def translate(text: str, name: str) -> tuple[str, list[Change]]:
    """The text for Python 3, and what was changed; SyntaxError where it is no Python 2 either."""
    text = text if text.endswith("\n") else text + "\n"
    text, changes = without_tabs(text, name)
    tool, noted = _tool()
    noted.clear()
    try:
        tree = tool.refactor_string(text, name)
    except _fissix("pgen2.parse").ParseError as error:
        raise _syntax_error(error, name, text) from None
    except _fissix("pgen2.tokenize").TokenError as error:
        raise SyntaxError(str(error.args[0]), (name, error.args[1][0], 1, None)) from None
    return str(tree), changes + noted


def decoded(data: bytes) -> str:
    """A program's text: in its declared encoding, UTF-8, or Latin-1."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (UnicodeDecodeError, SyntaxError):
        text = data.decode("latin-1")
    return io.IncrementalNewlineDecoder(None, True).decode(text, final=True)


def _fissix(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"fissix.{module}")
    except ModuleNotFoundError:
        raise pt.MissingExtra(
            message("--python2 needs the package fissix", expected="pentad[python2]",
                    got="it is not installed", hint="pip install 'pentad[python2]'", where="-")
        ) from None


@cache
def _tool() -> tuple[Any, list[Change]]:
    """The refactoring tool of fissix, and the list in which its fixers note what they change."""
    changes: list[Change] = []
    refactor = _fissix("refactor")
    names = [n for n in refactor.get_fixers_from_package("fissix.fixes")
             if n.rpartition("fix_")[2] not in LEFT_OUT]
    tool = refactor.RefactoringTool(names, {"print_function": False})
    for fixer in {*tool.pre_order, *tool.post_order, *tool.bmi_pre_order, *tool.bmi_post_order}:
        short = type(fixer).__module__.rpartition("fix_")[2]
        fixer.transform = _noting(fixer.transform, KINDS.get(short, short), changes)
    return tool, changes


def _noting(transform: Callable[..., Any], kind: str, changes: list[Change]) -> Callable[..., Any]:
    def noted(node: Any, results: Any) -> Any:
        line, before = node.get_lineno(), str(node)
        new = transform(node, results)
        if str(node if new is None else new) != before:
            changes.append(Change(kind, line))
        return new

    return noted


def _syntax_error(error: Any, name: str, text: str) -> SyntaxError:
    line, column = error.context[1]
    shown = text.splitlines()[line - 1:line]
    return SyntaxError("neither Python 2 nor Python 3", (name, line, column + 1, *shown))


# -- tabs ------------------------------------------------------------------------------------------


def without_tabs(text: str, name: str) -> tuple[str, list[Change]]:
    """Tabs before statements become spaces, up to the next multiple of eight as in Python 2."""
    lines = text.splitlines(keepends=True)
    tabbed = [i for i, line in enumerate(lines, 1) if "\t" in _margin(line)]
    if not tabbed:
        return text, []
    within = _inside_strings(text)
    changes = [Change(TABS, i) for i in tabbed if i not in within]
    for _, i in changes:
        margin = _margin(lines[i - 1])
        lines[i - 1] = margin.expandtabs(TAB) + lines[i - 1][len(margin):]
    return "".join(lines), changes


def _margin(line: str) -> str:
    return line[:len(line) - len(line.lstrip(" \t"))]


def _inside_strings(text: str) -> set[int]:
    """The lines that begin within a string."""
    tokens = _fissix("pgen2.tokenize").generate_tokens(io.StringIO(text).readline)
    found: set[int] = set()
    for kind, _, (first, _), (last, _), _ in tokens:
        if kind == tokenize.STRING:
            found.update(range(first + 1, last + 1))
    return found


# -- telling ---------------------------------------------------------------------------------------


def summary(changes: Iterable[Change], name: str) -> str:
    """What was changed in a file, a line for each kind."""
    lines: dict[str, list[int]] = defaultdict(list)
    for kind, line in changes:
        lines[kind].append(line)
    if not lines:
        return f"--python2: {name}: nothing to change"
    total = sum(map(len, lines.values()))
    rows = [f"--python2: {name}: {total} change{'s' * (total > 1)}"]
    for kind in sorted(lines):
        places = sorted(set(lines[kind]))
        shown = ", ".join(map(str, places[:12])) + (", ..." if len(places) > 12 else "")
        rows.append(f"  {kind}: line{'s' * (len(places) > 1)} {shown}")
    return "\n".join(rows)
