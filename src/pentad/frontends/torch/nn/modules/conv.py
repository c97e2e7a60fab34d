"""torch.nn.modules.conv: also the class below convolutions, for isinstance."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.nn.convolution import _Convolution as _ConvNd  # noqa: F401

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
