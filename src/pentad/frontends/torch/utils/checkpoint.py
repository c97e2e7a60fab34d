"""torch.utils.checkpoint: values that are computed again instead of kept."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad.frontends.missing import absent

checkpoint = pt.checkpoint


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **options: Any
) -> Any:
    """Functions one after the other, in so many parts; but for the last, each part is computed
    again in the backward pass."""
    parts = list(functions)
    size = max(len(parts) // segments, 1)
    starts = [i * size for i in range(min(segments, len(parts)))]
    for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        chosen = parts[start:end]

        def run(x: Any, chosen: Any = chosen) -> Any:
            for function in chosen:
                x = function(x)
            return x

        input = run(input) if end == len(parts) else checkpoint(run, input, **options)
    return input


__getattr__ = absent(__name__)
