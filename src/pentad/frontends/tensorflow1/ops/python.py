"""Python's functions as operations: py_func, Print."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.framework.shapes import TensorShape

_KINDS: list[tuple[Any, Any]] = [
    (ValueError | TypeError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError), (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError), (Exception, errors.UnknownError),
]


def _call(store: Any, node: Any, *values: Any) -> Any:
    try:
        found = node.extra["function"](*[v if v.ndim else v[()] for v in values])
    except pt.PentadError:
        raise
    except Exception as error:
        kind = next(new for old, new in _KINDS if isinstance(error, old))
        raise kind(None, node, f"{type(error).__name__}: {error}") from error
    if not node.outputs:
        return ()
    results = list(found) if isinstance(found, list | tuple) else [found]
    if len(results) != len(node.outputs):
        raise errors.InvalidArgumentError(None, node, static.message(
            f"pyfunc {node.name} returned another number of values",
            expected=str(len(node.outputs)), got=str(len(results))))
    return tuple(_result(v, s) for v, s in zip(results, node.outputs))


def _result(value: Any, symbol: Any) -> Any:
    wanted = symbol.dtype.base_dtype
    if wanted is dtypes.string:
        flat = np.asarray(value, object)
        made = np.empty(flat.size, object)
        made[:] = [v.encode() if isinstance(v, str) else bytes(v) for v in flat.reshape(-1)]
        return made.reshape(flat.shape)
    array = np.asarray(value)
    if array.dtype != wanted.as_numpy_dtype:
        exact = isinstance(value, np.ndarray | np.generic)
        if exact or array.dtype.kind not in "bif":
            raise errors.InvalidArgumentError(None, symbol.op, static.message(
                f"value {symbol.index} of pyfunc {symbol.op.name} has another type",
                expected=wanted.name, got=str(array.dtype)))
    return array.astype(wanted.as_numpy_dtype)


_PY_FUNC = static.ResourceOp("PyFunc", _call)


def py_func(
    func: Any, inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Any:
    """A Python function of arrays, as an operation: its results, of the types that are given."""
    several = isinstance(Tout, list | tuple)
    types = [dtypes.as_dtype(t) for t in (Tout if several else [Tout])]
    inputs = [convert_to_tensor(v) for v in inp]
    node = apply(_PY_FUNC, inputs, [(t, TensorShape(None)) for t in types], name or "PyFunc",
                 function=func)
    if not types:
        return node
    return list(node.outputs) if several else node.outputs[0]


numpy_function = py_func


def py_function(func: Any, inp: Any, Tout: Any, name: str | None = None) -> Any:
    """The same; here the function is called with arrays, not with eager tensors."""
    return py_func(func, inp, Tout, name=name)


def _print(*values: Any, message: str, first_n: int, summarize: int) -> Any:
    data = values[1:]
    shown = "".join(f"[{_summary(v, summarize)}]" for v in data)
    sys.stderr.write(f"{message}{shown}\n")
    return values[0]


def _summary(value: Any, most: int) -> str:
    flat = np.asarray(value).reshape(-1)
    parts = [v.decode(errors="replace") if isinstance(v, bytes) else str(v) for v in flat]
    return " ".join(parts if most < 0 else parts[:most]) + (
        "..." if 0 <= most < len(parts) else "")


class _Print(static.Op):
    """It gives its first input; what is shown is shown by the way, as the part runs eagerly."""

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        first_n = node.attrs["first_n"]
        shown = replay.store.resources.get(node, 0) if replay.store is not None else -1
        if shown >= 0 and (first_n < 0 or shown < first_n):
            replay.store.resources[node] = shown + 1
            arrays = [v.array if isinstance(v, static.Known) else v.detach().numpy()
                      for v in inputs]
            _print(*arrays, **node.attrs)
        return inputs[0]


_PRINT = op("Print", "input: T, data: U...; message='', first_n=-1, summarize=3 -> output: T",
            kind=_Print, dynamic=True, effect=True)


def Print(
    input_: Any, data: Any, message: str | None = None, first_n: int | None = None,
    summarize: int | None = None, name: str | None = None,
) -> Any:
    """The input; when it is computed, data is written to the standard error."""
    return _PRINT(input_, data, message=message or "", first_n=-1 if first_n is None else first_n,
                  summarize=3 if summarize is None else summarize, name=name)


def _print_v2(store: Any, node: Any, *values: Any) -> Any:
    parts = iter(values)
    texts = []
    for part in node.extra["parts"]:
        value = next(parts) if part is None else part
        texts.append(value if isinstance(value, str) else _value(value, node.extra["summarize"]))
    stream = {"stderr": sys.stderr, "stdout": sys.stdout}[node.extra["stream"]]
    stream.write(" ".join(texts) + node.extra["end"])
    return ()


def _value(value: Any, most: int) -> str:
    if value.dtype == object and not value.ndim:
        return value.item().decode(errors="replace")
    with np.printoptions(edgeitems=most if most >= 0 else 1 << 30, threshold=2 * max(most, 1)
                         if most >= 0 else sys.maxsize):
        return str(value).replace("\n ", "\n ")


_PRINT_V2 = static.ResourceOp("PrintV2", _print_v2)


def print_v2(*inputs: Any, **kwargs: Any) -> Any:
    """An operation that writes values, to the standard error unless `output_stream` is given."""
    stream = kwargs.pop("output_stream", sys.stderr)
    given = [convert_to_tensor(v) for v in inputs if hasattr(v, "graph")]
    parts = [None if hasattr(v, "graph") else str(v) for v in inputs]
    return apply(_PRINT_V2, given, [], kwargs.get("name") or "PrintV2", parts=parts,
                 summarize=kwargs.get("summarize", 3), end=kwargs.get("end", "\n"),
                 stream="stdout" if stream is sys.stdout else "stderr")
