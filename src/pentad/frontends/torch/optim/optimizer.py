"""torch.optim.optimizer: the base of all optimisers."""

import pentad as pt
from pentad.frontends.missing import absent

Optimizer = pt.optim.Optimizer
required = pt.optim.required
__getattr__ = absent(__name__)
