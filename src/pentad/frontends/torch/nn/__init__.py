"""torch.nn: Pentad's layers."""

import pentad as pt
from pentad.frontends.torch.mirror import mirror
from pentad.frontends.torch.nn import functional, init, parameter, utils  # noqa: F401

__getattr__, __dir__, __all__ = mirror(__name__, pt.nn, without=("grad",))
