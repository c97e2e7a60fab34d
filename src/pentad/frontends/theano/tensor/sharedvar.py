"""Shared tensors: `theano.tensor.sharedvar`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.compile.sharedvalue import (
    ScalarSharedVariable,
    SharedVariable,
    TensorSharedVariable,
    shared_constructor,
)

__all__ = ["ScalarSharedVariable", "SharedVariable", "TensorSharedVariable", "shared_constructor"]
__getattr__ = absent(__name__)
