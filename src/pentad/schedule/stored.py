"""Programs as text and back: what a process has lowered, the next one need not.

Kernel specs are read when somebody asks for them: to run, a program needs only their machine code,
which is found by the key that stands beside each. User lines are stored by their number in the
graph, whose lines may have moved since.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache, cached_property
from typing import Any

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.node import INPUT, Graph, Node
from pentad.graph.op import TensorType, by_name
from pentad.schedule import conv_plan, conv_spec, gemm_spec, layout, program, size, spec, winograd
from pentad.schedule.program import Buffer, Call, Place, Program
from pentad.schedule.spec import KernelSpec
from pentad.target.cpu import CpuTarget

_DTYPES = {d.name: d for d in dtypes.ALL}


class StoredCall(Call):
    """A call whose spec is read when it is first asked for; `key` finds its machine code."""

    key: str
    _kernel: _Kernel

    @property
    def spec(self) -> KernelSpec:  # type: ignore[override]
        return self._kernel.spec


class _Kernel:
    """A kernel of a stored program."""

    def __init__(self, key: str, text: str, target: CpuTarget) -> None:
        self.key, self._text, self._target = key, text, target

    @cached_property
    def spec(self) -> KernelSpec:
        reader = _Reader([], [], [], self._target)
        return reader.value(json.loads(self._text))  # type: ignore[no-any-return]


@cache
def _classes() -> dict[str, type]:
    """The classes that programs consist of, by name."""
    modules = (program, spec, size, layout, gemm_spec, conv_spec, conv_plan, winograd)
    found = [c for m in modules for c in vars(m).values() if isinstance(c, type)]
    return {c.__name__: c for c in found if is_dataclass(c)} | {"TensorType": TensorType}


def dump(
    made: Program, key_of: Callable[[KernelSpec], str], lines: Sequence[str], target: CpuTarget
) -> str | None:
    """The text of a program; None if it holds something that is no data.

    key_of: the key of a spec's machine code. lines: the user's lines of its graph. target: what
    it was made for.
    """
    writer = _Writer(key_of, lines, target)
    try:
        body = writer.value(made)
        return json.dumps([writer.kernels, writer.buffers, body], separators=(",", ":"))
    except _NoData:
        return None


def load(text: str, lines: Sequence[str], target: CpuTarget) -> Program:
    """The program of a text; ValueError (or TypeError and its like) if it is none."""
    texts, places, body = json.loads(text)
    kernels = [_Kernel(key, spec, target) for key, spec in texts]
    made = _Reader(kernels, [Buffer(*p) for p in places], lines, target).value(body)
    if not isinstance(made, Program):
        raise ValueError("no program")
    return made


def calls_of(made: Program) -> list[Call]:
    """Every call of a program, those of its loops and branches included."""
    found: list[Call] = []
    for step in (*made.prologue, *made.steps):
        if isinstance(step, Call):
            found.append(step)
        for inner in getattr(step, "programs", ()):
            found += calls_of(inner)
    return found


class _NoData(Exception):
    pass


class _Writer:
    """Values to lists that begin with what they are; buffers and kernels to numbers."""

    def __init__(
        self, key_of: Callable[[KernelSpec], str], lines: Sequence[str], target: CpuTarget
    ) -> None:
        self._key_of, self._target = key_of, target
        self._lines = {line: i for i, line in enumerate(lines)}
        self._kernels: dict[KernelSpec, int] = {}
        self._buffers: dict[Buffer, int] = {}
        self.kernels: list[tuple[str, str]] = []
        self.buffers: list[list[Any]] = []

    def value(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (int, bool, float, str):
            return value
        if kind is tuple or kind is list:
            tag = "(" if kind is tuple else "["
            plain = tag == "(" and all(type(v) is int for v in value)
            return ["i", *value] if plain else [tag, *map(self.value, value)]
        if kind is Buffer:
            return ["b", self._buffer(value)]
        if isinstance(value, Call):
            rest = [self._field(value, f.name) for f in fields(Call)[1:]]
            return ["Call", self._kernel(value.spec), *rest]
        if kind is DType:
            return ["d", value.name]
        if kind is Node:
            return self._node(value)
        if kind is Place:
            return ["p", self._buffer(value.buffer), value.offset]
        if value == self._target:
            return ["t"]
        if _classes().get(kind.__name__) is kind:
            return [kind.__name__, *(self._field(value, f.name) for f in fields(kind))]
        raise _NoData

    def _field(self, owner: Any, name: str) -> Any:
        value = getattr(owner, name)
        return self._line(value) if name == "source" else self.value(value)

    def _line(self, line: str | None) -> Any:
        return ["l", self._lines[line]] if line in self._lines else line

    def _buffer(self, buffer: Buffer) -> int:
        if buffer not in self._buffers:
            self._buffers[buffer] = len(self.buffers)
            self.buffers.append([getattr(buffer, f.name) for f in fields(Buffer)])
        return self._buffers[buffer]

    def _kernel(self, kernel: KernelSpec) -> int:
        number = self._kernels.get(kernel)
        if number is None:
            number = self._kernels[kernel] = len(self.kernels)
            self.kernels.append((self._key_of(kernel), json.dumps(self.value(kernel))))
        return number

    def _node(self, node: Node) -> Any:
        """A node by itself: what it takes are inputs, and its sub-graphs are programs elsewhere."""
        attrs = [[k, self.value(v)] for k, v in node.attrs.items() if not isinstance(v, Graph)]
        types = [self.value(i.type) for i in node.inputs]
        return ["n", node.op.name, attrs, self.value(node.type), types, self._line(node.source)]


class _Reader:
    def __init__(
        self, kernels: Sequence[_Kernel], buffers: Sequence[Buffer], lines: Sequence[str],
        target: CpuTarget,
    ) -> None:
        self._kernels, self._buffers, self._lines = kernels, buffers, lines
        self._target = target
        self._made: Mapping[str, type] = _classes()

    def value(self, data: Any) -> Any:
        if type(data) is not list:
            return data
        tag, *rest = data
        if tag == "i":
            return tuple(rest)
        if tag == "b":
            return self._buffers[rest[0]]
        if tag == "[":
            return [self.value(v) for v in rest]
        if tag == "(":
            return tuple([self.value(v) for v in rest])
        if tag == "Call":
            return self._call(*rest)
        if tag == "d":
            return _DTYPES[rest[0]]
        if tag == "l":
            return self._lines[rest[0]]
        if tag == "p":
            return Place(self._buffers[rest[0]], rest[1])
        if tag == "t":
            return self._target
        if tag == "n":
            return self._node(*rest)
        return self._made[tag](*[self.value(v) for v in rest])

    def _call(self, kernel: int, *rest: Any) -> StoredCall:
        call = StoredCall.__new__(StoredCall)
        call._kernel = self._kernels[kernel]
        call.key = call._kernel.key
        for field, value in zip(fields(Call)[1:], rest, strict=True):
            setattr(call, field.name, self.value(value))
        return call

    def _node(self, op: str, attrs: Any, type: Any, types: Any, source: Any) -> Node:
        inputs = [Node(INPUT, (), {}, self.value(t)) for t in types]
        given = {k: self.value(v) for k, v in attrs}
        return Node(by_name(op), inputs, given, self.value(type), self.value(source))
