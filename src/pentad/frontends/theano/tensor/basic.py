"""`theano.tensor.basic`: every function of tensors."""

from typing import Any

from pentad.frontends import theano
from pentad.frontends.missing import absent

_absent = absent(__name__)


def __getattr__(name: str) -> Any:
    """The name as `theano.tensor` has it."""
    tensor = theano.tensor
    return getattr(tensor, name) if name in vars(tensor) else _absent(name)


def __dir__() -> list[str]:
    return [n for n in dir(theano.tensor) if not n.startswith("_")]


__all__ = __dir__()
