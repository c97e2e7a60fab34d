"""Layers and losses: `theano.tensor.nnet`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "tensor.nnet.nnet")
__getattr__ = absent(__name__)
