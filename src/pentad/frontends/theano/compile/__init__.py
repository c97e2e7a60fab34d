"""From graphs to functions: `theano.compile`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(
    __name__, "compile.callable", "compile.function", "compile.io", "compile.mode",
    "compile.sharedvalue", "gof.errors: UnusedInputError",
)
__getattr__ = absent(__name__)
