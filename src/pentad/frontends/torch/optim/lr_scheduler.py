"""torch.optim.lr_scheduler: Pentad's schedules."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

_LRScheduler = pt.optim.lr_scheduler.LRScheduler
__getattr__, __dir__, __all__ = mirror(__name__, pt.optim.lr_scheduler)
