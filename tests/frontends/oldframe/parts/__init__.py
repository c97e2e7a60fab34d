from __future__ import annotations

from pentad.frontends.missing import absent
from tests.frontends.oldframe.parts import joined

__getattr__ = absent(__name__)
__all__ = ["joined"]
