"""torch.distributions.kl: the table of divergences."""

import pentad as pt
from pentad.frontends.missing import absent

kl_divergence, register_kl = pt.distributions.kl_divergence, pt.distributions.register_kl
__getattr__ = absent(__name__)
