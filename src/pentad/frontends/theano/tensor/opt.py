"""`theano.tensor.opt`: of Theano's rewritings of graphs, the operations that programs use."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "tensor.opclasses: Assert MakeVector Shape_i assert_op make_vector")
assert_ = assert_op  # noqa: F821 (gathered above)
__getattr__ = absent(__name__)
