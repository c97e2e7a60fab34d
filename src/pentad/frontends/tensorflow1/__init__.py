"""TensorFlow 1.x for programs that were written for it, on Pentad's graphs.

    import pentad.frontends.tensorflow1 as tf
"""

from __future__ import annotations

import importlib

from pentad.frontends.tensorflow1.framework.exports import exports
from pentad.frontends.tensorflow1.names import NAMES

VERSION = __version__ = "1.15.5"
GIT_VERSION, COMPILER_VERSION = "v1.15.5", "none"
CXX11_ABI_FLAG = MONOLITHIC_BUILD = 0
GRAPH_DEF_VERSION, GRAPH_DEF_VERSION_MIN_CONSUMER, GRAPH_DEF_VERSION_MIN_PRODUCER = 134, 0, 0
newaxis = None

importlib.import_module(f"{__name__}.framework.operators")
__getattr__, __dir__ = exports(__name__, NAMES)
