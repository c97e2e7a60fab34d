"""Pages that run: the python blocks of a Markdown file, in order, in one namespace.

What a block prints must stand in the `text` block right after it, where `...` stands for anything.

    python -m tests.docs.pages docs/learn/*.md             run pages, show what differs
    python -m tests.docs.pages --update docs/learn/*.md    write the differing outputs down
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import doctest
import io
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.source_tree import ROOT

_CHECKER = doctest.OutputChecker()


@dataclass
class Fence:
    """A fenced block: its language, the index of its first line, its lines."""

    language: str
    start: int
    lines: list[str]

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def end(self) -> int:
        """The index of the line after the closing fence."""
        return self.start + len(self.lines) + 1


@dataclass
class Example:
    """A python block and the output that the page shows for it, if any."""

    code: Fence
    shown: Fence | None


def fences(lines: list[str]) -> Iterator[Fence]:
    """The fenced blocks of a Markdown text; ValueError if one is not closed."""
    opened: Fence | None = None
    for number, line in enumerate(lines):
        if opened is None:
            if line.startswith("```"):
                opened = Fence(line[3:].strip(), number + 1, [])
        elif line.startswith("```"):
            yield opened
            opened = None
        else:
            opened.lines.append(line)
    if opened is not None:
        raise ValueError(f"the block at line {opened.start} is not closed")


def examples(text: str) -> list[Example]:
    """The python blocks of a page; a text block counts if only blank lines stand between."""
    lines = text.splitlines()
    found: list[Example] = []
    for fence in fences(lines):
        if fence.language == "python":
            found.append(Example(fence, None))
        elif fence.language == "text" and found:
            between = lines[found[-1].code.end : fence.start - 1]
            if found[-1].shown is None and not any(line.strip() for line in between):
                found[-1].shown = fence
    return found


def agrees(shown: str, printed: str) -> bool:
    """Is this the output, apart from blanks at line ends and what `...` stands for?"""
    shown, printed = (
        "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())
        for text in (shown, printed)
    )
    return _CHECKER.check_output(shown, printed, doctest.ELLIPSIS)


def execute(example: Example, page: str, namespace: dict[str, object]) -> str:
    """What the block prints. Lines in tracebacks are those of the page."""
    source = "\n" * example.code.start + example.code.text
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, page, "exec"), namespace)
    return printed.getvalue()


def run_page(text: str, page: str) -> tuple[list[str], str]:
    """Run a page: (what differs, the page with the outputs that came in their places)."""
    namespace: dict[str, object] = {"__name__": "__page__"}
    lines, faults, changes = text.splitlines(), [], []
    for example in examples(text):
        try:
            printed = execute(example, page, namespace)
        except Exception:
            faults.append(f"{page}:{example.code.start}: the block fails\n{traceback.format_exc()}")
            break
        shown = example.shown.text if example.shown else ""
        if not agrees(shown, printed):
            faults.append(_difference(page, example, shown, printed))
            changes.append((example, printed))
    for example, printed in reversed(changes):
        _put(lines, example, printed)
    return faults, "".join(f"{line}\n" for line in lines)


def _difference(page: str, example: Example, shown: str, printed: str) -> str:
    lines = difflib.unified_diff(
        shown.splitlines(), printed.splitlines(), "the page", "this run", lineterm="", n=1
    )
    return f"{page}:{example.code.start}: the output differs\n" + "\n".join(lines)


def _put(lines: list[str], example: Example, printed: str) -> None:
    """Show what a block printed, in place of what the page shows."""
    block = ["```text", *(line.rstrip() for line in printed.strip("\n").splitlines()), "```"]
    if example.shown is not None:
        at, end = example.shown.start - 1, example.shown.end
        lines[at:end] = block if printed.strip() else []
    else:
        lines[example.code.end : example.code.end] = ["", *block]


def main() -> int:
    """Run the pages named on the command line; 1 if one of them differs."""
    parser = argparse.ArgumentParser(description="Run the python blocks of Markdown pages.")
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--update", action="store_true", help="write the outputs into the pages")
    options = parser.parse_args()
    failed = False
    for path in options.pages:
        name = path.resolve().relative_to(ROOT).as_posix()
        faults, text = run_page(path.read_text(encoding="utf-8"), name)
        print("\n\n".join(faults) or f"{name}: every block runs, every output agrees")
        if options.update:
            path.write_text(text, encoding="utf-8")
        failed = failed or bool(faults)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
