"""torchvision for programs that were written for it: transforms, data sets, networks, grids.

Images are Pillow's where that is installed, else arrays [height, width, channels]; both are taken
everywhere, tensors [..., channels, height, width] too.
"""

from pentad.frontends.missing import absent
from pentad.frontends.torchvision import datasets, io, models, transforms, utils  # noqa: F401

__version__ = "0.28.0"
__getattr__ = absent(__name__)


def set_image_backend(backend: str) -> None:
    """There is one: Pillow."""


def get_image_backend() -> str:
    """Always "PIL"."""
    return "PIL"
