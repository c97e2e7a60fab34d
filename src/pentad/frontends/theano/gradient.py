"""Derivatives: `theano.gradient`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

grad_time = 0.0
"""Seconds spent in making gradients: not measured."""
gather(
    __name__, "differentiation", "stops", "derivatives", "verification", "gof.disconnected",
    "gof.graph: Variable", "gof.test_values: get_debug_values", "compile.mode: FAST_RUN get_mode",
    "compile.debugmode: DebugMode",
)
__getattr__ = absent(__name__)
