"""torch.utils.tensorboard: Pentad's writer of TensorBoard's files."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent

_lacking = absent(__name__)


def __getattr__(name: str) -> Any:
    """SummaryWriter, from pentad.board."""
    if name in ("SummaryWriter", "FileWriter"):
        return pt.board.SummaryWriter
    return _lacking(name)
