"""torch.optim: Pentad's optimisers."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.frontends.torch.optim import lr_scheduler  # noqa: F401

__getattr__, __dir__, __all__ = mirror(__name__, pt.optim, without=("required",))
