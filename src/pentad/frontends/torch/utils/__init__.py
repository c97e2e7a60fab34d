"""torch.utils: data, checkpoint, tensorboard."""

from pentad.frontends.torch.mirror import mirror
from pentad.frontends.torch.utils import checkpoint, data  # noqa: F401

__getattr__, __dir__, __all__ = mirror(__name__)
