"""`theano.configdefaults`: what the settings depend on."""

import struct

from pentad.frontends.missing import absent
from pentad.frontends.theano.configparser import config


def local_bitwidth() -> int:
    """How many bits a pointer has."""
    return struct.calcsize("P") * 8


def python_int_bitwidth() -> int:
    """How many bits a C long has, which Python's whole numbers had."""
    return struct.calcsize("l") * 8


__all__ = ["config", "local_bitwidth", "python_int_bitwidth"]
__getattr__ = absent(__name__)
