"""torch.nn.utils.prune."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn.utils.prune)
