"""torch.nn.modules: the layers again; modules below it that are not here give every public name."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn)
