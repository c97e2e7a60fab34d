"""Graphs as text: `pp`, `debugprint`, `pydotprint`, and `Print`, which prints values."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(
    __name__, "pretty", "listing", "drawing", "gof.graph: Apply", "compile.callable: Function",
    "compile.sharedvalue: SharedVariable", "configparser: config",
)
__getattr__ = absent(__name__)
