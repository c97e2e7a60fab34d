"""docs/frontends/*.md: every public name of a framework as supported, partly or absent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from pentad.frontends.missing import SERVED, note
from tests.frontends.names.table import ROOTS, checked, existing, names
from tests.source_tree import ROOT

FOLDER = ROOT / "docs" / "frontends"
TITLES = {"theano": "Theano 1.0", "tensorflow1": "TensorFlow 1.15", "torch": "PyTorch 2"}
WIDTH = 100
HEAD = """# {title}: its names

Written by `python -m tests.frontends.names --update` from the tables of calls in
`tests/frontends/{framework}/calls_*.py`; do not edit.

* **supported**: a test calls it.
* **partly**: it is there, with the restriction that is given.
* **absent**: it is an error that says so, with the reason that is given.

Of {total} public names, {supported} ({percent} %) are supported, {partly} partly, {absent} absent.
"""
REMARKS = {"tensorflow1": """
`tf.keras` is not in the list: Keras is a front end of its own; `tf.layers` has its layers, and
`tf.keras.initializers` is here.
"""}
UNCALLED = "it is there, but no test calls it"
UNKNOWN = "nothing stands in its place yet"


@dataclass(frozen=True)
class State:
    """What is said of a name."""

    word: str
    text: str = ""


def full_name(framework: str, name: str) -> str:
    """`tf.abs` -> `tensorflow.abs`, `TensorVariable.T` -> `theano.tensor.TensorVariable.T`."""
    first, _, rest = name.partition(".")
    above = SERVED[framework] if first == "tf" else ROOTS[framework].get(first, first)
    return f"{above}.{rest}" if rest else above


def state(framework: str, name: str) -> State:
    """Of one name."""
    full = full_name(framework, name)
    if name not in existing(framework):
        return State("absent", note(full, "ABSENT") or UNKNOWN)
    partly = note(full, "PARTLY")
    if partly:
        return State("partly", partly)
    return State("supported") if name in checked(framework) else State("partly", UNCALLED)


def states(framework: str) -> dict[str, State]:
    """Of every name of the framework."""
    return {name: state(framework, name) for name in names(framework)}


def page(framework: str) -> str:
    """The text of the page."""
    found = states(framework)
    count = {w: sum(s.word == w for s in found.values()) for w in ("supported", "partly", "absent")}
    percent = f"{100 * count['supported'] / len(found):.1f}"
    head = HEAD.format(title=TITLES[framework], framework=framework, total=len(found),
                       percent=percent, **count)
    modules: dict[str, dict[str, State]] = defaultdict(dict)
    for name, what in found.items():
        above, _, short = name.rpartition(".")
        modules[above][short] = what
    sections = [section(m, modules[m]) for m in sorted(modules)]
    return "".join([head, REMARKS.get(framework, ""), *sections])


def section(module: str, found: dict[str, State]) -> str:
    """A module: its supported names in one paragraph, the others by what is said of them."""
    fine = sorted(n for n, s in found.items() if s.word == "supported")
    lines = [f"\n## {module}\n", f"\n{len(fine)} of {len(found)} supported.\n"]
    if fine:
        lines.append("\n" + wrapped(fine) + "\n")
    others: dict[State, list[str]] = defaultdict(list)
    for name in sorted(found):
        if found[name].word != "supported":
            others[found[name]].append(name)
    if others:
        lines.append("\n")
    for what in sorted(others, key=lambda s: (s.word != "partly", s.text)):
        lines.append(f"* **{what.word}**, {what.text}:\n" + wrapped(others[what], "  ") + "\n")
    return "".join(lines)


def wrapped(found: list[str], indent: str = "") -> str:
    """Names as code, in lines of at most WIDTH."""
    lines = [indent]
    for name in found:
        if len(lines[-1]) + len(name) + 3 > WIDTH:
            lines.append(indent)
        lines[-1] += f"`{name}` "
    return "\n".join(line.rstrip() for line in lines)


def path(framework: str) -> Path:
    """Where the page is."""
    return FOLDER / f"{framework}.md"
