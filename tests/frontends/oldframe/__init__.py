"""A small framework of the past, as a front end would serve it: the tests of serving use it."""

from __future__ import annotations

from pentad.frontends.missing import absent
from tests.frontends.oldframe import parts

VERSION = "1.2"


def reduce_mean(values):
    return sum(values) / len(values)


__all__ = ["VERSION", "parts", "reduce_mean"]
__getattr__ = absent(__name__, {"late": "tests.frontends.oldframe.parts.late"})
