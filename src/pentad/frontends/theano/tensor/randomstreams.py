"""The older place of `RandomStreams`."""

from pentad.frontends.missing import absent
from pentad.frontends.theano.tensor.shared_randomstreams import RandomStreams

__all__ = ["RandomStreams"]
__getattr__ = absent(__name__)
