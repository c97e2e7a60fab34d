"""`pentad ops`: the table of operations, from their records."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from pentad.graph.errors import ArgumentError, PentadError, message

if TYPE_CHECKING:
    from pentad.graph.dtypes import DType
    from pentad.graph.op import Op, Sample

COLUMNS = ("name", "kind", "dtypes", "reverse", "forward", "vmap", "lowering", "doc")
CONTROL = ("control", "result")
"""Kinds whose derivatives are rules for control nodes as a whole: autodiff/control.py."""
Row = dict[str, str]

HEAD = """# The operations

The language of Pentad's graphs, written by `pentad ops --markdown` from the records in
`src/pentad/ops`. What users call is made of these.

* **dtypes**: what the main operand may be (floats: {floats}; integers: {integers}).
* **reverse**, **forward**: how the derivative comes about in reverse and in forward mode, or why
  there is none. "rule": the record has one; "linear": the operation itself, applied to the
  tangent; "diagonal": the reverse rule, since each element depends on one; "opened": through the
  operations that it is made of.
* **vmap**: how a mapped axis passes through. "rule": the record says; "lane by lane": the
  operation itself on more elements; "opened": as for the derivatives; "one by one": the operation
  on one example after the other.
* **lowering**: what it becomes: a line in a fused loop, an index map (no code), a kernel of its
  own, the operations that it is opened into, or a step in Python between native ones.

"""


@click.command("ops")
@click.argument("words", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print rows as JSON.")
@click.option("--markdown", is_flag=True, help="Print the page docs/ops.md.")
def command(words: tuple[str, ...], as_json: bool, markdown: bool) -> None:
    """Show the table of operations: dtypes, derivatives, lowering.

    WORDS choose rows: a part of the name, or the kind.

    \b
    Example:
      pentad ops reduce
    """
    found = [row for row in rows() if chosen(row, words)]
    if not found:
        raise ArgumentError(
            message("no operation fits", expected="a part of a name, or a kind",
                    got=" ".join(words), hint="pentad ops shows all", where="-")
        )
    if as_json:
        click.echo(json.dumps(found, indent=1))
    elif markdown:
        click.echo(page(found), nl=False)
    else:
        show(found)


def chosen(row: Row, words: Sequence[str]) -> bool:
    """Does a row have one of the words in its name or kind (or are there no words)?"""
    return not words or any(w.lower() in (row["name"], row["kind"]) or w in row["name"]
                            for w in words)  # fmt: skip


def rows() -> list[Row]:
    """A row for each operation, in the order of their names."""
    import pentad.ops  # noqa: F401  (fills the table)
    from pentad.graph.op import TABLE

    return [row_of(TABLE[name]) for name in sorted(TABLE)]


def row_of(op: Op) -> Row:
    """Name, kind, dtypes, both derivatives, vmap, lowering and meaning, each in words."""
    cells = (op.name, op.kind, dtypes_of(op), reverse_of(op), forward_of(op), vmap_of(op),
             lowering_of(op), op.doc)  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


# -- dtypes ----------------------------------------------------------------------------------------


def dtypes_of(op: Op) -> str:
    """The dtypes that the main operand may have: those with which a sample is accepted."""
    from pentad.graph import dtypes

    samples = list(op.samples()) if op.samples else []
    taken = [d for d in dtypes.ALL if any(accepts(op, s, d) for s in samples)]
    if not samples:
        return "all: it is whatever is given"
    return in_words(taken)


def accepts(op: Op, sample: Sample, dtype: DType) -> bool:
    """Would the op take a sample if its main operands were of this dtype?"""
    from pentad.graph.op import TensorType
    from pentad.ops.samples import sample_types

    given = sample_types(sample)
    main = main_dtype([d for _, d in given])
    types = [TensorType(tuple(shape), dtype if d is main else d) for shape, d in given]
    attrs = dict(sample.attrs)
    if not given:
        attrs = {k: dtype if type(v) is type(dtype) else v for k, v in attrs.items()}
    try:
        op.infer(*types, **attrs)
    except PentadError:
        return False
    return True


def main_dtype(given: Sequence[DType]) -> DType | None:
    """Of the operands' dtypes, that of the numbers: a mask or indices may stand beside them."""
    for fits in (lambda d: d.is_floating_point or d.kind == "complex", lambda d: d.is_integer):
        for dtype in given:
            if fits(dtype):
                return dtype
    return given[0] if given else None


def in_words(taken: Sequence[DType]) -> str:
    """`bool, integers, floats`: groups where they are whole, single names otherwise."""
    from pentad.graph import dtypes

    if len(taken) == len(dtypes.ALL):
        return "all"
    groups = {"integers": dtypes.INTEGERS, "floats": dtypes.FLOATS}
    words: list[str] = []
    for dtype in taken:
        group = next((g for g, members in groups.items() if dtype in members), None)
        whole = group is not None and all(d in taken for d in groups[group])
        word = group if group is not None and whole else dtype.name
        if word not in words:
            words.append(word)
    return ", ".join(words)


# -- derivatives, lowering -------------------------------------------------------------------------


def reverse_of(op: Op) -> str:
    """How reverse mode goes through the op, or why it does not."""
    if op.vjp is not None or op.kind in CONTROL:
        return "rule"
    if op.decompose is not None and not op.nondifferentiable:
        return "opened"
    return f"no: {op.nondifferentiable}"


def forward_of(op: Op) -> str:
    """How forward mode goes through the op, or why it does not."""
    if op.nondifferentiable:
        return f"no: {op.nondifferentiable}"
    if op.jvp is not None or op.kind in CONTROL:
        return "rule"
    if op.linear:
        return "linear"
    return "diagonal" if op.kind == "elementwise" else "opened"


def vmap_of(op: Op) -> str:
    """How a mapped axis goes through the op."""
    if op.batch is not None:
        return "rule"
    derived = {"elementwise": "lane by lane", "composite": "opened", "source": "no operand has one"}
    return derived.get(op.kind, "one by one")


def lowering_of(op: Op) -> str:
    """What the op becomes in a program."""
    return {
        "elementwise": "a line in a fused loop",
        "source": "given by the caller" if op.name == "input" else "a line in a fused loop",
        "view": "an index map",
        "reduce": "a fused reduction",
        "structured": f"kernel {op.kernel}",
        "composite": "opened",
        "host": "a step in Python (NumPy)",
        "control": "a native loop or branch around kernels",
        "result": "memory that the loop or branch writes",
    }[op.kind]


# -- output ----------------------------------------------------------------------------------------


def show(found: Iterable[Row]) -> None:
    """Print the rows as a table for the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    layout = Table(box=box.SIMPLE)
    for column in COLUMNS[:-1]:
        first = column == "name"
        layout.add_column(column, overflow="fold", no_wrap=first, style="bold" if first else "")
    for row in found:
        layout.add_row(*(row[c] for c in COLUMNS[:-1]))
    width = None if sys.stdout.isatty() else 180
    console = Console(highlight=False, markup=False, width=width)
    console.print(layout)


def page(found: Sequence[Row]) -> str:
    """The text of docs/ops.md."""
    from pentad.graph import dtypes

    groups = {g: ", ".join(d.name for d in members)
              for g, members in (("floats", dtypes.FLOATS), ("integers", dtypes.INTEGERS))}
    lines = [HEAD.format(**groups) + f"{len(found)} operations.", ""]
    lines += [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for row in found:
        cells: list[Any] = [f"`{row['name']}`", *(row[c].replace("|", "\\|") for c in COLUMNS[1:])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
