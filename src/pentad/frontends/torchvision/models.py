"""torchvision.models: none is here."""

from pentad.frontends.missing import absent

__getattr__ = absent(__name__)
