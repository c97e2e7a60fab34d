"""torch.func: functions of functions."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

__getattr__, __dir__, __all__ = mirror(__name__, pt.func)
