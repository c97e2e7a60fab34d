"""torch.nn.modules.batchnorm: also the class below batch normalisations, for isinstance."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

_BatchNorm = pt.nn.BatchNorm1d.__base__
__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
