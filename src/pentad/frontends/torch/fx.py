"""torch.fx: graphs are Pentad's own."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__)
