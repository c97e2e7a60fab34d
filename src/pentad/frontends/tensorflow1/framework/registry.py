"""The table of operations: what each one takes and gives, in TensorFlow's order and names.

A signature is written as in `a: T, b: T; transpose_a=False -> product: T`: inputs, attributes with
their defaults, results. A type is an element type, the name of an attribute that stands for one,
`N*T` for a list of equal types, `Tin...` for a list of any types, `&T` for a variable.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes


class Argument(NamedTuple):
    """An input or a result of an operation."""

    name: str
    dtype: dtypes.DType | None
    attr: str | None
    number: str | None = None
    any_types: bool = False
    ref: bool = False


class Required:
    """Stands where an attribute has no default."""

    def __repr__(self) -> str:
        return "<required>"


REQUIRED = Required()
DEFAULT_TYPES = {dtypes.INDEX: dtypes.int32}
TABLE: dict[str, Record] = {}


class Record:
    """An operation: its signature, its rule, what its types may be."""

    def __init__(
        self, name: str, signature: str, rule: static.Op,
        allow: Mapping[str, frozenset[dtypes.DType]],
        types: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.signature, self.rule = name, signature, rule
        left, _, right = signature.partition("->")
        before, _, attrs = left.partition(";")
        self.inputs = [_argument(part) for part in _parts(before)]
        self.outputs = [_argument(part) for part in _parts(right)]
        self.attrs: dict[str, Any] = dict(_attribute(part) for part in _parts(attrs))
        self.allow = dict(allow)
        self.types = types
        self.stateful = any(a.ref for a in self.inputs)

    @property
    def parameters(self) -> list[str]:
        """The names of what it takes."""
        return [a.name for a in self.inputs] + list(self.attrs)

    def __repr__(self) -> str:
        return f"<{self.name}({self.signature})>"


def _parts(text: str) -> list[str]:
    """The parts between commas that are not within brackets."""
    found, depth, part = [], 0, ""
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            found.append(part.strip())
            part = ""
        else:
            part += letter
    found.append(part.strip())
    return [p for p in found if p]


def _argument(text: str) -> Argument:
    name, _, kind = (p.strip() for p in text.partition(":"))
    ref = kind.startswith("&")
    kind = kind.lstrip("&")
    if kind.endswith("..."):
        return Argument(name, None, kind[:-3], None, True, ref)
    number, star, kind = kind.partition("*") if "*" in kind else (None, "", kind)
    dtype = dtypes.BY_NAME.get(kind)
    return Argument(name, dtype, None if dtype else kind, number, False, ref)


def _attribute(text: str) -> tuple[str, Any]:
    name, equals, value = (p.strip() for p in text.partition("="))
    if not equals:
        return name, REQUIRED
    if value in dtypes.BY_NAME:
        return name, dtypes.BY_NAME[value]
    return name, ast.literal_eval(value)


def record(
    name: str, signature: str, run: Callable[..., Any] | None = None, *,
    allow: Mapping[str, Iterable[dtypes.DType]] = {}, types: Callable[..., Any] | None = None,
    kind: type[static.Op] = static.Op, **options: Any,
) -> Record:
    """Add an operation to the table.

    allow: for attributes that stand for types, which ones may be. types: where the results cannot
    be found by trying, a function of the inputs and attributes to their (dtype, shape) pairs. kind,
    options: the rule of the core and what it takes.
    """
    rule = kind(name, *(() if run is None else (run,)), **options)
    made = Record(name, signature, rule, {k: frozenset(v) for k, v in allow.items()}, types)
    TABLE[name] = made
    return made


def find(name: str) -> Record | None:
    """The record of an operation, None if there is none."""
    from pentad.frontends.tensorflow1 import ops

    return TABLE.get(name) or (ops.load(), TABLE.get(name))[1]


__all__ = ["REQUIRED", "TABLE", "Argument", "Record", "find", "record"]
