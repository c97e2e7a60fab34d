"""Runs a graph by the NumPy references of its ops: the meaning that compiled code must match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.dtypes import DType
from pentad.graph.errors import DTypeError, GraphError, ShapeError, message
from pentad.graph.node import Graph, Node, bind_sizes, input_node
from pentad.ops import control


def run(
    graph: Graph, arrays: Sequence[np.ndarray], sizes: Mapping[str, int] | None = None
) -> list[np.ndarray]:
    """The outputs of a graph for NumPy inputs (bfloat16 is carried as float32 values).

    Raises ShapeError or DTypeError if the arrays do not fit the graph's inputs.
    """
    if sizes is not None or graph.symbols():
        graph = bind_sizes(graph, sizes or {})
    values: dict[Node, Any] = {}
    for node, array in zip(graph.inputs, arrays, strict=True):
        values[node] = _checked(node, np.asarray(array))
    for node in graph.nodes:
        if node not in values:
            values[node] = evaluate(node, [values[i] for i in node.inputs])
    return [values[n] for n in graph.outputs]


def evaluate(node: Node, inputs: Sequence[Any]) -> Any:
    """One node's value from its operands' values, rounded to its dtype; of a control node, a tuple
    of the values of its results."""
    if node.op.kind == "control":
        return control.evaluate(node, inputs, run)
    if node.op.kind == "result":
        return inputs[0][node.attrs["index"]]
    if node.op.reference is not None:
        with np.errstate(all="ignore"):
            result = node.op.reference(*inputs, **node.attrs)
        return settle(np.asarray(result), node.dtype)
    if node.op.decompose is None:
        raise GraphError(message(f"{node.op.name} has no reference", where=node.source))
    parameters = [input_node(f"x{i}", n.shape, n.dtype) for i, n in enumerate(node.inputs)]
    opened = Graph(parameters, [node.op.decompose(*parameters, **node.attrs)])
    return run(opened, inputs)[0]


def settle(value: np.ndarray, dtype: DType) -> np.ndarray:
    """A result in the NumPy carrier of `dtype`, rounded to its precision."""
    with np.errstate(all="ignore"):
        if dtype is dtypes.bfloat16:
            return dtypes.round_bfloat16(value)
        return value if value.dtype == dtype.numpy else value.astype(dtype.numpy)


def _checked(node: Node, array: np.ndarray) -> np.ndarray:
    if array.dtype != node.dtype.numpy:
        raise DTypeError(
            message(
                f"input {node.attrs['name']}: dtype",
                expected=node.dtype.name,
                got=str(array.dtype),
            )
        )
    if array.shape != node.shape:
        raise ShapeError(
            message(
                f"input {node.attrs['name']}: shape",
                expected=str(list(node.shape)),
                got=str(list(array.shape)),
            )
        )
    return array


def run_node(op_function: object, *arrays: np.ndarray, **attrs: object) -> np.ndarray:
    """Apply one graph function to arrays (for tests and constant folding)."""
    inputs = [
        input_node(f"x{i}", a.shape, dtypes.from_numpy(a.dtype)) for i, a in enumerate(arrays)
    ]
    output = op_function(*inputs, **attrs)  # type: ignore[operator]
    return run(Graph(inputs, [output]), arrays)[0]
