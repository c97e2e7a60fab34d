"""torch.nn.modules.loss: also the classes below losses, for programs that define their own."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

_WeightedLoss = pt.nn.NLLLoss.__base__
_Loss = _WeightedLoss.__base__
__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
