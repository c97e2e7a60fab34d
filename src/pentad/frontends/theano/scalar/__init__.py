"""Operations on elements, and the rules of their types."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather
from pentad.frontends.theano.scalar.ops import OPS

gather(__name__, "scalar.ops", "scalar.types")
globals().update(OPS)
__getattr__ = absent(__name__)
