"""One graph, all ways: native code against the references, and native code against itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, IndexOutOfRange, LinAlgError
from pentad.graph.node import Graph, Node
from pentad.passes.pipeline import PIPELINE
from pentad.passes.pipeline import run as run_passes
from pentad.runtime import interpreter
from pentad.runtime.executable import Executable
from pentad.schedule.layout import contiguous
from pentad.schedule.lower import lower
from pentad.target import cpu
from pentad.target.cpu import CpuTarget
from tests.fuzz.generate import arguments
from tests.fuzz.judge import Judge

OPTIONAL = [i for i, p in enumerate(PIPELINE) if p.name not in ("decompose", "split_complex")]

REFUSALS = (LinAlgError, ArgumentError)
"""How an op refuses values: a matrix without the factorisation, a polynomial of too high degree."""


@dataclass
class Memory:
    """Memory for a value at an odd place: raw bytes, and the view that holds the value."""

    raw: np.ndarray
    view: np.ndarray

    @property
    def pointer(self) -> int:
        return int(self.view.__array_interface__["data"][0])


@dataclass
class Native:
    """A graph built for one setting, and its memory."""

    graph: Graph
    specialise: bool = True
    donated: Mapping[int, int] = field(default_factory=dict)
    strided: int = 0
    """A seed for strides of the inputs; 0: contiguous."""
    passes: Sequence[int] = tuple(range(len(PIPELINE)))
    target: CpuTarget | None = None

    def __post_init__(self) -> None:
        chosen = [PIPELINE[i] for i in self.passes]
        target = self.target or cpu.host()
        primitive = run_passes(self.graph, chosen, verify=True)
        self.rng = np.random.default_rng(self.strided)
        self.inputs = [self._place(n) for n in self.graph.inputs]
        strides = {
            i: tuple(s // n.dtype.itemsize for s in m.view.strides)
            for i, (m, n) in enumerate(zip(self.inputs, self.graph.inputs, strict=True))
        }
        given = {i: s for i, s in strides.items() if s != contiguous(self.graph.inputs[i].shape)}
        program = lower(primitive, target, input_strides=given, donated=dict(self.donated),
                        specialise=self.specialise)  # fmt: skip
        self.executable = Executable(program, target)

    def run(self, arrays: Sequence[np.ndarray]) -> tuple[int, list[np.ndarray]]:
        """The status and the outputs, in NumPy's carriers."""
        for m, a, n in zip(self.inputs, arrays, self.graph.inputs, strict=True):
            m.view[...] = dtypes.to_memory(a, n.dtype)
        outputs = {
            i: _odd(n, 1 + i) for i, n in enumerate(self.graph.outputs) if i not in self.donated
        }
        kept = [m for j, m in enumerate(self.inputs) if j not in self.donated.values()]
        before = [m.raw.tobytes() for m in kept]
        status = self.executable.run([m.pointer for m in (*self.inputs, *outputs.values())])
        assert before == [m.raw.tobytes() for m in kept], "a write to an input"
        homes = [
            outputs[i] if i in outputs else self.inputs[self.donated[i]]
            for i in range(len(self.graph.outputs))
        ]
        for m in homes:
            start = m.pointer - m.raw.ctypes.data
            assert (m.raw[:start] == 0xA5).all(), "a write before an output"
            assert (m.raw[start + m.view.nbytes :] == 0xA5).all(), "a write behind an output"
        return status, [
            dtypes.from_memory(m.view, n.dtype).copy()
            for m, n in zip(homes, self.graph.outputs, strict=True)
        ]

    def _place(self, node: Node) -> Memory:
        return _strided(node, self.rng) if self.strided else _odd(node, len(node.shape))


def _odd(node: Node, displacement: int) -> Memory:
    """Contiguous memory that is aligned to its elements alone, between guards."""
    itemsize = node.dtype.itemsize
    count = int(np.prod(node.shape, dtype=np.int64))
    start = 64 + displacement * itemsize
    raw = np.full(count * itemsize + start + 128, 0xA5, np.uint8)
    start += -raw.ctypes.data % 64
    flat = raw[start : start + count * itemsize].view(node.dtype.memory)
    return Memory(raw, flat.reshape(node.shape))


def _strided(node: Node, rng: np.random.Generator) -> Memory:
    """A view with axes in any order, with gaps, perhaps backwards."""
    rank = node.ndim
    order = [int(a) for a in rng.permutation(rank)] if rng.random() < 0.6 else list(range(rank))
    gaps = [int(rng.choice((1, 1, 1, 2, 3))) for _ in range(rank)]
    wide = [node.shape[a] * g for a, g in zip(order, gaps, strict=True)]
    itemsize = node.dtype.itemsize
    raw = np.full(int(np.prod(wide, dtype=np.int64)) * itemsize + 256, 0xA5, np.uint8)
    start = 64 + -raw.ctypes.data % 64 + itemsize
    count = int(np.prod(wide, dtype=np.int64))
    base = raw[start : start + count * itemsize].view(node.dtype.memory).reshape(wide)
    view = base[(..., *(slice(None, None, g) for g in gaps))]
    view = view.transpose([order.index(a) for a in range(rank)])
    if rank and rng.random() < 0.3 and 0 not in node.shape:
        view = view[::-1]
    return Memory(raw, view)


def donations(graph: Graph) -> dict[int, int]:
    """Every output that has an input of its type to itself takes that input's memory."""
    found: dict[int, int] = {}
    for i, output in enumerate(graph.outputs):
        for j, given in enumerate(graph.inputs):
            if j not in found.values() and given.type.matches(output.type):
                found[i] = j
                break
    return found


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal bit for bit, with one NaN for all."""
    if a.dtype.kind == "c":
        return same_bits(a.real, b.real) and same_bits(a.imag, b.imag)
    if a.dtype.kind == "f":
        nan = a.dtype.type(np.nan)
        a, b = np.where(np.isnan(a), nan, a), np.where(np.isnan(b), nan, b)
    return (
        a.shape == b.shape
        and np.ascontiguousarray(a).tobytes() == np.ascontiguousarray(b).tobytes()
    )


def complaint(
    graph: Graph, seed: int = 0, *, target: CpuTarget | None = None, every_pass: bool = False
) -> str | None:
    """What `_complaint` says; None for a matrix that has not the factorisation asked for, or is so
    near to such a one that rounding decides."""
    try:
        return _complaint(graph, seed, target, every_pass)
    except LinAlgError:
        return None


def _complaint(
    graph: Graph, seed: int, target: CpuTarget | None, every_pass: bool
) -> str | None:
    """None if all ways of running a graph agree; otherwise what disagrees, in words.

    Kernels for strided inputs, and those without a pass, take time to compile: the seed chooses.
    every_pass: do both, and leave out each pass in turn.
    """
    arrays = arguments(graph, seed, special=seed % 7 == 0)
    plain = Native(graph, target=target)
    try:
        judge = Judge(graph, arrays)
    except IndexOutOfRange:
        return None if plain.run(arrays)[0] else "an index out of range went unnoticed"
    except REFUSALS:
        return None
    status, first = plain.run(arrays)
    ways = {"native, specialised": (status, first)}
    sized = Native(graph, specialise=False, donated=donations(graph), target=target)
    ways["native, sizes at run time"] = sized.run(arrays)
    if seed % 2 or every_pass:
        strided = Native(graph, specialise=seed % 4 == 1, strided=seed + 1, target=target)
        ways["native, strided inputs"] = strided.run(arrays)
    for out in OPTIONAL if every_pass else [OPTIONAL[seed % len(OPTIONAL)]]:
        rest = [i for i in range(len(PIPELINE)) if i != out]
        name = f"without pass {out}, {PIPELINE[out].name}"
        after = run_passes(graph, [PIPELINE[i] for i in rest], verify=True)
        ways[f"references {name}"] = (0, interpreter.run(after, arrays))
        if every_pass or seed % 6 == 0:
            ways[f"native {name}"] = Native(graph, passes=rest, target=target).run(arrays)
    for way, (status, found) in ways.items():
        wrong = "an index is said to be out of range" if status else judge.complaint(found)
        if wrong:
            return f"{way}: {wrong}"
    for i, (a, b) in enumerate(zip(first, ways["native, sizes at run time"][1], strict=True)):
        if not same_bits(a, b):
            return f"output {i}: other bits with sizes at run time"
    again = plain.run(arrays)[1]
    if not all(map(same_bits, first, again)):
        return "other bits in a second run"
    return None
