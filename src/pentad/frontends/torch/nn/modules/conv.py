"""torch.nn.modules.conv: also the class below convolutions, for isinstance."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

_ConvNd = pt.nn.Conv1d.__base__.__base__
__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
