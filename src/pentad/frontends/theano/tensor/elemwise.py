"""`Elemwise`: operations on elements of tensors, whose axes of size one are stretched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.op import Native, one
from pentad.frontends.theano.scalar.ops import OPS, ScalarOp, cast_op
from pentad.frontends.theano.scalar.types import DTYPES, dtype_name
from pentad.frontends.theano.tensor.constants import as_tensor_variable
from pentad.frontends.theano.tensor.dimshuffle import padded


class Elemwise(Native):
    """An operation of elements, applied to tensors."""

    def __init__(self, scalar_op: ScalarOp, name: str | None = None) -> None:
        self.scalar_op = scalar_op
        super().__init__(
            scalar_op.name, self._run, known=self._known if scalar_op.known else None,
            shows=name or f"Elemwise{{{scalar_op.shown},no_inplace}}",
            differentiable=scalar_op.differentiable, linear=scalar_op.linear,
        )

    def _run(self, *values: Any, out: str, compute: str | None) -> Any:
        if compute is not None:
            keep = self.scalar_op.common == "tail"
            values = tuple(
                v if keep and not i else v.to(DTYPES[compute]) for i, v in enumerate(values)
            )
        return self.scalar_op.run(*values).to(DTYPES[out])

    def _known(self, *values: Any, out: str, compute: str | None) -> Any:
        assert self.scalar_op.known is not None
        if any(v.dtype == object for v in values):
            return np.asarray(self.scalar_op.known(*values))
        with np.errstate(all="ignore"):
            found = self.scalar_op.known(*[v.astype(compute or out) for v in values])
        return np.asarray(found).astype(out)

    def evaluate(self, replay: Any, node: static.Node, inputs: Sequence[Any]) -> Any:
        """The results; what is not whole is never computed of sizes that are symbolic."""
        known = self.known is not None and replay.all_known(inputs)
        if known and node.attrs["out"][0] in "fc" and any(v.array.dtype == object for v in inputs):
            return self.run(*[replay.tensor(v) for v in inputs], **node.attrs)
        return super().evaluate(replay, node, inputs)

    def __call__(self, *inputs: Any, name: str | None = None) -> Any:
        """The tensor of results."""
        scalar_op = self.scalar_op
        if scalar_op.nin >= 0 and len(inputs) != scalar_op.nin:
            raise TypeError(
                static.message(f"Wrong number of inputs for {scalar_op.name}",
                               expected=str(scalar_op.nin), got=str(len(inputs)))
            )
        found = [as_tensor_variable(x) for x in inputs]
        dtypes = tuple(x.dtype for x in found)
        out = scalar_op.output_dtype(*dtypes)
        if out == "float64" and config.warn_float64 != "ignore" and "float64" not in dtypes:
            _warn_float64(scalar_op.name)
        ndim = max(x.ndim for x in found)
        found = [padded(x, ndim) for x in found]
        shape = broadcast([x.static_type.shape for x in found])
        types = None if shape is None else [static.Type(DTYPES[out], shape)]
        made = one(self, *found, types=types, out=out, compute=scalar_op.compute_dtype(dtypes, out))
        if name is not None:
            made.name = name
        return made


def _warn_float64(name: str) -> None:
    import warnings

    text = static.message(f"You are creating a TensorVariable with float64 dtype ({name})",
                          hint="theano.config.warn_float64 asked for this")
    if config.warn_float64 == "raise":
        raise Exception(text)
    warnings.warn(text, stacklevel=4)


def broadcast(shapes: Sequence[Sequence[int | None]]) -> tuple[int | None, ...] | None:
    """The shape of results of tensors of these shapes; None if the core has to refuse them."""
    found = []
    for sizes in zip(*shapes, strict=True):
        known = {n for n in sizes if n is not None and n != 1}
        if len(known) > 1:
            return None
        found.append(known.pop() if known else None if None in sizes else 1)
    return tuple(found)


_NAMES = {"sigmoid": "sigmoid", "softplus": "softplus"}
ELEMWISE: dict[str, Elemwise] = {
    name: Elemwise(record, _NAMES.get(name)) for name, record in OPS.items()
}
"""The operations on elements by Theano's names."""

ALIASES = {
    "where": "switch", "square": "sqr", "bitwise_and": "and_", "bitwise_or": "or_",
    "bitwise_xor": "xor", "bitwise_not": "invert", "floor_div": "int_div",
    "isnan_": "isnan", "isinf_": "isinf",
}
"""Other names of these."""

CASTS = {name: Elemwise(cast_op(name)) for name in DTYPES}


def cast(x: Any, dtype: Any) -> Any:
    """The tensor converted to an element type."""
    dtype, x = dtype_name(dtype), as_tensor_variable(x)
    if x.dtype == dtype:
        return x
    if x.dtype.startswith("complex") and not dtype.startswith("complex"):
        raise TypeError(
            static.message("Casting from complex to real is ambiguous", got=f"{x.dtype} to {dtype}",
                           hint="consider real(), imag(), angle() or abs()")
        )
    return CASTS[dtype](x)


(add, mul, sub, true_div, int_div, mod, pow, neg, maximum, minimum, switch, second, lt, gt, le, ge,
 eq, neq, and_, or_, xor, invert, abs_, exp, log, sqrt, sqr, isnan_, isinf_, tensor_copy) = (
    ELEMWISE[name] for name in (
        "add", "mul", "sub", "true_div", "int_div", "mod", "pow", "neg", "maximum", "minimum",
        "switch", "second", "lt", "gt", "le", "ge", "eq", "neq", "and_", "or_", "xor", "invert",
        "abs_", "exp", "log", "sqrt", "sqr", "isnan", "isinf", "identity",
    )
)


__all__ = ["Elemwise", "cast"]
