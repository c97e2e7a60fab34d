"""torch.hub: nothing is downloaded and run."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__)
