"""tf.keras, of which the initializers are here."""

from __future__ import annotations

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.keras import initializers

__all__ = ["initializers"]
__getattr__ = absent(__name__)
