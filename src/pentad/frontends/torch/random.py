"""torch.random: the default stream of random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pentad as pt
from pentad.frontends.missing import absent

manual_seed, seed, initial_seed = pt.manual_seed, pt.seed, pt.initial_seed
get_rng_state, set_rng_state = pt.get_rng_state, pt.set_rng_state
default_generator = pt.default_generator


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **options: Any) -> Iterator[None]:
    """Within it random numbers are drawn that the stream afterwards knows nothing of."""
    before = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(before)


__getattr__ = absent(__name__)
