"""Graphs: variables, applications of operations, walks over them."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "gof.graph: Apply Constant Variable", "gof.errors", "gof.fg", "gof.utils",
       "gof.type", "gof.userop: Op", "gof.link", "gof.generic", "gof.test_values: get_debug_values")
__getattr__ = absent(__name__)
