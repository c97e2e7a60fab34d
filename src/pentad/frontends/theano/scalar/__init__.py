"""Operations on elements, and the rules of their types."""

import importlib
from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather
from pentad.frontends.theano.scalar.ops import OPS

gather(__name__, "scalar.ops", "scalar.types")
globals().update(OPS)
_absent = absent(__name__)


def __getattr__(name: str) -> Any:
    """The types of scalars, which are made of tensors': they are imported when they are used."""
    basic = importlib.import_module(f"{__name__}.basic")
    return getattr(basic, name) if name in basic.__all__ else _absent(name)
