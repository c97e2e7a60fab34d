"""Loops: `theano.scan` and what is made of it."""

import importlib

from pentad.frontends.missing import absent
from pentad.frontends.theano.names import gather

gather(__name__, "scan_module.scan_utils", "scan_module.scan", "scan_module.scan_views",
       "scan_module.scan_checkpoints")
importlib.import_module(f"{__name__}.scan_op")
__getattr__ = absent(__name__)
