"""Names of the package that old programs look at."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from pentad import static
from pentad.frontends.theano.configparser import config

PY3 = True
rpath = p = sys.prefix
"""Variables that are left over in Theano's package; a folder, as there."""


def _asarray(a: Any, dtype: Any, order: str | None = None) -> np.ndarray[Any, Any]:
    """An array of an element type, "floatX" among them."""
    return np.asarray(a, config.floatX if dtype == "floatX" else dtype, order=order)


def sparse_grad(var: Any) -> Any:
    """The rows of a matrix; Pentad's gradients of them are dense, and summed where they repeat."""
    if var.owner is None or "Subtensor" not in var.node.op.name:
        raise TypeError(
            static.message("Sparse gradient is only implemented for AdvancedSubtensor1",
                           got=str(var), where=var.node.line)
        )
    return var


def test() -> None:
    """Refused: Theano's own tests test Theano."""
    raise NotImplementedError(
        static.message("theano.test() runs the tests of Theano's installation",
                       hint="run the program's own tests under `pentad run`")
    )


__all__ = ["PY3", "_asarray", "p", "rpath", "sparse_grad", "test"]
