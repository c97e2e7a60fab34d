"""Types of results, found by trying an op on abstract values; see values.py.

An unknown size may have to be equal to a known one (a matrix of unknown width times one of ten
rows): where the numbers tried for it do not fit, the sizes of the other inputs are tried for one
unknown size after the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pentad.graph.errors import PentadError
from pentad.graph.node import input_node
from pentad.static.graph import Graph, Node, Op, Symbol
from pentad.static.replay import NeedsValue, Replay, located
from pentad.static.values import PROBES, STRING, Abstract, Known, Type, Unknown
from pentad.tensor.capture.trace import Trace
from pentad.tensor.functions.random import Generator
from pentad.tensor.tensor import Tensor

_RANKS = ((), (PROBES[0],), (PROBES[0],) * 2, (PROBES[0],) * 4, (PROBES[0],) * 3)


def apply(
    graph: Graph, op: Op, inputs: Sequence[Symbol] = (), attrs: dict[str, Any] | None = None, *,
    name: str | None = None, types: Sequence[Type] | None = None, extra: Any = (),
    control: Sequence[Node] = (),
) -> Node:
    """Add a node: `op` on `inputs`. Its results are `node.outputs`.

    name: must be unique (Graph.unique_name). types: those of the results, where the op cannot be
    tried. extra: what the op keeps with the node besides attributes (pairs). Raises what the op
    raises for inputs that cannot fit.
    """
    name = name or graph.unique_name(op.name)
    node = graph.add(op, inputs, attrs or {}, name)
    node.extra.update(extra)
    node.control = tuple(control)
    try:
        if types is None:
            found = _results(node)
        else:
            sizes = op.host and op.gives_sizes
            found = [((sizes and t.may_be_sizes()) or Unknown.probes(t), t.dtype) for t in types]
    except BaseException:
        graph.discard(node)
        raise
    node.outputs = tuple(
        graph.symbol_type(node, i, probes, dtype) for i, (probes, dtype) in enumerate(found)
    )
    return node


def _results(node: Node) -> list[tuple[tuple[Any, ...], Any]]:
    """For each result its probes and dtype."""
    rows = [s.probes for s in node.inputs]
    try:
        return _results_of(node, rows)
    except (IndexError, ValueError, ZeroDivisionError) as error:
        # The numbers tried for whole numbers are no indices, or no sizes, of what is there.
        plain = [_without_values(row) for row in rows]
        if isinstance(error, PentadError) or plain == rows:
            raise
        return _results_of(node, plain)


def _without_values(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Probes of a whole number as those of a tensor; what is really known stays."""
    if len(row) < 2 or not all(isinstance(p, Known) for p in row):
        return row
    return tuple(Abstract(p.dtype, p.shape) for p in row)


def _results_of(node: Node, rows: list[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], Any]]:
    if any(isinstance(p, Unknown) for row in rows for p in row):
        return _of_unknown(node, rows)
    count = max((len(row) for row in rows), default=1)
    columns = [[row[min(k, len(row) - 1)] for row in rows] for k in range(count)]
    try:
        found = _zipped([_try(node, column, k) for k, column in enumerate(columns)])
        if node.op.clips and count > 1:
            shortest = _shortest(node, columns) or [None] * len(found)
            found = [_clipped(row, other) for row, other in zip(found, shortest)]
        return [(_doubted(probes, columns), dtype) for probes, dtype in found]
    except NeedsValue:
        return _of_unknown(node, rows)
    except PentadError:
        if count == 1:
            raise
    for changed in _guesses(columns):
        try:
            return _zipped([_try(node, column, k) for k, column in enumerate(changed)])
        except PentadError:
            continue
    return _of_unknown(node, rows)


def _zipped(results: list[list[Any]]) -> list[tuple[tuple[Any, ...], Any]]:
    return [(tuple(column), column[0].dtype) for column in zip(*results, strict=True)]


def _doubted(probes: tuple[Any, ...], columns: list[list[Any]]) -> tuple[Any, ...]:
    """The probes of a result; a number that is the same for both although one that it is computed
    of is not (a remainder, a comparison) is taken for unknown."""
    if len(probes) < 2 or not all(isinstance(p, Known) and not p.shape for p in probes):
        return probes
    varies = any(
        isinstance(a, Known) and isinstance(b, Known) and not a.shape and a.array != b.array
        for a, b in zip(columns[0], columns[1], strict=True)
    )
    if not varies or probes[0].array != probes[1].array:
        return probes
    return (Abstract(probes[0].dtype, ()),)


def _shortest(node: Node, columns: list[list[Any]]) -> list[Any]:
    """The results where what is unknown is as short as can be."""
    places = {
        (i, axis) for i, p in enumerate(columns[0]) if isinstance(p, Abstract)
        for axis, n in enumerate(p.shape) if n != columns[1][i].shape[axis]
    }
    for size in (0, 1):
        try:
            return _try(node, [_replaced(p, i, places, size) for i, p in enumerate(columns[0])], 0)
        except (PentadError, IndexError):
            continue
    return []


def _clipped(found: tuple[tuple[Any, ...], Any], shortest: Any) -> tuple[tuple[Any, ...], Any]:
    """The probes of a result with other sizes where it is shorter for a shorter input."""
    probes, dtype = found
    if not isinstance(shortest, Abstract) or not isinstance(probes[0], Abstract):
        return found
    return tuple(
        Abstract(dtype, tuple(size if n > m else n for n, m in zip(p.shape, shortest.shape)))
        for p, size in zip(probes, PROBES)
    ), dtype


def _guesses(columns: list[list[Any]]) -> Iterator[list[list[Any]]]:
    """The columns, one or two unknown sizes replaced by a known one."""
    first = columns[0]
    unknown = [
        (i, axis) for i, p in enumerate(first) if isinstance(p, Abstract)
        for axis, n in enumerate(p.shape) if n != columns[1][i].shape[axis]
    ]
    known = dict.fromkeys(
        n for i, p in enumerate(first) for axis, n in enumerate(p.shape) if (i, axis) not in unknown
    )
    for size in [*known, 1]:
        for count in (1, 2):
            for places in itertools.combinations(unknown, count):
                yield [[_replaced(p, i, places, size) for i, p in enumerate(c)] for c in columns]


def _replaced(probe: Any, index: int, places: Any, size: int) -> Any:
    if not isinstance(probe, Abstract):
        return probe
    shape = tuple(size if (index, a) in places else n for a, n in enumerate(probe.shape))
    return Abstract(probe.dtype, shape)


def _of_unknown(node: Node, rows: list[tuple[Any, ...]]) -> list[tuple[tuple[Any, ...], Any]]:
    """The op's own answer; else no shape, and the dtype by trying numbers of axes."""
    if node.op.infer is not None:
        types = located(node, node.op.infer, *[s.static_type for s in node.inputs], *[node])
        return [(Unknown.probes(t), t.dtype) for t in types]
    first = [row[0] for row in rows]
    error: Exception | None = None
    for shape in _RANKS:
        tried = [Abstract(p.dtype, shape) if isinstance(p, Unknown) else p for p in first]
        try:
            return [((Unknown(r.dtype),), r.dtype) for r in _try(node, tried, 0)]
        except PentadError as failed:
            error = failed
    if any(isinstance(p, Unknown) for p in first) or isinstance(error, NeedsValue):
        return [((Unknown(first[0].dtype),), first[0].dtype)]
    assert error is not None
    raise error


def _try(node: Node, values: Sequence[Any], probe: int) -> list[Any]:
    """The results for abstract values."""
    with Trace(node.name) as trace:
        prober = Prober(trace, probe)
        inputs = [prober.given(v) for v in values]
        if node.op.known is not None:
            inputs = [v.empty() if isinstance(v, _Texts) else v for v in inputs]
        results = located(node, node.op.evaluate, prober, node, inputs)
        results = results if isinstance(results, tuple) else (results,)
        return [
            r if isinstance(r, Known) and r.dtype is not STRING else
            Abstract(r.dtype, tuple(r.shape)) for r in results
        ]


class _Texts:
    """Texts of a known shape: an op may hand them on, or move them as an array."""

    dtype = STRING

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def empty(self) -> Known:
        """An array of empty texts, which takes no room."""
        return Known(np.broadcast_to(np.array(b"", object), self.shape), STRING)


class Prober(Replay):
    """A replay of one node on abstract values."""

    def __init__(self, trace: Trace, probe: int) -> None:
        super().__init__(None)
        self.trace, self.probe = trace, probe

    def given(self, value: Any) -> Any:
        """A traced tensor for an abstract value."""
        if isinstance(value, Known):
            return value
        if value.dtype is STRING:
            return _Texts(value.shape)
        return self.trace.fresh(input_node("x", value.shape, value.dtype), None)

    def read(self, variable: Node) -> Tensor:
        """A tensor of the variable's type."""
        probes = variable.outputs[0].probes
        return self.given(probes[min(self.probe, len(probes) - 1)])

    def generator(self, node: Node) -> Generator:
        """A stream of its own, that nobody else sees."""
        return Generator()
