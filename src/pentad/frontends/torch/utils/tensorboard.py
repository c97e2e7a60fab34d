"""torch.utils.tensorboard: Pentad's writer of TensorBoard's files."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent

_lacking = absent(__name__)


def __getattr__(name: str) -> Any:
    """SummaryWriter and FileWriter, from pentad.board."""
    if name in ("SummaryWriter", "FileWriter"):
        return getattr(pt.board, name)
    return _lacking(name)
