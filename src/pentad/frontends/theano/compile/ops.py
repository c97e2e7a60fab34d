"""`theano.compile.ops`: copies, shapes, operations of Python functions."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "tensor.opclasses: DeepCopyOp ViewOp Shape Shape_i SpecifyShape Rebroadcast "
       "deep_copy_op view_op", "tensor.shaping: shape specify_shape",
       "gof.userop: FromFunctionOp as_op")
__getattr__ = absent(__name__)
