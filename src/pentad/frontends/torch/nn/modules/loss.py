"""torch.nn.modules.loss: also the classes below losses, for programs that define their own."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.nn.losses import _Loss, _WeightedLoss  # noqa: F401

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
