"""Pooling, and convolution of single images: `theano.tensor.signal`."""

import importlib

from pentad.frontends.missing import absent

for _name in ("pool", "conv", "downsample"):
    importlib.import_module(f"{__name__}.{_name}")
__getattr__ = absent(__name__)
