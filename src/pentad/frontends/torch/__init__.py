"""PyTorch for programs that were written for it: `import torch` gives this package under
`pentad run`.

Pentad's own names are PyTorch's, so most of what is here is `pentad` itself; the modules say what
is said otherwise there (saving, compiling, devices, older arguments).
"""

from __future__ import annotations

import math as _math

import pentad as pt
from pentad.frontends.torch import autograd, cuda, nn, optim, utils  # noqa: F401
from pentad.frontends.torch.compiling import compile  # noqa: F401
from pentad.frontends.torch.factories import *  # noqa: F403
from pentad.frontends.torch.memory import asarray, frombuffer  # noqa: F401
from pentad.frontends.torch.mirror import mirror as _mirror
from pentad.frontends.torch.serialization import load, save  # noqa: F401
from pentad.frontends.torch.settings import *  # noqa: F403
from pentad.frontends.torch.sparse import sparse_coo_tensor  # noqa: F401
from pentad.frontends.torch.version import __version__  # noqa: F401

uint8, int8, bool = pt.uint8, pt.int8, pt.bool
pi, e, inf, nan, newaxis = _math.pi, _math.e, _math.inf, _math.nan, None
strided = "strided"
_PENTAD_ONLY = (
    "ArgumentError", "AutogradError", "CaptureError", "CompileError", "DTypeError", "DataError",
    "FormatError", "GraphError", "IndexOutOfRange", "LinAlgError", "MissingExtra", "PentadError",
    "ResourceError", "ShapeError", "SharingError", "__version__", "amp", "array_api", "autograd",
    "checkpoint", "compile", "config", "custom_vjp", "data", "explain", "fori_loop", "formats",
    "func", "grad", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "map", "nn", "optim",
    "profile", "scan", "static", "train", "value_and_grad", "vjp", "while_loop", "board", "infer",
    "plot", "draw", "save", "load",
)
__getattr__, __dir__, __all__ = _mirror(__name__, pt, without=_PENTAD_ONLY)
