"""torch.nn.modules.batchnorm: also the class below batch normalisations, for isinstance."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.nn.normalization import _BatchNorm  # noqa: F401

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
