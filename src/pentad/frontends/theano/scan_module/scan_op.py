"""The class of loops by Theano's name: `isinstance(node.op, Scan)` tells them."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.theano.gof.opclass import OpClass


class Scan(metaclass=OpClass):
    """A loop, which `theano.scan` makes."""

    names = frozenset({"scan"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(
            static.message("Scan: a loop is not made by its class", got="Scan(...)",
                           hint="theano.scan makes it of a function")
        )


__all__ = ["Scan"]
__getattr__ = absent(__name__)
