"""torch.distributions.constraints: Pentad's."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

__getattr__, __dir__, __all__ = mirror(__name__, pt.distributions.constraints)
