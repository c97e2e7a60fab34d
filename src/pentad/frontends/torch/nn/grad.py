"""torch.nn.grad: gradients of convolutions as functions."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn.grad)
