"""Elementary functions of complex numbers as rules on pairs (see pairs.py).

The special cases are those of C's Annex G, which the Array API standard follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pentad.graph import dtypes
from pentad.graph.errors import ArgumentError, DTypeError, message
from pentad.graph.node import Node
from pentad.graph.op import Sample, TensorType
from pentad.ops.batching import same
from pentad.ops.complex import complex_
from pentad.ops.define import define, quiet, require_count, require_dtype, require_same
from pentad.ops.pairs import PAIRS, Pair, pair_rule

__all__ = ["PAIRS", "Pair", "host_function"]

# -- on the host -----------------------------------------------------------------------------------

HOSTED: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "exp2": np.exp2, "expm1": np.expm1,
    "log1p": np.log1p, "log2": np.log2,
    "rsqrt": lambda x: 1 / np.sqrt(x), "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "pow": np.power, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
}


def _infer_hosted(*types: TensorType, name: str) -> TensorType:
    require_count("host_function", types, 2 if name == "pow" else 1)
    require_same("host_function", types)
    require_dtype("host_function", types[0].dtype, dtypes.COMPLEX)
    if name not in HOSTED:
        raise ArgumentError(
            message("host_function: unknown", expected=", ".join(HOSTED), got=repr(name))
        )
    return types[0]


host_function = define(
    "host_function",
    "An elementary function of complex numbers by NumPy, on the host: those whose branch cuts and "
    "special cases are too many to be worth a kernel.",
    kind="host",
    infer=_infer_hosted,
    batch=same,
    reference=quiet(lambda *x, name: HOSTED[name](*x)),
    nondifferentiable="it is put in place of a differentiable op once gradients are made",
    samples=lambda: [
        Sample((((4, 9), d),) * (1 + (n == "pow")), {"name": n})
        for n in HOSTED
        for d in dtypes.COMPLEX
    ],
    errors=lambda: [
        Sample((((2,), dtypes.float32),), {"name": "asin"}, DTypeError, "not supported"),
        Sample((((2,), dtypes.complex64),), {"name": "erf"}, ArgumentError, "unknown"),
    ],
)


def _on_host(name: str) -> None:
    @pair_rule(name)
    def rule(*operands: Pair) -> Node:
        return host_function(*(complex_(*x) for x in operands), name=name)


for _name in HOSTED:
    _on_host(_name)
