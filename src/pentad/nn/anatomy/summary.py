"""summary: a model as a table, with the shapes, parameters and costs of its layers."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pentad.graph.op import TensorType
from pentad.nn.anatomy.record import Anatomy, anatomy
from pentad.nn.module import Module
from pentad.tensor.misfit import guarded

_WIDEST = 10_000


@dataclass(frozen=True)
class Row:
    """A line of the table. depth: how far inside the model; note: what is particular about it."""

    name: str
    kind: str
    depth: int
    last: tuple[bool, ...]
    shape: str
    parameters: int
    frozen: bool
    multiply_adds: int
    note: str


class Summary:
    """A model's table and totals; `str()` gives it as text, and rich prints it.

    rows: the modules from the outermost; parameters, trainable: numbers of values; multiply_adds:
    of one pass; input_bytes, parameter_bytes, buffer_bytes, activation_bytes: memory, the last
    that of the layers' outputs; unused: the parameters that the pass did not read.
    """

    def __init__(self, found: Anatomy, depth: int | None) -> None:
        model = found.model
        self.name = type(model).__name__
        self.inputs = found.inputs
        self.rows = list(_rows(found, depth))
        parameters = list(model.parameters())
        self.parameters = sum(p.numel() for p in parameters)
        self.trainable = sum(p.numel() for p in parameters if p.requires_grad)
        self.multiply_adds = found.calls[0].multiply_adds
        self.input_bytes = sum(_bytes(t) for t in found.inputs)
        self.parameter_bytes = sum(p.nbytes for p in parameters)
        self.buffer_bytes = sum(b.nbytes for b in model.buffers())
        parents = {id(c.parent) for c in found.calls}
        self.activation_bytes = sum(
            _bytes(t) for c in found.calls if id(c) not in parents for t in c.outputs
        )
        self.unused = [n for n, p in model.named_parameters() if id(p) not in found.used]

    @property
    def total_bytes(self) -> int:
        """All the memory of a pass forward, if all outputs are kept, as training does."""
        parts = (self.input_bytes, self.parameter_bytes, self.buffer_bytes, self.activation_bytes)
        return sum(parts)

    # -- text ----------------------------------------------------------------------------------

    def __rich__(self) -> Any:
        from rich import box
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        table.add_column("layer", no_wrap=True)
        table.add_column("type", no_wrap=True)
        table.add_column("output", no_wrap=True)
        table.add_column("parameters", justify="right", no_wrap=True)
        table.add_column("multiply-adds", justify="right", no_wrap=True)
        for row in self.rows:
            style = "dim" if row.note else "bold" if row.depth == 0 else None
            count = f"{row.parameters:,}" if row.parameters else ""
            cost = f"{row.multiply_adds:,}" if row.multiply_adds else ""
            table.add_row(
                Text(_branches(row.last) + row.name), Text(row.kind), Text(row.note or row.shape),
                count + (" frozen" if row.frozen else ""), cost, style=style,
            )
        return Group(table, Text("\n" + self._totals()))

    def _totals(self) -> str:
        frozen = self.parameters - self.trainable
        rows = [
            ("parameters", f"{self.parameters:,}" + f", {frozen:,} of them frozen" * (frozen > 0)),
            ("multiply-adds", f"{self.multiply_adds:,} for input "
             + ", ".join(str(t) for t in self.inputs)),
            ("memory", f"{size(self.parameter_bytes + self.buffer_bytes)} parameters and buffers + "
             f"{size(self.activation_bytes)} outputs + {size(self.input_bytes)} input "
             f"= {size(self.total_bytes)}"),
        ]
        if self.unused:
            more = f" and {len(self.unused) - 4} more" if len(self.unused) > 4 else ""
            rows.append(("not used", ", ".join(self.unused[:4]) + more))
        return "\n".join(f"{label:<14} {value}" for label, value in rows)

    def __str__(self) -> str:
        from rich.console import Console

        out = io.StringIO()
        Console(file=out, width=_WIDEST, color_system=None).print(self)
        lines = out.getvalue().strip("\n").split("\n")
        return "\n".join(line.rstrip() for line in lines)

    def __repr__(self) -> str:
        return (f"<Summary of {self.name}: {self.parameters:,} parameters, "
                f"{self.multiply_adds:,} multiply-adds>")


@guarded
def summary(
    model: Module, *inputs: Any, depth: int | None = None, dtypes: Sequence[Any] | None = None,
    show: bool = True,
) -> Summary:
    """Print and return a table of a model's layers: their outputs, parameters and multiply-adds.

    inputs: tensors, or shapes with the batch size, such as (1, 3, 224, 224); dtypes: of those given
    as shapes (float32). depth: how many levels of modules are shown. show=False prints nothing.
    A pass in evaluation mode is traced; nothing is computed, and the model stays as it is.
    Raises what `anatomy` raises.
    """
    found = Summary(anatomy(model, inputs, dtypes), depth)
    if show:
        sys.stdout.write(f"{found}\n")
    return found


def _rows(found: Anatomy, depth: int | None) -> Iterator[Row]:
    """The rows of the tree; a module that occurs again is named, and not opened again."""
    seen: set[int] = set()
    counted: set[int] = set()
    waiting: list[tuple[Module, str, tuple[bool, ...]]] = [(found.model, "", ())]
    while waiting:
        module, name, last = waiting.pop()
        level = len(last)
        again = id(module) in seen
        seen.add(id(module))
        parts = [(n, m) for n, m in module._modules.items() if m is not None]
        cut = depth is not None and level >= depth
        calls = found.calls_of(module)
        yield Row(
            name or type(module).__name__, _kind(module, len(calls)) if name else "", level, last,
            ", ".join(str(list(t.shape)) for t in calls[0].outputs) if calls else "",
            0 if again else _count(module, cut, counted), _is_frozen(module),
            0 if again else sum(c.multiply_adds for c in calls),
            _note(again, calls, bool(parts), found, module),
        )
        if not again and not cut:
            for i, (n, m) in reversed(list(enumerate(parts))):
                waiting.append((m, n, (*last, i == len(parts) - 1)))


def _kind(module: Module, calls: int) -> str:
    return type(module).__name__ + (f" (called {calls} times)" if calls > 1 else "")


def _note(again: bool, calls: list[Any], has_parts: bool, found: Anatomy, module: Module) -> str:
    if again:
        return "the same module as above"
    if calls or has_parts:
        return ""
    own = list(module.parameters(recurse=False))
    return "" if own and all(id(p) in found.used for p in own) else "not called"


def _count(module: Module, whole: bool, counted: set[int]) -> int:
    """Values in the module's own parameters (whole: and its parts'), each parameter once."""
    total = 0
    for p in module.parameters(recurse=whole):
        if id(p) not in counted:
            counted.add(id(p))
            total += p.numel()
    return total


def _is_frozen(module: Module) -> bool:
    own = list(module.parameters(recurse=False))
    return bool(own) and not any(p.requires_grad for p in own)


def _branches(last: tuple[bool, ...]) -> str:
    """The lines of the tree in front of a name."""
    if not last:
        return ""
    above = "".join("   " if end else "│  " for end in last[:-1])
    return above + ("└─ " if last[-1] else "├─ ")


def _bytes(type: TensorType) -> int:
    return int(type.size) * type.dtype.itemsize


def size(count: int) -> str:
    """Bytes in words."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count} B"
