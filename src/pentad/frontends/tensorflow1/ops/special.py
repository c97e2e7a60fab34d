"""Special functions made of others."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.make import op

_LOG_SIGMOID = op("LogSigmoid", "x: T -> y: T", pt.nn.functional.logsigmoid, allow={"T": FLOATS})


def log_sigmoid(x: Any, name: str | None = None) -> Any:
    """log(1 / (1 + exp(-x)))."""
    return _LOG_SIGMOID(x, name=name)
