"""torchvision.transforms: images changed on the way to a network."""

from pentad.frontends.missing import absent
from pentad.frontends.torchvision.transforms import functional  # noqa: F401
from pentad.frontends.torchvision.transforms.chance import *  # noqa: F403
from pentad.frontends.torchvision.transforms.functional import InterpolationMode  # noqa: F401
from pentad.frontends.torchvision.transforms.plain import *  # noqa: F403

__getattr__ = absent(__name__)
