"""From graphs to functions: `theano.compile`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(
    __name__, "compile.callable", "compile.cloning", "gof.userop: FromFunctionOp as_op",
    "compile.builders", "compile.ops: DeepCopyOp ViewOp Rebroadcast Shape Shape_i SpecifyShape "
    "deep_copy_op view_op",
    "compile.function", "compile.io", "compile.mode", "compile.profiling",
    "compile.debugmode", "compile.monitormode", "compile.nanguardmode",
    "compile.sharedvalue", "gof.errors: UnusedInputError", "configparser: config",
)
__getattr__ = absent(__name__)
