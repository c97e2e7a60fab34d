"""docs/errors.md: every error class, with programs that fail, their outputs, and the mended ones.

    python -m tests.docs.catalogue             show what differs
    python -m tests.docs.catalogue --update    write the page

The programs stand in the docstrings of `pentad.graph.errors`.
"""

from __future__ import annotations

import contextlib
import difflib
import inspect
import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from pentad.graph import errors
from tests.source_tree import ROOT

PAGE = ROOT / "docs" / "errors.md"
PROGRAM = "program.py"
TITLES = ("Fails", "Mended")
SECTION = re.compile(r"^(Fails|Mended):\n\n((?:    .*\n|\n)+)", re.MULTILINE)
# What differs from machine to machine.
VARYING = (
    (re.compile(r"machine's [\d,]+ bytes"), "machine's ... bytes"),
    (re.compile(r"LLVM IR parsing error\n.*(?=\n  at:)", re.DOTALL), "LLVM IR parsing error ..."),
)


class Pair(NamedTuple):
    """A program that fails, and the same program mended."""

    fails: str
    mended: str


def classes() -> list[type[errors.PentadError]]:
    """The classes of the tree, in the order of the file."""
    found = [c for c in vars(errors).values() if inspect.isclass(c)]
    return [c for c in found if issubclass(c, errors.PentadError)]


def pairs(cls: type[errors.PentadError]) -> list[Pair]:
    """The programs in a docstring."""
    text = inspect.cleandoc(cls.__doc__ or "") + "\n"
    found = SECTION.findall(text)
    titles = [title for title, _ in found]
    assert titles == list(TITLES) * (len(titles) // 2), f"{cls.__name__}: {titles}"
    programs = [textwrap.dedent(code).strip("\n") + "\n" for _, code in found]
    return [Pair(a, b) for a, b in zip(programs[::2], programs[1::2], strict=True)]


def summary(cls: type[errors.PentadError]) -> str:
    """The docstring without its programs."""
    text = inspect.cleandoc(cls.__doc__ or "") + "\n"
    return SECTION.sub("", text).strip()


def outcome(program: str) -> errors.PentadError | None:
    """The error that a program ends with; None if it ends well. Its files go to a folder of its
    own."""
    with tempfile.TemporaryDirectory() as folder, _inside(folder):
        try:
            exec(compile(program, PROGRAM, "exec"), {"__name__": "__main__"})
        except errors.PentadError as error:
            return error
    return None


@contextlib.contextmanager
def _inside(folder: str) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def output(error: errors.PentadError) -> str:
    """The last lines of what Python prints for an error."""
    text = f"{type(error).__name__}: {error}"
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text


def page() -> str:
    """The whole text of docs/errors.md."""
    tree = (errors.__doc__ or "").split("\n\n")[1]
    lines = [
        "# The errors", "",
        "Everything that Pentad raises on purpose is a `PentadError`. Written by",
        "`python -m tests.docs.catalogue --update` from the classes in "
        "`src/pentad/graph/errors.py`;", "the tests run every program here.", "",
        "```text", textwrap.dedent(tree), "```",
    ]  # fmt: skip
    for cls in classes():
        lines += ["", f"## {cls.__name__}", "", summary(cls)]
        for pair in pairs(cls):
            error = outcome(pair.fails)
            assert error is not None, f"{cls.__name__}: a program that should fail does not"
            lines += ["", "```py", pair.fails.rstrip(), "```", "", "```text", output(error), "```"]
            lines += ["", "Mended:", "", "```py", pair.mended.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Compare the page with what it should be, or write it."""
    made = page()
    if "--update" in sys.argv:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    written = PAGE.read_text(encoding="utf-8")
    difference = list(difflib.unified_diff(written.splitlines(), made.splitlines(), lineterm=""))
    print("\n".join(difference))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
